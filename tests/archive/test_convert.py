"""`imageshim archive convert`: what it gives, where it goes, and what it says."""

from __future__ import annotations

import base64
import gzip
import json
import os

import pytest

import captured
from imageshim import Format, convert, read
from imageshim.archive import blocks, convert_records, raw_json, records
from imageshim.archive.records import reply_of_events
from imageshim.testing.strategies import write_message

from .conftest import COMPACT, A, B, contents, lines, reply


@pytest.mark.parametrize("to", [Format.IMAGE, Format.IMAGES, Format.PARTS])
def test_there_and_back_gives_every_byte(archive, tree, tmp_path, to):
    code, counts, _ = archive("convert", "in", "--out", "there", "--to", to)
    assert code == 0
    assert counts["converted"] == counts["replies"] == counts["records"] + 3 == 23
    assert contents(tmp_path / "there").keys() == contents(tree).keys()
    code, *_ = archive("convert", "there", "--out", "back", "--to", "content")
    assert code == 0
    before, after = contents(tree), contents(tmp_path / "back")
    # A stream keeps the chunks that it was cut into on the way.
    old, new = (read(reply_of_events(one.pop("stream.sse"))) for one in (before, after))
    assert after == before
    assert (old.text, old.images[0].url) == (new.text, new.images[0].url) == ("hi", A)


@pytest.mark.parametrize("version", captured.VERSIONS)
def test_captures_wrapped_in_any_way_are_converted_as_convert_does(archive, tmp_path, version):
    found = list(captured.replies(version).values())
    (tmp_path / "a.jsonl").write_bytes(lines(*({"response": {"body": one}} for one in found)))
    (tmp_path / "b.jsonl").write_bytes(lines(*({"output": json.dumps(one)} for one in found)))
    code, counts, _ = archive("convert", ".", "--out", "out", "--source", version)
    assert (code, counts["replies"]) == (0, 2 * len(found))
    wanted = [convert(one, "images", source=version) for one in found]
    got = [json.loads(line) for line in (tmp_path / "out/a.jsonl").read_bytes().splitlines()]
    assert [one["response"]["body"] for one in got] == wanted
    got = [json.loads(line) for line in (tmp_path / "out/b.jsonl").read_bytes().splitlines()]
    assert [json.loads(one["output"]) for one in got] == wanted


def converted(archive, tmp_path, record, *words):
    (tmp_path / "in.jsonl").write_bytes(lines(record, record))
    code, counts, err = archive("convert", "in.jsonl", "--out", "out", *words)
    assert (code, err) == (0, "")
    first, second = (tmp_path / "out" / "in.jsonl").read_bytes().splitlines()
    assert first == second
    return json.loads(first), counts


ONE = reply(content=f"a{A}b")
TWO = reply(content=f"c{B}")


@pytest.mark.parametrize(
    ("record", "path"),
    [
        (ONE, ()),
        (ONE["choices"][0]["message"], ()),
        (ONE["choices"][0], ()),
        ({"response": {"status_code": 200, "body": ONE}, "error": None}, ("response", "body")),
        ({"spans": [{"in": 1}, {"out": ONE}]}, ("spans", 1, "out")),
        ({"output": ONE["choices"][0]["message"]}, ("output",)),
        ({"a": {"b.c": ONE}}, ("a", "b.c")),
    ],
)
def test_a_reply_is_found_wherever_it_is(archive, tmp_path, record, path):
    got, counts = converted(archive, tmp_path, record)
    assert (counts["converted"], counts["records without a reply"]) == (2, 0)
    wanted = record
    for step in path:
        got, wanted = got[step], wanted[step]
    assert got == convert(wanted, "images")
    assert got != wanted


def test_several_replies_of_a_record_are_all_converted(archive, tmp_path):
    record = {"first": ONE, "text": json.dumps({"inner": json.dumps(TWO)}), "more": [TWO, ONE]}
    got, counts = converted(archive, tmp_path, record)
    assert counts["converted"] == 8
    assert (got["first"], got["more"]) == (convert(ONE, "images"), [
        convert(TWO, "images"), convert(ONE, "images"),
    ])  # fmt: skip
    assert json.loads(json.loads(got["text"])["inner"]) == convert(TWO, "images")


@pytest.mark.parametrize("colon", [":", ": ", " : ", " :"])
@pytest.mark.parametrize("comma", [",", ", "])
@pytest.mark.parametrize("first", [1, "x", None, 1.5, True])
def test_the_blanks_of_a_writer_are_kept_on_the_way_back(colon, comma, first):
    record = json.dumps({"id": first, "reply": ONE}, separators=(comma, colon))
    (there,) = convert_records([record])
    assert f'"images"{colon}[' in there
    assert json.loads(there)["reply"] == convert(ONE, "images")
    assert list(convert_records([there], to="content")) == [record]


_WRITERS = {
    "python": json.dumps,
    "javascript": lambda value: json.dumps(value, **COMPACT),
    "php": lambda value: json.dumps(value, separators=(",", ":")).replace("/", "\\/"),
    "indented": lambda value: json.dumps(value, indent=2, ensure_ascii=False),
    "tabs": lambda value: json.dumps(value, indent="\t").replace("/", "\\/"),
}


@pytest.mark.parametrize("outer", _WRITERS)
@pytest.mark.parametrize("inner", _WRITERS)
@pytest.mark.parametrize("content", [f"é {A}", f"\\/ é\n{A}"])
def test_a_record_that_two_have_written_keeps_the_spelling_of_both(outer, inner, content):
    said = _WRITERS[inner]({"who": "é", **reply(content=content)})
    record = _WRITERS[outer]({"path": "é/1", "reply": "@"}).replace('"@"', said)
    (there,) = convert_records([record])
    assert json.loads(there)["reply"] == convert(json.loads(said), "images")
    assert _WRITERS[inner]({"url": A})[1:-1].strip() in there
    assert list(convert_records([there], to="content")) == [record]
    in_text = _WRITERS[outer]({"path": "é/1", "reply": said})
    (there,) = convert_records([in_text])
    assert there == _WRITERS[outer]({
        "path": "é/1", "reply": next(iter(convert_records([said]))),
    })  # fmt: skip
    assert list(convert_records([there], to="content")) == [in_text]


def test_many_replies_of_a_record_are_found_again_in_one_pass(monkeypatch):
    passed = []
    past_value = raw_json._Text._past_value
    monkeypatch.setattr(
        raw_json._Text, "_past_value", lambda text, at: passed.append(at) or past_value(text, at)
    )

    def steps(count):
        passed.clear()
        (out,) = convert_records([json.dumps([{"out": [ONE]}] * count)])
        assert json.loads(out) == [{"out": [convert(ONE, "images")]}] * count
        return len(passed)

    assert steps(80) < 2.1 * steps(40)


def test_what_was_sent_to_a_model_is_no_reply(archive, tmp_path):
    asked = {"messages": [{"role": "user", "content": "x"}, ONE["choices"][0]["message"]]}
    got, counts = converted(archive, tmp_path, {"body": asked})
    assert got == {"body": asked}
    assert counts["records without a reply"] == 2


def test_a_place_is_told(archive, tmp_path):
    record = {"a": [{"r": ONE}, {"r": json.dumps(TWO)}, {}], "b": TWO}
    got, counts = converted(archive, tmp_path, record, "--at", "a.r")
    assert counts["converted"] == 4
    assert got["b"] == TWO
    assert got["a"][0]["r"] == convert(ONE, "images")
    assert json.loads(got["a"][1]["r"]) == convert(TWO, "images")


def test_a_field_is_told(archive, tmp_path):
    got, counts = converted(archive, tmp_path, {"a": {"r": ONE}, "b": TWO}, "--column", "a")
    assert counts["converted"] == 2
    assert got == {"a": {"r": convert(ONE, "images")}, "b": TWO}


def test_a_record_names_its_own_version(archive, tmp_path):
    quoted = reply(content=f"```\n{A}\n```")
    records_ = [{"meta": {"v": v}, "r": quoted} for v in ("1.75.9", "1.80.0", None)]
    (tmp_path / "in.jsonl").write_bytes(lines(*records_))
    words = ("--source-from", "meta.v", "--source", "1.80.0")
    code, counts, _ = archive("convert", "in.jsonl", "--out", "out", *words)
    assert (code, counts["converted"], counts["without images"]) == (0, 1, 2)


def test_a_version_that_is_none_is_refused(archive, tmp_path):
    (tmp_path / "in.jsonl").write_bytes(lines({"v": "new", "r": ONE}))
    code, counts, _ = archive("convert", "in.jsonl", "--out", "out", "--source-from", "v")
    assert (code, counts["rejects"]) == (1, 1)
    assert "'new' is neither a format" in (tmp_path / "out" / "rejects.jsonl").read_text()


def test_what_is_left_is_counted_with_the_option_that_takes_it(archive, tmp_path):
    markdown = reply(content=f"![cat]({A})")
    _, counts = converted(archive, tmp_path, markdown)
    assert counts["left: images in Markdown; --markdown takes them"] == 2
    (tmp_path / "out").rename(tmp_path / "before")
    _, counts = converted(archive, tmp_path, markdown, "--markdown")
    assert counts["converted"] == 2


def test_what_is_done_already_and_what_has_no_image_are_counted(archive, tmp_path):
    done = convert(ONE, "images")
    (tmp_path / "in.jsonl").write_bytes(lines(done, reply(content="hello"), {"x": 1}, 3, [], "a"))
    code, counts, _ = archive("convert", "in.jsonl", "--out", "out")
    assert code == 0
    names = ("in the format already", "without images", "records without a reply", "records")
    assert [counts[name] for name in names] == [1, 1, 4, 6]
    assert (tmp_path / "out/in.jsonl").read_bytes() == (tmp_path / "in.jsonl").read_bytes()


@pytest.mark.parametrize(
    "odd",
    [
        {"choices": [{"message": 3}]},
        {"choices": [{"message": "x"}, {"message": None}, {"message": [A]}]},
        {"choices": [{"delta": 3}]},
        {"role": "assistant", "content": "x", "choices": 2.5},
        {"content": A, "choices": [[], True]},
        {"images": "assistant", "choices": {"message": {}}},
        {"choices": [], "model": None},
        {"message": {"message": {"content": 3}}},
    ],
)
def test_what_looks_like_a_reply_and_is_odd_passes(archive, tmp_path, odd):
    (tmp_path / "in.jsonl").write_bytes(lines(odd, {"r": odd}))
    code, counts, _ = archive("convert", "in.jsonl", "--out", "out")
    assert (code, counts["rejects"], counts["records"]) == (0, 0, 2)
    archive("convert", "out", "--out", "back", "--to", "content")
    assert (tmp_path / "back" / "in.jsonl").read_bytes() == lines(odd, {"r": odd})


# What goes wrong


def listed(tmp_path):
    lines_ = (tmp_path / "out" / "rejects.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines_]


def test_what_cannot_be_converted_goes_out_as_it_came_and_is_listed(archive, tmp_path):
    bad = [b"{broken\n", b'{"content": "\xff\xfe"}\r\n', b'{"choices": [\n']
    good = lines(ONE)
    (tmp_path / "in.jsonl").write_bytes(good + bad[0] + b"\n" + bad[1] + good + bad[2])
    code, counts, err = archive("convert", "in.jsonl", "--out", "out")
    assert (code, counts["records"], counts["converted"], counts["rejects"]) == (1, 5, 2, 3)
    assert err == f"what was refused, and why: {os.path.join('out', 'rejects.jsonl')}\n"  # noqa: PTH118
    out = (tmp_path / "out/in.jsonl").read_bytes().splitlines(keepends=True)
    assert [out[1], out[3], out[5]] == bad
    rejects = listed(tmp_path)
    assert [(one["file"], one["line"]) for one in rejects] == [("in.jsonl", n) for n in (2, 4, 6)]
    assert rejects[0]["record"] == "{broken"
    assert "record_base64" in rejects[1]
    assert all("not JSON at byte" in one["reason"] for one in rejects)


def test_a_long_line_passes_in_pieces(archive, tmp_path, monkeypatch):
    monkeypatch.setattr(records.lines_in, "__defaults__", (1 << 10, 1))
    monkeypatch.setattr(blocks, "LONGEST", 1 << 10)
    long = b'{"content": "' + b"x" * 5000 + b'"}\n'
    body = lines(ONE) + long + lines(TWO) + long[:-1]
    (tmp_path / "in.jsonl").write_bytes(body)
    code, counts, _ = archive("convert", "in.jsonl", "--out", "out")
    assert (code, counts["records"], counts["converted"], counts["rejects"]) == (1, 4, 2, 2)
    out = (tmp_path / "out/in.jsonl").read_bytes().splitlines(keepends=True)
    assert (out[1], out[3]) == (long, long[:-1])
    rejects = listed(tmp_path)
    assert [one["line"] for one in rejects] == [2, 4]
    assert "longer than the" in rejects[0]["reason"]


def test_a_gzip_that_breaks_off_is_converted_as_far_as_it_goes(archive, tmp_path):
    many = lines(*(reply(content=f"{os.urandom(400).hex()}{A}") for i in range(200)))
    packed = gzip.compress(many)
    (tmp_path / "in.jsonl.gz").write_bytes(packed[: len(packed) // 2])
    (tmp_path / "other.jsonl").write_bytes(lines(ONE))
    code, counts, _ = archive("convert", ".", "--out", "out")
    assert (code, counts["files"]) == (1, 2)
    out = gzip.decompress((tmp_path / "out/in.jsonl.gz").read_bytes()).splitlines()
    assert 50 < len(out) < 150
    assert all(json.loads(one)["choices"][0]["message"]["images"] for one in out[:-1])
    (last, damage) = listed(tmp_path)
    assert last["record"].encode() == out[-1]
    assert "breaks off" in damage["reason"]


def test_a_file_that_cannot_be_read_does_not_stop_the_others(archive, tmp_path, monkeypatch):
    for name in ("a", "b"):
        (tmp_path / f"{name}.jsonl").write_bytes(lines(ONE))
    opened = blocks.opened

    def refused(source):
        if source.name == "a.jsonl":
            raise PermissionError(13, "Permission denied", source.path)
        return opened(source)

    monkeypatch.setattr(blocks, "opened", refused)
    code, counts, err = archive("convert", "a.jsonl", "b.jsonl", "--out", "out")
    assert (code, counts["converted"]) == (1, 1)
    assert err.startswith("a.jsonl: cannot be read: Permission denied\n")
    assert contents(tmp_path / "out").keys() == {"b.jsonl", "rejects.jsonl"}
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    code, counts, _ = archive("convert", "a.jsonl", "b.jsonl", "--out", "out")
    assert (code, counts["converted"]) == (0, 2)
    assert contents(tmp_path / "out").keys() == {"a.jsonl", "b.jsonl"}


# Where it goes


def names(folder):
    return set(contents(folder))


def test_a_folder_keeps_its_tree_and_says_what_it_leaves_out(archive, tree):
    (tree / "notes.md").write_text("x")
    (tree / "loop").symlink_to(tree)
    (tree / "gone.jsonl").symlink_to(tree / "nowhere")
    os.mkfifo(tree / "pipe.jsonl")
    code, _, err = archive("convert", "in", "--out", "in/out")
    assert code == 0
    assert "in/loop: a link to a folder that contains it; it is not followed" in err
    assert "in/gone.jsonl: a link to what does not exist" in err
    assert "in/pipe.jsonl: a pipe, socket or device" in err
    assert "1 files without records were left out: 1 .md" in err
    assert "deep/batch.jsonl" in names(tree / "out")
    code, *_ = archive("convert", "in", "--out", "in/out")
    assert "out/plain.jsonl" not in names(tree / "out")


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (["x/one"], {"a.jsonl"}),
        (["x/one/a.jsonl"], {"a.jsonl"}),
        (["x/one", "y/two"], {"one/a.jsonl", "two/b.jsonl"}),
        (["x/one", "y/one"], {"x/one/a.jsonl", "y/one/a.jsonl"}),
        (["x/one/a.jsonl", "y/two/b.jsonl"], {"a.jsonl", "b.jsonl"}),
        (["x/one/a.jsonl", "y/one/a.jsonl"], {"x/one/a.jsonl", "y/one/a.jsonl"}),
        (["x/one/a.jsonl", "x/one/a.jsonl"], {"a.jsonl"}),
        (["*/one/*.jsonl"], {"x/one/a.jsonl", "y/one/a.jsonl"}),
        (["x/**/*.jsonl"], {"one/a.jsonl"}),
    ],
)
def test_outputs_have_the_names_of_their_sources(archive, tmp_path, given, wanted):
    for name in ("x/one/a.jsonl", "y/one/a.jsonl", "y/two/b.jsonl"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(lines({"name": name, "r": ONE}))
    code, *_ = archive("convert", *given, "--out", "out")
    assert (code, names(tmp_path / "out")) == (0, wanted)


def test_the_output_folder_may_be_a_url_of_this_machine(archive, tmp_path):
    (tmp_path / "a.jsonl").write_bytes(lines(reply(content=A)))
    assert archive("convert", "a.jsonl", "--out", (tmp_path / "out").as_uri())[0] == 0
    assert (tmp_path / "out" / "a.jsonl").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nowhere", "--out", "out"), "nowhere does not exist"),
        (("no*.x", "--out", "out"), "nothing matches no*.x"),
        (("in", "--out", "in"), "would be replaced; give another --out"),
        (("in/rejects.jsonl", "--out", "out"), "which this run writes itself; rename it"),
        (("in/rejects.jsonl", "--out", "in/rejects.jsonl"), "is a file"),
        (("in",), "--out"),
        (("in", "--out", "s3://bucket/x"), "write to one, and copy it to s3:// then"),
        (("in", "--out", "out", "--source", "9.x"), "nor a LiteLLM version"),
    ],
)
def test_bad_words_are_bad_usage(archive, tmp_path, words, said):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "rejects.jsonl").write_bytes(lines(ONE))
    code, counts, err = archive("convert", *words)
    assert (code, counts) == (2, {})
    assert said in err
    assert (tmp_path / "in" / "rejects.jsonl").read_bytes() == lines(ONE)


# Ranges, workers, going on


@pytest.fixture
def large(tmp_path, monkeypatch):
    """A file that is cut into many ranges, at every place of its lines."""
    monkeypatch.setattr(blocks.blocks_of, "__defaults__", (997,))
    many = [reply(**write_message(("é" * (i % 7), A), "content")) for i in range(100)]
    body = bytearray(lines(*many, **COMPACT))
    body[body.index(b"\n", 9000) + 1 : body.index(b"\n", 9000) + 1] = b"{bad\n\n"
    (tmp_path / "in.jsonl").write_bytes(bytes(body))
    return bytes(body)


def test_ranges_give_what_the_whole_file_gives(archive, large, tmp_path, monkeypatch):
    assert archive("convert", "in.jsonl", "--out", "out")[0] == 1
    assert len(blocks.blocks_of(blocks.Source("in.jsonl", "in.jsonl", len(large)))) > 20
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    code, counts, _ = archive("convert", "in.jsonl", "--out", "whole")
    assert (code, counts["records"], counts["converted"]) == (1, 101, 100)
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")
    assert json.loads((tmp_path / "out/rejects.jsonl").read_text())["line"] > 1


def test_the_same_command_does_nothing_twice(archive, tree, tmp_path, monkeypatch):
    first = archive("convert", "in", "--out", "out")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.jsonl*")}
    journal = (tmp_path / "out/.imageshim/journal.jsonl").read_bytes()
    (tree / "new.jsonl").write_bytes(lines(ONE))
    monkeypatch.setattr("imageshim.archive.local.run_block", None)
    (tree / "new.jsonl").unlink()
    assert archive("convert", "in", "--out", "out") == first
    after = {path: path.stat().st_mtime_ns for path in before if path.name != "journal.jsonl"}
    assert after.items() <= before.items()
    assert (tmp_path / "out/.imageshim/journal.jsonl").read_bytes() == journal


def test_a_file_that_has_changed_is_done_again(archive, tree, tmp_path):
    archive("convert", "in", "--out", "out")
    (tree / "plain.jsonl").write_bytes(lines(ONE))
    code, counts, _ = archive("convert", "in", "--out", "out")
    assert (code, counts["records"]) == (0, 17)
    assert len((tmp_path / "out/plain.jsonl").read_bytes().splitlines()) == 1


@pytest.mark.usefixtures("tree")
def test_another_question_needs_another_folder(archive):
    archive("convert", "in", "--out", "out")
    code, _, err = archive("convert", "in", "--out", "out", "--to", "parts")
    assert code == 2
    assert "out holds a run with other options; give another --out, or remove it" in err


# What people have


def rejected(tmp_path, out="out"):
    path = tmp_path / out / "rejects.jsonl"
    return [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []


@pytest.mark.parametrize("words", [("--at", "response.bdy"), ("--column", "replies")])
@pytest.mark.parametrize("command", ["convert", "report"])
def test_a_place_that_no_record_has_is_told(archive, tmp_path, words, command):
    (tmp_path / "a.jsonl").write_bytes(lines({"response": {"body": ONE}}))
    out = ("--out", "out") if command == "convert" else ()
    code, counts, err = archive(command, "a.jsonl", *out, *words)
    assert (code, counts["records without a reply"]) == (0, 1)
    assert f"no record has a reply at {words[1]}" in err


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.jsonl", b"\n\n  \n"),
        ("a.json", b" \n"),
        ("a.sse", b"\n"),
        ("a.jsonl", b""),
        ("a.jsonl.gz", gzip.compress(b"\n", mtime=0)),
    ],
)
def test_a_file_with_nothing_in_it_is_no_fault(archive, tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    code, counts, err = archive("convert", name, "--out", "out")
    assert (code, err, counts["records"], counts["rejects"]) == (0, "", 0, 0)
    unpacked = gzip.decompress(data) if name.endswith(".gz") else data
    assert contents(tmp_path / "out")[name] == unpacked


def test_indented_json_is_one_record_whatever_its_name(archive, tmp_path):
    (tmp_path / "one.jsonl").write_text(json.dumps(ONE, indent=2))
    several = "\n".join(json.dumps(one, indent=2) for one in (ONE, TWO))
    (tmp_path / "two.jsonl").write_text(several)
    code, counts, _ = archive("convert", "one.jsonl", "two.jsonl", "--out", "out")
    assert (code, counts["records"], counts["converted"], counts["rejects"]) == (1, 2, 1, 1)
    (reject,) = rejected(tmp_path)
    assert (reject["line"], reject["record"]) == (None, several)
    assert (tmp_path / "out" / "two.jsonl").read_text() == several


def test_bytes_that_are_no_text_are_kept_and_listed_as_they_are(archive, tmp_path):
    bad = b'{"a":"\xff","choices":[]}\n'
    (tmp_path / "a.jsonl").write_bytes(lines(ONE) + bad + lines(ONE))
    code, counts, _ = archive("convert", "a.jsonl", "--out", "out")
    assert (code, counts["converted"]) == (1, 2)
    assert (tmp_path / "out" / "a.jsonl").read_bytes().splitlines(keepends=True)[1] == bad
    (reject,) = rejected(tmp_path)
    assert base64.b64decode(reject["record_base64"]) == bad


def test_replies_lie_up_to_three_strings_deep(archive, tmp_path):
    record = ONE
    for _ in range(3):
        record = {"s": json.dumps(record)}
    (tmp_path / "a.jsonl").write_bytes(lines(record, {"s": json.dumps(record)}))
    _, counts, _ = archive("convert", "a.jsonl", "--out", "out")
    assert (counts["converted"], counts["records without a reply"]) == (1, 1)
