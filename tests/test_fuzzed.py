"""What strangers send, fuzzed for a minute each, led by coverage; see support/fuzzing.py."""

import subprocess
import sys
from pathlib import Path

import pytest

FUZZING = Path(__file__).parent / "support" / "fuzzing.py"
SECONDS = 60


@pytest.mark.deep
@pytest.mark.parametrize("target", ["convert", "events", "end", "rules", "journal"])
def test_what_a_stranger_sends_is_read_or_refused(target, tmp_path):
    done = subprocess.run(
        [sys.executable, FUZZING, target, f"-max_total_time={SECONDS}", "-max_len=20000"],
        cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
