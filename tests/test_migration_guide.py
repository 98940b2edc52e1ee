"""Before and after, as MIGRATION shows them: right on the releases it names, and on no other."""

from __future__ import annotations

import copy
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from openai.types.chat import ChatCompletion, ChatCompletionChunk

import captured
import imageshim
from imageshim.cli import main
from imageshim.codemod import rules
from imageshim.server.rules import read_rules
from imageshim.testing.fake_gemini import Image, Text, fake_gemini
from imageshim.timeline import is_at_least

GUIDE = (Path(__file__).parent.parent / "MIGRATION.md").read_text()
SCENARIO = "b_text_image"
URL = captured.upstream()[SCENARIO][0].images[0]
PROXIES = ("1.75.9", "1.76.3", "1.109.1")
MOCKS, HISTORY = "Mocks and fixtures", "Replies as history"

LABELLED = re.compile(
    r"^\*\*(?P<who>Before|After|With imageshim)\*\*, (?P<releases>[^\n]*):\n\n"
    r"```(?P<language>\w+)\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
"""A snippet of which the guide says on which releases it is right."""
RELEASES = re.compile(
    r"every version|LiteLLM (?:up to (?P<until>[\d.]+)"
    r"|(?P<since>[\d.]+)(?: – (?P<last>[\d.]+)| and newer))"
)


class Snippet(NamedTuple):
    who: str
    releases: str
    code: str

    def promises(self, version):
        """Whether the guide says that it is right on a release."""
        said = RELEASES.fullmatch(self.releases)
        last = said["until"] or said["last"]
        after_last = last is not None and last != version and is_at_least(version, last)
        return not after_last and is_at_least(version, said["since"] or "0")


def snippets(language, *, of=None):
    for match in LABELLED.finditer(GUIDE):
        before = GUIDE[: match.start()]
        section = re.findall(r"^## (.*)$", before, re.MULTILINE)[-1]
        if match["language"] == language and (
            section == of if of else section not in {MOCKS, HISTORY}
        ):
            snippet = Snippet(*match.group("who", "releases", "code"))
            yield pytest.param(snippet, id=f"line {before.count(chr(10)) + 1}")


def ran(snippet, version, **more):
    """Run a snippet on a reply of a release; gives what it made, None if it raised."""
    reply = captured.replies(version)[SCENARIO]
    known = {
        "imageshim": imageshim,
        "reply": copy.deepcopy(reply),
        "response": ChatCompletion.construct(**copy.deepcopy(reply)),
        "stream": map(stream_chunk, captured.streams(version)[SCENARIO]),
        "messages": [{"role": "user", "content": "Draw a picture."}],
        **more,
    }
    try:
        exec(compile(snippet.code, "snippet", "exec"), known)  # noqa: S102  # our own document
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    return known


def stream_chunk(chunk):
    return ChatCompletionChunk.construct(**copy.deepcopy(chunk))


@pytest.mark.parametrize("snippet", [*snippets("python")])
def test_a_snippet_reads_the_image_on_the_releases_that_it_names_and_on_no_other(snippet):
    for version in captured.VERSIONS:
        made = ran(snippet, version)
        assert ((made or {}).get("url") == URL) is snippet.promises(version), version


def test_plain_code_after_the_move_gives_none_where_there_is_no_image():
    after = [p.values[0] for p in snippets("python") if p.values[0].who == "After"]
    text = captured.replies("1.109.1")["e_text_only"]
    for snippet in after:
        if "stream" not in snippet.code:
            made = ran(snippet, "1.109.1", reply=text, response=ChatCompletion.construct(**text))
            assert made["url"] is None, snippet


@pytest.mark.parametrize("snippet", [*snippets("python", of=MOCKS)])
def test_a_mock_is_a_message_of_the_releases_that_it_is_said_to_be_of(snippet):
    made = ran(snippet, "1.109.1", url=URL)
    (format_,) = {
        imageshim.format_of(version) for version in captured.VERSIONS if snippet.promises(version)
    }
    assert imageshim.detect(made["message"]) == format_
    assert imageshim.first_image_url(made["message"]) == URL


@pytest.mark.parametrize("snippet", [*snippets("python", of=HISTORY)])
def test_history_brings_the_image_in_the_users_message(snippet):
    for version in captured.VERSIONS:
        made = ran(snippet, version)
        said = made["messages"][-1]["content"]
        urls = [
            part["image_url"]["url"]
            for part in said
            if isinstance(part, dict) and "image_url" in part
        ]
        reaches = snippet.who != "Before" and snippet.promises(version)
        assert urls == ([URL] if reaches else []), version


@pytest.mark.parametrize("snippet", [*snippets("bash")])
def test_a_shell_line_prints_the_image_of_the_proxies_that_it_names(snippet, tmp_path, monkeypatch):
    if shutil.which("jq") is None:
        pytest.skip("needs jq")
    monkeypatch.chdir(tmp_path)
    for version in PROXIES:
        sent = captured.FOLDER / "proxy" / version / f"{SCENARIO}.json"
        (tmp_path / "reply.json").write_bytes(sent.read_bytes())
        line = snippet.code
        if line.startswith("imageshim"):
            command, _, line = line.partition("|")
            with pytest.raises(SystemExit):
                main([*command.split()[1:], "--out", "converted.json"])
            line = f"{line.strip()} converted.json"
        ended = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)
        assert (ended.stdout.strip() == URL) is snippet.promises(version), ended.stderr


def test_the_curl_line_asks_a_proxy(tmp_path):
    if shutil.which("curl") is None:
        pytest.skip("needs curl")
    (line,) = re.findall(r"```bash\n(curl .*?)```", GUIDE, re.DOTALL)
    with fake_gemini([Text("Here: "), Image()]) as server:
        line = line.replace("http://localhost:4000/v1", server.openai_url)
        subprocess.run(["sh", "-c", line], cwd=tmp_path, check=True)
        asked = server.requests[0]
    assert asked.body["modalities"] == ["image", "text"]
    assert imageshim.read(json.loads((tmp_path / "reply.json").read_text())).images


def test_the_configuration_of_the_proxy_is_whole(tmp_path):
    """tests/live starts a proxy with it."""
    (config,) = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
    config = yaml.safe_load(config)
    assert {model["model_name"] for model in config["model_list"]} >= set(
        re.findall(r'model="([\w-]+-image-gen)"', GUIDE)
    )
    module, _, name = config["litellm_settings"]["callbacks"].partition(".")
    assert f"`{module}.py`" in GUIDE
    assert f"\nfrom imageshim.server.litellm_callback import {name}\n" in GUIDE
    (toml,) = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
    (tmp_path / "rules.toml").write_text(toml)
    assert read_rules(tmp_path / "rules.toml").default == "content"


def test_every_rule_that_the_guide_names_exists():
    named = set(re.findall(r"\bIMG\d{3}\b", GUIDE))
    assert named
    assert named <= rules.load().keys()


def test_each_pattern_has_a_before_an_after_and_a_way_with_imageshim():
    found = {}
    for match in LABELLED.finditer(GUIDE):
        section = re.findall(r"^###? (.*)$", GUIDE[: match.start()], re.MULTILINE)[-1]
        found.setdefault(section, set()).add(match["who"])
    assert len(found) == 8
    for section, labels in found.items():
        assert {"Before", "After"} <= labels, section
        if section not in {MOCKS, "Its clients, with the OpenAI SDK"}:
            assert "With imageshim" in labels, section
