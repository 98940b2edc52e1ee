"""What was read of the files of a run."""

import pickle

import pytest

from imageshim.codemod.inputs import sources
from imageshim.codemod.inputs.discovery import InputError
from imageshim.codemod.inputs.sources import Sources


def test_what_is_kept_is_not_read_again(tmp_path):
    file = tmp_path / "a.py"
    file.write_bytes(b"a")
    kept = Sources()
    kept.keep(str(file), kept.read(str(file)))
    file.unlink()
    assert kept.read(str(file)) == b"a"
    with pytest.raises(InputError):
        pickle.loads(pickle.dumps(kept)).read(str(file))  # noqa: S301  # another process


def test_there_is_room_for_so_much(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "_MOST_KEPT", 3)
    kept = Sources()
    kept.keep(str(tmp_path / "a.py"), b"12")
    kept.keep(str(tmp_path / "b.py"), b"34")
    assert kept.read(str(tmp_path / "a.py")) == b"12"
    with pytest.raises(InputError):
        kept.read(str(tmp_path / "b.py"))


def test_a_file_has_one_tree_until_it_is_taken_or_changes(monkeypatch):
    monkeypatch.setattr(sources, "_MOST_PARSED", 6)
    kept = Sources()
    first = kept.source("a.py", b"a = 1")
    assert kept.source("a.py", b"a = 1") is first
    assert kept.source("a.py", b"a = 2") is not first
    other = kept.source("b.py", b"b = 1")
    assert kept.source("b.py", b"b = 1") is not other  # there is no room for it
    assert kept.take("a.py", b"a = 1") is first
    assert kept.source("b.py", b"b = 1") is kept.source("b.py", b"b = 1")
