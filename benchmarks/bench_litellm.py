"""A wrapped call beside what a call of the newest LiteLLM costs without any model behind it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from .rows import Row

_TESTS = Path(__file__).parents[1] / "tests"

_PROGRAM = """
import time
import litellm
import imageshim

reply = litellm.completion(model="gpt-4o", messages=[], mock_response="I can only talk.")


def answer(**_asked):
    return reply


def best(run, times):
    shortest = float("inf")
    for _ in range(15):
        begin = time.thread_time()
        for _ in range(times):
            run()
        shortest = min(shortest, (time.thread_time() - begin) / times)
    return shortest


asked = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Draw."}]}
wrapped = imageshim.wrap(answer)
added = best(lambda: wrapped(**asked), 300) - best(lambda: answer(**asked), 300)
print(added / best(lambda: litellm.completion(**asked, mock_response="I can only talk."), 10))
"""


def run() -> list[Row]:
    sys.path.insert(0, str(_TESTS))
    try:
        from live.environments import NEWEST, clean_environ, environment, litellm  # noqa: PLC0415
    finally:
        sys.path.remove(str(_TESTS))
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(
            [environment(litellm(NEWEST)), "-c", _PROGRAM], cwd=home, check=True,
            env=clean_environ(Path(home)), capture_output=True, text=True,
        )  # fmt: skip
    ratio = float(done.stdout.split()[-1])
    return [Row("a wrapped call adds / litellm.completion(mock_response=…)", ratio, 0.01)]
