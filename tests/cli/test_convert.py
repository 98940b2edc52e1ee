"""`imageshim convert`."""

import json
import os
import signal
import subprocess
import sys

import pytest

from imageshim import Format, convert
from imageshim.testing.pictures import jpeg, png

A, B = png().url, jpeg().url


def reply(**message):
    return {"choices": [{"index": 0, "message": {"role": "assistant", **message}}]}


def item(url, index=0):
    return {"image_url": {"url": url, "detail": "auto"}, "index": index, "type": "image_url"}


MIXED = reply(content=f"one{A}two{B}")


@pytest.mark.parametrize("to", Format)
def test_a_reply_becomes_another_format(run, to):
    ended = run("convert", "-", "--to", to, "--from", "1.75.9", stdin=json.dumps(MIXED).encode())
    assert (ended.code, ended.err) == (0, "")
    assert json.loads(ended.out) == convert(MIXED, to, source="1.75.9")
    assert ended.out.endswith(b"}\n")


def test_images_are_the_default(run):
    ended = run("convert", stdin=json.dumps(MIXED).encode())
    assert json.loads(ended.out) == convert(MIXED, "images")


def test_there_and_back_is_exact_byte_for_byte(run, replies):
    compact = run("convert", replies / "many.jsonl", "--to", "content").out
    there = run("convert", "-", "--from", "1.75.9", stdin=compact).out
    assert there != compact
    back = run("convert", "-", "--to", "content", stdin=there).out
    assert [json.loads(line) for line in back.splitlines()] == [
        json.loads(line) for line in compact.splitlines()
    ]


def test_the_source_is_obeyed(run):
    for source in ("images", "1.80.0"):
        ended = run("convert", "--from", source, stdin=json.dumps(MIXED).encode())
        assert json.loads(ended.out) == MIXED


def test_json_lines_stay_lines(run, replies):
    path = replies / "many.jsonl"
    ended = run("convert", path)
    before = [json.loads(line) for line in path.read_text().splitlines()]
    assert [json.loads(line) for line in ended.lines] == [convert(r, "images") for r in before]


def test_what_is_no_reply_goes_out_as_it_came(run):
    lines = [json.dumps(MIXED).encode(), b'{"broken"', b"[1, 2]", json.dumps(MIXED).encode()]
    ended = run("convert", stdin=b"\n".join(lines))
    assert ended.code == 1
    assert ended.out.splitlines()[1:3] == lines[1:3]
    assert [line.partition(" ")[0] for line in ended.err.splitlines()] == [
        "<stdin>:2:", "<stdin>:3:",
    ]  # fmt: skip


def test_a_loss_is_reported_with_choice_and_field(run):
    words = ("convert", "--to", "image", "--on-loss")
    body = json.dumps(MIXED).encode()
    dropped = run(*words, "drop", stdin=body)
    assert dropped.code == 1
    assert dropped.err.startswith("<stdin>: choices[0].message: the format 'image' cannot hold ")
    assert "1 of 2 images" in dropped.err
    assert "image" in json.loads(dropped.out)["choices"][0]["message"]
    raised = run(*words, "raise", stdin=body)
    assert (raised.code, raised.err) == (1, dropped.err)
    assert json.loads(raised.out) == MIXED
    kept = run(*words, "stash", stdin=body)
    assert (kept.code, kept.err) == (0, "")


def test_markdown_and_drafts_are_asked_for(run):
    markdown = reply(content=f"![cat]({A})")
    for words, images in (((), 0), (("--markdown",), 1)):
        ended = run("convert", *words, stdin=json.dumps(markdown).encode())
        assert len(json.loads(ended.out)["choices"][0]["message"].get("images", [])) == images
    draft = reply(content=A, reasoning_content=B)
    for words, images in (((), 1), (("--drafts", "images"), 2)):
        ended = run("convert", *words, stdin=json.dumps(draft).encode())
        assert len(json.loads(ended.out)["choices"][0]["message"].get("images", [])) == images


@pytest.mark.parametrize(
    "words",
    [
        ("--to", "pictures"),
        ("--on-loss", "cry"),
        ("--drafts",),
        ("--drafts", "yes"),
        ("--nonsense",),
    ],
)
def test_bad_words_are_bad_usage(run, words):
    ended = run("convert", *words, stdin=b"{}")
    assert (ended.code, ended.out) == (2, b"")
    assert "error: " in ended.err
    assert words[0] in ended.err


# Where it goes


def test_out_is_a_file(run, replies):
    out = replies / "new" / "out.json"
    ended = run("convert", replies / "one.json", "--out", out)
    assert (ended.code, ended.out) == (0, b"")
    assert json.loads(out.read_bytes())["choices"][0]["message"]["images"]


def test_out_is_a_folder_for_several_inputs(run, replies):
    ended = run("convert", replies / "one.json", replies / "many.jsonl", "-", "--out",
                replies / "new", stdin=json.dumps(MIXED).encode())  # fmt: skip
    assert (ended.code, ended.out) == (0, b"")
    assert sorted(p.name for p in (replies / "new").iterdir()) == [
        "many.jsonl", "one.json", "stdin.json",
    ]  # fmt: skip


def test_out_is_a_folder_that_is_there(run, replies):
    folder = replies / "folder"
    folder.mkdir()
    run("convert", replies / "one.json", "--out", folder)
    assert [p.name for p in folder.iterdir()] == ["one.json"]


def test_a_file_can_be_converted_in_its_place(run, replies):
    path = replies / "many.jsonl"
    before = [json.loads(line) for line in path.read_text().splitlines()]
    run("convert", path, "--out", path)
    assert [json.loads(line) for line in path.read_text().splitlines()] == [
        convert(r, "images") for r in before
    ]


def test_two_inputs_never_become_one_file(run, replies):
    (replies / "sub").mkdir()
    (replies / "sub" / "one.json").write_bytes((replies / "one.json").read_bytes())
    ended = run("convert", replies / "one.json", replies / "sub" / "one.json", "--out",
                replies / "new")  # fmt: skip
    assert ended.code == 2
    assert "two inputs have the same name" in ended.err
    assert not (replies / "new").exists()


def test_a_place_that_cannot_be_written_is_bad_usage(run, replies):
    blocked = replies / "one.json" / "below"
    ended = run("convert", replies / "many.jsonl", "--out", blocked)
    assert ended.code == 2
    assert "one.json: " in ended.err
    assert "Traceback" not in ended.err


def test_a_reader_that_has_seen_enough_is_no_problem(replies):
    ours, theirs = os.pipe()
    os.close(ours)
    ended = subprocess.run(
        [sys.executable, "-m", "imageshim", "convert", replies / "many.jsonl"],
        stdout=theirs,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(theirs)
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_records_that_are_no_reply_are_counted_and_stay(run):
    bodies = [reply(content=A), {"error": {"message": "quota"}}, {"data": [{"b64_json": "x"}]}]
    lines = b"".join(json.dumps(body).encode() + b"\n" for body in bodies)
    ended = run("convert", stdin=lines)
    assert (ended.code, ended.err) == (0, "2 of 3 records are no reply, and stay as they are\n")
    assert ended.out.splitlines()[1:] == lines.splitlines()[1:]
    ended = run("convert", stdin=json.dumps(bodies[1]).encode())
    assert (ended.code, ended.err) == (0, "1 of 1 records is no reply, and stays as it is\n")


@pytest.mark.skipif(os.name != "posix", reason="a signal of POSIX")
@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_who_is_told_to_stop_leaves_nothing_half_written(tmp_path, told):
    out = tmp_path / "out.jsonl"
    out.write_bytes(b"old")
    command = [sys.executable, "-m", "imageshim", "convert", "--to", "images", "--out", str(out)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdin.write(b'{"choices": []}\n' * 20_000)
        process.stdin.flush()
        while len(list(tmp_path.iterdir())) < 2:
            assert process.poll() is None
        process.send_signal(told)
        process.stderr.read()
    assert process.returncode in {-told, 128 + told, 1}
    assert list(tmp_path.iterdir()) == [out]
    assert out.read_bytes() == b"old"
