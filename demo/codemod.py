"""LiteLLM's migration guide, before: run under a trace, rewritten, and run again without a shim.

The programs run on the newest LiteLLM; the model is the fake Gemini, on loopback.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.live import environments  # noqa: E402

from imageshim.testing import pictures  # noqa: E402
from imageshim.testing.fake_gemini import FakeGemini, Image, Text, fake_gemini  # noqa: E402

HERE = Path(__file__).parent
# What the guide showed for LiteLLM up to 1.76.0, and for 1.76.1 to 1.76.3; each with what the shim
# has to give: `message.image` reads in the newest format, too, and is seen.
PROGRAMS = {"content": HERE / "migration" / "before.py", "images": HERE / "migration" / "image.py"}


def call(server: FakeGemini, folder: Path, *words: object) -> str:
    """Run a program in the environment; returns what it prints."""
    python = environments.environment(environments.litellm(environments.NEWEST))
    environ = {**environments.clean_environ(folder), **server.environment()}
    ended = subprocess.run(  # noqa: S603  # our own programs
        [str(python), *map(str, words)],
        env=environ, cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if ended.returncode:
        sys.exit(f"{ended.stdout}{ended.stderr}\n{words} exited with {ended.returncode}")
    return ended.stdout


def fix(folder: Path, *words: object) -> str:
    """Call the codemod, as the environment of this project has it."""
    command = [sys.executable, "-m", "imageshim", "fix", "program.py", *map(str, words)]
    ended = subprocess.run(  # noqa: S603
        command, cwd=folder, capture_output=True, text=True, check=True
    )
    return ended.stdout


def migrate(server: FakeGemini, emit: str, program: Path, expected: bytes) -> bool:
    """Trace a program, rewrite it, run it; tell whether both gave the picture."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "program.py").write_bytes(program.read_bytes())
        shim = ("-m", "imageshim", "run", "--emit", emit, "--report", "trace.jsonl")
        call(server, folder, *shim, "program.py", "before.png")
        print(fix(folder, "--trace", "trace.jsonl"))
        fix(folder, "--trace", "trace.jsonl", "--write")
        call(server, folder, "program.py", "after.png")
        before, after = (folder / f"{when}.png" for when in ("before", "after"))
        same = before.read_bytes() == after.read_bytes() == expected
        print(f"=> the rewritten program, without a shim: {'the same picture' if same else 'NO'}\n")
        return same


def main() -> int:
    print(__doc__)
    drawn = pictures.png(64, 64, grey=200)
    with fake_gemini([Text("Here is a banana: "), Image(drawn)]) as server:
        fine = [migrate(server, emit, program, drawn.data) for emit, program in PROGRAMS.items()]
    return 0 if all(fine) else 1


if __name__ == "__main__":
    sys.exit(main())
