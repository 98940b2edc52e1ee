"""The interpreter of a file: what it knows at a moment, and what it has seen.

Expressions, statements, targets and calls are evaluated by functions in :mod:`.tables`, which ask
the interpreter for what is inside of them. :mod:`.worklist` runs it over a whole file.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from imageshim.codemod.findings import Step
from imageshim.codemod.knowledge.replies import FIELDS, READS

from . import values as v
from .hooks import Given
from .reads import Read
from .scopes import ClassInfo, Function, Inst, Scope
from .tables import assigns, calls, evaluates, executes

if TYPE_CHECKING:
    from .hooks import Knowledge
    from .project_index import ProjectIndex

__all__ = ["Env", "Interpreter"]

Env = dict[str, v.Value]
"""Names on the path at hand. ``a.b`` and ``a.[b]`` are fields of ``a`` that were just set."""

_BUILTINS = frozenset(
    {"__import__", "aiter", "all", "anext", "any", "bool", "dict", "enumerate", "filter",
     "getattr", "hasattr", "isinstance", "iter", "len", "list", "map", "next", "open", "print",
     "repr", "reversed", "set", "setattr", "sorted", "str", "super", "tuple", "type", "vars",
     "zip"}
)  # fmt: skip
# What may be a reply or a chunk turns out to be one of them here.
_NEVER = frozenset({("choice", "delta"), ("chunk_choice", "message")})
# Holders of messages, by the name of the field: what an unproven chain has to look like.
_SHAPE = {"message": "choices", "delta": "choices"}


class Interpreter:
    """The interpretation of one file: names, scopes, and what is to be looked at again."""

    def __init__(  # noqa: PLR0913
        self,
        tree: ast.Module,
        path: str,
        module: str,
        assume: tuple[str, ...],
        index: ProjectIndex | None,
        knowledge: Knowledge,
    ) -> None:
        self.knowledge = knowledge
        self.path = path
        self.module = module
        self.assume = assume
        self.index = index
        self.tree = tree
        self.top = Scope(tree, None)
        self.scope = self.top
        self.env: Env = {}
        self.function: Function | None = None
        self.functions: dict[ast.AST, Function] = {}
        self.classes: dict[ast.AST, ClassInfo] = {}
        self.order: dict[Function, None] = {}
        self.origins: dict[ast.AST, v.Origin] = {}
        self.reads: dict[ast.AST, Read] = {}
        self.signals: dict[ast.AST, dict[Step, None]] = {}
        self.markdown: set[ast.AST] = set()
        """Reads of ``content`` that are searched for Markdown images."""
        self.fixtures: dict[ast.AST, v.Origin] = {}
        """Constructors and dicts that hold an ``image``, with the origin that they belong to."""
        self.test_fixtures: dict[str, Function] = {}
        """Functions whose results pytest hands to the parameters of their names."""
        self.overwritten: set[str] = set()
        """Names of other modules that the file replaces (``litellm.completion = fake``)."""
        self.foreign: set[str] = set()
        """Attributes that are set on objects that are not known."""
        self.bases: dict[ast.AST, v.Value] = {}
        """What the object of an attribute may be, where that is more than one thing."""
        self.traps: list[Env] = []
        self.guards: list[ast.AST] = []
        self.found = False
        """Whether anything of LiteLLM was seen."""
        self.near = False
        """Whether something is spelled like a reply, of which the first round knows nothing yet."""
        self.awake: dict[Function | None, None] = {}
        """The functions that have to be looked at again; None for the module."""
        self.first_pass = True
        """Whether some functions were not looked at yet."""
        self.widening = False
        """Whether what still grows is cut short, so that the rounds come to an end."""
        self.line = 1
        self.breaks: list[list[Env]] = []
        self.continues: list[list[Env]] = []
        """The paths that leave each loop around, and those that start its body again."""
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

    def load(self, name: str) -> v.Value:
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
            outer = outer.parent
        return v.Ref(name) if name in _BUILTINS else v.UNKNOWN

    # What is learned, and who has to be told

    def meet(self, info: Function) -> None:
        """Note a function of the file."""
        self.order[info] = None
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

    def imported(self, name: str) -> v.Value:
        """Return what a dotted name of another module is."""
        if self.index is None or name.startswith("litellm."):
            return v.Ref(name)
        found = self.index.attribute(name)
        if found is None:
            return v.Ref(name)
        self.found |= not isinstance(found, v.Ref)
        return found

    def bind(self, name: str, value: v.Value) -> None:
        """Give a name a value."""
        scope = self.scope.redirected.get(name)
        if scope is not None:
            self.share(scope, name)
        else:
            scope = self.scope
            if len(self.env) > len(scope.cells):
                self.forget(name)
            self.env[name] = value
        self.learn(scope, name, value)
        for trap in self.traps:
            trap[name] = v.join(trap.get(name, v.BOTTOM), value)

    def forget(self, name: str) -> None:
        """Forget the fields that were set on what a name holds."""
        start = name + "."
        for key in [key for key in self.env if key.startswith(start)]:
            del self.env[key]

    def set_path(self, path: str, value: v.Value) -> None:
        """Remember a field that was just set on what a name holds."""
        self.env[path] = value
        for trap in self.traps:
            trap[path] = v.UNKNOWN

    # Reads

    def origin(self, node: ast.AST, what: str, carrier: str = "litellm") -> v.Origin:
        """Return the origin that an expression is."""
        found = self.origins.get(node)
        if found is None:
            found = self.origins[node] = v.Origin(node, what, carrier=carrier)
        self.found = True
        return found

    def read(  # noqa: PLR0913
        self,
        node: ast.expr,
        base: ast.expr,
        value: v.Value,
        name: str,
        how: str,
        default: ast.expr | None = None,
    ) -> None:
        """Note a read of a field, if it is one that the rules are told of."""
        objects = [
            one
            for one in v.alternatives(value)
            if isinstance(one, v.Obj) and (one.kind, name) in READS
        ]
        if not objects:
            return
        found = self.reads.get(node)
        if found is None:
            found = self.reads[node] = Read(node, base, name, how, default, self.function)
        found.objects += [one for one in objects if one not in found.objects]
        if isinstance(value, v.Alt):
            found.certain &= not any(
                one is v.UNKNOWN or isinstance(one, (v.Maybe, Inst)) for one in value.values
            )
        if name == "images" and how != "in":
            for origin in found.origins:
                origin.handled = True

    def unproven(self, node: ast.expr, base: ast.expr, name: str, how: str) -> v.Value:
        """Note a read that looks like one of a reply although nothing proves it."""
        if name not in ("image", "content") or not looks_like_message(base):
            return v.UNKNOWN
        nobody = v.Obj("message", "litellm", frozenset())
        self.read(node, base, v.Alt((nobody, v.UNKNOWN)), name, how)
        return nobody.piece(name, node) if name == "content" else v.UNKNOWN

    def signal(self, value: v.Value, line: int, text: str) -> None:
        """Note that a text is taken for an image."""
        step = Step(line, text)
        for one in v.alternatives(value):
            if isinstance(one, v.Obj):
                for read in one.reads:
                    self.signals.setdefault(read, {})[step] = None

    def assumed(self, value: v.Maybe) -> str | None:
        """Return the pattern of ``--assume-litellm`` that a value matches."""
        names = (*value.labels, self.path)
        return next(
            (
                pattern
                for pattern in self.assume
                if any(fnmatchcase(name, pattern) for name in names)
            ),
            None,
        )

    def piece(self, value: v.Obj, name: str, node: ast.AST) -> v.Value:
        """Return a field of a piece of a reply; UNKNOWN where it is none that matters."""
        kind = FIELDS.get((value.kind, name))
        if kind is None:
            return v.BOTTOM if (value.kind, name) in _NEVER else v.UNKNOWN
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
        self.__dict__.clear()


def looks_like_message(node: ast.expr) -> bool:
    """Whether an expression is spelled ``….choices[…].message`` or ``…["choices"][…]["delta"]``."""
    name, inner = _step(node)
    if name not in _SHAPE or inner is None:
        return False
    if isinstance(inner, ast.Subscript):  # choices[0]
        inner = inner.value
        return _step(inner)[0] == _SHAPE[name]
    return isinstance(inner, ast.Name) and "choice" in inner.id


def _step(node: ast.expr) -> tuple[str, ast.expr | None]:
    if isinstance(node, ast.Attribute):
        return node.attr, node.value
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return str(node.slice.value), node.value
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "get"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    ):
        return str(node.args[0].value), node.func.value
    return "", None
