"""Programs that read `content`, rewritten from what a trace saw and nothing else.

Each asks a module `backend`, of which the source says nothing. It runs as it is on replies of the
old format, and rewritten on replies of the new one: the picture is the same.
"""

from __future__ import annotations

import ast
import base64
import importlib
import json
import sys
import textwrap
from hashlib import sha256
from types import ModuleType, SimpleNamespace

import pytest

from imageshim import convert, convert_stream
from imageshim.testing import pictures

PICTURE = pictures.png(8, 8, grey=9)
_DATA = base64.b64decode(PICTURE.url.partition(",")[2])
_IMAGE = {"type": "image_url", "image_url": {"url": PICTURE.url}, "index": 0}


class Reply(dict):
    """A dict whose keys are attributes too, as LiteLLM's objects are."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


def reply(emit):
    message = {"role": "assistant", "content": None, "images": [_IMAGE]}
    new = {"object": "chat.completion", "choices": [{"index": 0, "message": message}]}
    return _as_objects(convert(new, emit))


def stream(emit):
    delta = {"role": "assistant", "content": None, "images": [_IMAGE]}
    ends = {"index": 0, "delta": {"content": None}, "finish_reason": "stop"}
    chunks = [[{"index": 0, "delta": delta}], [ends]]
    new = [{"object": "chat.completion.chunk", "id": "1", "choices": one} for one in chunks]
    return [_as_objects(one) for one in convert_stream(new, emit)]


def _as_objects(made):
    return json.loads(json.dumps(made), object_pairs_hook=Reply)


def backend(emit):
    """A module that gives replies of a format, in all the ways that programs ask for them."""
    made = ModuleType("backend")
    response = SimpleNamespace(json=lambda: reply(emit))
    made.ask = lambda *_args, **_options: reply(emit)
    made.stream = lambda *_args: stream(emit)
    made.post = lambda *_args, **_options: response
    made.Client = lambda: SimpleNamespace(post=made.post)
    made.shown = []
    made.image = made.shown.append
    return made


# A program, the call that was seen, and the reads of it that were treated as an image.
PROGRAMS = {
    "guide": (
        """
        response = backend.ask("Draw a banana", modalities=modalities)
        base_64_image_data = response.choices[0].message.content
        PICTURE = base64.b64decode(base_64_image_data.split("base64,")[1])
        """,
        'backend.ask("Draw a banana", modalities=modalities)',
        "response.choices[0].message.content",
    ),
    "find_and_slice": (
        """
        message = backend.ask("Draw").choices[0].message
        content = message.content
        start = content.find("data:image")
        PICTURE = base64.b64decode(content[start:].split(",")[1])
        """,
        'backend.ask("Draw")',
        "message.content",
    ),
    "regular_expression": (
        """
        def picture_of(response):
            text = response["choices"][0]["message"]["content"]
            found = re.search(r"data:image/\\w+;base64,([A-Za-z0-9+/=]+)", text)
            return base64.b64decode(found.group(1))

        PICTURE = picture_of(backend.ask("Draw"))
        """,
        'backend.ask("Draw")',
        'response["choices"][0]["message"]["content"]',
    ),
    "prefixes_behind_two_functions": (
        """
        PREFIXES = ["data:image/png;base64,", "data:image/jpeg;base64,"]

        def is_picture(text):
            return any(text.strip().startswith(prefix) for prefix in PREFIXES)

        def saved(text):
            header, _, payload = text.partition(",")
            return base64.b64decode(payload)

        def handle(response):
            content = response.choices[0].message.content
            if isinstance(content, str) and is_picture(content):
                return saved(content)
            return content

        PICTURE = handle(backend.ask("Draw"))
        """,
        'backend.ask("Draw")',
        "response.choices[0].message.content",
    ),
    "stream": (
        """
        text = ""
        for chunk in backend.stream("Draw"):
            text += chunk.choices[0].delta.content or ""
        PICTURE = base64.b64decode(text.split("base64,")[1])
        """,
        'backend.stream("Draw")',
        "chunk.choices[0].delta.content",
    ),
    "requests": (
        """
        r = requests.post("http://127.0.0.1/v1/chat/completions", json={})
        content = r.json()["choices"][0]["message"]["content"]
        if content is not None and content.startswith("data:image"):
            PICTURE = base64.b64decode(content.split(",", 1)[1])
        """,
        "r.json()",
        'r.json()["choices"][0]["message"]["content"]',
    ),
    "httpx": (
        """
        client = httpx.Client()
        data = client.post("/chat/completions", json={}).json()
        message = data.get("choices", [{}])[0].get("message", {})
        PICTURE = base64.b64decode(message.get("content").split("base64,")[-1])
        """,
        'client.post("/chat/completions", json={}).json()',
        'message.get("content")',
    ),
    "getattr": (
        """
        message = backend.ask("Draw").choices[0].message
        text = getattr(message, "content", None)
        if text and "base64," in text:
            PICTURE = base64.b64decode(text[text.index("base64,") + 7 :])
        """,
        'backend.ask("Draw")',
        'getattr(message, "content", None)',
    ),
}
_HEAD = """import base64
import re

import backend
import httpx
import requests
import streamlit as st

modalities = None
"""
_HOWS = {ast.Attribute: "attribute", ast.Subscript: "item"}


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pyproject.toml").touch()
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    return folder


def row(source_file, expression, *, nth=0, how=None, **changed):
    """Return what a report says of an expression of a file."""
    source = source_file.read_bytes()
    tree = ast.parse(source)
    wanted = ast.dump(ast.parse(expression, mode="eval").body)
    nodes = [one for one in ast.walk(tree) if ast.dump(one) == wanted]
    node = sorted(nodes, key=lambda one: (one.lineno, one.col_offset))[nth]
    name = getattr(getattr(node, "func", None), "attr", "getattr")
    return {
        "v": 1, "file": source_file.name, "sha256": sha256(source).hexdigest(),
        "line": node.lineno, "end_line": node.end_lineno,
        "column": node.col_offset, "end_column": node.end_col_offset,
        "read": "content", "how": how or _HOWS.get(type(node), name), "count": 1,
        "carrier": "delta" if "delta" in expression else "message", "unheard_of": [1],
    } | changed  # fmt: skip


def record(project, *rows):
    (project / "trace.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows))


def picture(emit, monkeypatch, name="app"):
    """Run a program on replies of a format; returns the picture that it made."""
    made = backend(emit)
    for one in ("backend", "httpx", "requests", "streamlit"):
        monkeypatch.setitem(sys.modules, one, made)
    importlib.invalidate_caches()
    for one in ("app", "wrapper"):
        monkeypatch.delitem(sys.modules, one, raising=False)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return importlib.import_module(name).PICTURE


def seen(*rows):
    """Return which rows a trace may hold: the call, the read, or both."""
    call, read = rows
    return {"call": [call], "read": [read], "both": [call, read]}


@pytest.mark.parametrize("which", ["call", "read", "both"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_reader_of_content_is_rewritten_from_the_record_alone(
    name, which, run, project, monkeypatch
):
    program, call, read = PROGRAMS[name]
    app = project / "app.py"
    app.write_text(_HEAD + textwrap.dedent(program))
    before = app.read_text()
    assert picture("content", monkeypatch) == _DATA
    rows = seen(
        row(app, call, how="call", read="images"),
        row(app, read, treated=["split 'base64,' at app.py:9"], went_to=""),
    )
    record(project, *rows[which])

    ended = run("fix", "--trace", "trace.jsonl", "--write")

    assert ended.code == 0, ended.err
    assert app.read_text() != before
    assert picture("images", monkeypatch) == _DATA


@pytest.mark.parametrize(
    "shown", ["st.image(message.content)", "content = message.content\nst.image(content)"]
)
def test_a_content_that_is_shown_is_an_image(shown, run, project, monkeypatch):
    app = project / "app.py"
    message = "message = backend.ask('Draw').choices[0].message"
    app.write_text(f"{_HEAD}{message}\n{shown}\nPICTURE = backend.shown\n")
    went_to = "" if "=" in shown else "st.image"
    assert picture("content", monkeypatch) == [PICTURE.url]
    record(
        project,
        row(app, "backend.ask('Draw')", how="call", read="images"),
        row(app, "message.content", treated=[], went_to=went_to),
    )

    run("fix", "--trace", "trace.jsonl", "--write")

    assert 'message.images[0]["image_url"]["url"]' in app.read_text().replace("'", '"')
    assert picture("images", monkeypatch) == [PICTURE.url]


def test_a_call_in_a_wrapper_proves_what_is_read_in_another_file(run, project, monkeypatch):
    wrapper, app = project / "wrapper.py", project / "app.py"
    wrapper.write_text(
        "import importlib\n\n\ndef completion(*args, name='backend', **options):\n"
        "    return importlib.import_module(name).ask(*args, **options)\n"
    )
    app.write_text(
        "import base64\n\nfrom wrapper import completion\n\n\n"
        "def show(response):\n    return response.choices[0].message.content\n\n\n"
        "def handle(response):\n    content = response.choices[0].message.content\n"
        '    if content.startswith("data:image"):\n'
        '        return base64.b64decode(content.split(",")[1])\n    return content\n\n\n'
        "PICTURE = handle(completion('Draw'))\n"
    )
    assert picture("content", monkeypatch) == _DATA
    call = "importlib.import_module(name).ask(*args, **options)"
    record(project, row(wrapper, call, how="call"))

    ended = run("fix", "--trace", "trace.jsonl", "--write")

    assert ended.code == 0, ended.err
    assert picture("images", monkeypatch) == _DATA


# Where a test parts images from texts: every read that was seen, and which were treated.
TESTED = {
    "a delta that is asked for first": (
        """
        text = ""
        for chunk in backend.stream("Draw"):
            delta = chunk.choices[0].delta
            if delta.content:
                text += delta.content
        PICTURE = base64.b64decode(text.split("base64,")[1])
        """,
        {"delta.content": [False, True]},
    ),
    "an image that goes on untouched": (
        """
        message = backend.ask("Draw").choices[0].message
        if message.content.startswith("data:image"):
            st.image(str(message.content))
        PICTURE = base64.b64decode(backend.shown[0].split(",")[1])
        """,
        {"message.content": [True, False]},
    ),
    "an image after a text that leaves": (
        """
        def shown(message):
            if not (message.content and message.content.startswith("data:image")):
                return None
            return message.content

        made = shown(backend.ask("Draw").choices[0].message)
        PICTURE = base64.b64decode(made.partition(",")[2])
        """,
        {"message.content": [False, True, False]},
    ),
}


@pytest.mark.parametrize("calls", [False, True])
@pytest.mark.parametrize("name", TESTED)
def test_what_a_test_for_an_image_parts_is_rewritten_together(
    name, calls, run, project, monkeypatch
):
    program, reads = TESTED[name]
    app = project / "app.py"
    app.write_text(_HEAD + textwrap.dedent(program))
    assert picture("content", monkeypatch) == _DATA
    rows = [
        row(app, read, nth=nth, treated=["startswith 'data:'"] if treated else [])
        for read, all_treated in reads.items()
        for nth, treated in enumerate(all_treated)
    ]
    call = "backend.stream('Draw')" if "delta" in name else "backend.ask('Draw')"
    record(project, *rows, *([row(app, call, how="call")] if calls else []))

    ended = run("fix", "--trace", "trace.jsonl", "--write")

    assert ended.code == 0, ended.err
    assert picture("images", monkeypatch) == _DATA


def test_a_text_that_is_printed_beside_its_image_is_left(run, project):
    app = project / "app.py"
    app.write_text(
        "import base64\n\n\ndef draw(message):\n    print(message.content)\n"
        '    return base64.b64decode(message.content.split("base64,")[1])\n'
    )
    record(
        project,
        row(app, "message.content", treated=[], went_to="print"),
        row(app, "message.content", nth=1, treated=["split 'base64,' at app.py:6"]),
    )

    ended = run("fix", "--trace", "trace.jsonl", "--write")

    assert "    print(message.content)\n" in app.read_text()
    assert "message.content.split" not in app.read_text()
    assert "1 read of `content` was seen and never treated as an image: left" in ended.err


TEXT_PROGRAM = """
import json

import backend

reply = backend.ask("Say it in JSON")
told = json.loads(reply.choices[0].message.content)
print(reply.choices[0].message.content.strip().replace("a", "b"))
"""


def test_a_text_that_was_never_treated_as_an_image_is_left_and_counted(run, project):
    app = project / "app.py"
    app.write_text(TEXT_PROGRAM)
    read = row(app, "reply.choices[0].message.content", treated=[], went_to="json.loads")
    other = {**read, "line": 8, "end_line": 8, "column": 6, "end_column": 38, "went_to": ""}
    record(project, row(app, 'backend.ask("Say it in JSON")', how="call"), read, other)

    ended = run("fix", "--trace", "trace.jsonl", "--write")

    assert app.read_text() == TEXT_PROGRAM
    assert "2 reads of `content` were seen and never treated as an image: left" in ended.err


def test_a_trace_made_elsewhere_is_matched_by_the_files_as_they_were(run, project):
    source = "def show(thing):\n    return thing.image['url']\n"
    (project / "sub").mkdir()
    app = project / "sub" / "app.py"
    app.write_text(source)
    record(project, row(app, "thing.image", read="image", file="/elsewhere/project/app.py"))

    ended = run("fix", "--trace", "trace.jsonl", "--write")

    assert "thing.images[0]" in app.read_text(), ended.err
    ended = run("fix", "--trace", "trace.jsonl")
    assert "in the trace, but not among the inputs: /elsewhere/project/app.py" in ended.err


def test_a_copy_is_not_the_file_that_a_trace_names(run, project):
    source = "def show(thing):\n    return thing.image['url']\n"
    for name in ("app.py", "copy.py"):
        (project / name).write_text(source)
    record(project, row(project / "app.py", "thing.image", read="image"))

    run("fix", "--trace", "trace.jsonl", "--write")

    assert (project / "app.py").read_text() != source
    assert (project / "copy.py").read_text() == source


def test_a_file_that_was_renamed_since_is_found_beside_the_one_that_took_its_place(run, project):
    source = "def show(thing):\n    return thing.image['url']\n"
    (project / "app.py").write_text(source)
    record(project, row(project / "app.py", "thing.image", read="image"))
    (project / "app.py").rename(project / "old_app.py")
    (project / "app.py").write_text("print('Hello')\n")

    ended = run("fix", "--trace", "trace.jsonl", "--write")

    assert ended.code == 0, ended.err
    assert "images" in (project / "old_app.py").read_text()
