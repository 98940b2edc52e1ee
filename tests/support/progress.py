"""A line for each test file that several processes have run, in the place of dots without names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

__all__ = ["FileProgress"]


class FileProgress:
    """Says on the screen which file is done, how it ended, and which share of all tests is over.

    A test that fails is named at once. pytest-xdist's own dots say neither, and its percentage
    counts what comes in the order of the files, which several processes do not keep to.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._left: Counter[str] = Counter()
        self._ended: dict[str, Counter[str]] = {}
        self._total = self._done = 0

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:
        """Take note of the tests of each file; every process collects the same."""
        del node
        if not self._total:
            self._total = len(ids)
            self._left = Counter(one.partition("::")[0] for one in ids)
            self._write(f"{self._total} tests in {len(self._left)} files")

    @pytest.hookimpl(wrapper=True)
    def pytest_report_teststatus(self, report: Any) -> Iterator[None]:
        """Count as before, but print no letter."""
        category, letter, word = yield  # type: ignore[misc]
        if not isinstance(report, pytest.TestReport):
            return category, letter, word
        return category, "", ""

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note how a part of a test ended; say so at the end of its file."""
        file = report.nodeid.partition("::")[0]
        ended = self._ended.setdefault(file, Counter())
        if report.failed:
            ended["failed"] += 1
            self._write(f"FAILED {report.nodeid} ({report.when})")
        elif report.skipped:
            ended["expected to fail" if hasattr(report, "wasxfail") else "skipped"] += 1
        elif report.when == "call":
            ended["passed"] += 1
        if report.when == "teardown":
            self._end(file, ended)

    def _end(self, file: str, ended: Counter[str]) -> None:
        self._done += 1
        self._left[file] -= 1
        if not self._left[file]:
            counts = ", ".join(f"{count} {how}" for how, count in ended.items())
            self._write(f"[{100 * self._done // self._total:3d}%] {file}: {counts}")

    def _write(self, line: str) -> None:
        reporter: Any = self._config.pluginmanager.get_plugin("terminalreporter")
        reporter.ensure_newline()
        reporter.write_line(line)
        reporter.flush()
