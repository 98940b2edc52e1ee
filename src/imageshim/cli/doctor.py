"""`imageshim doctor`: what is installed, what it gives, and what to do next."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from imageshim.doctor import INSTALL_CODEMOD, Checked, Diagnosis, diagnose, installed
from imageshim.errors import ImageShimError
from imageshim.printing.counts import counted

from .arguments import file_name, parser

__all__ = ["main"]

_EXAMPLES = """Examples:
  imageshim doctor
  imageshim doctor src --json
  .venv/bin/python -m imageshim doctor    (about another environment's Python)

Exit codes: 0 whatever it finds, 2 bad usage."""


def main(arguments: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    by = parser(
        "doctor",
        "Say what is installed here, which format its calls give, which known faults these "
        "versions have, what the project's code needs, and the one next step.",
        _EXAMPLES,
    )
    by.add_argument("path", nargs="?", default=".", metavar="PATH", help="the project (default: .)")
    by.add_argument("--json", action="store_true", help="print JSON")
    options = by.parse_args(arguments)
    if not Path(options.path).exists():
        by.error(f"{file_name(options.path)!r} does not exist")
    from imageshim.wrapping.installation import is_active

    have = installed()
    looked = not have.extras.get("codemod")
    checked = _checked(options.path) if looked else Checked(options.path, 0, looked=False)
    found = diagnose(have, checked, active=is_active())
    print(json.dumps(_as_json(found), indent=2) if options.json else "\n".join(_lines(found)))  # noqa: T201
    return 0


def _checked(folder: str) -> Checked:
    """Run ``imageshim check`` as everybody runs it, in a process of its own."""
    ended = subprocess.run(  # noqa: S603  # ourselves
        [sys.executable, "-m", "imageshim", "check", "--format", "json", "--", folder],
        capture_output=True, check=False,
    )  # fmt: skip
    try:
        document = json.loads(ended.stdout)
    except ValueError:
        said = ended.stderr.decode("utf-8", "replace").strip()
        return Checked(folder, 0, problem=said.rpartition("\n")[2] or "check said nothing")
    summary: dict[str, Any] = document["summary"]
    edits = summary.get("fixed", 0)
    from imageshim.codemod.project.targets import NONE_FOUND

    targets = tuple(summary["targets"])
    return Checked(
        folder,
        summary["scanned"],
        edits + sum(summary.get(sort, 0) for sort in ("unsafe", "clashes", "person")),
        edits,
        sum(summary.get(sort, 0) for sort in ("unproven", "note")),
        targets,
        any(target.startswith(NONE_FOUND) for target in targets),
        tuple(_shims(folder)),
        _problem(document["files"]),
    )


def _problem(files: list[dict[str, Any]]) -> str | None:
    """Return the first thing that could not be read."""
    for file in files:
        for problem in file["problems"]:
            return f"{file['path']}: {problem['what']}"
    return None


_SHIM = re.compile(
    rb"^[^#\n]*?\b"
    rb"(?:imageshim\.(?:install|wrap)\(|from imageshim import[^#\n]*\b(?:install|wrap)\b)",
    re.MULTILINE,
)


def _shims(folder: str) -> Iterator[str]:
    """Yield the lines of Python files that install or wrap."""
    from imageshim.codemod.inputs.discovery import Kind, discover, kind_of

    try:
        for path in discover([folder], Path(folder).resolve()):
            if kind_of(path) is Kind.PYTHON:
                code = Path(path).read_bytes()
                for match in _SHIM.finditer(code) if b"imageshim" in code else ():
                    line = code.count(b"\n", 0, match.start()) + 1
                    yield f"{file_name(path)}:{line}"
    except (ImageShimError, OSError):
        return  # check says what cannot be read


def _lines(found: Diagnosis) -> Iterator[str]:
    have = found.installed
    yield "Installed"
    yield f"  Python {have.python}, imageshim {have.imageshim}"
    named = [f"{name} {version}" for name, version in have.libraries.items()]
    yield f"  {', '.join(named) or 'none of the libraries that matter'}"
    yield from _extra_lines(have.extras)
    yield "\nFormat"
    if found.format is not None:
        yield f"  calls give message.{found.format}"
    elif "litellm" in have.libraries:
        yield f"  the version {have.libraries['litellm']} is not among the known ones"
    else:
        yield "  LiteLLM is not installed; a proxy's replies say themselves what they are"
    yield "\nKnown faults of these versions"
    for fault in found.faults:
        until = f", mended in {fault.before}" if fault.before else ""
        yield f"  {fault.library}: {fault.what}{until}"
        yield f"    -> {fault.mend}"
    if not found.faults:
        yield "  none"
    yield from _project_lines(found)
    yield f"\nNext\n  {found.next_step}"


def _extra_lines(extras: dict[str, tuple[str, ...]]) -> Iterator[str]:
    whole = [name for name, missing in extras.items() if not missing]
    if whole:
        yield f"  extras: {', '.join(whole)}"
    for name, missing in extras.items():
        if missing:
            yield f"  without the extra {name!r}: {', '.join(missing)} missing"


def _project_lines(found: Diagnosis) -> Iterator[str]:
    checked = found.checked
    yield f"\nProject {file_name(checked.folder)}"
    yield from _check_lines(checked)
    if found.active:
        yield "  imageshim.install() is in force in every program of this Python"
    if checked.shims:
        more = f" and {len(checked.shims) - 3} more" if checked.shims[3:] else ""
        yield f"  imageshim is installed by {', '.join(checked.shims[:3])}{more}"
    elif checked.looked and not found.active:
        yield "  no shim is installed"


def _check_lines(checked: Checked) -> Iterator[str]:
    if not checked.looked:
        yield f"  not looked at: that needs the extra 'codemod': {INSTALL_CODEMOD}"
        return
    if checked.problem is not None:
        yield f"  {checked.problem}"
    for target in checked.targets:
        yield f"  target: {target}"
    yield (
        f"  check: {counted(checked.files, 'file')}, {counted(checked.findings, 'finding')} "
        f"({checked.edits:,} that fix rewrites), {counted(checked.notes, 'note')}"
    )


def _as_json(found: Diagnosis) -> dict[str, Any]:
    return {
        "installed": found.installed._asdict(),
        "format": found.format,
        "faults": [fault._asdict() for fault in found.faults],
        "active": found.active,
        "project": found.checked._asdict(),
        "next_step": found.next_step,
    }
