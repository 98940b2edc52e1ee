"""The second pass: workers and the cache."""

import subprocess
import sys

import pytest

from imageshim.codemod.project.settings import Settings
from imageshim.codemod.running import run
from imageshim.codemod.running.cache import Cache
from imageshim.codemod.running.inspection import How
from imageshim.codemod.running.run import RunError, inspect_all

OLD = b"import litellm\nurl = litellm.completion().choices[0].message.image['url']\n"
HOW = How(Settings())


@pytest.fixture
def files(tmp_path):
    paths = [tmp_path / f"{number:02}.py" for number in range(12)]
    for number, path in enumerate(paths):
        path.write_bytes(OLD + b"# %d\n" % number)
    return [str(path) for path in paths]


def test_workers_give_the_same_reports_in_the_same_order(files, monkeypatch):
    alone = list(inspect_all(files, HOW))
    monkeypatch.setattr(run, "_POOL_FROM", 0)

    assert list(inspect_all(files, HOW, jobs=2)) == alone
    assert [report.path for report in alone] == files


def test_a_pool_starts_only_where_there_is_work_for_it(files):
    program = (
        "import sys\n"
        "from imageshim.codemod.running.inspection import How\n"
        "from imageshim.codemod.running.run import inspect_all\n"
        "from imageshim.codemod.project.settings import Settings\n"
        "list(inspect_all(sys.argv[1:], How(Settings()), jobs=8))\n"
        "print('concurrent.futures' in sys.modules)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, *files], capture_output=True, text=True, check=True
    )
    assert ended.stdout == "False\n"


def test_a_worker_that_dies_is_told(files, monkeypatch):
    monkeypatch.setattr(run, "_POOL_FROM", 0)
    monkeypatch.setattr(run, "inspect", lambda *_: __import__("os")._exit(1))

    with pytest.raises(RunError, match="try --jobs 1"):
        list(inspect_all(files, HOW, jobs=2))


def test_a_report_is_kept_and_comes_back(files, monkeypatch, tmp_path):
    monkeypatch.setattr(run, "_CACHE_FROM", 0)
    cache = Cache(tmp_path / "cache", (HOW.settings,))
    first = list(inspect_all(files, HOW, cache=lambda: cache))
    monkeypatch.setattr(run, "inspect", None)  # nobody looks at a file again

    assert list(inspect_all(files, HOW, cache=lambda: cache)) == first
    assert all(report.new is not None for report in first)


def test_what_a_report_depends_on_is_in_its_key(tmp_path):
    cache = Cache(tmp_path, ("a",))
    keys = {
        cache.key("a.py", b"1", ()),
        cache.key("a.py", b"2", ()),
        cache.key("b.py", b"1", ()),
        cache.key("a.py", b"1", ("read",)),
        Cache(tmp_path, ("b",)).key("a.py", b"1", ()),
    }
    assert len(keys) == 5
    assert Cache(tmp_path, ("a",)).key("a.py", b"1", ()) in keys


def test_a_cache_that_cannot_be_written_is_no_error(files, monkeypatch, tmp_path):
    monkeypatch.setattr(run, "_CACHE_FROM", 0)
    (tmp_path / "file").write_bytes(b"")
    cache = Cache(tmp_path / "file" / "cache", ())
    cache.prune()

    assert len(list(inspect_all(files, HOW, cache=lambda: cache))) == len(files)


def test_old_entries_are_removed_once_a_day(tmp_path):
    import os

    cache = Cache(tmp_path, ())
    for name in ("old", "new"):
        (tmp_path / "aa").mkdir(exist_ok=True)
        (tmp_path / "aa" / name).write_bytes(b"")
    os.utime(tmp_path / "aa" / "old", (0, 0))

    cache.prune()
    assert [path.name for path in (tmp_path / "aa").iterdir()] == ["new"]

    os.utime(tmp_path / "aa" / "new", (0, 0))
    cache.prune()
    assert [path.name for path in (tmp_path / "aa").iterdir()] == ["new"]
