"""The interpreter of a file: what it knows at a moment, and what it has seen.

Expressions, statements, targets and calls are evaluated by functions in :mod:`.tables`, which ask
the interpreter for what is inside of them. :mod:`.worklist` runs it over a whole file.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from . import values as v
from .environment import Changes, Env
from .hooks import Given, Libraries, Neighbours, Watcher
from .scopes import Channel, ClassInfo, Function, Scope
from .tables import assigns, calls, evaluates, executes

__all__ = ["Interpreter", "Loop"]

_LONGEST_NAME = 16
_BUILTINS = frozenset(
    {"__import__", "aiter", "all", "anext", "any", "bool", "dict", "enumerate", "filter",
     "getattr", "hasattr", "isinstance", "iter", "len", "list", "map", "next", "open", "print",
     "repr", "reversed", "set", "setattr", "sorted", "str", "super", "tuple", "type", "vars",
     "zip"}
)  # fmt: skip


@dataclass
class Loop:
    """A loop that runs: where its body began, and the paths that leave it or begin again."""

    mark: int
    exits: list[Changes] = field(default_factory=list)
    again: list[Changes] = field(default_factory=list)


class Interpreter:
    """The interpretation of one file: names, scopes, and what is to be looked at again."""

    def __init__(  # noqa: PLR0913
        self,
        tree: ast.Module,
        path: str,
        module: str,
        assume: tuple[str, ...],
        neighbours: Neighbours | None,
        libraries: Libraries[Interpreter],
        watcher: Watcher,
    ) -> None:
        self.libraries = libraries
        self.shapes = libraries.shapes
        self.watcher = watcher
        self.path = path
        self.module = module
        self.assume = assume
        self.tracks = bool(assume)
        """Whether it is noted where what is not known comes from."""
        self.neighbours = neighbours
        self.tree = tree
        self.top = Scope(tree, None)
        self.scope = self.top
        self.env = Env()
        self.function: Function | None = None
        self.functions: dict[ast.AST, Function] = {}
        self.classes: dict[ast.AST, ClassInfo] = {}
        self.channels: dict[ast.AST, Channel] = {}
        """Queues, by the calls that make them."""
        self.order: dict[Function, int] = {}
        """The functions that were met, with their places."""
        self.origins: dict[ast.AST, v.Origin] = {}
        self.fixtures: dict[ast.AST, v.Origin] = {}
        """Constructors and dicts that hold an ``image``, with the origin that they belong to."""
        self.test_fixtures: dict[str, Function] = {}
        """Functions whose results tests are handed by the names of parameters."""
        self.overwritten: set[str] = set()
        """Names of other modules that the file replaces (``module.name = fake``)."""
        self.foreign: set[str] = set()
        """Attributes that are set on objects that are not known."""
        self.bases: dict[ast.AST, v.Value] = {}
        """What the object of an attribute may be, where that is more than one thing."""
        self.traps: list[dict[str, v.Value]] = []
        self.guards: list[ast.AST] = []
        self.found = False
        """Whether anything was seen that a library makes."""
        self.awake: dict[Function | None, None] = {}
        """The functions that have to be looked at again; None for the module."""
        self.seen_calls: frozenset[tuple[int, int]] = frozenset()
        """Where the calls end that were seen at run time to return a reply with an image."""
        self.first_pass = True
        """Whether some functions were not looked at yet."""
        self.widening = False
        """Whether what still grows is cut short, so that the rounds come to an end."""
        self.line = 1
        self.loops: list[Loop] = []
        """The loops around."""
        self.runs = 0
        """How often the module was looked at."""
        self.stable = False
        """Whether everything was looked at until nothing new was learned."""

    # What is done by tables

    def value(self, node: ast.expr) -> v.Value:
        """Evaluate an expression."""
        evaluate = evaluates.get(type(node))
        return v.UNKNOWN if evaluate is None else evaluate(self, node)

    def block(self, statements: Iterable[ast.stmt]) -> bool:
        """Run statements; returns whether the end is reached."""
        for node in statements:
            execute = executes.get(type(node))
            if execute is not None and not execute(self, node):
                return False
        return True

    def assign(self, target: ast.expr, value: v.Value) -> None:
        """Give a value to a target."""
        assign = assigns.get(type(target))
        if assign is not None:
            assign(self, target, value)

    def call(self, function: v.Value, given: Given) -> v.Value:
        """Call a value."""
        call = calls.get(type(function)) or calls[v.Value]
        return call(self, function, given)

    # Names

    def load(self, name: str) -> v.Value:  # noqa: PLR0911
        """Return what a name holds here."""
        value = self.env.get(name)
        scope = self.scope
        if value is not None:
            if name not in scope.shared:
                return value
            scope.readers.setdefault(name, set()).add(self.function)
            return scope.cells.get(name, value)
        if name in scope.redirected:
            scope = scope.redirected[name]
            scope.readers.setdefault(name, set()).add(self.function)
            return scope.cells.get(name, v.BOTTOM)
        outer = scope.parent
        while outer is not None:
            if not outer.is_class:
                outer.readers.setdefault(name, set()).add(self.function)
            if not outer.is_class and name in outer.cells:
                found = outer.cells[name]
                if isinstance(found, v.Obj) and name in scope.bound and scope is not self.top:
                    return v.BOTTOM  # a local name that this path has not set
                return found
            if not outer.is_class and name in outer.bound:
                return v.BOTTOM  # a parameter that nothing is handed yet, a name still to come
            outer = outer.parent
        return v.Ref(name) if name in _BUILTINS else v.UNKNOWN

    # What is learned, and who has to be told

    def meet(self, info: Function) -> None:
        """Note a function of the file."""
        self.order[info] = len(self.order)
        self.wake(info)

    def wake(self, *functions: Function | None) -> None:
        """Have functions looked at again."""
        self.awake.update(dict.fromkeys(functions))

    def share(self, scope: Scope, name: str) -> None:
        """Note that an inner function may rebind a name of a scope."""
        if name not in scope.shared:
            scope.shared.add(name)
            owner = self.functions.get(scope.node)
            self.wake(owner, *scope.readers.get(name, ()))

    def learn(self, scope: Scope, name: str, value: v.Value) -> None:
        """Join a value into a name of a scope."""
        known = scope.cells.get(name)
        if known is value or (known is v.UNKNOWN and not v.holds(value)):
            return
        if scope.remember(name, value, widen=self.widening):
            readers = scope.readers.get(name)
            if readers:
                self.wake(*readers)

    def learn_attribute(self, info: ClassInfo, name: str, value: v.Value) -> None:
        """Join a value into an attribute of a class's instances."""
        info.assigned.add(name)
        if info.remember(name, value, widen=self.widening):
            self.wake(*info.readers.get(name, ()))

    def doubt_attribute(self, name: str) -> None:
        """Note that an attribute is set on an object that is not known."""
        if name not in self.foreign:
            self.foreign.add(name)
            for info in self.classes.values():
                self.wake(*info.readers.get(name, ()))

    def ref(self, name: str) -> v.Ref:
        """Return a name of another module."""
        return v.Ref(name, self.libraries.follows(name))

    def imported(self, name: str) -> v.Value:
        """Return what a dotted name of another module is; UNKNOWN for one that grows on and on."""
        if name.count(".") > _LONGEST_NAME:
            return v.UNKNOWN
        named = self.ref(name)
        if self.neighbours is None or named.followed:
            return named
        found = self.neighbours.attribute(name)
        if found is None:
            return named
        self.found |= not isinstance(found, v.Ref)
        return found

    def bind(self, name: str, value: v.Value) -> None:
        """Give a name a value."""
        scope = self.scope.redirected.get(name)
        if scope is not None:
            self.share(scope, name)
        else:
            scope = self.scope
            self.env.forget(name)
            self.env[name] = value
        self.learn(scope, name, value)
        for trap in self.traps:
            trap[name] = v.join(trap.get(name, v.BOTTOM), value)

    def grow(self, target: ast.expr, value: v.Value) -> None:
        """Give a list or a dict more items: a list of a scope around has them for everybody.

        A dict there may hold anything: what each of its keys is for is not known.
        """
        name = target.id if isinstance(target, ast.Name) else ""
        if not name or name in self.env:
            self.assign(target, value)
            return
        scope = self.scope.parent
        while scope is not None and (scope.is_class or name not in scope.cells):
            scope = scope.parent
        if scope is not None:
            self.share(scope, name)
            self.learn(scope, name, value if isinstance(value, v.Seq) else v.UNKNOWN)

    def set_path(self, path: str, value: v.Value) -> None:
        """Remember a field that was just set on what a name holds."""
        self.env[path] = value
        for trap in self.traps:
            trap[path] = v.UNKNOWN

    # Pieces of what libraries make

    def origin(self, node: ast.AST, what: str, carrier: str) -> v.Origin:
        """Return the origin that an expression is."""
        found = self.origins.get(node)
        if found is None:
            found = self.origins[node] = v.Origin(node, what, carrier)
        self.found = True
        return found

    def assumption(self, labels: Iterable[str]) -> tuple[str, str] | None:
        """Return the label that a pattern of what the user assumes matches, and the pattern."""
        names = (*sorted(labels, key=lambda one: (not one.isidentifier(), one)), self.path)
        return next(
            (
                (name, pattern)
                for pattern in self.assume
                for name in names
                if fnmatchcase(name, pattern)
            ),
            None,
        )

    def piece(self, value: v.Obj, name: str, node: ast.AST) -> v.Value:
        """Return a field of a piece of a reply; UNKNOWN where it is none that matters."""
        kind = self.shapes.fields.get((value.kind, name))
        if kind is None:
            return v.BOTTOM if (value.kind, name) in self.shapes.never else v.UNKNOWN
        return value.piece(kind, node if kind == "content" else None)

    def close(self) -> None:
        """Let go of everything: functions, scopes and values hold one another, and the tree."""
        for info in self.functions.values():
            info.scope.cells.clear()
            info.callers.clear()
            info.params.clear()
        for owner in self.classes.values():
            owner.scope.cells.clear()
            owner.readers.clear()
            owner.attributes.clear()
            owner.methods.clear()
        for channel in self.channels.values():
            channel.readers.clear()
        self.__dict__.clear()
