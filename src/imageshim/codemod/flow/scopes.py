"""Functions and classes of a file, and what is known of them from all their uses."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from .values import BOTTOM, UNKNOWN, Value, join, widened

__all__ = [
    "MOST_ABOVE",
    "Bound",
    "Channel",
    "Class",
    "ClassInfo",
    "Func",
    "Function",
    "FunctionNode",
    "Inst",
    "Queue",
    "Scope",
]

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
MOST_ABOVE = 32
"""How many classes of a chain of bases are looked at from each: more would cost their square."""


def _grow(known: dict[str, Value], name: str, value: Value, *, widen: bool) -> bool:
    before = known.get(name, BOTTOM)
    if before is value:
        return False
    after = join(before, value)
    if after is before or after == before:
        return False
    known[name] = widened(after) if widen else after
    return known[name] != before


class Scope:
    """What names hold in a module, function or class, whatever the path: for inner functions."""

    def __init__(self, node: ast.AST, parent: Scope | None) -> None:
        self.node = node
        self.parent = parent
        self.cells: dict[str, Value] = {}
        self.readers: dict[str, set[Function | None]] = {}
        """The functions that read a name of this scope from inside of it; None for the module."""
        self.shared: set[str] = set()
        """Names that an inner function may rebind (``global``, ``nonlocal``)."""
        self.redirected: dict[str, Scope] = {}
        """Names that this scope declares ``global`` or ``nonlocal``, and whose they are."""

    @property
    def is_class(self) -> bool:
        """Whether names of this scope are hidden from functions in it."""
        return isinstance(self.node, ast.ClassDef)

    def remember(self, name: str, value: Value, *, widen: bool = False) -> bool:
        """Join a value into a name; returns whether that says something new."""
        return _grow(self.cells, name, value, widen=widen)

    @cached_property
    def bound(self) -> frozenset[str]:
        """The names that are local to this scope."""
        return frozenset(_bound(self.node)) - self.redirected.keys()


def _bound(node: ast.AST) -> Iterator[str]:  # noqa: C901, PLR0912
    if isinstance(node, _FUNCTIONS):
        arguments = node.args
        for arg in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            yield arg.arg
        for star in (arguments.vararg, arguments.kwarg):
            if star is not None:
                yield star.arg
    body = getattr(node, "body", [])
    todo: list[ast.AST] = list(body) if isinstance(body, list) else [body]
    while todo:
        one = todo.pop()
        if isinstance(one, ast.Name):
            if isinstance(one.ctx, ast.Store):
                yield one.id
        elif isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield one.name
            continue
        elif isinstance(one, (ast.Import, ast.ImportFrom)):
            for alias in one.names:
                yield alias.asname or alias.name.partition(".")[0]
        elif (isinstance(one, ast.ExceptHandler) and one.name) or (
            isinstance(one, (ast.MatchAs, ast.MatchStar)) and one.name
        ):
            yield one.name
        elif isinstance(one, ast.MatchMapping) and one.rest:
            yield one.rest
        elif isinstance(one, ast.Lambda):
            continue
        todo.extend(ast.iter_child_nodes(one))


class Function:
    """A function of the file: what it is called with and what it returns, over all calls seen."""

    def __init__(self, node: FunctionNode, scope: Scope, owner: ClassInfo | None) -> None:
        self.node = node
        self.scope = Scope(node, scope)
        self.owner = owner
        self.params: dict[str, Value] = {}
        self.returns: Value = BOTTOM
        self.yields: Value = BOTTOM
        self.stated: Value = UNKNOWN
        """What its annotation says that it returns."""
        self.calls = 0
        self.escapes = False
        """Whether it is handed to code that is not seen, so that anything may call it."""
        self.decorators: set[str] = set()
        self.released = False
        """Whether it is certain that nobody in the file calls it: its parameters are anything."""
        self.is_generator = False
        """Whether a ``yield`` was met in it."""
        self.opaque = False
        """Whether a decorator may change what it takes and returns."""
        self.callers: set[Function | None] = set()
        self.runs = 0
        self.guards: set[ast.AST] = set()
        """``try`` statements in callers that tell a missing attribute from a missing item."""

    @property
    def name(self) -> str:
        """Its name, for chains."""
        return "lambda" if isinstance(self.node, ast.Lambda) else self.node.name

    @cached_property
    def is_async(self) -> bool:
        """Whether a call has to be awaited."""
        return isinstance(self.node, ast.AsyncFunctionDef)

    @cached_property
    def positional(self) -> list[ast.arg]:
        """Its parameters that can be given by place."""
        return [*self.node.args.posonlyargs, *self.node.args.args]

    def takes(self, name: str, value: Value, *, widen: bool = False) -> bool:
        """Join an argument into a parameter; returns whether that says something new."""
        return _grow(self.params, name, value, widen=widen)


class ClassInfo:
    """A class of the file: its methods, and what its instances' attributes hold."""

    def __init__(self, node: ast.ClassDef, scope: Scope) -> None:
        self.node = node
        self.scope = Scope(node, scope)
        self.attributes: dict[str, Value] = {}
        self.readers: dict[str, set[Function | None]] = {}
        """The functions that read an attribute; None for the module."""
        self.methods: dict[str, Function] = {}
        self.bases: list[Value] = []
        self.below: dict[ClassInfo, None] = {}
        """The classes of the file that it is a base of."""
        self.fields: list[str] = []
        """Annotated names of its body, in order: the parameters of a dataclass."""
        self.assigned: set[str] = set()
        """Attributes that are assigned to instances: their values may still be to come."""
        self.dynamic = False
        """Whether attributes are set by names that are not seen (``setattr``, ``__dict__``)."""

    def remember(self, name: str, value: Value, *, widen: bool = False) -> bool:
        """Join a value into an attribute; returns whether that says something new."""
        return _grow(self.attributes, name, value, widen=widen)


class Channel:
    """Where some functions put what others take out: a queue, a future, the ends of a pipe."""

    def __init__(self) -> None:
        self.holds: Value = BOTTOM
        self.is_filled = False
        """Whether something is put in: its value may still be to come."""
        self.escapes = False
        """Whether code that is not seen has it, and may put anything in."""
        self.readers: set[Function | None] = set()


@dataclass(frozen=True, slots=True)
class Queue(Value):
    """An end of a channel; ``how`` is await where its methods have to be awaited."""

    channel: Channel
    how: str = ""


@dataclass(frozen=True, slots=True)
class Func(Value):
    """A function of this file."""

    info: Function


@dataclass(frozen=True, slots=True)
class Bound(Value):
    """A method of an instance or a class."""

    info: Function
    receiver: Value


@dataclass(frozen=True, slots=True)
class Class(Value):
    """A class of this file."""

    info: ClassInfo


@dataclass(frozen=True, slots=True)
class Inst(Value):
    """An instance of a class of this file."""

    info: ClassInfo
    or_below: bool = False
    """Whether it may be of a class below, as ``self`` may: what is called may be overridden."""
