"""Writing all or nothing, and taking it back."""

import hashlib
import json
import os
import signal
import stat
import subprocess
import sys

import pytest

from imageshim.codemod.running import writing
from imageshim.codemod.running.writing import (
    Change,
    UndoError,
    WriteError,
    recover,
    undo,
    write_all,
)


@pytest.fixture
def files(tmp_path):
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_bytes(b"old " + name.encode())
    return [tmp_path / "a.py", tmp_path / "b.py"]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def changes(files):
    return [Change(str(file), file.read_bytes(), b"new " + file.name.encode()) for file in files]


def test_a_run_is_written_and_taken_back(tmp_path, files):
    write_all(changes(files), tmp_path / "journal")
    assert [file.read_bytes() for file in files] == [b"new a.py", b"new b.py"]

    assert undo(tmp_path / "journal") == [str(file) for file in files]
    assert [file.read_bytes() for file in files] == [b"old a.py", b"old b.py"]
    assert names(tmp_path) == ["a.py", "b.py"]

    with pytest.raises(UndoError, match="no run to take back"):
        undo(tmp_path / "journal")


def test_only_the_last_run_is_taken_back(tmp_path, files):
    write_all(changes(files[:1]), tmp_path / "journal")
    write_all(changes(files[1:]), tmp_path / "journal")

    assert undo(tmp_path / "journal") == [str(files[1])]
    assert files[0].read_bytes() == b"new a.py"


def test_nothing_is_taken_back_where_a_file_changed_since(tmp_path, files):
    write_all(changes(files), tmp_path / "journal")
    files[1].write_bytes(b"by hand")

    with pytest.raises(UndoError, match=r"changed since, nothing was taken back: .*b\.py"):
        undo(tmp_path / "journal")

    assert [file.read_bytes() for file in files] == [b"new a.py", b"by hand"]


def test_a_file_that_was_taken_back_by_hand_is_no_obstacle(tmp_path, files):
    write_all(changes(files), tmp_path / "journal")
    files[1].write_bytes(b"old b.py")

    undo(tmp_path / "journal")

    assert [file.read_bytes() for file in files] == [b"old a.py", b"old b.py"]


@pytest.mark.parametrize("damage", ["journal.json", "0.old"])
def test_a_damaged_journal_is_told(tmp_path, files, damage):
    write_all(changes(files), tmp_path / "journal")
    (tmp_path / "journal" / damage).write_bytes(b"[]")

    with pytest.raises(UndoError, match="cannot be read"):
        undo(tmp_path / "journal")
    assert files[0].read_bytes() == b"new a.py"


def test_mode_and_links_stay(tmp_path, files):
    files[0].chmod(0o755)
    link = tmp_path / "link.py"
    link.symlink_to("a.py")

    write_all([Change(str(link), b"old a.py", b"new")], tmp_path / "journal")

    assert link.is_symlink()
    assert files[0].read_bytes() == b"new"
    assert stat.S_IMODE(files[0].stat().st_mode) == 0o755


def test_the_owner_stays(tmp_path, files):
    try:
        os.chown(files[0], 1234, 4321)
    except (AttributeError, OSError):  # not Windows; root, and not of a container with one user
        pytest.skip("files cannot be given away here")

    write_all(changes(files[:1]), tmp_path / "journal")

    assert (files[0].stat().st_uid, files[0].stat().st_gid) == (1234, 4321)


def test_a_write_that_fails_leaves_every_file_as_it_was(tmp_path, files, monkeypatch):
    real = writing.replace_file

    def failing(path, data):
        if path.name == "b.py":
            raise OSError(28, "No space left on device")
        real(path, data)

    monkeypatch.setattr(writing, "replace_file", failing)

    with pytest.raises(WriteError, match=r"b\.py: No space left on device; every file is as"):
        write_all(changes(files), tmp_path / "journal")

    assert [file.read_bytes() for file in files] == [b"old a.py", b"old b.py"]
    assert names(tmp_path) == ["a.py", "b.py"]


def test_a_disk_that_is_full_leaves_the_file_as_it_was(tmp_path, files):
    resource = pytest.importorskip("resource")
    signal = pytest.importorskip("signal")
    files[0].write_bytes(b"x" * 60_000)
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16_384, old[1]))
    try:
        with pytest.raises(OSError, match="large"):
            writing.replace_file(files[0], b"y" * 60_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
        signal.signal(signal.SIGXFSZ, handler)

    assert files[0].read_bytes() == b"x" * 60_000
    assert names(tmp_path) == ["a.py", "b.py"]


def test_a_file_that_changed_meanwhile_stops_the_run(tmp_path, files):
    planned = changes(files)
    files[1].write_bytes(b"by hand")

    with pytest.raises(WriteError, match=r"b\.py: changed during"):
        write_all(planned, tmp_path / "journal")

    assert files[0].read_bytes() == b"old a.py"
    assert not (tmp_path / "journal").exists()


def test_without_a_journal_nothing_is_written(tmp_path, files):
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(WriteError, match="cannot write the journal"):
        write_all(changes(files), tmp_path / "file" / "journal")

    assert files[0].read_bytes() == b"old a.py"


def test_a_file_that_is_gone_stops_the_run(tmp_path, files):
    planned = changes(files)
    files[1].unlink()

    with pytest.raises(WriteError, match=r"b\.py: No such file or directory; nothing was"):
        write_all(planned, tmp_path / "journal")


def journal_of(folder, *paths, **more):
    folder.mkdir()
    files = []
    for number, path in enumerate(paths):
        (folder / f"{number}.old").write_bytes(b"evil")
        files.append({"path": str(path), "old": digest(b"evil"), "new": digest(path.read_bytes())})
    (folder / "journal.json").write_text(json.dumps({"v": 1, "files": files, **more}))


def digest(data):
    return hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("unfinished", [False, True])
def test_nothing_outside_of_the_project_is_taken_back(tmp_path, files, unfinished):
    project = tmp_path / "project"
    project.mkdir()
    (project / "up").symlink_to(tmp_path)
    for number, path in enumerate([files[0], project / ".." / "a.py", project / "up" / "a.py"]):
        journal = tmp_path / f"journal{number}"
        journal_of(journal, path)
        if unfinished:
            (journal / "unfinished").touch()
        with pytest.raises(UndoError, match=r"outside of .*a\.py"):
            (recover if unfinished else undo)(journal, project)
    assert files[0].read_bytes() == b"old a.py"


def test_a_journal_that_is_nested_without_end_is_told(tmp_path):
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal" / "journal.json").write_text("[" * 100_000)
    with pytest.raises(UndoError, match="cannot be read"):
        undo(tmp_path / "journal")


@pytest.mark.parametrize("told", [KeyboardInterrupt, SystemExit, MemoryError])
def test_who_is_told_to_stop_takes_back_what_is_written(tmp_path, files, monkeypatch, told):
    real = writing.replace_file

    def stopped(path, data):
        if path.name == "b.py" and data.startswith(b"new"):
            raise told
        real(path, data)

    monkeypatch.setattr(writing, "replace_file", stopped)
    with pytest.raises(told):
        write_all(changes(files), tmp_path / "journal")
    assert [file.read_bytes() for file in files] == [b"old a.py", b"old b.py"]
    assert names(tmp_path) == ["a.py", "b.py"]


def test_sigterm_takes_back_too(tmp_path, files, monkeypatch):
    real = writing.replace_file

    def told(path, data):
        real(path, data)
        if data == b"new a.py":
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(writing, "replace_file", told)
    with pytest.raises(SystemExit) as end:
        write_all(changes(files), tmp_path / "journal")
    assert end.value.code == 143
    assert [file.read_bytes() for file in files] == [b"old a.py", b"old b.py"]
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


KILLED = """
import os, sys
from pathlib import Path
from imageshim.codemod.running import writing
folder, at = Path(sys.argv[1]), int(sys.argv[2])
steps = 0
def counted(event, args):
    global steps
    if event in ("open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree"):
        if str(folder) in str(args[0]):
            steps += 1
            if steps == at:
                os.kill(os.getpid(), 9)
sys.addaudithook(counted)
files = [folder / "a.py", folder / "b.py"]
writing.write_all([writing.Change(str(f), b"old " + f.name.encode(), b"new") for f in files],
                  folder / "state" / "journal")
"""


def test_after_a_kill_at_any_step_the_next_run_leaves_all_or_nothing(tmp_path, files):
    ends = set()
    for at in range(1, 80):
        for file in files:
            file.write_bytes(b"old " + file.name.encode())
        ended = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), str(at)], check=False)
        (tmp_path / "state").mkdir(exist_ok=True)
        recover(tmp_path / "state" / "journal", tmp_path)
        ends.add(tuple(file.read_bytes() for file in files))
        assert names(tmp_path) == ["a.py", "b.py", "state"], at
        assert set(names(tmp_path / "state")) <= {"journal"}, at
        if ended.returncode == 0:
            break
    assert ended.returncode == 0
    assert ends == {(b"old a.py", b"old b.py"), (b"new", b"new")}
