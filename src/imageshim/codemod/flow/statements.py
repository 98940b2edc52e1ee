"""Statements, and the run over a whole file until nothing new is learned.

Within a function the interpretation follows the paths: names are rebound, branches are joined,
loops repeat until they are stable. Between functions it joins: a parameter is what all calls in
the file (and, through the index, in the project) hand it, a free name or an attribute of ``self``
is whatever is ever assigned to it. At first no caller is known and parameters are taken for
unreachable; what is learned wakes the functions that it concerns. When nobody is awake any more,
what is still never called may be called by anybody with anything, and it goes on until that, too,
has settled.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import Any

from . import values as v
from .annotations import dotted
from .patterns import Joined, Patterns
from .scopes import Bound, Class, Function, Inst
from .state import Env

__all__ = ["Flow", "caught"]

_MOST_RUNS = 16

_MOST_REPEATS = 4
_WIDEN_AFTER = 7

_MISSING = {"AttributeError", "KeyError", "IndexError", "TypeError", "LookupError"}


class Flow(Patterns):
    """The interpretation of one file."""

    def __init__(self, tree: ast.Module, *args: Any) -> None:
        super().__init__(*args)
        self.tree = tree
        self.top.node = tree
        self.runs = 0
        self.stable = False
        self._breaks: list[list[Env]] = []
        self._continues: list[list[Env]] = []
        self._statements: dict[type, Callable[[Any], bool]] = {
            kind: getattr(self, f"_run_{kind.__name__}")
            for kind in (
                ast.AnnAssign, ast.Assert, ast.Assign, ast.AsyncFor, ast.AsyncFunctionDef,
                ast.AsyncWith, ast.AugAssign, ast.Break, ast.ClassDef, ast.Continue, ast.Delete,
                ast.Expr, ast.For, ast.FunctionDef, ast.Global, ast.If, ast.Import,
                ast.ImportFrom, ast.Match, ast.Nonlocal, ast.Pass, ast.Raise, ast.Return,
                ast.Try, ast.While, ast.With,
            )
        }  # fmt: skip
        star = getattr(ast, "TryStar", None)  # Python 3.11
        if star is not None:
            self._statements[star] = self._run_Try

    def run(self) -> None:
        """Interpret the file."""
        self._module()
        seen = 0
        while seen < len(self.order):
            for info in list(self.order)[seen:]:
                self.awake.pop(info, None)
                self._body(info)
                seen += 1
        if not (self.found or self.reads or self.near):
            return
        self.first_pass = False
        for owner in self.classes.values():
            for name, readers in owner.readers.items():
                if name not in owner.attributes and name not in owner.methods:
                    self.wake(*readers)
        settled = True
        while self.awake or self._release():
            if None in self.awake:
                settled &= self._again(None)
            for info in [one for one in self.order if one in self.awake]:
                settled &= self._again(info)
        self.stable = settled

    def _again(self, info: Function | None) -> bool:
        """Look at a function again; returns False where that was done often enough."""
        del self.awake[info]
        if (self.runs if info is None else info.runs) >= _MOST_RUNS:
            return False
        if info is None:
            self._module()
        else:
            self._body(info)
        return True

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

    def _release(self) -> bool:
        """Hand unknown values to the functions that nobody is known to call, if there are more."""
        uncalled = [info for info in self.order if not info.released and not self._is_called(info)]
        for info in uncalled:
            info.released = True
            self.wake(info)
        return bool(uncalled)

    def _is_called(self, info: Function) -> bool:
        if info.calls:
            return True
        return self.index is not None and self.index.is_called(self.module, info)

    def _module(self) -> None:
        self.runs += 1
        self.widening = self.runs > _WIDEN_AFTER
        self.scope, self.env, self.function = self.top, {}, None
        self.traps, self.guards = [], []
        self.block(self.tree.body)

    def _body(self, info: Function) -> None:
        info.runs += 1
        self.widening = info.runs > _WIDEN_AFTER
        self.scope, self.function, self.env = info.scope, info, {}
        self.traps, self.guards = [], []
        self._breaks, self._continues = [], []
        arguments = info.node.args
        for place, one in enumerate((*info.positional, *arguments.kwonlyargs)):
            self.bind(one.arg, self._parameter(info, one, place))
        for star in (arguments.vararg, arguments.kwarg):
            if star is not None:
                empty: v.Value = v.UNKNOWN if info.released else v.BOTTOM
                self.bind(star.arg, info.params.get(star.arg, empty))
        if isinstance(info.node, ast.Lambda):
            self._returned(info, self.value(info.node.body), info.node.lineno)
        else:
            self.block(info.node.body)
        self.function = None

    def _parameter(self, info: Function, node: ast.arg, place: int) -> v.Value:
        if place == 0 and info.owner is not None and "staticmethod" not in info.decorators:
            owner = info.owner
            return Class(owner) if "classmethod" in info.decorators else Inst(owner)
        value = info.params.get(node.arg, v.BOTTOM)
        handed = None
        if self.index is not None:
            handed = self.index.argument(self.module, info, node.arg)
        if handed is not None:
            self.found |= handed is not v.UNKNOWN
            value = v.join(value, handed)
        given = self.test_fixtures.get(node.arg)
        if given is not None and info.name.startswith("test") and not info.calls:
            given.callers.add(info)
            result = self.result(given)
            return v.named(v.each(result, self._entered_fixture), node.arg, node.lineno)
        if info.released or info.escapes or info.opaque:
            value = v.join(value, v.UNKNOWN)
        stated = self.annotation(node.annotation)
        if stated is not v.UNKNOWN:
            seen = [
                one
                for one in v.alternatives(value)
                if isinstance(one, (v.Obj, Inst, v.Seq, v.Wrap))
            ]
            if not seen or len(seen) < len(v.alternatives(value)):
                return v.named(v.join_all((*seen, stated)), node.arg, node.lineno)
        if self.assume and value is v.UNKNOWN:
            return v.Maybe(frozenset({node.arg, info.name}))
        return value

    def block(self, statements: Iterable[ast.stmt]) -> bool:
        """Run statements; returns whether the end is reached."""
        table = self._statements
        for node in statements:
            run = table.get(type(node))
            if run is not None and not run(node):
                return False
        return True

    def _branch(self, env: Env, statements: Iterable[ast.stmt]) -> Joined:
        self.env = dict(env)
        alive = self.block(statements)
        return alive, self.env

    def merge(self, *paths: Joined) -> bool:
        """Join paths; returns whether any of them reaches its end."""
        envs = [env for alive, env in paths if alive]
        self.env = _joined(envs)
        return bool(envs)

    def _run_Expr(self, node: ast.Expr) -> bool:  # noqa: N802
        self.value(node.value)
        return True

    def _run_Pass(self, node: ast.Pass) -> bool:  # noqa: N802
        del node
        return True

    def _run_If(self, node: ast.If) -> bool:  # noqa: N802
        paths: list[Joined] = []
        while True:  # a chain of elif can be longer than the stack
            self.value(node.test)
            body, orelse = self._narrowed(node.test, self.env)
            paths.append(self._branch(body, node.body))
            if len(node.orelse) != 1 or not isinstance(node.orelse[0], ast.If):
                break
            node, self.env = node.orelse[0], dict(orelse)
        paths.append(self._branch(orelse, node.orelse))
        return self.merge(*paths)

    def _narrowed(self, test: ast.expr, env: Env) -> tuple[Env, Env]:
        """``isinstance(name, litellm.ModelResponse)`` proves what a name is where it holds."""
        negated = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
        inner = test.operand if isinstance(test, ast.UnaryOp) and negated else test
        if not (
            isinstance(inner, ast.Call)
            and isinstance(inner.func, ast.Name)
            and inner.func.id == "isinstance"
            and len(inner.args) == 2
            and isinstance(inner.args[0], ast.Name)
        ):
            return env, env
        name = inner.args[0].id
        value = env.get(name, v.UNKNOWN)
        if isinstance(value, v.Obj):
            return env, env
        stated = self.annotation(inner.args[1])
        if not isinstance(stated, v.Obj):
            return env, env
        proven = env | {name: stated.after(inner.lineno, f"{name} is a {stated.kind}")}
        return (env, proven) if negated else (proven, env)

    def _run_For(self, node: ast.For | ast.AsyncFor) -> bool:  # noqa: N802
        value = self.iterate(self.value(node.iter))
        return self._loop(node.body, node.orelse, lambda: self.assign(node.target, value))

    _run_AsyncFor = _run_For  # noqa: N815

    def _run_While(self, node: ast.While) -> bool:  # noqa: N802
        forever = isinstance(node.test, ast.Constant) and bool(node.test.value)
        return self._loop(node.body, node.orelse, lambda: self.value(node.test), forever=forever)

    def _loop(
        self,
        body: list[ast.stmt],
        orelse: list[ast.stmt],
        start: Callable[[], object],
        *,
        forever: bool = False,
    ) -> bool:
        entry = self.env
        exits: list[Env] = []
        head = entry
        for _ in range(_MOST_REPEATS):
            self._breaks.append([])
            self._continues.append([])
            self.env = dict(entry)
            start()
            head = dict(self.env)
            alive = self.block(body)
            ends = [*self._continues.pop(), *([self.env] if alive else [])]
            exits = self._breaks.pop()
            again = _joined([entry, *ends])
            if _same(entry, again):
                break
            entry = again
        # The loop ends where the head finds no more: before the first item or after any.
        after: list[Env] = [] if forever else [_joined([entry, head])]
        if after:
            self.env = after[0]
            after = [self.env] if self.block(orelse) else []
        ends = [*after, *exits]
        self.env = _joined(ends)
        return bool(ends)

    def _run_Break(self, node: ast.Break) -> bool:  # noqa: N802
        del node
        if self._breaks:
            self._breaks[-1].append(self.env)
        return False

    def _run_Continue(self, node: ast.Continue) -> bool:  # noqa: N802
        del node
        if self._continues:
            self._continues[-1].append(self.env)
        return False

    def _run_Raise(self, node: ast.Raise) -> bool:  # noqa: N802
        for one in (node.exc, node.cause):
            if one is not None:
                self.value(one)
        return False

    def _run_Assert(self, node: ast.Assert) -> bool:  # noqa: N802
        self.value(node.test)
        if node.msg is not None:
            self.value(node.msg)
        self.env = self._narrowed(node.test, self.env)[0]
        return True

    def _run_Return(self, node: ast.Return) -> bool:  # noqa: N802
        value = self.value(node.value) if node.value is not None else v.Const(None)
        if self.function is not None:
            self._returned(self.function, value, node.lineno)
        return False

    def _returned(self, info: Function, value: v.Value, line: int) -> None:
        if isinstance(value, v.Maybe):
            value = v.named(value, info.name, line)
        after = v.join(info.returns, v.named(value, f"{info.name}() returns", line))
        if self.widening and after != info.returns:
            after = v.widened(after)
        if after != info.returns:
            info.returns = after
            self.wake(*info.callers)

    def _run_Try(self, node: Any) -> bool:  # noqa: N802
        before = dict(self.env)
        trap: Env = {}
        self.traps.append(trap)
        guarded = distinguishes(node.handlers)
        if guarded:
            self.guards.append(node)
        alive = self.block(node.body)
        if guarded:
            self.guards.pop()
        self.traps.pop()
        after = self.env
        raised = {
            name: v.join(before.get(name, v.BOTTOM), trap.get(name, v.BOTTOM))
            for name in before.keys() | trap.keys()
        }
        paths: list[Joined] = []
        if alive:
            paths.append(self._branch(after, node.orelse) if node.orelse else (True, after))
        for handler in node.handlers:
            env = raised | ({handler.name: v.UNKNOWN} if handler.name else {})
            if handler.type is not None:
                self.env = env
                self.value(handler.type)
            if handler.name:
                self.learn(self.scope, handler.name, v.UNKNOWN)
            paths.append(self._branch(env, handler.body))
        alive = self.merge(*paths)
        if node.finalbody:
            if not alive:
                self.env = dict(raised)
            return self.block(node.finalbody) and alive
        return alive

    def _run_With(self, node: ast.With | ast.AsyncWith) -> bool:  # noqa: N802
        suppressed = False
        for item in node.items:
            value = self.value(item.context_expr)
            entered = v.each(value, self._entered)
            if item.optional_vars is not None:
                self.assign(item.optional_vars, entered)
            suppressed |= "suppress" in ast.dump(item.context_expr)
        if not suppressed:
            return self.block(node.body)
        before = dict(self.env)
        self.guards.append(node)
        alive = self.block(node.body)
        self.guards.pop()
        return self.merge((alive, self.env), (True, before))

    _run_AsyncWith = _run_With  # noqa: N815

    def _entered_fixture(self, value: v.Value) -> v.Value:
        return value.value if isinstance(value, v.Wrap) and value.how == "iter" else value

    def _entered(self, value: v.Value) -> v.Value:
        if isinstance(value, v.Wrap):
            return value.value if value.how in ("context", "await") else v.UNKNOWN
        if isinstance(value, Inst):
            enter = self.member(value, "__enter__")
            if enter is v.BOTTOM or enter is v.UNKNOWN:
                enter = self.member(value, "__aenter__")
            found = v.each(
                enter,
                lambda one: (
                    self.call_function(one.info, [], {}, value)
                    if isinstance(one, Bound)
                    else v.UNKNOWN
                ),
            )
            return v.each(found, self.awaited) if isinstance(found, v.Wrap) else found
        return (
            value if isinstance(value, (v.Obj, v.Ref, v.Maybe)) or value is v.BOTTOM else v.UNKNOWN
        )


def _joined(envs: list[Env]) -> Env:
    """Join the paths that meet: a name that one of them lacks is unbound there, and raises."""
    if not envs:
        return {}
    out = dict(envs[0])
    for env in envs[1:]:
        for name, value in env.items():
            before = out.get(name)
            if before is None:
                if "." not in name:
                    out[name] = value
            elif before is not value:
                out[name] = v.join(before, value)
        for name in [name for name in out if "." in name and name not in env]:
            del out[name]
    return out


def _same(before: Env, after: Env) -> bool:
    for name, value in after.items():
        known = before.get(name)
        if known is value or (known is None and value is v.UNKNOWN):
            continue
        if known is None or known != value:
            return False
    return True


def caught(handler: ast.ExceptHandler) -> frozenset[str]:
    """Return the names of what a handler catches; everything is ``BaseException``."""
    if handler.type is None:
        return frozenset({"BaseException"})
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return frozenset(dotted(one).rpartition(".")[2] for one in types)


def distinguishes(handlers: list[ast.ExceptHandler]) -> bool:
    """Whether handlers tell a missing attribute from a missing key or item."""
    return any(caught(handler) & _MISSING for handler in handlers)
