"""LiteLLM's own migration guide, run: "before" on the newest version, "after" on all of them.

Each program runs unchanged under `imageshim run`, in an environment with a real LiteLLM; the model
is the fake Gemini, on loopback.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.live import environments  # noqa: E402

from imageshim.page import PageWriter, entries_of  # noqa: E402
from imageshim.testing.fake_gemini import FakeGemini, Image, Text, fake_gemini  # noqa: E402
from imageshim.testing.paintings import painting  # noqa: E402

HERE = Path(__file__).parent
PICTURES = ROOT / "demo-output" / "migration"
PAGE = ROOT / "demo-output" / "index.html"


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


RELEASES = ("1.75.9", "1.76.3", environments.NEWEST)


def play(run: Run, server: FakeGemini, out: Path) -> subprocess.CompletedProcess[str]:
    """Run the program; it saves its picture, or what it got, at ``out``."""
    python = environments.environment(environments.litellm(run.version))
    shim = ["-m", "imageshim", "run", "--emit", run.emit] if run.emit else []
    command = [python, *shim, HERE / run.program, out]
    with tempfile.TemporaryDirectory() as home:
        environ = {**environments.clean_environ(Path(home)), **server.environment()}
        return subprocess.run(  # noqa: S603  # our own programs
            list(map(str, command)), env=environ, cwd=home, capture_output=True, text=True,
            check=False,
        )  # fmt: skip


def exact(version: str) -> str:
    return environments.newest_litellm() if version == environments.NEWEST else version


def picture_of(run: Run) -> Path:
    return PICTURES / f"{Path(run.program).stem}-{exact(run.version)}.png"


def fresh(path: Path) -> Path:
    path.unlink(missing_ok=True)
    return path


def write_page(server: FakeGemini) -> None:
    """Ask each release without a shim, and show the replies side by side."""
    with (
        tempfile.TemporaryDirectory() as folder,
        PAGE.open("w", encoding="utf-8", errors="replace") as out,
    ):
        page = PageWriter(out, "One answer of the model, as three LiteLLM releases give it")
        for release in RELEASES:
            version = exact(release)
            reply = Path(folder) / f"{version}.json"
            ended = play(Run("reply.py", release, ""), server, reply)
            if ended.returncode:
                raise SystemExit(ended.stderr[-2000:])
            for entry in entries_of(json.loads(reply.read_text()), f"LiteLLM {version}", version):
                page.add(entry)
        page.finish()


def main() -> int:
    console = Console()
    for line in (__doc__ or "").splitlines():
        console.print(line, soft_wrap=True)
    table = Table("program", "LiteLLM", "asked for", "picture", "as the model drew it")
    PICTURES.mkdir(parents=True, exist_ok=True)
    drawn = painting()
    failed = 0
    with (
        fake_gemini([Text("Here is your picture: "), Image(drawn)]) as server,
        ThreadPoolExecutor(2) as pool,
    ):
        results = pool.map(lambda run: play(run, server, fresh(picture_of(run))), RUNS)
        replies = pool.submit(write_page, server)
        for run, ended in zip(RUNS, results, strict=True):
            version, picture = exact(run.version), picture_of(run)
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
        replies.result()
    console.print(table)
    console.print(f"Pictures: {PICTURES.relative_to(ROOT)}/")
    console.print(f"To look at: {PAGE.relative_to(ROOT)}, each release's reply side by side")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
