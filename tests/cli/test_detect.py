"""`imageshim detect`."""

import json

import pytest

import captured
from imageshim import format_of
from imageshim.testing.pictures import png

URL = png().url


def line(**message):
    return json.dumps({"choices": [{"index": 0, "message": message}]}).encode()


ITEM = {"image_url": {"url": URL, "detail": "auto"}, "index": 0, "type": "image_url"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (line(content="hello"), "none\t0"),
        (line(content=URL), "content\t1"),
        (line(content="", image={"url": URL}), "image\t1"),
        (line(content="", images=[ITEM, ITEM]), "images\t2"),
        (line(content=[{"type": "image_url", "image_url": {"url": URL}}]), "parts\t1"),
        (line(content=f"![]({URL})"), "markdown\t1"),
        (line(content="x", reasoning_content=URL), "reasoning\t1"),
        (json.dumps({"choices": [{"delta": {"images": [ITEM]}}]}).encode(), "chunk\t1"),
    ],
)
def test_the_format_and_the_number_of_images_are_told(run, body, said):
    ended = run("detect", stdin=body)
    assert (ended.code, ended.lines, ended.err) == (0, [f"<stdin>\t{said}"], "")


@pytest.mark.parametrize("version", captured.VERSIONS)
def test_captures_are_in_the_format_of_their_era(run, version, tmp_path):
    path = tmp_path / "replies.jsonl"
    path.write_text("\n".join(map(json.dumps, captured.replies(version).values())))
    ended = run("detect", path, "--from", version)
    assert ended.code == 0
    found = {row.split("\t")[1] for row in ended.lines}
    assert found == {format_of(version).value, "none"}
    assert ended.lines[0].startswith(f"{path}:1\t")


def test_the_source_is_obeyed(run):
    assert run("detect", "--from", "1.80.0", stdin=line(content=URL)).lines == ["<stdin>\tnone\t0"]


def test_the_schema_is_checked_when_asked(run):
    flat = line(content="", images=[{"url": URL, "detail": "auto"}])
    assert run("detect", stdin=flat).code == 0
    ended = run("detect", "--check", stdin=flat)
    assert (ended.code, ended.lines) == (1, ["<stdin>\timages\t1"])
    assert ended.err.splitlines()[0] == (
        "<stdin>: choice 0, message.images[0].image_url: Field required"
    )
    assert run("detect", "--check", stdin=line(content="", images=[ITEM])).code == 0
    assert run("detect", "--check", stdin=line(content="hello")).code == 0


def test_what_is_no_reply_has_no_format_and_fails_a_check(run):
    stranger = b'{"error": {"message": "No endpoints found"}}'
    ended = run("detect", stdin=stranger)
    assert (ended.code, ended.out, ended.err) == (0, b"<stdin>\tnone\t0\n", "")
    ended = run("detect", "--check", stdin=stranger)
    assert (ended.code, ended.out) == (1, b"<stdin>\tnone\t0\n")
    assert "an error: No endpoints found" in ended.err
