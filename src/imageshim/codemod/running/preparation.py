"""What a project as a whole says: the releases that it asks for, and what its files hand around."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from imageshim.codemod.inputs.discovery import InputError
from imageshim.codemod.inputs.scanning import Candidates
from imageshim.codemod.inputs.sources import Sources
from imageshim.codemod.inputs.worth_a_look import is_tracked
from imageshim.codemod.knowledge.testing import is_for_tests
from imageshim.codemod.project.settings import Project, Settings
from imageshim.codemod.project.targets import Targets, given, shared
from imageshim.codemod.project.trace import call_ends
from imageshim.codemod.text.source import SourceError

from .inspection import How

if TYPE_CHECKING:
    from imageshim.codemod.flow.project_index import ProjectIndex
    from imageshim.codemod.project.trace import Trace

__all__ = ["prepared"]

# Following takes several looks at each file, one after the other: on LiteLLM's own source, minutes.
_MOST_FOLLOWED = 4_000_000  # bytes
# Where a reply can come from: other files that name LiteLLM (in a text, or in the name of a model)
# hand nothing to anybody.
# The name of a module that is imported by a computed name.
_NAMED = re.compile(rb"""["']litellm["']""")
_IMPORTS = re.compile(
    rb"^[ \t]*(?:from[ \t]*(?P<dots>\.*)[ \t]*(?P<module>[\w.]*)[ \t]+import\b|"
    rb"import[ \t]+(?P<plain>[\w., \t]+))",
    re.MULTILINE,
)
_MOCKS = re.compile(rb"\b(?:[mM]ock|patch|setattr|SimpleNamespace)")
_ORIGIN = re.compile(
    rb"""^[^#\n]*\b(?:import|from)\b[^#\n]*\blitellm\b|import_module\(\s*["']litellm|"""
    rb"""\b__import__\(\s*["']litellm""",
    re.MULTILINE,
)


def prepared(
    found: Candidates,
    project: Project,
    *,
    unsafe: bool,
    sources: Sources | None = None,
    trace: Trace | None = None,
) -> tuple[How, list[str]]:
    """Return how the files are looked at, and which: those that a reply can reach.

    The project's pins are read, and its index is made, only where there is something to look at.
    """
    settings = project.settings
    sources = sources or Sources()
    targets = Targets(given(settings.target) if project.has_target else None)
    read = partial(_read, sources)
    own = {path: targets.of(path, read(path)) for path in found.strong}
    how = How(settings, unsafe, project.root, sources=sources, targets=own)
    modules = frozenset(found.modules)
    seen = _seen_calls(trace, found.strong, read) if trace is not None else {}
    origins = [
        path
        for path in found.strong
        if path in modules and (path in seen or _is_origin(read(path)))
    ]
    if not origins or len(modules) == 1:
        return how, found.strong
    size = sum(len(read(path)) for path in origins)
    if size > _MOST_FOLLOWED:
        note = (
            f"{len(origins):,} files import LiteLLM, too many to follow replies from one to "
            "another: each is looked at alone; name fewer folders to have them followed"
        )
        return how._replace(note=note), found.strong
    near = _near(origins)
    modules_near = [path for path in found.modules if near(path)]
    index, fingerprint = _index(origins, modules_near, settings, sources, seen)
    paths = sorted({*found.strong, *index.added})
    index.doubts.update(_doubts(index, paths, sources))
    more = {path: targets.of(path, read(path)) for path in paths if path not in own}
    own = shared(own | more, index.sources)
    return how._replace(project=index, fingerprint=fingerprint, targets=own), paths


def _seen_calls(
    trace: Trace, paths: Iterable[str], read: Callable[[str], bytes]
) -> dict[str, frozenset[tuple[int, int]]]:
    """Return the files with calls that were seen to return a reply, and where these end."""
    found = {path: call_ends(trace.of(Path(path), read(path))) for path in paths}
    return {path: ends for path, ends in found.items() if ends}


def _is_origin(data: bytes) -> bool:
    if _ORIGIN.search(data) is not None:
        return True
    return b"import_module(" in data and _NAMED.search(data) is not None


def _index(
    origins: Sequence[str],
    modules: Sequence[str],
    settings: Settings,
    sources: Sources,
    seen: Mapping[str, frozenset[tuple[int, int]]],
) -> tuple[ProjectIndex, str]:
    """Follow replies from the files that they come from to those that are handed one."""
    from imageshim.codemod.flow.import_order import in_order  # noqa: PLC0415
    from imageshim.codemod.flow.project_index import ProjectIndex  # noqa: PLC0415  # only where there are several files
    from imageshim.codemod.knowledge import known  # noqa: PLC0415
    from imageshim.codemod.knowledge.reads import Reads  # noqa: PLC0415

    index = ProjectIndex(modules, settings.assume_litellm, known(), Reads, seen, is_tracked)
    read = partial(_read, sources)
    digest = sha256(repr(sorted((path, sorted(ends)) for path, ends in seen.items())).encode())
    todo = list(origins)
    asked: frozenset[tuple[bytes, bytes]] = frozenset()
    while todo:
        for source in in_order([sources.source(path, read(path)) for path in todo], index):
            sources.keep(source.path, source.data)
            digest.update(sha256(source.data).digest() + os.fsencode(source.path))
            index.add(source)
        # No file that is unseen named any of what was asked for before.
        exports = index.exports - asked
        asked |= exports
        unseen = list(index.unseen) if exports else []
        todo = [path for path in unseen if _may_import(path, read(path), exports)]
        todo += sorted(set(index.handed).difference(todo))
    index.settle(lambda path: sources.source(path, read(path)))
    return index, digest.hexdigest()


def _doubts(
    index: ProjectIndex, paths: Iterable[str], sources: Sources
) -> Iterator[tuple[str, str]]:
    """Yield the files that tests hand mocks which are not understood, and what to say of each."""
    from imageshim.codemod.checking.mocks import Mocks  # noqa: PLC0415  # for the tests there are

    for path in paths:
        data = _read(sources, path)
        if not is_for_tests(path) or b"image" not in data or not _MOCKS.search(data):
            continue
        readers = [other for other, _ in index.readers_beside(path, data)]
        try:
            unclear = Mocks.of_tree(sources.source(path, data).tree).unclear if readers else ()
        except (SourceError, RecursionError):  # told where the file itself is looked at
            continue
        for node in unclear[:1]:
            said = f"the mock in {os.path.basename(path)}, line {node.lineno}, is not understood"  # noqa: PTH119
            yield from ((other, f"{said}: it would keep its `image`") for other in readers)


def _may_import(path: str, data: bytes, exports: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a file names something that another hands out, and imports from where that is.

    The name alone says little: every large tree has a class ``Agent`` in some ``agent.py``.
    """
    homes = {
        home
        for name, home in exports
        if name in data and re.search(rb"\b%s\b" % re.escape(name), data) is not None
    }
    if not homes:
        return False
    if b"import_module" in data:  # by a name in a string
        return True
    return any(
        _is_from(home, module, is_relative=is_relative)
        for module, is_relative in _imported(path, data)
        for home in homes
    )


def _is_from(home: bytes, module: bytes, *, is_relative: bool) -> bool:
    """Whether an import of a module, or of something in a package, can be of a file."""
    if is_relative:
        return module in (home, home.rpartition(b"/")[0])
    ending = b"/" + module
    return home.endswith(ending) or home.rpartition(b"/")[0].endswith(ending)


def _imported(path: str, data: bytes) -> Iterator[tuple[bytes, bool]]:
    """Yield the modules that a file imports as paths, and whether they are relative to it."""
    for match in _IMPORTS.finditer(data):
        dots, module = match["dots"], match["module"] or b""
        if dots:
            folder = os.path.abspath(path)  # noqa: PTH100  # strings: this runs for every import
            for _ in dots:
                folder = os.path.dirname(folder)  # noqa: PTH120
            inside = module.replace(b".", b"/")
            above = os.fsencode(folder.replace(os.sep, "/"))
            yield (above + b"/" + inside if inside else above), True
        elif module:
            yield module.replace(b".", b"/"), False
        for one in (match["plain"] or b"").split(b","):
            name = one.split()[0] if one.split() else b""
            if name:
                yield name.replace(b".", b"/"), False


def _read(sources: Sources, path: str) -> bytes:
    """Read a file; one that is gone is told where it is looked at."""
    try:
        return sources.read(path)
    except InputError:
        return b""


def _near(origins: Iterable[str]) -> Callable[[str], bool]:
    """Return what tells the files that a reply may reach from those that it cannot.

    A folder of installed packages (there is metadata beside them) holds many projects that know
    nothing of each other's functions: there only the packages count that replies come from.
    """
    here = os.getcwd()  # noqa: PTH109

    @cache
    def package_of(folder: str) -> str | None:
        # The folder of the installed package that a folder is in; None where it is in none.
        above = os.path.dirname(folder)  # noqa: PTH120  # strings: this runs for every folder
        if above == folder:
            return None
        return folder if _has_metadata(Path(above)) else package_of(above)

    @cache
    def package(folder: str) -> str | None:
        return package_of(os.path.join(here, folder))  # noqa: PTH118

    packages = {package(_folder(path)) for path in origins}
    return lambda path: (found := package(_folder(path))) is None or found in packages


def _folder(path: str) -> str:
    return path.rpartition(os.sep)[0]


@cache
def _has_metadata(folder: Path) -> bool:
    """Whether packages are installed in a folder, https://peps.python.org/pep-0376/."""
    return next(folder.glob("*.dist-info"), None) is not None
