"""A real program, traced on the newest LiteLLM, rewritten, and run again without a shim."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys

import pytest

from imageshim.testing import pictures
from imageshim.testing.fake_gemini import Image, Text, fake_gemini

from . import environments

pytestmark = pytest.mark.live

# Nothing in this file says where its argument comes from.
READER = """def url_of(thing):
    return thing.image["url"]


def has_one(thing):
    return thing.get("image") is not None
"""
PROGRAM = """import litellm
import reader

make = getattr(litellm, "".join(["comple", "tion"]))
reply = make(model="gemini/gemini-2.5-flash-image", messages=[{"role": "user", "content": "Draw."}])
parts = [choice.message for choice in reply.choices]
print(reader.url_of(parts[0]))
print(reader.has_one(parts[0]))
"""


def call(python, server, folder, *words):
    environ = {**environments.clean_environ(folder), **server.environment()}
    return subprocess.run(
        [str(python), *words],
        env=environ, cwd=folder, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip


def fix(folder, *words):
    command = [sys.executable, "-m", "imageshim", "fix", ".", "--no-cache", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_a_traced_program_is_rewritten_and_runs_without_a_shim(tmp_path):
    python = environments.environment(environments.litellm(environments.NEWEST))
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "reader.py").write_text(READER)
    drawn = pictures.png(8, 8, grey=9)
    with fake_gemini([Text("Here: "), Image(drawn)]) as server:
        shim = ("-m", "imageshim", "run", "--report", "trace.jsonl")
        before = call(python, server, tmp_path, *shim, "program.py")
        assert before == f"{drawn.url}\nTrue\n"
        rows = [json.loads(line) for line in (tmp_path / "trace.jsonl").read_text().splitlines()]
        assert {row["file"] for row in rows} == {"reader.py"}
        assert fix(tmp_path, "--check").returncode == 0  # nothing is proven without the trace

        written = fix(tmp_path, "--trace", "trace.jsonl", "--write")

        assert written.returncode == 0, written.stdout + written.stderr
        assert (tmp_path / "reader.py").read_text() != READER
        assert call(python, server, tmp_path, "program.py") == before
    stale = fix(tmp_path, "--trace", "trace.jsonl")
    assert stale.returncode == 2
    assert "changed since the trace was recorded" in stale.stderr


# Programs that read content. Nothing in them says that the reply is LiteLLM's.
ASK = """import base64, hashlib, os, re, litellm

make = getattr(litellm, "".join(["comple", "tion"]))
messages = [{"role": "user", "content": "Draw."}]
asked = {"model": "gemini/gemini-2.5-flash-image", "messages": messages}
"""
TELL = """
print(hashlib.sha256(base64.b64decode(data)).hexdigest())
"""
POST = """import base64, hashlib, os, {library}

body = {{"model": "m", "messages": [{{"role": "user", "content": "Draw."}}]}}
url = os.environ["OPENAI_BASE_URL"] + "/chat/completions"
reply = {library}.post(url, json=body).json()
content = reply["choices"][0]["message"]["content"]
data = content.split("base64,")[1]
"""
READERS = {
    "split": ASK + "content = make(**asked).choices[0].message.content\n"
    'data = content.split("base64,")[1]\n',
    "find": ASK + "content = make(**asked).choices[0].message.content\n"
    'data = content[content.find("base64,") + len("base64,"):]\n',
    "search": ASK + "content = make(**asked).choices[0].message.content\n"
    'data = re.search(r"data:image/[a-z]+;base64,([A-Za-z0-9+/=]+)", content).group(1)\n',
    "stream": ASK + 'text = ""\nfor chunk in make(**asked, stream=True):\n'
    '    text += chunk.choices[0].delta.content or ""\n'
    'data = text.split("base64,")[1]\n',
    "prefixes": ASK
    + """
PREFIXES = ["data:image/jpeg;base64,", "data:image/png;base64,"]


def beginning(text):
    return next((text.find(one) for one in PREFIXES if one in text), -1)


def payload(text):
    return text[beginning(text):].split(",")[1]


data = payload(make(**asked).choices[0].message.content)
""",
    "shown": ASK
    + """import streamlit

data = streamlit.image(make(**asked).choices[0].message.content)
""",
    "aiohttp": """import aiohttp, asyncio, base64, hashlib, os

body = {"model": "m", "messages": [{"role": "user", "content": "Draw."}]}


async def ask():
    async with aiohttp.ClientSession() as session:
        url = os.environ["OPENAI_BASE_URL"] + "/chat/completions"
        async with session.post(url, json=body) as answer:
            return await answer.json()


content = asyncio.run(ask())["choices"][0]["message"]["content"]
data = content.split("base64,")[1]
""",
    "requests": POST.format(library="requests"),
    "httpx": POST.format(library="httpx"),
}


# Stands for Streamlit: shows what it is given, and asks a text nothing that can be seen.
STREAMLIT = """import base64, urllib.request


def image(source):
    return base64.b64encode(urllib.request.urlopen(source).read())
"""


@pytest.mark.parametrize("version", ["1.75.9", environments.NEWEST])
@pytest.mark.parametrize("name", READERS)
def test_a_program_that_reads_content_is_rewritten_from_what_was_seen(tmp_path, name, version):
    seen_on = environments.environment(environments.litellm(version))
    newest = environments.environment(environments.litellm(environments.NEWEST))
    program = tmp_path / "program.py"
    program.write_text(READERS[name] + TELL)
    (tmp_path / "streamlit.py").write_text(STREAMLIT)
    drawn = pictures.png(8, 8, grey=9)
    said = [Image(drawn)] if name == "shown" else [Text("Here: "), Image(drawn)]
    with fake_gemini(said) as server:
        shim = ("-m", "imageshim", "run", "--emit", "content", "--report", "trace.jsonl")
        clients = ("--clients", name) if name in {"aiohttp", "requests", "httpx"} else ()
        before = call(seen_on, server, tmp_path, *shim, *clients, "program.py")
        # Some releases print a list of providers between.
        picture = hashlib.sha256(drawn.data).hexdigest()
        assert picture in before.splitlines()

        written = fix(tmp_path, "--trace", "trace.jsonl", "--write")

        assert written.returncode == 0, written.stdout + written.stderr
        assert program.read_text() != READERS[name] + TELL, written.stdout
        assert picture in call(newest, server, tmp_path, "program.py").splitlines()


# JSON mode, a template, a log, a loop of an agent, a loop of translations.
CHAT = (
    ASK
    + """
import json, logging, string, sys

logging.basicConfig(stream=sys.stdout, format="%(message)s", level=logging.CRITICAL)
message = make(**asked, response_format={"type": "json_object"}).choices[0].message
print(message.content.strip().upper(), len(message.content.split()))
print(json.loads(message.content)["a"], json.dumps({"said": message.content}))
print(string.Template("<b>$text</b>").substitute(text=message.content))
logging.critical("said %s", message.content)
steps = []
while not steps or (steps[-1].find("{") and len(steps) < 3):
    steps.append(make(**asked).choices[0].message.content)
for language in ("de", "fr"):
    messages.append({"role": "assistant", "content": steps[-1]})
    messages.append({"role": "user", "content": f"In {language}: {steps[-1]}"})
    steps.append(make(**asked).choices[0].message["content"].replace("{", "("))
print("|".join(steps), {type(step) for step in steps})
"""
)


def test_a_program_that_reads_text_is_left_alone_and_prints_the_same(tmp_path):
    newest = environments.environment(environments.litellm(environments.NEWEST))
    (tmp_path / "program.py").write_text(CHAT)
    with fake_gemini([Text('{"a": 1}')]) as server:
        plain = call(newest, server, tmp_path, "program.py")
        shim = ("-m", "imageshim", "run", "--emit", "content", "--report", "trace.jsonl")
        assert call(newest, server, tmp_path, *shim, "program.py") == plain
    trace = tmp_path / "trace.jsonl"
    assert not trace.exists() or trace.read_text() == ""
    assert fix(tmp_path).returncode == 0
    assert (tmp_path / "program.py").read_text() == CHAT
