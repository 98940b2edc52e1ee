"""`imageshim archive extract` and `inline`: images as files, and exactly back."""

from __future__ import annotations

import base64
import hashlib
import json
import os

import pyarrow.parquet as pq
import pytest

import captured
from imageshim.testing.pictures import jpeg, png, svg, webp

from .conftest import COMPACT, A, B, contents, lines, reply
from .test_tables import table

PICTURES = [png(width=3), jpeg(), webp(), png(filling=1), png(filling=2)]


def both_ways(archive, *sources):
    code, counts, err = archive("extract", *sources, "--out", "small")
    assert (code, err) == (0, "")
    back, inlined, err = archive("inline", "small", "--out", "back")
    assert (back, err) == (0, "")
    assert inlined["images"] == counts["extracted"]
    return counts


def manifest(tmp_path):
    return pq.read_table(tmp_path / "small" / "manifest.parquet").to_pylist()


def records_of(folder):
    """What lies in a folder beside the images and their manifest."""
    found = contents(folder)
    return {n: data for n, data in found.items() if not n.startswith(("images/", "manifest."))}


def test_every_file_comes_back_to_the_byte(archive, tree, tmp_path):
    counts = both_ways(archive, "in")
    assert counts["extracted"] == counts["images"] == 23
    small = records_of(tmp_path / "small")
    assert not [name for name, data in small.items() if b"base64" in data]
    assert records_of(tmp_path / "back") == contents(tree)
    (image,) = (tmp_path / "small" / "images").iterdir()
    digest = hashlib.sha256(png(width=3).data).hexdigest()
    assert (image.name, image.read_bytes()) == (f"{digest}.png", png(width=3).data)
    assert small["plain.jsonl"].count(b"imageshim-file:" + digest.encode() + b'.png"') == 4


@pytest.mark.parametrize("version", captured.VERSIONS)
def test_every_capture_comes_back_to_the_byte(archive, tmp_path, version):
    body = (captured.FOLDER / f"litellm-{version}.jsonl").read_bytes()
    (tmp_path / "in.jsonl").write_bytes(body)
    counts = both_ways(archive, "in.jsonl", "--source", version)
    assert counts["extracted"] > 10
    assert (tmp_path / "back" / "in.jsonl").read_bytes() == body
    assert len((tmp_path / "small" / "in.jsonl").read_bytes()) < len(body)


@pytest.mark.parametrize("alphabet", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("strip", ["", "="])
@pytest.mark.parametrize("escape", [(), ("/", "\\/"), ("=", "\\u003d")])
@pytest.mark.parametrize("nested", [False, True])
def test_every_spelling_comes_back(archive, tmp_path, alphabet, strip, escape, nested):
    urls = [
        f"data:{one.media_type};base64,{alphabet(one.data).decode().rstrip(strip or ' ')}"
        for one in PICTURES
    ]
    items = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    line = json.dumps(reply(content="x=/", images=items))
    line = line.replace(*escape) if escape else line
    line = json.dumps({"a": line}) if nested else line
    (tmp_path / "in.jsonl").write_text(f"{line}\n\n{line}")
    counts = both_ways(archive, "in.jsonl")
    assert counts["extracted"] == 2 * len(PICTURES)
    assert (tmp_path / "back" / "in.jsonl").read_text() == f"{line}\n\n{line}"


def test_what_cannot_be_spelled_again_stays_and_is_counted(archive, tmp_path):
    encoded = base64.b64encode(png().data).decode()
    wrapped = f"data:image/png;base64,{encoded[:40]}\n{encoded[40:]}"
    text = f"data:image/svg+xml,{svg().data.decode()}"
    items = [{"image_url": {"url": url}} for url in (wrapped, text, "https://x.example/a.png", A)]
    body = lines(reply(content=None, images=items))
    (tmp_path / "in.jsonl").write_bytes(body)
    counts = both_ways(archive, "in.jsonl")
    assert (counts["images"], counts["extracted"]) == (4, 1)
    assert counts["left: images whose spelling could not be written again"] == 2
    assert counts["left: references, which hold no bytes"] == 1
    assert (tmp_path / "back" / "in.jsonl").read_bytes() == body


def test_the_manifest_tells_of_each_image(archive, tmp_path):
    two = {"choices": [reply(content=A)["choices"][0], reply(content=f"x{A}{B}")["choices"][0]]}
    (tmp_path / "in.jsonl").write_bytes(lines({"x": 1}, {"r": two}))
    both_ways(archive, "in.jsonl")
    rows = manifest(tmp_path)
    assert [(r["file"], r["record"], r["place"]) for r in rows] == [("in.jsonl", 2, "r")] * 3
    first, _, last = rows
    assert (last["choice"], last["index"], last["draft"]) == (1, 1, False)
    assert (first["media_type"], first["width"], first["height"]) == ("image/png", 3, 2)
    data = png(width=3).data
    assert (first["bytes"], first["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    assert json.loads(last["spelling"])["header"] == "data:image/jpeg;base64,"


def test_tables_come_back_to_the_value(archive, tmp_path):
    pq.write_table(table(), tmp_path / "in.parquet", row_group_size=2)
    counts = both_ways(archive, "in.parquet")
    assert counts["extracted"] == 12
    assert pq.read_table(tmp_path / "back" / "in.parquet").equals(table())
    before, small = (pq.read_table(tmp_path / name) for name in ("in.parquet", "small/in.parquet"))
    assert small.schema.equals(before.schema, check_metadata=True)
    assert "imageshim-file:" in small["text"][0].as_py()


def test_a_damaged_image_is_listed_and_its_record_stays(archive, tmp_path):
    body = lines(reply(content=None, images=[{"image_url": {"url": A + "$"}}]), reply(content=B))
    (tmp_path / "in.jsonl").write_bytes(body)
    code, counts, _ = archive("extract", "in.jsonl", "--out", "small")
    assert (code, counts["rejects"], counts["extracted"]) == (1, 1, 1)
    (rejected,) = (tmp_path / "small" / "rejects.jsonl").read_text().splitlines()
    assert "is not base64" in json.loads(rejected)["reason"]


def test_an_image_that_is_gone_is_listed(archive, tmp_path):
    (tmp_path / "in.jsonl").write_bytes(lines(reply(content=A), reply(content=B)))
    archive("extract", "in.jsonl", "--out", "small")
    next((tmp_path / "small" / "images").glob("*.png")).unlink()
    code, counts, _ = archive("inline", "small", "--out", "back")
    assert (code, counts["images"], counts["rejects"]) == (1, 1, 1)
    (rejected,) = (tmp_path / "back" / "rejects.jsonl").read_text().splitlines()
    assert "cannot be read: No such file" in json.loads(rejected)["reason"]


@pytest.mark.parametrize(
    "change", [lambda data: data[:-9], lambda data: data + b"\0", lambda _: b""]
)
def test_an_image_that_has_changed_is_listed_and_not_put_back(archive, tmp_path, change):
    (tmp_path / "in.jsonl").write_bytes(lines(reply(content=A), reply(content=B)))
    archive("extract", "in.jsonl", "--out", "small")
    image = next((tmp_path / "small" / "images").glob("*.png"))
    image.write_bytes(change(image.read_bytes()))
    code, counts, _ = archive("inline", "small", "--out", "back")
    assert (code, counts["images"], counts["rejects"]) == (1, 1, 1)
    (rejected,) = (tmp_path / "back" / "rejects.jsonl").read_text().splitlines()
    assert "its bytes are not those of this name" in json.loads(rejected)["reason"]
    given, put_back = (tmp_path / one / "in.jsonl" for one in ("small", "back"))
    assert put_back.read_bytes().startswith(given.read_bytes().partition(b"\n")[0])


@pytest.mark.skipif(os.name == "nt", reason="there are no pipes among the files of Windows")
@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_an_image_that_is_no_file_is_listed_and_not_waited_for(archive, tmp_path, kind):
    (tmp_path / "in.jsonl").write_bytes(lines(reply(content=A)))
    archive("extract", "in.jsonl", "--out", "small")
    [image] = (tmp_path / "small/images").iterdir()
    image.unlink()
    if kind == "pipe":
        os.mkfifo(image)
    elif kind == "device":
        image.symlink_to("/dev/zero")
    else:
        image.mkdir()
    code, counts, _ = archive("inline", "small", "--out", "back")
    assert (code, counts["rejects"]) == (1, 1)


def test_inline_takes_a_folder_that_extract_wrote(archive, tmp_path):
    (tmp_path / "in.jsonl").write_bytes(lines(reply(content=A)))
    archive("extract", "in.jsonl", "--out", "small")
    for given in (".", "small/in.jsonl", "nowhere"):
        code, _, err = archive("inline", given, "--out", "back")
        assert code == 2
        assert f"extract did not write {given}" in err
    assert archive("inline", "small", "small", "--out", "back")[0] == 2
    assert not (tmp_path / "back").exists()


def test_records_that_name_files_already_are_no_input(archive, tmp_path):
    (tmp_path / "in.jsonl").write_bytes(lines({"a": "imageshim-file:x", "r": reply(content=A)}))
    code, counts, _ = archive("extract", "in.jsonl", "--out", "small")
    assert (code, counts["rejects"], counts["extracted"]) == (1, 1, 0)


def test_names_of_ours_are_refused(archive, tmp_path):
    (tmp_path / "in" / "images").mkdir(parents=True)
    (tmp_path / "in" / "images" / "a.jsonl").write_bytes(lines(reply(content=A)))
    code, _, err = archive("extract", "in", "--out", "small")
    assert code == 2
    assert "which this run writes itself; rename it" in err
    assert archive("convert", "in", "--out", "converted")[0] == 0


def test_show_and_detect_inside_of_such_a_folder_read_the_files(archive, run_command, tree):
    before = [line.partition("\t")[2] for line in run_command("show", "in")]
    archive("extract", "in", "--out", "small")
    assert [line.partition("\t")[2] for line in run_command("show", "small")] == before
    assert run_command("show", "small/deep/batch.jsonl")[0].split("\t")[4] == "image/png"
    assert {line.split("\t")[1] for line in run_command("detect", "small")} == {"content"}
    assert tree.exists()


def test_ranges_are_numbered_as_the_file_is(archive, tmp_path, monkeypatch):
    from imageshim.archive import blocks

    monkeypatch.setattr(blocks.blocks_of, "__defaults__", (997,))
    body = lines(*(reply(content=f"{i}{A if i % 3 else ''}") for i in range(50)), **COMPACT)
    (tmp_path / "in.jsonl").write_bytes(body)
    both_ways(archive, "in.jsonl")
    assert [row["record"] for row in manifest(tmp_path)] == [
        i + 1 for i in range(50) if i % 3
    ]  # fmt: skip
    assert (tmp_path / "back" / "in.jsonl").read_bytes() == body
