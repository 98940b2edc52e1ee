"""What every command does with its files: JSON, JSON Lines, and what is neither."""

import gzip
import json
import stat

import pytest

from imageshim.cli.inputs import records, replaced_file

REPLY = {"choices": [{"index": 0, "message": {"content": "hello"}}]}
LINE = json.dumps(REPLY).encode()


@pytest.fixture
def parsed(tmp_path):
    def parse(body):
        path = tmp_path / "input"
        path.write_bytes(body)
        return [(r.line, r.value, r.error) for r in records(str(path))]

    return parse


@pytest.mark.parametrize(
    "body",
    [
        LINE,
        LINE + b"\n",
        b"\n\n " + LINE + b"\r\n\n",
        b"\xef\xbb\xbf" + LINE,
        json.dumps(REPLY, indent=2).encode(),
        json.dumps(REPLY, indent=2).encode("utf-16"),
    ],
)
def test_one_value_is_json(parsed, body):
    assert parsed(body) == [(None, REPLY, None)]


@pytest.mark.parametrize("between", [b"\n", b"\r\n", b"\n\n \n"])
def test_several_lines_are_json_lines(parsed, between):
    found = parsed(between.join([LINE] * 3) + b"\n")
    assert [value for _, value, _ in found] == [REPLY] * 3
    gap = between.count(b"\n")
    assert [line for line, _, _ in found] == [1, 1 + gap, 1 + 2 * gap]


@pytest.mark.parametrize("broken", [b'{"choices": [}', b"garbage", b"[1]", b'"x"', b"\xff\xfe{"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_bad_line_is_reported_alone(parsed, broken, place):
    lines = [LINE] * 3
    lines[place] = broken
    found = parsed(b"\n".join(lines))
    assert [line for line, _, _ in found] == [1, 2, 3]
    assert [value for _, value, _ in found].count(REPLY) == 2
    assert found[place][2]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "there is nothing in it"),
        (b" \n\n", "there is nothing in it"),
        (bytes(range(256)), "not JSON at byte"),
        (json.dumps(REPLY, indent=2).encode()[:-3], "not JSON at byte"),
        (LINE[:-3], "not JSON at byte"),
        (b"[1,\n2]", "not a reply: its JSON is of type list, not an object"),
        (b"3", "not a reply: its JSON is of type int, not an object"),
        (b"[" * 100_000, ""),
    ],
)
def test_what_is_no_reply_is_one_problem(parsed, body, problem):
    ((line, _, error),) = parsed(body)
    assert line is None
    assert error.startswith(problem)


@pytest.mark.parametrize("body", [b"[" + LINE + b",\n" + LINE + b"]", b"[\n" + LINE + b", 1]"])
def test_the_replies_of_a_list_are_found(parsed, body):
    found = parsed(body)
    assert [(line, value, error) for line, value, error in found] == [
        (None, REPLY, None) for _ in range(body.count(LINE))
    ]


@pytest.mark.parametrize("command", ["convert", "show", "detect"])
def test_files_that_cannot_be_read_are_bad_usage(run, tmp_path, command):
    ended = run(command, tmp_path / "missing.json")
    assert (ended.code, ended.out) == (2, b"")
    assert "missing.json' does not exist" in ended.err


def test_a_folder_is_no_file_to_convert(run, tmp_path):
    ended = run("convert", tmp_path)
    assert (ended.code, ended.out) == (2, b"")
    assert "is a directory" in ended.err


@pytest.mark.parametrize("command", ["convert", "show", "detect"])
def test_a_source_that_is_none_is_bad_usage(run, replies, command):
    ended = run(command, replies / "one.json", "--from", "9.x")
    assert ended.code == 2
    assert "--from: '9.x' is neither a format (content, image, images, parts)" in ended.err


@pytest.mark.parametrize("command", ["convert", "show", "detect"])
def test_standard_input_is_read_without_files(run, command):
    for words in ((), ("-",)):
        ended = run(command, *words, stdin=b"garbage")
        assert (ended.code, ended.err.startswith("<stdin>: not JSON at byte 0")) == (1, True)


@pytest.mark.parametrize("command", ["convert", "show", "detect"])
def test_one_bad_line_does_not_stop_the_others(run, replies, command):
    path = replies / "many.jsonl"
    lines = path.read_bytes().splitlines()
    lines[3] = b'{"choices": [broken'
    path.write_bytes(b"\n".join(lines))
    ended = run(command, path)
    assert ended.code == 1
    assert ended.err == f"{path}:4: not JSON at byte 13: Expecting value\n"
    assert len(ended.lines) >= len(lines) - 1


# Files that are written


def test_a_file_is_replaced_whole(tmp_path):
    path = tmp_path / "new" / "out"
    with replaced_file(path) as out:
        out.write(b"a")
        assert not path.exists()
    assert path.read_bytes() == b"a"
    path.chmod(0o640)
    with replaced_file(path) as out:
        out.write(b"b")
    assert path.read_bytes() == b"b"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [p.name for p in path.parent.iterdir()] == ["out"]


def test_a_failure_leaves_the_file_as_it_was(tmp_path):
    path = tmp_path / "out"
    path.write_bytes(b"a")

    def fail():
        with replaced_file(path) as out:
            out.write(b"b")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert path.read_bytes() == b"a"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_link_is_followed(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"a")
    link.symlink_to(target)
    with replaced_file(link) as out:
        out.write(b"b")
    assert link.is_symlink()
    assert target.read_bytes() == b"b"


def test_a_device_stays_a_device(tmp_path):
    import os
    import threading

    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    with replaced_file(pipe) as out:
        out.write(b"a")
    reader.join()
    assert read == [b"a"]
    assert pipe.is_fifo()


# Progress

_START = """
from imageshim.cli import main, progress
progress._PATIENCE = {}
main()
"""
_SLOW, _QUICK = _START.format(-1.0), _START.format(600.0)
"""Programs for which the time has come to show a bar, and never comes: whatever the clock says."""


@pytest.mark.parametrize(
    ("words", "label"),
    [
        (["convert", "--out", "out.jsonl"], b"converting"),
        (["detect"], b"reading"),
        (["show"], b"reading"),
    ],
)
def test_progress_is_shown_on_a_terminal(on_terminal, replies, words, label, monkeypatch):
    monkeypatch.chdir(replies)
    slow = on_terminal(*words, "many.jsonl", streams=["stderr"], code=_SLOW)
    assert slow.code == 0
    assert label in slow.out
    quick = on_terminal(*words, "many.jsonl", streams=["stderr"], code=_QUICK)
    assert label not in quick.out


def test_progress_gives_way_to_output_on_the_same_terminal(on_terminal, replies):
    ended = on_terminal("detect", replies / "one.json", code=_SLOW)
    assert ended.code == 0
    assert b"reading" not in ended.out


def test_progress_of_standard_input_has_no_end(on_terminal):
    code = f"import io, sys; sys.stdin = io.TextIOWrapper(io.BytesIO({LINE!r})){_SLOW}"
    assert on_terminal("detect", "-", streams=["stderr"], code=code).code == 0


def test_a_compressed_file_without_a_byte_that_can_be_read_has_one_fault(tmp_path):
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(LINE)[:10])
    (said,) = [record.error for record in records(str(path))]
    assert said.startswith("the file breaks off, or is damaged")


def test_a_table_that_is_none_is_a_record_that_says_so(tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"no table")
    (said,) = [record.error for record in records(str(tmp_path / "a.parquet"))]
    assert said.startswith("not a Parquet file that can be read")
