"""Mocks of replies, and what reads them: rewritten together or not at all, and the tests pass."""

from __future__ import annotations

import ast
import sys
import types
from unittest.mock import patch

import pytest

from imageshim.codemod.checking.mocks import Mocks
from imageshim.codemod.inputs.scanning import scan
from imageshim.codemod.project.settings import find
from imageshim.codemod.running.preparation import prepared
from imageshim.codemod.running.run import inspect_all

CALL = """
def paint(prompt):
    reply = litellm.completion(model="gemini-2.5-flash-image", messages=[prompt])
"""
READERS = {
    "image": f"import litellm\n{CALL}    return reply.choices[0].message.image['url']\n",
    "content": f"""import litellm
{CALL}    content = reply.choices[0].message.content
    if content.startswith("data:image"):
        return content
""",
}
HEAD = """from types import SimpleNamespace
from unittest.mock import MagicMock, patch
import litellm
import app
"""
IMAGE = '{"url": "data:image/png;base64,AAAA", "detail": "auto"}'
URI = '"data:image/png;base64,AAAA"'
NAMESPACE = "SimpleNamespace(choices=[SimpleNamespace(message={})])"
REPLIES = {
    "a namespace": ("image", "", NAMESPACE.format(f"SimpleNamespace(content=None, image={IMAGE})")),
    "a mock": ("image", "", f"MagicMock(choices=[MagicMock(message=MagicMock(image={IMAGE}))])"),
    "a mock by paths": (
        "image",
        "",
        f'MagicMock(**{{"choices.__getitem__.return_value.message.image": {IMAGE}}})',
    ),
    "set afterwards": (
        "image",
        "made = MagicMock()\nmade.choices[0].message.image = " + IMAGE,
        "made",
    ),
    "a name": ("image", f"inner = SimpleNamespace(image={IMAGE})", NAMESPACE.format("inner")),
    "a constant": (
        "image",
        f"IMAGE = {IMAGE}",
        NAMESPACE.format("SimpleNamespace(content=None, image=IMAGE)"),
    ),
    "a class": (
        "image",
        f"class FakeMessage:\n    content = None\n    image = {IMAGE}",
        NAMESPACE.format("FakeMessage()"),
    ),
    "a factory": (
        "image",
        "def made(image=None):\n    return "
        + NAMESPACE.format("SimpleNamespace(content=None, image=image)"),
        f"made({IMAGE})",
    ),
    "a text": ("content", "", NAMESPACE.format(f"SimpleNamespace(content={URI})")),
    "a text set afterwards": (
        "content",
        f"made = MagicMock()\nmade.choices[0].message.content = {URI}",
        "made",
    ),
    "a text by paths": (
        "content",
        "",
        f'MagicMock(**{{"choices.__getitem__.return_value.message.content": {URI}}})',
    ),
}
PLACES = {
    "return_value": 'with patch("litellm.completion", return_value={r}):\n        {t}',
    "side_effect": (
        'with patch("app.litellm.completion", side_effect=lambda **_: {r}):\n        {t}'
    ),
    "a list": 'with patch("litellm.completion", side_effect=[{r}]):\n        {t}',
    "a lambda": 'with patch("litellm.completion", lambda **_: {r}):\n        {t}',
    "patch.object": 'with patch.object(litellm, "completion", return_value={r}):\n        {t}',
    "set later": (
        'with patch("litellm.completion") as fake:\n        fake.return_value = {r}\n        {t}'
    ),
    "monkeypatch": 'monkeypatch.setattr(litellm, "completion", lambda **_: {r})\n    {t}',
    "mocker": 'mocker.patch("app.litellm.completion", return_value={r})\n    {t}',
}
TEST = """
{before}

def test_paint(monkeypatch=None, mocker=None):
    {body}
"""


def program(before: str, reply: str, place: str) -> str:
    body = PLACES[place].format(r=reply, t=f"assert app.paint('cat') == {URI}")
    return TEST.format(before=before, body=body)


def rewritten(folder, files):
    for name, text in files.items():
        (folder / name).write_text(text)
    project = find(folder)
    how, paths = prepared(scan([str(folder)], project, lambda _: None), project, unsafe=False)
    new = dict(files)
    for report in inspect_all(paths, how):
        assert not report.problems
        if report.new is not None:
            new[report.path.rpartition("/")[2]] = report.new.decode()
    return new


def passes(files, monkeypatch):
    litellm = types.ModuleType("litellm")
    litellm.completion = None
    app = types.ModuleType("app")
    monkeypatch.setitem(sys.modules, "litellm", litellm)
    monkeypatch.setitem(sys.modules, "app", app)
    if "app.py" in files:
        exec(files["app.py"], app.__dict__)  # noqa: S102
    names = app.__dict__ if "app.py" not in files else {}
    exec(files["test_app.py"], names)  # noqa: S102
    with pytest.MonkeyPatch.context() as patched:
        mocker = types.SimpleNamespace(patch=lambda *a, **k: patch(*a, **k).start())
        try:
            names["test_paint"](patched, mocker)
        finally:
            patch.stopall()


def every_mock():
    """Each pair in two files; in one, each reply and each place once, and the rest when deep."""
    for number, made in enumerate(REPLIES):
        for at, place in enumerate(PLACES):
            yield pytest.param(True, made, place, id=f"two files-{made}-{place}")
            often = [] if (number + at) % len(PLACES) == 0 else [pytest.mark.deep]
            yield pytest.param(False, made, place, id=f"one file-{made}-{place}", marks=often)


@pytest.mark.parametrize(("apart", "made", "place"), [*every_mock()])
def test_a_mock_and_what_reads_it_are_rewritten_together(apart, made, place, tmp_path, monkeypatch):
    field, before, reply = REPLIES[made]
    test = HEAD + program(before, reply, place)
    files = {"app.py": READERS[field], "test_app.py": test}
    if not apart:
        files = {"test_app.py": test.replace("import app", READERS[field]).replace("app.", "")}
    passes(files, monkeypatch)

    new = rewritten(tmp_path, files)

    assert [name for name in files if new[name] == files[name]] == []
    assert all("images" in text for text in new.values())
    passes(new, monkeypatch)


def test_what_stands_for_a_text_stays_without_images(tmp_path, monkeypatch):
    reader = READERS["image"].replace(
        "    return reply", "    if not reply.choices[0].message.image:\n"
        "        return None\n    return reply",
    )  # fmt: skip
    test = HEAD + program(
        "def made(image=None):\n    return "
        + NAMESPACE.format("SimpleNamespace(content='no', image=image)"),
        "made()",
        "return_value",
    ).replace(f"== {URI}", "is None")
    files = {"app.py": reader, "test_app.py": test}
    passes(files, monkeypatch)

    new = rewritten(tmp_path, files)

    assert new["test_app.py"] != test
    passes(new, monkeypatch)


UNCLEAR = {
    "a class of its own": (
        "class FakeMessage:\n    def __init__(self, image):\n        self.image = image",
        NAMESPACE.format(f"FakeMessage({IMAGE})"),
    ),
    "a test that reads the mock itself": (
        f"made = MagicMock()\nm = made.choices[0]\nm.message.image = {IMAGE}\nm.message.image",
        "made",
    ),
    "somebody's type": (
        "from builders import build",
        NAMESPACE.format(f"build(image={IMAGE})"),
    ),
}


@pytest.mark.parametrize("made", UNCLEAR)
@pytest.mark.parametrize("apart", [True, False], ids=["two files", "one file"])
def test_a_mock_that_is_not_understood_keeps_what_reads_it(apart, made, tmp_path):
    before, reply = UNCLEAR[made]
    test = HEAD + program(before, reply, "return_value")
    files = {"app.py": READERS["image"], "test_app.py": test}
    if not apart:
        files = {"test_app.py": test.replace("import app", READERS["image"]).replace("app.", "")}

    assert rewritten(tmp_path, files) == files


@pytest.mark.parametrize(
    "line",
    [
        'REQUEST = [{"role": "user", "content": "a cat", "image": {"url": "u"}}]',
        'Picture = lambda **fields: fields\nNONE = Picture(image="cat.png")',
    ],
)
def test_what_is_no_reply_stays_in_a_test_with_mocks(line, tmp_path):
    _, before, reply = REPLIES["a namespace"]
    files = {
        "app.py": READERS["image"],
        "test_app.py": HEAD + line + program(before, reply, "return_value"),
    }

    new = rewritten(tmp_path, files)

    assert new["app.py"] != files["app.py"]
    assert line in new["test_app.py"]


@pytest.mark.parametrize("fields", [f"image={IMAGE}", f"content=None, image={IMAGE}"])
def test_an_object_with_an_image_is_a_message_wherever_it_is_made(fields):
    made = f"from types import SimpleNamespace\nmake(SimpleNamespace({fields}))\n"

    assert [spot.field for spot in Mocks.of_tree(ast.parse(made)).of(["image"])] == ["image"]


def test_without_anything_that_reads_it_a_mock_stays(tmp_path):
    _, before, reply = REPLIES["a namespace"]
    reader = READERS["image"].replace("message.image['url']", "message.role")
    files = {"app.py": reader, "test_app.py": HEAD + program(before, reply, "return_value")}

    assert rewritten(tmp_path, files) == files
