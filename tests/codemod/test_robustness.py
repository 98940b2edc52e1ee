"""Arbitrary Python: the standard library's own tests. Nothing crashes, nothing is found."""

from __future__ import annotations

import os
import random
import sysconfig
from pathlib import Path

import pytest

from imageshim.codemod.flow.project_index import ProjectIndex
from imageshim.codemod.knowledge import known
from imageshim.codemod.knowledge.reads import Reads
from imageshim.codemod.project.settings import Settings
from imageshim.codemod.running.engine import check
from imageshim.codemod.text.source import Source, SourceError

FOLDER = Path(sysconfig.get_path("stdlib")) / "test"
FEW = 60
# Files of the suite that are no Python on purpose.
BAD = ("bad", "lib2to3", "tokenizedata", "test_source_encoding", "encoded_modules")


def files() -> list[Path]:
    """Some of the files; all of them where IMAGESHIM_ALL_FILES is set (a minute or two)."""
    found = sorted(path for path in FOLDER.rglob("*.py") if path.stat().st_size < 400_000)
    if "IMAGESHIM_ALL_FILES" in os.environ or len(found) <= FEW:
        return found
    return random.Random(7).sample(found, FEW)  # noqa: S311


@pytest.mark.deep
@pytest.mark.skipif(not FOLDER.is_dir(), reason="this Python came without its tests")
@pytest.mark.parametrize("assume", [(), ("*",)], ids=["as it is", "everything is assumed"])
def test_the_standard_librarys_tests_are_left_alone(assume):
    settings = Settings(assume_litellm=assume)
    everything = ProjectIndex((), (), known(), Reads)  # with an index every file is interpreted
    looked_at = 0
    for path in files():
        source = Source(str(path), path.read_bytes())
        try:
            found = check(source, settings, index=everything)
        except SourceError as error:
            assert any(name in str(path) for name in BAD), error  # noqa: PT017
            continue
        looked_at += 1
        assert [one for one in found if one.code < "IMG100"] == [], path
    assert looked_at >= min(FEW, len(files())) * 0.8
