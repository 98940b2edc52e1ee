"""`imageshim show`."""

import json

import pytest

import captured
from imageshim.testing.pictures import jpeg, png

A, B = png(width=3), jpeg()


def body(*messages):
    choices = [{"index": i, "message": message} for i, message in enumerate(messages)]
    return json.dumps({"choices": choices}).encode()


def rows(ended):
    """The cells of each line that have something in them."""
    return [[cell for cell in line.split("\t") if cell] for line in ended.lines]


def test_the_table_tells_of_each_image(run):
    ended = run("show", stdin=body({"content": f"x{A.url}y{B.url}"}, {"content": A.url}))
    assert (ended.code, ended.err) == (0, "")
    assert {line.count("\t") for line in ended.lines} == {7}
    size = str(len(A.data))
    assert rows(ended) == [
        ["<stdin>", "0", "0", "content", "image/png", "3 × 2", size],
        ["<stdin>", "0", "1", "content", "image/jpeg", "8 × 8", str(len(B.data))],
        ["<stdin>", "1", "0", "content", "image/png", "3 × 2", size],
    ]


def test_a_row_stays_a_line_in_a_pipe(run, tmp_path):
    path = tmp_path / ("long" * 50 + ".json")
    path.write_bytes(body({"content": A.url}))
    assert rows(run("show", path))[0][0] == str(path)


def test_names_are_no_markup(run, tmp_path):
    path = tmp_path / "[bold]x[bold].json"
    path.write_bytes(body({"content": A.url}))
    assert rows(run("show", path))[0][0] == str(path)


def test_drafts_and_what_has_no_image_are_marked(run):
    draft = {"content": "", "reasoning_content": A.url}
    (row,) = rows(run("show", "--from", "1.75.9", stdin=body(draft)))
    assert (row[3], row[-1]) == ("reasoning", "draft")
    assert rows(run("show", stdin=body({"content": "hello"}))) == [["<stdin>", "no image"]]


def test_a_remote_image_is_shown_by_its_url(run, tmp_path):
    remote = [{"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}}]
    ended = run("show", stdin=body({"content": remote}))
    assert rows(ended) == [
        ["<stdin>", "0", "0", "parts", "remote", "?", "https://example.com/cat.png"]
    ]
    ended = run("show", "--save", tmp_path / "pictures", stdin=body({"content": remote}))
    assert ended.code == 1
    assert ended.err.startswith("<stdin>: choice 0, image 0: ")
    assert "fetches nothing" in ended.err


@pytest.mark.parametrize("url", ["/v1/files/abcd", "sandbox:/mnt/a.png", "attachment://a.png"])
def test_what_could_not_be_saved_is_named(run, tmp_path, url):
    items = [{"image_url": {"url": url}}, {"image_url": {"url": A.url}}]
    ended = run("show", "--save", tmp_path, stdin=body({"content": None, "images": items}))
    assert ended.code == 1
    assert ended.err.startswith("<stdin>: choice 0, image 0: ")
    assert url in ended.err
    assert [path.name for path in tmp_path.iterdir()] == ["stdin-0-1.png"]


def test_nothing_is_shown_of_nothing(run):
    assert run("show", stdin=b"").out == b""


def test_images_are_saved_under_names_that_tell_where_they_come_from(run, replies):
    folder = replies / "new" / "pictures"
    path = replies / "two.jsonl"
    path.write_bytes(body({"content": A.url + B.url}) + b"\n" + body({"content": A.url}))
    ended = run("show", path, "--save", folder)
    names = ["two-1-0-0.png", "two-1-0-1.jpg", "two-2-0-0.png"]
    assert ended.code == 0
    assert [row[-1] for row in rows(ended)] == [str(folder / name) for name in names]
    assert sorted(p.name for p in folder.iterdir()) == names
    assert (folder / names[0]).read_bytes() == A.data
    assert (folder / names[1]).read_bytes() == B.data


def test_saving_again_overwrites_nothing(run, tmp_path):
    for _ in range(2):
        run("show", "--save", tmp_path, stdin=body({"content": A.url}))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["stdin-0-0-2.png", "stdin-0-0.png"]


def test_an_image_that_cannot_be_decoded_is_reported(run, tmp_path):
    broken = {"content": "", "images": [{"image_url": {"url": "data:image/png;base64,AAAAA"}}]}
    ended = run("show", "--save", tmp_path, stdin=body(broken, {"content": A.url}))
    assert ended.code == 1
    assert ended.err.startswith("<stdin>: choice 0, image 0: truncated base64")
    assert [p.name for p in tmp_path.iterdir()] == ["stdin-1-0.png"]


def test_a_folder_that_is_a_file_is_bad_usage(run, replies):
    ended = run("show", replies / "one.json", "--save", replies / "many.jsonl")
    assert ended.code == 2
    assert "is a file" in ended.err


def test_a_folder_that_cannot_be_made_is_reported(run, replies):
    ended = run("show", replies / "one.json", "--save", replies / "one.json" / "below")
    assert ended.code == 1
    assert "Not a directory" in ended.err


@pytest.mark.parametrize("version", captured.VERSIONS)
def test_captured_images_are_all_shown(run, version, tmp_path):
    path = tmp_path / "replies.jsonl"
    found = captured.replies(version)
    path.write_text("\n".join(map(json.dumps, found.values())))
    shown = [
        row
        for row in rows(run("show", path, "--from", version))
        if not row[1].startswith("no image")
    ]
    wanted = sum(
        len(truth.images) for scenario in found for truth in captured.expected(version, scenario)
    )
    assert len(shown) == wanted


def test_on_a_terminal_it_is_a_table_of_its_width(on_terminal, replies):
    ended = on_terminal("show", replies / "one.json", streams=["stdout"])
    assert ended.code == 0
    head, row = ended.out.decode().splitlines()
    assert head.split("  ")[0] == "reply"
    assert head.index("media type") == row.index("image/png")


STRANGERS = {
    "an error": {"error": {"message": "No endpoints found", "code": 404}},
    "Gemini": {"candidates": [{"content": {"parts": []}}]},
    "the Images API": {"created": 1, "data": [{"b64_json": "iVBORw0KGgo="}]},
    "the Responses API": {"object": "response", "output": []},
}


@pytest.mark.parametrize("stranger", STRANGERS.values(), ids=STRANGERS)
def test_what_is_no_reply_fails_only_where_nothing_was_one(run, stranger):
    line = json.dumps(stranger).encode()
    ended = run("show", stdin=line)
    assert (ended.code, ended.out) == (1, b"")
    assert ": expected a chat completion; this looks like" in ended.err
    ended = run("show", stdin=line + b"\n" + body({"content": A.url}))
    assert ended.code == 0
    assert ended.err.startswith("<stdin>:1: ")
    assert [row[0] for row in rows(ended)] == ["<stdin>:2"]


def test_why_there_is_no_image_is_shown(run):
    blocked = {"message": {"content": None, "refusal": "I\ncannot."}, "index": 0}
    reply = {"choices": [{**blocked, "finish_reason": "content_filter", "error": "SAFETY"}]}
    (row,) = rows(run("show", stdin=json.dumps(reply).encode()))
    assert row == [
        "<stdin>",
        "no image; finish_reason: content_filter; refusal: I cannot.; error: SAFETY",
    ]
    reply["choices"][0] = {"message": {"content": "a"}, "finish_reason": "stop"}
    assert rows(run("show", stdin=json.dumps(reply).encode())) == [["<stdin>", "no image"]]
