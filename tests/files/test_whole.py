"""A file is written whole or not at all, and leaves nothing beside it."""

from __future__ import annotations

import fcntl
import os
import stat

import pytest

from imageshim.files.whole import (
    beside,
    keep_mode,
    open_temporary,
    remove_leftovers,
    write_whole,
)


def test_a_file_is_made_and_replaced(tmp_path):
    file = tmp_path / ("n" * 255)

    write_whole(file, b"old")
    write_whole(file, b"new")

    assert file.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [file]


def test_a_failure_leaves_the_file_as_it_was_and_nothing_beside_it(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"old")

    def fail():
        with beside(file) as temporary:
            temporary.write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()

    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_folder_in_its_place_stays(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()

    with pytest.raises(OSError, match="folder"):
        write_whole(folder, b"new")

    assert list(tmp_path.iterdir()) == [folder]


def test_what_is_no_file_is_not_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    with pytest.raises(OSError, match="no file"):
        write_whole(pipe, b"new")

    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]


@pytest.mark.parametrize("mask", [0o022, 0o007, 0])
def test_permissions_of_a_new_file_are_what_the_user_s_mask_leaves(tmp_path, mask):
    before = os.umask(mask)
    try:
        write_whole(tmp_path / "new", b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o666 & ~mask


def test_permissions_are_those_of_the_file_that_is_replaced(tmp_path):
    file, temporary = tmp_path / "file", tmp_path / "temporary"
    temporary.write_bytes(b"new")
    keep_mode(file, temporary)
    file.write_bytes(b"old")
    file.chmod(0o640)

    keep_mode(file, temporary)

    assert stat.S_IMODE(temporary.stat().st_mode) == 0o640


def test_what_a_killed_writer_left_is_removed(tmp_path):
    (tmp_path / ".imageshim-0123456789abcdef.tmp").write_bytes(b"half")

    remove_leftovers(tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_what_is_being_written_stays(tmp_path):
    with beside(tmp_path / "file") as temporary:
        remove_leftovers(tmp_path)

        with open_temporary(temporary) as out:
            out.write(b"new")
        remove_leftovers(tmp_path)
        assert temporary.read_bytes() == b"new"


def test_a_file_that_was_removed_before_it_was_locked_is_made_again(tmp_path, monkeypatch):
    real, seen = fcntl.flock, []

    def late(descriptor, operation):
        if operation == fcntl.LOCK_EX and not seen:
            seen.append(descriptor)
            remove_leftovers(tmp_path)
        real(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", late)

    with beside(tmp_path / "file") as temporary:
        assert seen
        assert list(tmp_path.iterdir()) == [temporary]


def test_where_there_are_no_locks_files_are_written_and_nothing_is_removed(tmp_path, monkeypatch):
    def none(_descriptor, _operation):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", none)
    left = tmp_path / ".imageshim-0123456789abcdef.tmp"
    left.touch()

    write_whole(tmp_path / "file", b"new")
    remove_leftovers(tmp_path)

    assert sorted(tmp_path.iterdir()) == [left, tmp_path / "file"]


@pytest.mark.parametrize("make", ["symlink", "fifo", "folder", "other"])
def test_only_files_of_ours_are_removed(tmp_path, make):
    name = tmp_path / ".imageshim-0123456789abcdef.tmp"
    (tmp_path / "theirs").write_bytes(b"theirs")
    if make == "symlink":
        name.symlink_to("theirs")
    elif make == "fifo":
        os.mkfifo(name)
    elif make == "folder":
        name.mkdir()
    else:
        (tmp_path / ".0123456789abcdef.tmp").touch()
    before = sorted(tmp_path.iterdir())

    remove_leftovers(tmp_path)

    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("link", ["symlink_to", "hardlink_to"])
def test_nothing_is_written_through_what_was_put_in_the_place_of_a_temporary_file(tmp_path, link):
    theirs = tmp_path / "theirs"
    theirs.write_bytes(b"theirs")

    with beside(tmp_path / "file") as temporary:
        temporary.unlink()
        getattr(temporary, link)(theirs)
        with pytest.raises(OSError, match="links"):
            open_temporary(temporary)

    assert theirs.read_bytes() == b"theirs"


def test_a_folder_that_does_not_exist_has_no_leftovers(tmp_path):
    remove_leftovers(tmp_path / "none")
