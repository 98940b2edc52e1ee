"""A real cluster of Ray, of several worker processes, gives the bytes that one machine gives."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from imageshim.testing.pictures import png

from . import environments

pytestmark = pytest.mark.live

PROGRAM = Path(__file__).parent / "programs" / "on_ray.py"


def everything(folder):
    found = {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items()}


def test_ray_gives_the_same_bytes_though_a_worker_is_killed(tmp_path):
    python = environments.environment(environments.ray())
    message = {"role": "assistant", "content": f"x{png(filling=3000).url}"}
    line = json.dumps({"response": {"body": {"choices": [{"index": 0, "message": message}]}}})
    (tmp_path / "in" / "deep").mkdir(parents=True)
    for name in ("a.jsonl", "deep/b.jsonl"):
        (tmp_path / "in" / name).write_text(f"{line}\n" * 25)
    ended = subprocess.run(
        [python, PROGRAM],
        env={
            "HOME": str(tmp_path),
            "PATH": os.defpath,
            "PYTHONPATH": str(environments.ROOT / "src"),
            "RAY_agent_register_timeout_ms": "120000",  # for machines with much else to do
        },
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert ended.returncode == 0, ended.stderr[-3000:]
    said = ended.stdout.splitlines()  # beside what Ray says of the worker that was killed
    assert {"local 2 50", "ray 2 50", "map_batches 25"} <= set(said)
    assert everything(tmp_path / "ray") == everything(tmp_path / "local")
