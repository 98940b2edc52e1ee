"""What the files of a project hand to one another.

A function in one file returns a reply and another file reads it; or a reply is handed to a function
in a file that does not name LiteLLM at all. The index follows both, by dotted names, through
re-exports, classes and their methods: a parameter is a reply where all callers in the project agree
that it is. It holds no trees, so worker processes can be given it::

    index = ProjectIndex(paths, settings)
    for path in paths:
        if level(data := read(path)) is Level.STRONG:
            index.add(Source(path, data))
    while more := [*index.handed, *(path for path in index.unseen if may_import(path))]:
        for path in more:
            index.add(Source(path, read(path)))
    index.settle(read)
"""

from __future__ import annotations

import ast
import os
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import PurePath
from typing import TYPE_CHECKING

from imageshim.codemod.findings import Step
from imageshim.codemod.text.source import Source, SourceError

from .methods import Given
from .scopes import ClassInfo, Function
from .statements import Flow
from .values import (
    BOTTOM,
    UNKNOWN,
    Alt,
    Inst,
    Obj,
    Origin,
    Ref,
    Seq,
    Value,
    Wrap,
    alternatives,
    holds,
    join,
)

if TYPE_CHECKING:
    from imageshim.codemod.project.settings import Settings

__all__ = ["ProjectIndex"]

_MOST_ROUNDS = 4
_LONGEST_ALIAS = 6
# In front of a function's name: what it is handed, where the name alone is what it gives.
_ARGUMENTS = "-> "


class ProjectIndex:
    """The replies that functions return or are called with, across the files of a project.

    Args:
        paths: every Python file of the project.
        settings: as for the check.

    """

    def __init__(self, paths: Iterable[str], settings: Settings) -> None:
        self.settings = settings
        self.modules = _modules(list(paths))
        self.unseen: dict[str, None] = dict.fromkeys(self.modules)
        """Files that were not added yet."""
        self.added: dict[str, None] = {}
        self._by_module = {name: path for path, names in self.modules.items() for name in names}
        self._facts: dict[str, Value] = {}
        """What a dotted name is, or what calling it gives (``name()``)."""
        self._owned: dict[str, set[str]] = {}
        self._calls: dict[str, dict[str, list[tuple[list[Value], dict[str, Value]]]]] = {}
        self._caller = ""
        self._tick = 1
        self._asked: dict[str, set[str]] = {}
        """Of each file the names that it asked for."""
        self._seen_at: dict[str, int] = {}
        self._changed_at: dict[str, int] = {}

    @property
    def exports(self) -> frozenset[tuple[bytes, bytes]]:
        """What a file must name to get a reply from another one, each with the other's own name."""
        handed = {name for name, value in self._facts.items() if holds(value)}
        owners = {name.partition("()")[0] for name in handed} | handed
        out = set(handed)
        for name, value in self._facts.items():
            if isinstance(value, Ref):  # a name for something of another file, or of LiteLLM
                real = self.resolved(name)
                if real.startswith("litellm.") or real.partition("()")[0] in owners:
                    out.add(name)
        # All callers of a function have to agree on what it is handed, so all have to be seen.
        out.update(self._handed_to)
        return frozenset((_last(name).encode(), self._home(name).encode()) for name in out)

    def _home(self, name: str) -> str:
        """Return what the file of a dotted name is called by those that import from it."""
        path = PurePath(self._path_of(name) or name)
        return path.parent.name if path.name == "__init__.py" else path.stem

    @property
    def _handed_to(self) -> list[str]:
        """The functions that are handed a reply by some caller."""
        return [
            name
            for name, callers in self._calls.items()
            if any(holds(value) for calls in callers.values() for value in _arguments(calls))
        ]

    @property
    def handed(self) -> list[str]:
        """The files that were not added and have a function that is handed a reply."""
        found = {self._path_of(name): None for name in self._handed_to}
        return [path for path in found if path in self.unseen]

    def add(self, source: Source) -> None:
        """Learn what a file hands out; one that cannot be parsed hands out nothing."""
        path = source.path
        self.unseen.pop(path, None)
        self.added[path] = None
        self._asked[path] = set()
        self._seen_at[path] = self._tick
        before = self._shapes_of(path)
        for name in self._owned.pop(path, ()):
            self._facts.pop(name, None)
        for callers in self._calls.values():
            callers.pop(path, None)
        module = self.module_of(path)
        self._caller = path
        try:
            flow = Flow(source.tree, path, module, self.settings.assume_litellm, self)
            flow.run()
        except (SourceError, RecursionError):  # told where the file itself is looked at
            return
        finally:
            self._caller = ""
        facts = dict(self._exports(flow, module)) if flow.stable or flow.found else {}
        facts.update(self._aliases(flow, module))
        self._facts.update(facts)
        self._owned[path] = set(facts)
        after = self._shapes_of(path)
        self._tick += 1
        for name in before.keys() | after.keys():
            if before.get(name) != after.get(name):
                self._changed_at[name] = self._tick

    def settle(self, read: Callable[[str], bytes]) -> None:
        """Add those files again that asked for what is known better by now, until none is left."""
        for _ in range(_MOST_ROUNDS):
            late = [path for path in self.added if self._is_late(path)]
            if not late:
                return
            for path in late:
                self.add(Source(path, read(path)))

    def _is_late(self, path: str) -> bool:
        seen = self._seen_at[path]
        return any(self._changed_at.get(name, 0) > seen for name in self._asked[path])

    def _shapes_of(self, path: str) -> dict[str, object]:
        """Return what a file hands out and hands on, by name, comparable between two looks."""
        shapes: dict[str, object] = {
            name: _shape(self._facts[name]) for name in self._owned.get(path, ())
        }
        for name, callers in self._calls.items():
            if path in callers:
                shapes[_ARGUMENTS + name] = [
                    [_shape(value) for value in _arguments([one])] for one in callers[path]
                ]
        return shapes

    def _ask(self, name: str) -> None:
        if self._caller:
            self._asked[self._caller].add(name)

    def module_of(self, path: str) -> str:
        """Return the dotted name of a file's module; ``pkg.__init__`` for a package's own."""
        names = self.modules.get(path)
        name = names[0] if names else PurePath(path).stem
        return f"{name}.__init__" if PurePath(path).name == "__init__.py" else name

    # What a file hands out

    def _exports(self, flow: Flow, module: str) -> Iterable[tuple[str, Value]]:
        where = PurePath(flow.path).name
        for info in flow.functions.values():
            name = _qualified(info, module)
            value = flow.result(info) if name is not None else UNKNOWN
            if name is not None and holds(value):
                yield f"{name}()", _foreign(value, where)
        for owner in flow.classes.values():
            if owner.scope.parent is flow.top:
                start = f"{_module(module)}.{owner.node.name}()"
                for name, value in owner.attributes.items():
                    if holds(value):
                        yield f"{start}.{name}", _foreign(value, where)
        for name, value in flow.top.cells.items():
            if holds(value):
                yield f"{_module(module)}.{name}", _foreign(value, where)

    def _aliases(self, flow: Flow, module: str) -> Iterable[tuple[str, Value]]:
        for name, value in flow.top.cells.items():
            for one in alternatives(value):
                if isinstance(one, Ref) and (
                    one.name.startswith("litellm.") or self._path_of(one.name) is not None
                ):
                    yield f"{_module(module)}.{name}", one
                elif isinstance(one, Inst) and one.info.scope.parent is flow.top:
                    yield (
                        f"{_module(module)}.{name}",
                        Ref(f"{_module(module)}.{one.info.node.name}()"),
                    )

    # What a file is handed

    def attribute(self, name: str) -> Value | None:
        """Return what a dotted name of the project is; None where nothing is known of it."""
        real = self.resolved(name)
        self._ask(real)
        found = self._facts.get(real)
        return Ref(real) if found is None and real != name else found

    def resolved(self, name: str) -> str:
        """Follow re-exports: ``pkg.ask`` may be ``pkg.client.ask``."""
        for _ in range(_LONGEST_ALIAS):
            head, found = name, None
            while head:
                self._ask(head)
                found = self._facts.get(head)
                if isinstance(found, Ref):
                    break
                head = head.rpartition(".")[0]
            if not head or not isinstance(found, Ref):
                return name
            name = found.name + name[len(head) :]
        return name

    def call(self, name: str, given: Given) -> Value | None:
        """Return what a function of another file gives, and note what it is handed.

        None where the name is not of the project.
        """
        name = self.resolved(name)
        if self._path_of(name) is None:
            return None
        if self._caller:
            self._calls.setdefault(name, {}).setdefault(self._caller, []).append(
                (
                    [_foreign(one, PurePath(self._caller).name) for one in given.args],
                    {
                        key: _foreign(one, PurePath(self._caller).name)
                        for key, one in given.keywords.items()
                    },
                )
            )
        for value in given.all():
            for one in alternatives(value):
                if isinstance(one, Obj):
                    for origin in one.origins:
                        origin.handed = True
        self._ask(f"{name}()")
        found = self._facts.get(f"{name}()")
        if found is not None:
            return found
        return Ref(f"{name}()") if _last(name)[:1].isupper() else UNKNOWN

    def is_called(self, module: str, info: Function) -> bool:
        """Whether another file calls a function."""
        name = _qualified(info, module)
        return name is not None and any(self._calls.get(name, {}).values())

    def argument(self, module: str, info: Function, name: str) -> Value | None:
        """Return what other files hand a parameter; None where none calls the function."""
        qualified = _qualified(info, module)
        self._ask(f"{_ARGUMENTS}{qualified}")
        callers = self._calls.get(qualified) if qualified is not None else None
        if not callers:
            return None
        names = [one.arg for one in info.positional]
        if info.owner is not None and "staticmethod" not in info.decorators:
            names = names[1:]
        value: Value = BOTTOM
        for args, keywords in (call for calls in callers.values() for call in calls):
            given = dict(zip(names, args, strict=False)) | keywords
            value = join(value, given.get(name, BOTTOM))
        return value

    def _path_of(self, name: str) -> str | None:
        """Return the file of the project that a dotted name is in."""
        head = name
        while head:
            path = self._by_module.get(head)
            if path is not None:
                return path
            head = head.rpartition(".")[0]
        return None


def _modules(paths: Sequence[str]) -> dict[str, list[str]]:
    """Return each file's dotted names: as a package sees it, and as the top folder does."""
    known = set(paths)
    split = {path: os.path.split(path) for path in paths}
    try:
        top = os.path.commonpath([folder for folder, _ in split.values()])
    except ValueError:  # no path, or absolute and relative ones
        top = ""

    @cache
    def package(folder: str) -> tuple[str, ...]:
        above, name = os.path.split(folder)
        is_package = os.path.join(folder, "__init__.py") in known  # noqa: PTH118  # per file
        return (*package(above), name) if is_package and name else ()

    @cache
    def below(folder: str) -> tuple[str, ...]:
        return PurePath(folder).parts[len(PurePath(top).parts) :]

    out: dict[str, list[str]] = {}
    for path, (folder, name) in split.items():
        own = () if name == "__init__.py" else (name.removesuffix(".py"),)
        names = (".".join((*parts(folder), *own)) for parts in (package, below))
        out[path] = [one for one in dict.fromkeys(names) if one]
    return out


def _module(module: str) -> str:
    return module.removesuffix(".__init__")


def _qualified(info: Function, module: str) -> str | None:
    """Return the dotted name of a function that other files can reach."""
    if isinstance(info.node, ast.Lambda):
        return None
    parent = info.scope.parent
    if parent is None:
        return None
    if isinstance(parent.node, ast.Module):
        return f"{_module(module)}.{info.name}"
    owner = info.owner
    outer = parent.parent
    is_method = isinstance(owner, ClassInfo) and owner.scope is parent
    if owner is None or not is_method or outer is None or not isinstance(outer.node, ast.Module):
        return None
    return f"{_module(module)}.{owner.node.name}().{info.name}"


def _last(name: str) -> str:
    parts = [part for part in name.replace("()", "").split(".") if part]
    # Of a method, the class: its name is what an importer has to write.
    named = [part for part in parts if part[:1].isupper()]
    return named[0] if named else parts[-1]


def _arguments(calls: Iterable[tuple[list[Value], dict[str, Value]]]) -> Iterable[Value]:
    for args, keywords in calls:
        yield from args
        yield from keywords.values()


def _foreign(value: Value, where: str) -> Value:
    """Return a value as another file sees it: no trees, only what it is and where it comes from."""
    if isinstance(value, Obj):
        origins = frozenset(_foreign_origin(one) for one in value.origins)
        chain = tuple(
            one if ".py" in one.text else Step(one.line, f"{one.text} in {where}")
            for one in value.chain
        )
        return Obj(value.kind, value.carrier, origins, chain)
    if isinstance(value, Alt):
        out: Value = BOTTOM
        for one in value.values:
            out = join(out, _foreign(one, where))
        return out
    if isinstance(value, Wrap):
        return Wrap(value.how, _foreign(value.value, where), value.name)
    if isinstance(value, Seq):
        items = None if value.items is None else tuple(_foreign(one, where) for one in value.items)
        return Seq(items, _foreign(value.rest, where))
    if isinstance(value, Ref) or value is BOTTOM:
        return value
    return UNKNOWN


_PLACE = ast.Pass()


def _foreign_origin(origin: Origin) -> Origin:
    if origin.foreign is None:
        origin.foreign = Origin(_PLACE, origin.what, origin.image, origin.carrier)
        origin.foreign.foreign = origin.foreign
    origin.foreign.image = origin.image
    origin.foreign.doubt = origin.doubt
    return origin.foreign


def _shape(value: Value) -> object:
    """Return what a value is, comparable between two runs over the same files."""
    if isinstance(value, Obj):
        return (
            value.kind,
            value.carrier,
            sorted(str((one.what, one.image)) for one in value.origins),
        )
    if isinstance(value, Alt):
        return sorted(str(_shape(one)) for one in value.values)
    if isinstance(value, Wrap):
        return value.how, _shape(value.value)
    if isinstance(value, Seq):
        return [_shape(one) for one in value.items or ()], _shape(value.rest)
    if isinstance(value, Ref):
        return value.name
    return "?" if value is UNKNOWN else ""
