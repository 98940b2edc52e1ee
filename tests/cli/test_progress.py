"""The progress bar."""

import sys

import pytest

from imageshim.cli import progress
from imageshim.cli.progress import Progress

PROGRAM = """
import sys
from imageshim.cli import progress
progress._PATIENCE = {patience}
progress._EVERY = 0
with progress.Progress("looking", 10) as bar:
    for _ in range(10):
        bar.advance()
sys.stdout.write("done")
"""


@pytest.mark.parametrize(("patience", "shown"), [(0, True), (1000, False)])
def test_it_is_shown_on_a_terminal_for_what_takes_long(on_terminal, patience, shown):
    seen = on_terminal(streams=("stderr",), code=PROGRAM.format(patience=patience)).out

    assert (b"looking" in seen) == shown


def test_it_is_not_shown_anywhere_else(monkeypatch, capfd):
    monkeypatch.setattr(progress, "_PATIENCE", 0)
    with Progress("looking", 10) as bar:
        bar.advance(10)

    assert capfd.readouterr().err == ""


def test_without_rich_there_is_none(monkeypatch):
    monkeypatch.setattr(progress, "_PATIENCE", 0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setitem(sys.modules, "rich.console", None)
    with Progress("looking", 10) as bar:
        bar.advance(3)
        bar.advance(3)
