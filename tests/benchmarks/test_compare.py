"""`make bench-compare`: what became worse, and what is not asked of a row."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def compare(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.rows import Row

    from benchmarks import results

    def run(before, now, *options):
        paths = [tmp_path / "results.json", tmp_path / "baseline.json"]
        for path, rows in zip(paths, (now, before), strict=True):
            if rows is not None:
                results.write([Row(*row) for row in rows], path)
        ended = subprocess.run(
            [sys.executable, "-m", "benchmarks.compare", *options, *map(str, paths)],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ended.stderr == ""
        return ended.returncode, ended.stdout

    return run


def test_a_row_that_became_worse_by_more_than_15_percent_is_named(compare):
    before = [("slow", 1.0, 3), ("steady", 1.0, 3), ("faster", 1.0, 3)]
    code, said = compare(before, [("slow", 1.2, 3), ("steady", 1.14, 3), ("faster", 0.5, 3)])
    assert code == 1
    first, last = said.splitlines()
    assert first.split() == ["slow", "1", "->", "1.2", "+20", "%"]
    assert last == "1 rows became worse by more than 15 %"


def test_nothing_is_asked_of_a_row_without_a_limit(compare):
    assert compare([("by hand", 1.0, math.inf)], [("by hand", 9.0, math.inf)]) == (
        0,
        "nothing became worse\n",
    )


def test_what_was_none_may_not_become_some(compare):
    code, said = compare([("torn streams", 0, 0)], [("torn streams", 1, 0)])
    assert (code, said.split("\n")[0].split()[-2:]) == (1, ["was", "none"])


def test_a_difference_that_was_less_than_none_may_grow_by_a_share_of_its_limit(compare):
    before = [("same", -0.1, 1), ("noise", -0.1, 1), ("more", -0.1, 1)]
    code, said = compare(before, [("same", -0.1, 1), ("noise", 0.04, 1), ("more", 0.2, 1)])
    assert (code, said.split()[0], len(said.splitlines())) == (1, "more", 2)


def test_rows_of_one_side_only_are_named_and_no_fault(compare):
    code, said = compare([("gone", 1, 2)], [("added", 1, 2)])
    assert code == 0
    assert [line.split() for line in said.splitlines()[:2]] == [
        ["added", "new"],
        ["gone", "not", "measured"],
    ]


def test_the_last_results_become_the_baseline(compare, tmp_path):
    code, _ = compare(None, [("row", 1.5, 2)], "--keep")
    assert code == 0
    assert json.loads((tmp_path / "baseline.json").read_text())["rows"] == {
        "row": {"ratio": 1.5, "limit": 2}
    }


def test_without_results_or_baseline_it_says_what_makes_them(compare):
    assert compare(None, None) == (2, "there are no results yet: make bench\n")
    code, said = compare(None, [("row", 1, 2)])
    assert (code, "--keep" in said) == (2, True)


def test_a_row_that_misses_is_measured_again_and_the_median_counts(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.__main__ import settled
    from benchmarks.rows import Row

    def measuring(*ratios):
        left = iter(ratios)
        return lambda: [Row("row", next(left), 2)]

    assert settled(measuring(1.9)) == [Row("row", 1.9, 2)]
    assert settled(measuring(9, 1.5, 1.8, 1.7, 9)) == [Row("row", 1.8, 2)]
    assert settled(measuring(9, 1.5, 2.5, 1.6, 3)) == [Row("row", 2.5, 2)]
