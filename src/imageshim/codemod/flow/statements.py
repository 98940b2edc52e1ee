"""Statements: within a function the interpretation follows the paths.

Names are rebound, branches are joined, loops repeat until they are stable.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import Any

from . import values as v
from .annotations import dotted
from .patterns import Joined, Patterns
from .scopes import Bound, Function, Inst
from .state import Env

__all__ = ["Statements", "caught"]

_MOST_REPEATS = 4

_MISSING = {"AttributeError", "KeyError", "IndexError", "TypeError", "LookupError"}


class Statements(Patterns):
    """Runs statements."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
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
