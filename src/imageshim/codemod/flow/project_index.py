"""What the files of a project hand to one another.

A function in one file returns a reply and another file reads it; or a reply is handed to a function
in a file that does not name the library at all. The index follows both, by dotted names, through
re-exports, classes and their methods: a parameter is a reply where all callers in the project agree
that it is. It holds no trees, so worker processes can be given it::

    index = ProjectIndex(paths, assumed, libraries, Reads)
    more = [path for path in paths if is_origin(path)]
    while more:
        for source in in_order([Source(path, read(path)) for path in more], index):
            index.add(source)
        more = [*index.handed, *(path for path in index.unseen if may_import(path))]
    index.settle(lambda path: Source(path, read(path)))
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from pathlib import PurePath
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from ..text.source import Source, SourceError
from .calls_between import Arguments, Calls
from .exports import aliases, exported
from .foreign import shape
from .hierarchy import Hierarchy, class_name
from .hooks import Given
from .interpreter import Interpreter
from .module_names import called, last_name, modules_of, qualified
from .parameters import argument_of, handed_as, returned
from .scopes import ClassInfo, Function
from .values import (
    BOTTOM,
    UNKNOWN,
    Obj,
    Parameter,
    Ref,
    Value,
    alternatives,
    holds,
    join,
)
from .worklist import run

if TYPE_CHECKING:
    from .hooks import Libraries, Watcher

__all__ = ["ProjectIndex"]

_MOST_ROUNDS = 4
_LONGEST_ALIAS = 6
# In front of a function's name: what it is handed, where the name alone is what it gives.
_ARGUMENTS = "-> "
# The same: which of it is taken for images, and what the classes below give.
_TAKEN = "[] "
_BELOW = "<- "


class ProjectIndex:
    """The replies that functions return or are called with, across the files of a project.

    Args:
        paths: every Python file of the project.
        assume: patterns of names whose values the user says to be a library's.
        libraries: what is known of other packages.
        watch: makes what is told of the reads of a file.
        seen_calls: of each file, where the calls end that were seen to return a reply.
        tracks: tells of a file's bytes whether to note what is not known comes from.

    """

    def __init__(  # noqa: PLR0913
        self,
        paths: Iterable[str],
        assume: tuple[str, ...],
        libraries: Libraries[Interpreter],
        watch: Callable[[], Watcher],
        seen_calls: Mapping[str, frozenset[tuple[int, int]]] | None = None,
        tracks: Callable[[bytes], bool] | None = None,
    ) -> None:
        self.assume = assume
        self.libraries = libraries
        self.watch = watch
        self.seen_calls = seen_calls or {}
        self.tracks = tracks
        self.modules = modules_of(list(paths))
        self.unseen: dict[str, None] = dict.fromkeys(self.modules)
        """Files that were not added yet."""
        self.added: dict[str, None] = {}
        self._by_module: dict[str, list[str]] = {}
        """The files of a dotted name: modules that are in no package may share one."""
        for path, names in self.modules.items():
            for name in names:
                self._by_module.setdefault(name, []).append(path)
        self._facts: dict[str, Value] = {}
        """What a dotted name is, or what calling it gives (``name()``)."""
        self._owned: dict[str, set[str]] = {}
        self._taken: dict[str, dict[Parameter, str]] = {}
        """Of each function the parameters that it takes for images, each with what it does."""
        self._calls = Calls()
        self._classes = Hierarchy()
        self.doubts: dict[str, str] = {}
        """Of files whose reads may be of something else than they seem, why."""
        self._fields: dict[str, frozenset[str]] = {}
        """Of each file the fields that it reads of what is proven."""
        self._caller = ""
        self._tick = 1
        self._asked: dict[str, set[str]] = {}
        """Of each file the names that it asked for."""
        self._seen_at: dict[str, int] = {}
        self._changed_at: dict[str, int] = {}
        self._flows: MutableMapping[Source, Interpreter] = WeakKeyDictionary()

    def __getstate__(self) -> dict[str, object]:
        """Return what another process is handed: no trees."""
        return {**self.__dict__, "_flows": {}}

    @property
    def exports(self) -> frozenset[tuple[bytes, bytes]]:
        """What a file must name to get a reply from another one, each with where that is.

        The other's place is its path, absolute, without its suffix: what an import of it ends with.
        """
        handed = {name for name, value in self._facts.items() if holds(value)}
        owners = {name.partition("()")[0] for name in handed} | handed
        out = set(handed)
        for name, value in self._facts.items():
            if isinstance(value, Ref):  # a name for something of another file, or of a library
                real = self.resolved(name)
                if self._is_followed(real) or real.partition("()")[0] in owners:
                    out.add(name)
        # All callers of a function have to agree on what it is handed, so all have to be seen.
        out.update(self._calls.with_replies())
        return frozenset((_bytes(last_name(name)), _bytes(self._home(name))) for name in out)

    def _home(self, name: str) -> str:
        """Return where the file of a dotted name is for those that import from it."""
        return self._home_of(self.path_of(name) or name.replace(".", "/"))

    def _home_of(self, file: str) -> str:
        path = PurePath(os.path.abspath(file))  # noqa: PTH100  # links stay
        return (path.parent if path.name == "__init__.py" else path.with_suffix("")).as_posix()

    @property
    def handed(self) -> list[str]:
        """The files that were not added and have a function that is handed a reply."""
        found = {self.path_of(name): None for name in self._calls.with_replies()}
        return [path for path in found if path in self.unseen]

    @property
    def sources(self) -> dict[str, set[str]]:
        """Of each file the others that a reply comes to it from."""
        found: dict[str, set[str]] = {path: set() for path in self.added}
        owners = {name: path for path, names in self._owned.items() for name in names}
        for path, names in self._asked.items():
            known = (name for name in names if name in owners)
            found[path].update(owners[name] for name in known if holds(self._facts[name]))
        for name, callers in self._calls.with_replies().items():
            found.get(self.path_of(name) or "", set()).update(callers)
        return found

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
        self._calls.forget(path)
        module = self.module_of(path)
        self._caller = path
        try:
            flow = Interpreter(
                source.tree, path, module, self.assume, self, self.libraries, self.watch()
            )
            flow.tracks |= self.tracks is not None and self.tracks(source.data)
            flow.seen_calls = self.seen_calls.get(path, flow.seen_calls)
            run(flow)
        except (SourceError, RecursionError):  # told where the file itself is looked at
            return
        finally:
            self._caller = ""
        self._fields[path] = flow.watcher.fields
        self._flows[source] = flow
        facts = dict(exported(flow, module)) if flow.stable or flow.found else {}
        facts.update(aliases(flow, module, self._matters))
        self._facts.update(facts)
        self._owned[path] = set(facts)
        self._classes.add(path, flow, module, facts, self.resolved)
        where = PurePath(path).name
        for one, step in flow.watcher.handed.items():
            said = step.text if ".py" in step.text else f"{step.text} in {where}"
            self._taken.setdefault(one.function, {})[one] = said
        after = self._shapes_of(path)
        self._tick += 1
        for name in before.keys() | after.keys():
            if before.get(name) != after.get(name):
                self._changed_at[name] = self._tick

    def flow_of(self, source: Source) -> Interpreter | None:
        """Return how a file was interpreted when it was added, for the one look at it.

        None where that was elsewhere, or where what it asked for is known better by now.
        """
        flow = self._flows.pop(source, None)
        return None if flow is None or self._is_late(source.path) else flow

    def fields_beside(self, path: str, data: bytes) -> frozenset[str]:
        """Return the fields that are read in the other files which a file names."""
        return frozenset[str]().union(*(fields for _, fields in self.readers_beside(path, data)))

    def readers_beside(self, path: str, data: bytes) -> Iterable[tuple[str, frozenset[str]]]:
        """Yield the other files which a file names that read fields, and those fields."""
        for other, fields in self._fields.items():
            if other != path and fields and _bytes(PurePath(self._home_of(other)).name) in data:
                yield other, fields

    def settle(self, source: Callable[[str], Source]) -> None:
        """Add those files again that asked for what is known better by now, until none is left."""
        for _ in range(_MOST_ROUNDS):
            late = [path for path in self.added if self._is_late(path)]
            if not late:
                return
            for path in late:
                self.add(source(path))

    def _is_late(self, path: str) -> bool:
        seen = self._seen_at[path]
        return any(self._changed_at.get(name, 0) > seen for name in self._asked[path])

    def _shapes_of(self, path: str) -> dict[str, object]:
        """Return what a file hands out and hands on, by name, comparable between two looks."""
        shapes: dict[str, object] = {
            name: shape(self._facts[name]) for name in self._owned.get(path, ())
        }
        for name, handed in self._calls.made_by(path):
            shapes[_ARGUMENTS + name] = handed
        for name, taken in self._taken.items():
            if self.path_of(name) == path:
                shapes[_TAKEN + name] = sorted(taken)
        for method, value in self._classes.given_by(path):
            shapes[_BELOW + method] = shape(value)
        return shapes

    def _ask(self, name: str) -> None:
        if self._caller:
            self._asked[self._caller].add(name)

    def module_of(self, path: str) -> str:
        """Return the dotted name of a file's module; ``pkg.__init__`` for a package's own."""
        names = self.modules.get(path)
        name = names[0] if names else PurePath(path).stem
        return f"{name}.__init__" if PurePath(path).name == "__init__.py" else name

    # What a file is handed

    def attribute(self, name: str) -> Value | None:
        """Return what a dotted name of the project is; None where nothing is known of it."""
        real = self.resolved(name)
        self._ask(real)
        found = self._facts.get(real)
        return self._ref(real) if found is None and real != name else found

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
        if self.path_of(name) is None:
            return None
        self._calls.record(called(name), self._caller, given)
        for value in given.all():
            for one in alternatives(value):
                if isinstance(one, Obj):
                    for origin in one.origins:
                        origin.handed = True
        self._ask(f"{name}()")
        found = self._facts.get(f"{name}()")
        if found is not None:
            return returned(found, name, given)
        return self._ref(f"{name}()") if called(name) != name else UNKNOWN  # an instance

    # Classes that have their bases in other files

    def member(self, base: str, name: str) -> Value | None:
        """Return what a class of another file, or one above it, has of a name."""
        for owner in self._classes.upwards([self.resolved(base)]):
            method = f"{owner}().{name}"
            self._ask(method)
            self._ask(f"{method}()")
            if method in self._facts:
                return self._facts[method]
            not_seen = owner not in self._classes.known and self.path_of(owner) in self.unseen
            if not_seen or self._classes.defines(owner, name):
                return self._ref(method)
        return None

    def below(self, module: str, info: ClassInfo, name: str, given: Given) -> Value:
        """Note a call on ``self``, for classes below in other files; returns what theirs give."""
        method = f"{class_name(info, module)}().{name}"
        self._calls.record(method, self._caller, given)
        self._ask(_BELOW + method)
        return self._classes.below(method, self.path_of(method))

    def taken(self, name: str, given: Given) -> Iterable[tuple[Value, str]]:
        """Yield the arguments that a function of another file takes for images."""
        name = called(self.resolved(name))
        self._ask(_TAKEN + name)
        for one, what in self._taken.get(name, {}).items():
            value = argument_of(one, given)
            if value is not None:
                yield value, what

    def is_called(self, module: str, info: Function) -> bool:
        """Whether another file calls a function."""
        return any(any(self._calls.of(one)) for one in self._called_as(module, info))

    def _called_as(self, module: str, info: Function) -> list[str]:
        """Return the names that other files call a function by: its own, and its bases'."""
        name = qualified(info, module)
        if name is None or info.owner is None:
            return [] if name is None else [name]
        above = self._classes.above(info.owner, module, self.resolved)
        return [name, *(f"{one}().{info.name}" for one in above)]

    def argument(self, module: str, info: Function, name: str) -> Value | None:
        """Return what other files hand a parameter; None where none calls the function."""
        function = qualified(info, module)
        calls: list[Arguments] = []
        for one in self._called_as(module, info):
            self._ask(_ARGUMENTS + one)
            calls += self._calls.of(one)
        if not calls or function is None:
            return None
        names = [one.arg for one in info.positional]
        if info.owner is not None and "staticmethod" not in info.decorators:
            names = names[1:]
        value: Value = BOTTOM
        for args, keywords in calls:
            given = dict(zip(names, args, strict=False)) | keywords
            value = join(value, given.get(name, BOTTOM))
        place = names.index(name) if name in names else None
        return handed_as(value, frozenset((Parameter(function, name, place),)))

    def _matters(self, name: str) -> bool:
        """Whether a name is one of the project, or of a library that is followed."""
        return self._is_followed(name) or self.path_of(name) is not None

    def _is_followed(self, name: str) -> bool:
        """Whether a name is one that is in a library whose calls are followed."""
        return "." in name and self.libraries.follows(name)

    def _ref(self, name: str) -> Ref:
        return Ref(name, self.libraries.follows(name))

    def path_of(self, name: str) -> str | None:
        """Return the file of the project that a dotted name is in."""
        head = name
        while head:
            paths = self._by_module.get(head)
            if paths is not None:  # what replies come from is added first
                return next((path for path in paths if path in self.added), paths[-1])
            head = head.rpartition(".")[0]
        return None


def _bytes(name: str) -> bytes:
    """Give a name as it stands in files; that of a file need not be UTF-8."""
    return name.encode("utf-8", "surrogatepass")
