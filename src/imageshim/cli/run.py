"""`imageshim run`: a program with the shim installed, without a change to it."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path

import click

import imageshim
from imageshim.wrapping import program
from imageshim.wrapping.reporting import VARIABLE

__all__ = ["command"]

_FORMATS = tuple(member.value for member in imageshim.Format)


@click.command(
    "run",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    epilog="""\b
Examples:
  imageshim run --emit content app.py --port 8000
  imageshim run --report sites.jsonl -m pytest
  python -W error::imageshim.LegacyImageFormatWarning -m imageshim run app.py""",
)
@click.option(
    "--emit", type=click.Choice(_FORMATS), default="images", show_default=True,
    help="The format that the program gets.",
)  # fmt: skip
@click.option(
    "--report", type=click.Path(dir_okay=False), metavar="FILE",
    help="Write the places that read an old format, as JSON Lines.",
)  # fmt: skip
@click.option("-m", "module", metavar="MODULE", help="Run a module, as python -m does.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[SCRIPT] [ARGUMENT]...")
def command(emit: str, report: str | None, module: str | None, arguments: tuple[str, ...]) -> None:
    """Run a Python program whose LiteLLM and OpenAI calls give the format that it knows.

    What is behind SCRIPT or MODULE goes to the program, which ends with its own exit code.
    """
    if module is None and not arguments:
        raise click.UsageError("a script, or -m and a module, is missing")
    if report:
        path = Path(report).absolute()
        if not path.parent.is_dir():
            raise click.UsageError(f"--report: there is no folder {path.parent}")
        path.unlink(missing_ok=True)  # of an earlier run; children add to this one
        os.environ[VARIABLE] = str(path)
    if not sys.warnoptions:
        # Shown wherever it comes from: the program is run to see them.
        warnings.simplefilter("default", imageshim.LegacyImageFormatWarning)
    imageshim.install(emit=imageshim.Format(emit))
    try:
        if module is not None:
            program.run_module(module, arguments)
        else:
            program.run_script(arguments[0], arguments[1:])
    except imageshim.ImageShimError as fault:
        raise click.UsageError(str(fault)) from None
