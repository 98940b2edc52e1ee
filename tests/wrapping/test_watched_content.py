"""The content of a reply with an image, read and treated under a report."""

from __future__ import annotations

import base64
import copy
import json
import pickle
import re
import sys
from pathlib import Path

import httpx
import pytest
import requests
from openai.types.chat import ChatCompletion
from pydantic import BaseModel, ConfigDict

import imageshim
from imageshim.errors import ImageShimError
from imageshim.messages.options import FormatLike
from imageshim.testing import pictures
from imageshim.testing.fake_gemini import Text, fake_gemini
from imageshim.wrapping import known_images
from imageshim.wrapping.content_sites import tally
from imageshim.wrapping.decoders import unwatch_decoders, watch_decoders
from imageshim.wrapping.http_clients import watch_clients
from imageshim.wrapping.policy import Policy, policy
from imageshim.wrapping.watched_content import with_watched_content
from imageshim.wrapping.watched_text import WatchedText

from .conftest import REQUEST

pytestmark = pytest.mark.filterwarnings("ignore::imageshim.LegacyImageFormatWarning")


@pytest.fixture
def report(tmp_path):
    """A report of what the test does."""
    path = tmp_path / "report.jsonl"
    with imageshim.install(emit="content", report=path):
        yield path


def rows(path):
    found = [json.loads(line) for line in path.read_text().splitlines()]
    return [row for row in found if row["read"] == "content" and row["how"] != "call"]


def test_a_read_that_is_treated_as_an_image_is_told_with_what_was_done(client, report):
    message = client.chat.completions.create(**REQUEST).choices[0].message
    content = message.content
    content.split("base64,")
    (row,) = rows(report)
    assert (row["how"], row["carrier"], row["count"]) == ("attribute", "message", 1)
    assert row["function"].endswith("what_was_done")
    assert len(row["treated"]) == 1
    assert row["treated"][0].startswith("split 'base64,' at ")
    line = Path(__file__).read_text().splitlines()[row["line"] - 1]
    assert line.strip() == "content = message.content"


def test_a_read_that_is_not_says_where_the_text_went(client, report):
    message = client.chat.completions.create(**REQUEST).choices[0].message
    json.dumps(message.content)
    (row,) = rows(report)
    assert (row["treated"], row["went_to"]) == ([], "json.dumps")


@pytest.mark.parametrize(
    ("how", "reader"),
    [
        ("attribute", lambda message: message.content),
        ("getattr", lambda message: getattr(message, "content")),  # noqa: B009
    ],
)
def test_the_message_is_as_it_was_but_for_the_read(client, report, how, reader):
    message = client.chat.completions.create(**REQUEST).choices[0].message
    read = reader(message)
    assert type(read) is WatchedText
    plain = message.model_dump()["content"]
    assert type(plain) is str
    assert read == plain
    assert json.loads(message.model_dump_json())["content"] == plain
    copies = copy.copy(message), copy.deepcopy(message), pickle.loads(pickle.dumps(message))  # noqa: S301
    assert [type(one.content) for one in copies] == [str] * 3
    assert all(one == message for one in copies)
    message.content = "theirs"
    assert type(message.content) is str
    assert {row["how"] for row in rows(report)} == {how}


def test_a_stream_is_watched_through_its_sums(client, report):
    text = ""
    for chunk in client.chat.completions.create(**REQUEST, stream=True):
        for choice in chunk.choices:
            text += choice.delta.content or ""
    assert type(text) is WatchedText
    text.partition("base64,")
    (row,) = [row for row in rows(report) if row["treated"]]
    assert row["carrier"] == "delta"


class Delta(BaseModel):
    """A delta that does not declare its content, as LiteLLM's does not."""

    model_config = ConfigDict(extra="allow")

    def __getitem__(self, key):
        return getattr(self, key)

    def get(self, key, default=None):
        return getattr(self, key, default)


class Choice(BaseModel):
    delta: Delta


class Chunk(BaseModel):
    choices: list[Choice]


def test_a_content_that_its_class_does_not_declare_is_watched(report):
    text = f"data:image/png;base64,{'iVBORw0K' * 4}"
    chunk = with_watched_content(Chunk(choices=[Choice(delta=Delta(content=text))]))
    delta = chunk.choices[0].delta

    read = [delta.content, delta["content"], delta.get("content")]

    assert read == [text] * 3
    assert [type(one) for one in read] == [WatchedText] * 3
    assert {row["carrier"] for row in rows(report)} == {"delta"}


def test_dicts_are_watched_by_key_get_and_pop(report):
    def ask() -> dict[str, object]:
        return {"choices": [{"index": 0, "message": {"content": f"a {pictures.png().url}"}}]}

    message = imageshim.wrap(ask, emit="content", source="content")()["choices"][0]["message"]
    message["content"].find("data:")
    message.get("content").find("data:")
    assert type(message.pop("content")) is WatchedText
    assert message.get("content", 5) == 5
    assert [row["how"] for row in rows(report)] == ["item", "get", "get"]
    assert [bool(row["treated"]) for row in rows(report)] == [True, True, False]


def test_a_reply_without_an_image_is_left_alone(report):
    with fake_gemini([Text("see data: here")]) as server:
        body = httpx.post(f"{server.openai_url}/chat/completions", json=REQUEST).json()
    reply = ChatCompletion.model_validate(body)
    given = imageshim.wrap(lambda: reply, emit="content")()
    assert type(given.choices[0].message.content) is str
    assert not report.exists() or rows(report) == []


def test_a_link_to_the_report_stays_one(client, tmp_path):
    link, target = tmp_path / "link", tmp_path / "target"
    link.symlink_to(target)
    with imageshim.install(emit="content", report=link):
        client.chat.completions.create(**REQUEST).choices[0].message.content.split("base64,")
    assert link.is_symlink()
    assert len(rows(target)) == 1


def test_nothing_is_watched_without_a_report(client):
    with imageshim.install(emit="content"):
        message = client.chat.completions.create(**REQUEST).choices[0].message
    assert type(message.content) is str


def test_what_was_seen_is_counted(client, report):
    content = client.chat.completions.create(**REQUEST).choices[0].message.content
    content.startswith("data:")
    str(client.chat.completions.create(**REQUEST).choices[0].message.content)
    seen = tally()
    assert (seen.calls, seen.with_images) == (2, 2)
    assert sorted(len(row["treated"]) for row in rows(report)) == [0, 1]


# Texts that have become others


class Artwork(BaseModel):
    """A model of the program's own."""

    source: str


@pytest.mark.parametrize(
    "lost",
    [
        lambda text: json.loads(json.dumps({"answer": text}))["answer"],
        lambda text: Artwork(source=text).source,
        lambda text: "".join([*text]),
        lambda text: f"[{text}]",
        lambda text: "%s" % text,  # noqa: UP031  # as old code has it
        str,
        lambda text: text.encode().decode(),
    ],
)
@pytest.mark.parametrize(
    "decode",
    [
        lambda text: base64.b64decode(text.partition(";base64,")[2]),
        lambda text: base64.b64decode(text.partition(";base64,")[2].encode()),
        lambda text: re.search("data:image/png;base64,(.*)", text),
        lambda text: base64.urlsafe_b64decode(
            text.partition(";base64,")[2].replace("+", "-").replace("/", "_")
        ),
    ],
)
def test_a_text_that_became_another_is_known_by_its_image(client, report, lost, decode):
    message = client.chat.completions.create(**REQUEST).choices[0].message
    text = lost(message.content)
    assert type(text) is str
    decode(text)
    (row,) = rows(report)
    assert len(row["treated"]) == 1
    assert "b64decode" in row["treated"][0] or "re.search" in row["treated"][0]


def test_of_several_that_read_an_image_none_is_named(client, report):
    message = client.chat.completions.create(**REQUEST).choices[0].message
    str(message.content)
    stored = json.dumps(message.content)
    base64.b64decode(stored.partition(";base64,")[2])
    assert [row["treated"] for row in rows(report)] == [[], []]


def test_what_a_library_decodes_names_nobody(client, report):
    reply = client.chat.completions.create(**REQUEST)
    str(reply.choices[0].message.content)
    assert imageshim.read(reply).images[0].data
    base64.b64decode(base64.b64encode(b"another image altogether"))
    (row,) = rows(report)
    assert row["treated"] == []


def test_only_so_many_images_are_remembered(monkeypatch):
    monkeypatch.setattr(known_images, "_MOST", 2)
    told = []

    def note(*what):
        told.append(what)

    every = [base64.b64encode(bytes(range(n, n + 30))) for n in range(3)]
    watch_decoders()
    try:
        for one in every:
            known_images.remember_images(f"data:image/png;base64,{one.decode()} and base64,", note)
        for one in every:
            base64.b64decode(one)
    finally:
        unwatch_decoders()
    assert len(told) == 2
    base64.b64decode(every[-1])
    assert len(told) == 2


# Clients of HTTP


def asked_for(emit: FormatLike) -> Policy:
    return policy(emit, None, "stash", history=False, keep_images=None, strict=False)


@pytest.fixture
def clients(monkeypatch):
    for response in (httpx.Response, requests.Response):
        monkeypatch.setattr(response, "json", response.json)
    watch_clients(["httpx", "requests"], asked_for("content"))


@pytest.mark.parametrize("post", [httpx.post, requests.post])
@pytest.mark.usefixtures("clients")
def test_what_clients_parse_is_watched(server, report, post):
    reply = post(f"{server.openai_url}/chat/completions", json=REQUEST).json()
    reply["choices"][0]["message"]["content"].split("base64,")
    (row,) = rows(report)
    assert (row["how"], bool(row["treated"])) == ("item", True)


@pytest.mark.usefixtures("clients")
def test_other_bodies_are_as_they_came(server):
    assert "choices" not in httpx.get(f"{server.openai_url}/models").json()


@pytest.mark.parametrize(("name", "says"), [("curl", "no client 'curl'"), ("aiohttp", "installed")])
def test_a_client_that_is_not_there_is_named(monkeypatch, name, says):
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    with pytest.raises(ImageShimError, match=says):
        watch_clients([name], asked_for("content"))
