"""Output folders at URLs: what stands there is whole, and as in a folder of this machine."""

from __future__ import annotations

import shutil

import pytest
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.memory import MemoryFileSystem
from fsspec.registry import register_implementation

from imageshim.archive.outputs import There

from .conftest import A, B, contents, lines, reply

MANY = lines(*(reply(content=f"{i}{A}{B}") for i in range(20)))


class Slow(LocalFileSystem):
    """Files appear while they are written, and cannot be moved; an upload may break off."""

    protocol = "slow"
    cachable = False
    left = None
    """So many uploads until one breaks off."""

    def mv(self, *_, **__):
        raise NotImplementedError

    def put_file(self, lpath, rpath, **_):
        with open(lpath, "rb") as made, open(rpath, "wb") as out:  # noqa: PTH123
            data = made.read()
            if Slow.left is not None:
                Slow.left -= 1
                if Slow.left < 0:
                    out.write(data[: len(data) // 2])
                    raise ConnectionError("reset by peer")
            out.write(data)


@pytest.fixture(autouse=True)
def _places(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / ".caches"))
    monkeypatch.setattr(MemoryFileSystem, "store", {})
    monkeypatch.setattr(MemoryFileSystem, "pseudo_dirs", [""])
    monkeypatch.setattr(Slow, "left", None)
    register_implementation("slow", Slow, clobber=True)


@pytest.fixture(params=["memory", "slow"])
def place(request, tmp_path):
    """A URL, and a function that gives what is there."""
    if request.param == "slow":
        folder = tmp_path / "far"
        folder.mkdir()
        return f"slow://{folder}", lambda: contents(folder)
    store = MemoryFileSystem.store

    def there():
        found = {name.removeprefix("/far/"): file.getvalue() for name, file in store.items()}
        return {name: data for name, data in found.items() if not name.startswith(".")}

    return "memory://far", there


@pytest.fixture
def given(tmp_path):
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.jsonl").write_bytes(MANY)
    (folder / "deep" / "b.jsonl").write_bytes(b"{bad\n" + MANY)
    return folder


def test_what_is_written_to_a_url_is_what_is_written_here(archive, given, place):
    url, there = place
    assert archive("convert", "in", "--out", "here")[0] == 1
    code, counts, err = archive("convert", "in", "--out", url)
    assert (code, counts["converted"], counts["rejects"]) == (1, 40, 1)
    assert there() == contents(given.parent / "here")
    assert "the journal of this run is kept, in " in err
    assert f"{url}/rejects.jsonl" in err


@pytest.mark.usefixtures("given")
def test_the_same_command_does_nothing_twice(archive, place, monkeypatch):
    url, there = place
    archive("convert", "in", "--out", url)
    before = there()
    loaded = []
    load_up = There._load_up
    monkeypatch.setattr(There, "_load_up", lambda *args: loaded.append(args[-1]) or load_up(*args))
    assert archive("convert", "in", "--out", url)[1]["converted"] == 40
    assert {name for name in loaded if not name.startswith(".")} == {"rejects.jsonl"}
    assert there() == before


@pytest.mark.usefixtures("given")
def test_a_folder_that_is_gone_is_made_again_with_any_options(archive, place):
    url, there = place
    archive("convert", "in", "--out", url)
    assert archive("convert", "in", "--out", url, "--to", "parts")[0] == 2
    before = there()
    There(url)._system.rm(There(url)._root, recursive=True)
    assert archive("convert", "in", "--out", url, "--to", "parts")[1]["converted"] == 40
    assert there().keys() == before.keys()


@pytest.mark.usefixtures("given")
@pytest.mark.parametrize("moment", range(1, 7))
def test_a_run_goes_on_where_an_upload_broke_off(archive, tmp_path, moment):
    archive("convert", "in", "--out", "here")
    (tmp_path / "far").mkdir()
    Slow.left = moment
    code, _, err = archive("convert", "in", "--out", f"slow://{tmp_path}/far")
    assert (code, "reset by peer" in err) == (1, True)
    Slow.left = None
    assert archive("convert", "in", "--out", f"slow://{tmp_path}/far")[1]["converted"] == 40
    assert contents(tmp_path / "far") == contents(tmp_path / "here")
    assert not list((tmp_path / ".caches").rglob("*.out"))


def test_images_go_there_and_come_back(archive, given, place, tmp_path):
    url, there = place
    code, counts, _ = archive("extract", "in", "--out", url)
    assert (code, counts["extracted"]) == (1, 80)
    assert {name for name in there() if name.startswith("images/")} == {
        name for name in there() if name.endswith((".png", ".jpeg", ".jpg"))
    }
    assert len(there()) == 6
    assert archive("inline", url, "--out", "back")[0] == 0
    assert contents(tmp_path / "back") == contents(given)


@pytest.mark.usefixtures("given")
def test_from_url_to_url(archive, place):
    url, there = place
    archive("convert", "in", "--out", url)
    first = there()
    code, counts, _ = archive("convert", url, "--out", f"{url}/back", "--to", "content")
    assert (code, counts["files"], counts["converted"]) == (1, 2, 40)
    assert there()["back/a.jsonl"] == MANY
    assert {name: data for name, data in there().items() if "back/" not in name} == first
    assert archive("convert", url, "--out", f"{url}/back", "--to", "content")[1]["files"] == 2
    code, _, err = archive("convert", f"{url}/a.jsonl", "--out", url)
    assert (code, "would be replaced; give another --out" in err) == (2, True)


@pytest.mark.usefixtures("given")
@pytest.mark.parametrize("url", ["nosuch://x/y", "smb://server/share"])
def test_a_kind_of_place_that_is_not_known_is_bad_usage_with_the_way_round(archive, url):
    code, _, err = archive("convert", "in", "--out", url)
    assert code == 2
    assert f"write to one, and copy it to {url.partition(':')[0]}:// then" in err
    code, _, err = archive("convert", url, "--out", "out")
    assert (code, "cannot be opened: " in err) == (2, True)


@pytest.mark.usefixtures("given")
def test_what_cannot_be_written_is_told(archive):
    code, _, err = archive("convert", "in", "--out", "data://x")
    assert (code, "cannot be written: " in err) == (1, True)


@pytest.mark.usefixtures("given")
def test_less_than_all_of_a_file_is_told(archive, place, monkeypatch):
    url, _ = place
    monkeypatch.setattr(There, "size", lambda *_: 3)
    monkeypatch.setattr(There, "begin", lambda _: None)
    code, _, err = archive("convert", "in", "--out", url)
    assert (code, "has 3 bytes of " in err) == (1, True)


@pytest.mark.usefixtures("given")
def test_another_machine_knows_what_was_asked_and_does_all_again(archive, place, tmp_path):
    url, there = place
    archive("convert", "in", "--out", url)
    before = there()
    shutil.rmtree(tmp_path / ".caches")
    assert archive("convert", "in", "--out", url, "--to", "parts")[0] == 2
    shutil.rmtree(tmp_path / ".caches")
    code, counts, _ = archive("convert", "in", "--out", url)
    assert (code, counts["converted"]) == (1, 40)
    assert there() == before


def test_a_list_of_rejects_goes_when_there_are_none(archive, given, place):
    url, there = place
    archive("convert", "in", "--out", url)
    assert "rejects.jsonl" in there()
    (given / "deep" / "b.jsonl").write_bytes(MANY)
    assert archive("convert", "in", "--out", url)[0] == 0
    assert there().keys() == {"a.jsonl", "deep/b.jsonl"}
