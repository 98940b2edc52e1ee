"""A file is written whole or not at all, and leaves nothing beside it."""

from __future__ import annotations

import stat

import pytest

from imageshim.files.whole import beside, keep_mode, write_whole


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


def test_permissions_are_those_of_the_file_that_is_replaced(tmp_path):
    file, temporary = tmp_path / "file", tmp_path / "temporary"
    temporary.write_bytes(b"new")
    keep_mode(file, temporary)
    file.write_bytes(b"old")
    file.chmod(0o640)

    keep_mode(file, temporary)

    assert stat.S_IMODE(temporary.stat().st_mode) == 0o640
