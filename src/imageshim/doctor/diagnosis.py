"""What all of it means, and the one thing to do next."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import NamedTuple

from imageshim.errors import UnknownFormatError
from imageshim.timeline import Format, format_of

from .faults import Fault, faults_of
from .installed import Installed

__all__ = ["INSTALL_CODEMOD", "Checked", "Diagnosis", "diagnose"]

INSTALL_CODEMOD = "pip install 'imageshim[codemod]'"


class Checked(NamedTuple):
    """What ``imageshim check`` says of a project."""

    folder: str
    files: int
    findings: int = 0
    """What fails ``check``."""
    edits: int = 0
    """How many of the findings ``fix`` rewrites."""
    notes: int = 0
    targets: tuple[str, ...] = ()
    """The LiteLLM releases that the project's pins ask for, and where."""
    assumed: bool = False
    """Whether a file's folders say nothing of the releases, so that `fix` assumes new ones."""
    shims: tuple[str, ...] = ()
    """The places that install imageshim, as ``FILE:LINE``."""
    problem: str | None = None
    """Why the project could not be looked at."""
    looked: bool = True
    """False where the extra that looks at code is not installed."""


class Diagnosis(NamedTuple):
    """What was found, and the next step."""

    installed: Installed
    format: Format | None
    """The format that calls of the installed LiteLLM give; None without LiteLLM."""
    faults: tuple[Fault, ...]
    active: bool
    """Whether ``install()`` is in force in every program of this Python."""
    checked: Checked
    next_step: str


def diagnose(found: Installed, checked: Checked, *, active: bool) -> Diagnosis:
    """Say what is installed here, what is known of it, and the one thing to do next."""
    format_ = _format(found.libraries.get("litellm"))
    return Diagnosis(
        found, format_, tuple(faults_of(found.libraries)), active, checked,
        next(_steps(found, format_, checked, shimmed=active or bool(checked.shims))),
    )  # fmt: skip


def _format(version: str | None) -> Format | None:
    try:
        return None if version is None else format_of(version)
    except UnknownFormatError:  # a version of somebody's own
        return None


def _steps(
    found: Installed, format_: Format | None, checked: Checked, *, shimmed: bool
) -> Iterator[str]:
    """Yield what could be done, the most pressing first."""
    folder = shlex.quote(checked.folder)
    here = bool({"litellm", "openai"} & found.libraries.keys())
    if not checked.looked and here:
        yield f"To have your code looked at, too: {INSTALL_CODEMOD}"
    if checked.problem is not None:
        yield f"See why the code could not be read: imageshim check {folder}"
    old = format_ not in {None, Format.IMAGES}
    if checked.edits and old and checked.assumed:
        target = f"--target 'litellm>={found.libraries['litellm']}'"
        yield f"See the edits for this release, then add --write: imageshim fix {target} {folder}"
    if checked.edits:
        yield f"See the edits, then add --write: imageshim fix {folder}"
    if checked.findings:
        yield f"Look at what reads an old format: imageshim check {folder}"
    if not here:
        yield (
            "Neither LiteLLM nor the OpenAI SDK is installed here: install imageshim into the "
            "environment of your program, and run this command there"
        )
    if old:
        yield (
            f"LiteLLM {found.libraries['litellm']} gives an old format: read replies with "
            "imageshim.read(reply), which takes all of them, then upgrade to litellm>=1.77"
        )
    if shimmed:
        yield (
            "Let your tests say whether anything still needs the old formats: "
            "imageshim run --report report.jsonl -m pytest"
        )
    yield "Nothing: what is installed gives the format that the code reads"
