"""LiteLLM's own migration guide, run: "before" on the newest version, "after" on all of them.

Each program runs unchanged under `imageshim run`, in an environment with a real LiteLLM; the model
is the fake Gemini, on loopback.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.live import environments  # noqa: E402

from imageshim.testing import pictures  # noqa: E402
from imageshim.testing.fake_gemini import FakeGemini, Image, Text, fake_gemini  # noqa: E402

HERE = Path(__file__).parent
PICTURES = ROOT / "demo-output" / "migration"


class Run(NamedTuple):
    """One program on one LiteLLM version."""

    program: str
    version: str
    emit: str


RUNS = (
    Run("before.py", environments.NEWEST, "content"),
    Run("after.py", "1.75.9", "images"),
    Run("after.py", "1.76.3", "images"),
    Run("after.py", environments.NEWEST, "images"),
)


def play(run: Run, server: FakeGemini, picture: Path) -> subprocess.CompletedProcess[str]:
    """Run the program; it saves its picture at ``picture``."""
    python = environments.environment(environments.litellm(run.version))
    command = [
        python, "-m", "imageshim", "run", "--emit", run.emit, HERE / run.program, picture,
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as home:
        environ = {**environments.clean_environ(Path(home)), **server.environment()}
        return subprocess.run(  # noqa: S603  # our own programs
            list(map(str, command)), env=environ, cwd=home, capture_output=True, text=True,
            check=False,
        )  # fmt: skip


def main() -> int:
    console = Console()
    for line in (__doc__ or "").splitlines():
        console.print(line, soft_wrap=True)
    table = Table("program", "LiteLLM", "asked for", "picture", "as the model drew it")
    PICTURES.mkdir(parents=True, exist_ok=True)
    drawn = pictures.png(64, 64, grey=200)
    failed = 0
    with fake_gemini([Text("Here is a banana: "), Image(drawn)]) as server:
        for run in RUNS:
            version = environments.newest_litellm() if run.version == "newest" else run.version
            picture = PICTURES / f"{Path(run.program).stem}-{version}.png"
            picture.unlink(missing_ok=True)
            ended = play(run, server, picture)
            same = picture.exists() and picture.read_bytes() == drawn.data
            failed += not same
            shown = f"{picture.stat().st_size} B" if picture.exists() else "none"
            table.add_row(run.program, version, run.emit, shown, "yes" if same else "NO")
            warned = [line for line in ended.stderr.splitlines() if "Warning:" in line]
            console.print(f"[bold]{run.program} on LiteLLM {version}[/bold]")
            for line in warned if same else ended.stderr.splitlines()[-15:]:
                console.print(
                    f"  {line}", style="yellow", highlight=False, markup=False, soft_wrap=True
                )
    console.print(table)
    console.print(f"Pictures: {PICTURES.relative_to(ROOT)}/")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
