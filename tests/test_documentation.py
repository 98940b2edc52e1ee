"""What README and MIGRATION say is what happens: their snippets run, their tables are true."""

from __future__ import annotations

import base64
import copy
import json
import re
import shlex
from pathlib import Path
from types import SimpleNamespace

import openai
import pytest
from openai.types.chat import ChatCompletion

import captured
import imageshim
from imageshim.cli import main
from imageshim.testing.fake_gemini import Image, fake_gemini

ROOT = Path(__file__).parent.parent
DOCUMENTS = (
    "README.md", "MIGRATION.md", "docs/index.md", "docs/concepts.md", "docs/streams.md",
    "docs/testing.md", "docs/guides/application.md", "docs/guides/library.md",
)  # fmt: skip
SCENARIO = "b_text_image"
NOT_HERE = {"fastapi", "litellm"}
"""What a snippet may import and this environment does not have: tests/live shows those."""
LABEL = re.compile(r"^\*\*(Before|After|With imageshim)\*\*, .*:\n\n\Z", re.MULTILINE)
"""Says on which releases a snippet is right: test_migration_guide.py runs those."""
OF_THE_CORE = {"convert", "show", "detect", "schema"}

FAKE_URL = f"data:image/png;base64,{base64.b64encode(Image().data).decode()}"
"""What the server that the snippets ask draws."""

_FENCE = re.compile(r"^( *)```(\w+)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def blocks(language):
    for name in DOCUMENTS:
        text = (ROOT / name).read_text()
        for fence in _FENCE.finditer(text):
            indent, spoken, code = fence.groups()
            if spoken == language and not LABEL.search(text[: fence.start()]):
                line = text.count("\n", 0, fence.start()) + 1
                code = re.sub(f"^{indent}", "", code, flags=re.MULTILINE)
                yield pytest.param(code, id=f"{name}:{line}")


@pytest.fixture
def asked():
    """A client of a server that answers, and the environment that names it."""
    with (
        fake_gemini() as server,
        openai.OpenAI(base_url=server.openai_url, api_key="any") as sdk,
        pytest.MonkeyPatch.context() as environ,
    ):
        environ.setenv("OPENAI_BASE_URL", server.openai_url)
        environ.setenv("OPENAI_API_KEY", "any")
        yield sdk


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the files that the documents speak of."""
    found = captured.replies("1.75.9")
    (tmp_path / "reply.json").write_text(json.dumps(found[SCENARIO]))
    (tmp_path / "imageshim").symlink_to(ROOT)  # the clone
    (tmp_path / "archive.jsonl").write_text("\n".join(map(json.dumps, found.values())))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def snippets_of_eras():
    """Snippets on replies of several releases; on the newest, where none is in the snippet."""
    for snippet in blocks("python"):
        (code,) = snippet.values
        of_a_reply = re.search(r"\b(response|reply|message|body)\b", str(code))
        for version in ("1.75.9", "1.76.3", "1.77.0", "1.109.1") if of_a_reply else ("1.109.1",):
            yield pytest.param(code, version, id=f"{snippet.id}-{version}")


@pytest.mark.parametrize(("code", "version"), [*snippets_of_eras()])
def test_snippets_run_on_replies_of_every_era(code, version, folder, asked, monkeypatch):
    reply = captured.replies(version)[SCENARIO]
    response = ChatCompletion.construct(**copy.deepcopy(reply))
    known = {
        "imageshim": imageshim,
        "openai": openai,
        **{name: getattr(imageshim, name) for name in imageshim.__all__},
        "completion": asked.chat.completions.create,
        "model": "gemini-2.5-flash-image",
        "response": response,
        "reply": response,
        "message": response.choices[0].message,
        "body": json.dumps(reply).encode(),
        "messages": [{"role": "user", "content": "Draw a picture."}],
    }
    before = dict(known)
    installed = []

    def install(**words):
        installed.append(real_install(**words))
        return installed[-1]

    real_install = imageshim.install
    monkeypatch.setattr(imageshim, "install", install)
    try:
        exec(compile(code, "snippet", "exec"), known)  # noqa: S102  # our own documents
    except ModuleNotFoundError as error:
        if error.name not in NOT_HERE:
            raise
        pytest.skip(f"needs {error.name}")
    finally:
        for installation in reversed(installed):
            installation.uninstall()
    truth = captured.upstream()[SCENARIO][0]
    checks = {
        "reading": lambda it: (it.text, [i.url for i in it.images]) == (truth.text, truth.images),
        "url": lambda it: it in {truth.images[0], FAKE_URL},
        "text": lambda it: it == truth.text + truth.images[0],
        "old": lambda it: imageshim.detect(it, "content") == "content",
        "body": lambda it: imageshim.detect(json.loads(it)) == "images",
    }
    made = {name: value for name, value in known.items() if before.get(name) is not value}
    for name in made.keys() & checks.keys():
        if name == "body" and version != "1.75.9":
            continue  # the snippet says that its body is of that version
        assert checks[name](made[name]), (name, made[name])
    if "save(" in code:
        saved = [path for path in folder.rglob("*.png") if path.is_file()]
        assert [path.read_bytes() for path in saved] == [
            base64.b64decode(url.partition(",")[2]) for url in truth.images
        ]


@pytest.mark.parametrize("code", [*blocks("console")])
@pytest.mark.usefixtures("folder")
def test_commands_run(code, capsys):
    commands = [
        shlex.split(line[2:], comments=True) for line in code.splitlines() if line.startswith("$ ")
    ]
    assert commands
    for program, *words in commands:
        if program == "imageshim" and words[0] in OF_THE_CORE:
            with pytest.raises(SystemExit) as ended:
                main(words)
            assert not ended.value.code, capsys.readouterr().err


# The table of MIGRATION


def table():
    text = (ROOT / "MIGRATION.md").read_text().partition("## The rewrite table")[2]
    for line in text.partition("\n## ")[0].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 3 and "`" in cells[0]:
            yield pytest.param(*(re.findall(r"`([^`]+)`", cell) for cell in cells), id=cells[0])


def values(expressions, version):
    """What the expressions give on an object or, where only that has the method, on a dict."""
    reply = captured.replies(version)[SCENARIO]
    found = []
    for expression in expressions:
        code = re.sub(r"^if (.*):$", r"bool(\1)", expression)
        # Only dicts (and LiteLLM's objects) have a method `get`.
        carrier = _attributes(reply) if ".get(" in code else ChatCompletion.construct(**reply)
        names = {"r": carrier, "m": carrier.choices[0].message, "base64": base64}
        names.update({name: getattr(imageshim, name) for name in imageshim.__all__})
        found.append(eval(code, names))  # noqa: S307  # our own documents
    return found


def _attributes(reply):
    """A reply with attributes whose messages are dicts, as some clients have them."""
    choices = [SimpleNamespace(message=choice["message"]) for choice in reply["choices"]]
    return SimpleNamespace(choices=choices)


@pytest.mark.parametrize(("old", "new", "every"), [*table()])
def test_rewrites_give_what_the_old_code_gave(old, new, every):
    if "Message(" in old[0]:
        pytest.skip("needs litellm")
    era = "1.75.9" if "content" in old[0] else "1.76.3"
    if old[0].startswith("base64"):
        # The old code works where the reply is one image and nothing else.
        truth = captured.upstream()[SCENARIO][0].images[0]
        wanted = base64.b64decode(truth.split(",")[1])
    else:
        wanted = values(old, era)[0]
    assert all(value == wanted for value in values(old, era) if not old[0].startswith("base64"))
    if new:
        for version in ("1.77.0", "1.80.0", "1.109.1"):
            assert all(value == wanted for value in values(new, version)), version
    for version in captured.VERSIONS:
        assert all(value == wanted for value in values(every, version)), version


def test_the_table_has_rows():
    assert len(list(table())) >= 8


# The timeline that the documents print


def test_the_documents_tell_the_eras_of_the_timeline():
    text = " ".join((ROOT / "README.md").read_text().split())
    assert "`message.content` (up to 1.76.0)" in text
    assert imageshim.format_of("1.76.0") == "content"
    assert "`message.image` (1.76.1 to 1.76.3)" in text
    assert {imageshim.format_of(v) for v in ("1.76.1", "1.76.3")} == {"image"}
    assert "`message.images` (from 1.77.0" in text
    assert imageshim.format_of("1.77.0") == "images"
