"""``imageshim fix`` and ``imageshim check``, from their arguments to their exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TextIO

from imageshim.cli.progress import Progress
from imageshim.codemod.inputs.problems import Problem
from imageshim.codemod.inputs.scanning import Candidates, scan
from imageshim.codemod.inputs.sources import Sources
from imageshim.codemod.project import settings as settings_module
from imageshim.codemod.project.pins import pins
from imageshim.codemod.project.settings import Project
from imageshim.codemod.project.targets import Target, Targets, given, taken
from imageshim.codemod.running.reports import FileReport
from imageshim.errors import ImageShimError
from imageshim.printing.escapes import shown

from .output import Outcome, renderer

if TYPE_CHECKING:
    from imageshim.codemod.project.trace import Trace
    from imageshim.codemod.running.cache import Cache
    from imageshim.codemod.running.inspection import How
    from imageshim.codemod.running.writing import Change

__all__ = ["Command", "CommandError", "execute", "take_back"]

# The exit codes.
_DONE, _WORK_LEFT, _TROUBLE = 0, 1, 2
STDIN = "-"
"""The input that stands for standard input."""
_STDIN_NAME = "stdin.py"
_FEW = 5
_CUT_OFF = "an earlier run was cut off; what it had written was taken back"
# The formats that have a place for what was taken for a target.
_SAY_TARGETS = frozenset({"text", "json"})


class CommandError(ImageShimError):
    """Arguments that do not go together, or a run that is refused."""


class Command(NamedTuple):
    """The arguments of ``fix`` and of ``check``; None and empty where they are not given."""

    inputs: Sequence[str]
    rewrites: bool
    """Whether it is ``fix``."""
    write: bool = False
    check: bool = False
    unsafe: bool = False
    mark: bool = False
    target: str | None = None
    assume_litellm: Sequence[str] = ()
    select: Sequence[str] = ()
    ignore: Sequence[str] = ()
    strict: bool = False
    style: str | None = None
    exclude: Sequence[str] = ()
    documents: bool = False
    trace: Sequence[str] = ()
    format: str = "text"
    statistics: bool = False
    jobs: int | None = None
    cache: bool = True
    cache_folder: str | None = None
    allow_dirty: bool = False
    config: str | None = None
    stdin_filename: str | None = None


def execute(command: Command) -> int:
    """Do what the arguments say; returns the exit code.

    0: done, nothing is left to do; 1: ``check`` found something, or ``--check`` would change
    something; 2: something could not be read, or the run was refused.
    """
    done: list[str] = []  # the files that were written
    try:
        return _execute(command, done)
    except ImageShimError as error:
        _say(f"imageshim: {error}")
        return _TROUBLE
    except BrokenPipeError:  # of standard error: nobody is told anything
        return _TROUBLE
    except KeyboardInterrupt:
        _say(f"imageshim: interrupted; {_told(done)}")
        return 130


def _told(done: Sequence[str]) -> str:
    """Say what was written."""
    if not done:
        return "nothing was written"
    what = "1 file was" if len(done) == 1 else f"{len(done):,} files were"
    return f"{what} written (imageshim undo takes that back)"


def take_back(folder: str) -> int:
    """Restore what the last run wrote in the project of a folder; returns the exit code."""
    from imageshim.codemod.project.repository import journal_folder  # only to undo
    from imageshim.codemod.running.writing import recover, undo

    try:
        root = settings_module.find(Path(folder)).root
        journal = journal_folder(root)
        if recover(journal, root):
            _say(f"imageshim: {_CUT_OFF}")
            return _DONE
        paths = undo(journal, root)
    except ImageShimError as error:
        _say(f"imageshim: {error}")
        return _TROUBLE
    except OSError as error:
        _say(f"imageshim: {error.filename}: {error.strerror}")
        return _TROUBLE
    for path in paths:
        print(shown(path))  # noqa: T201  # this is the command line
    _say(f"imageshim: {len(paths)} {'file is' if len(paths) == 1 else 'files are'} as before")
    return _DONE


def _execute(command: Command, done: list[str]) -> int:
    project = _project(command)
    _recover(project)
    trace = _trace(command, project)
    if STDIN in command.inputs:
        return _standard_input(command, project, trace)
    sources = Sources()
    with Progress("reading") as progress:
        traced = {} if trace is None else {"traced": trace.meet}
        found = scan(command.inputs, project, progress.advance, sources=sources, **traced)
    reports = [FileReport(path, problems=(Problem(1, "", what),)) for path, what in found.problems]
    for note in found.notes:
        _say(f"imageshim: {note}")
    targets = Targets(given(project.settings.target) if project.has_target else None)
    taken_by: Mapping[str, Target] = {name: targets.of(name) for name in command.inputs}
    analysed = 0
    if found.strong:  # everything that analyses is loaded only now
        how, paths = _prepared(command, project, found, sources, trace)
        taken_by, analysed = how.targets or {}, len(paths)
        reports += _look(command, how, paths, trace)
    reports = [*_old_pins(command, project, taken_by.values()), *reports]
    if trace is not None:
        _say_of_trace(trace, reports)
    if command.write:
        done += _write(command, project, reports)
    written = bool(done)
    outcome = Outcome(
        reports, found.scanned, analysed, command.rewrites, written, command.statistics, _colour(),
        tuple(taken(taken_by.values())), found.unknown,
    )  # fmt: skip
    if command.format not in _SAY_TARGETS:
        for line in outcome.targets:
            _say(f"imageshim: target: {line}")
    try:
        _print(renderer(command.format)(outcome))
    except OSError as error:
        raise CommandError(
            f"the report could not be written: {error.strerror}; {_told(done)}"
        ) from None
    return _exit_code(command, outcome, strict=project.settings.strict)


def _recover(project: Project) -> None:
    """Take back what a run had written that was killed; looks for a folder, mostly."""
    from imageshim.codemod.project.repository import journal_folder  # loads hashlib

    journal = journal_folder(project.root)
    if journal.parent.is_dir():
        from imageshim.codemod.running.writing import recover  # seldom

        if recover(journal, project.root):
            _say(f"imageshim: {_CUT_OFF}")


def _prepared(
    command: Command, project: Project, found: Candidates, sources: Sources, trace: Trace | None
) -> tuple[How, list[str]]:
    """Return how the files are looked at, and which."""
    from imageshim.codemod.running.preparation import prepared  # see above

    how, paths = prepared(found, project, unsafe=command.unsafe, sources=sources, trace=trace)
    if how.note:
        _say(f"imageshim: {how.note}")
    return how, paths


def _look(
    command: Command, how: How, paths: Sequence[str], trace: Trace | None
) -> Iterator[FileReport]:
    """Yield the reports that say something."""
    from imageshim.codemod.running.run import inspect_all  # see above

    jobs = command.jobs or _processors()
    cache = partial(_cache, command, how)
    with Progress("looking", len(paths)) as progress:
        for report in inspect_all(paths, how, trace=trace, jobs=jobs, cache=cache):
            progress.advance()
            if report.findings or report.problems or report.marks or report.new is not None:
                yield report


def _old_pins(
    command: Command, project: Project, taken_by: Iterable[Target]
) -> Iterator[FileReport]:
    """Yield the reports of the pins among the inputs: the project's, and those of its files."""
    folders = {project.root, *(Path(one.folder) for one in taken_by if one.folder)}
    among = sorted(folder for folder in folders if _is_below(folder, command.inputs))
    if any(pins(folder) for folder in among):
        from imageshim.codemod.running.pin_reports import pin_reports  # loads the rules

        yield from pin_reports(project, among)


def _trace(command: Command, project: Project) -> Trace | None:
    if not command.trace:
        return None
    from imageshim.codemod.project.trace import read_trace  # only where one is given

    return read_trace(map(Path, command.trace), (project.root, Path.cwd()))


def _say_of_trace(trace: Trace, reports: Sequence[FileReport]) -> None:
    """Say what of a trace nothing was made of."""
    if trace.unused:
        _say(f"imageshim: in the trace, but not among the inputs: {', '.join(trace.unused)}")
    told = {(report.path, one.finding.line) for report in reports for one in report.findings}
    left = sum(place not in told for place in trace.untreated)
    if left:
        reads = "1 read" if left == 1 else f"{left:,} reads"
        was = "was" if left == 1 else "were"
        _say(f"imageshim: {reads} of `content` {was} seen and never treated as an image: left")


def _is_below(root: Path, inputs: Sequence[str]) -> bool:
    """Whether a folder is, or is in, one of the inputs."""
    folders = [Path(name).resolve() for name in inputs]
    return any(folder in (root, *root.parents) for folder in folders)


def _project(command: Command) -> Project:
    """Return the settings of the project, and over them those of the command line."""
    if command.config is not None:
        project = settings_module.load(Path(command.config))
    else:
        named = [name for name in command.inputs if name != STDIN]
        name = command.stdin_filename or (named[0] if named else os.curdir)
        project = settings_module.find(Path(name))
    base = project.settings
    changes: dict[str, object] = {
        "assume_litellm": (*base.assume_litellm, *command.assume_litellm),
        "exclude": (*base.exclude, *command.exclude),
        "documents": base.documents or command.documents,
        "mark": command.mark or (base.mark and command.rewrites),
        "strict": base.strict or command.strict,
    }
    for name in ("select", "ignore"):
        codes = tuple(code for one in getattr(command, name) for code in one.split(","))
        if codes:
            changes[name] = settings_module.check_codes(codes, f"--{name}")
    if command.style is not None:
        changes["style"] = command.style
    if command.target is not None:
        changes["target"] = settings_module.check_target(command.target, "--target")
    has_target = project.has_target or command.target is not None
    settings = base._replace(**changes)  # type: ignore[arg-type]
    if settings.select or settings.ignore:
        from .explanation import refuse_unknown  # loads the rules

        refuse_unknown((*settings.select, *settings.ignore))
    return Project(project.root, settings, has_target)


def _processors() -> int:
    """Return how many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


def _cache(command: Command, how: How) -> Cache | None:
    if not command.cache:
        return None
    from imageshim.codemod.running.cache import Cache  # only where one is used
    from imageshim.files.caches import cache_folder

    folder = cache_folder("codemod") if command.cache_folder is None else Path(command.cache_folder)
    targets = sorted((how.targets or {}).items())
    cache = Cache(folder, (how.settings, how.unsafe, how.root, how.fingerprint, targets))
    cache.prune()
    return cache


def _write(command: Command, project: Project, reports: Sequence[FileReport]) -> list[str]:
    """Write what changes; returns the files."""
    from imageshim.codemod.project.repository import dirty_files  # only to write
    from imageshim.codemod.running.writing import Change

    changes = [
        Change(report.path, report.old, report.new) for report in reports if report.new is not None
    ]
    if not changes:
        return []
    dirty = [] if command.allow_dirty else dirty_files(change.path for change in changes)
    if dirty:
        more = f" and {len(dirty) - _FEW} more" if len(dirty) > _FEW else ""
        raise CommandError(
            "nothing was written: there are changes that are not committed (commit them, "
            f"or pass --allow-dirty): {', '.join(dirty[:_FEW])}{more}"
        )
    _write_by_project(changes, project.root)
    return [change.path for change in changes]


def _write_by_project(changes: Sequence[Change], root: Path) -> None:
    """Write the files of each project with a journal of its own, so that undo stays inside."""
    from imageshim.codemod.project.repository import journal_folder  # only to write
    from imageshim.codemod.running.writing import undo, write_all

    by_root: dict[Path, list[Change]] = {}
    for change in changes:
        path = Path(change.path).resolve()
        own = root if path.is_relative_to(root) else settings_module.find(path).root
        by_root.setdefault(own, []).append(change)
    done: list[Path] = []
    try:
        for own, some in by_root.items():
            write_all(some, journal_folder(own))
            done.append(own)
    except BaseException:
        for own in done:
            undo(journal_folder(own), own)
        raise


def _standard_input(command: Command, project: Project, trace: Trace | None) -> int:
    """Look at one file from standard input; with ``--write`` it goes to standard output."""
    if len(command.inputs) > 1:
        raise CommandError("- (standard input) goes alone")
    from imageshim.codemod.running.inspection import inspect  # only where something is analysed
    from imageshim.codemod.running.preparation import prepared

    name = command.stdin_filename or _STDIN_NAME
    data = sys.stdin.buffer.read()
    if trace is not None:
        trace.meet(name, data)
    reads = trace.of(Path(name), data) if trace is not None else ()
    how, _ = prepared(Candidates([name], [], 1, []), project, unsafe=command.unsafe)
    report = inspect(name, data, how, reads)
    if command.write:
        sys.stdout.buffer.write(data if report.new is None else report.new)
    outcome = Outcome(
        [report], 1, 1, command.rewrites, command.write, command.statistics, _colour(),
        tuple(taken((how.targets or {}).values())),
    )  # fmt: skip
    _print(renderer(command.format)(outcome), sys.stderr if command.write else sys.stdout)
    return _exit_code(command, outcome, strict=project.settings.strict)


def _exit_code(command: Command, outcome: Outcome, *, strict: bool) -> int:
    if outcome.problems:
        return _TROUBLE
    if command.rewrites:
        work = command.check and bool(outcome.changed or outcome.marks)
    else:
        work = bool(outcome.marks) or any(one.sort.fails or strict for one in outcome.findings())
    return _WORK_LEFT if work else _DONE


def _colour() -> bool:
    """Whether to colour what is printed, https://no-color.org and https://force-color.org."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or sys.stdout.isatty()


def _print(lines: Iterator[str], stream: TextIO | None = None) -> None:
    out = stream or sys.stdout
    try:
        for line in lines:
            # What a file holds is printed as it is, whatever the encoding of the terminal.
            out.buffer.write(f"{line}\n".encode("utf-8", "surrogateescape"))
        out.flush()
    except OSError as error:
        # What Python still holds must not be tried again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())
        if not isinstance(error, BrokenPipeError):  # a reader that has seen enough is no error
            raise


def _say(text: str) -> None:
    print(shown(text, keep="\n"), file=sys.stderr)  # noqa: T201  # this is the command line
