"""Statements: within a function the interpretation follows the paths.

Names are rebound, branches are joined, loops repeat until they are stable.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from . import values as v
from .annotations import annotation, dotted
from .fields import member_of
from .functions import call_function, returned
from .interpreter import Env, Interpreter
from .iteration import awaited, iterate
from .paths import Joined, branch, joined, merge, same
from .scopes import Bound, Inst
from .tables import executes

__all__ = ["caught"]

_MOST_REPEATS = 4
_MISSING = {"AttributeError", "KeyError", "IndexError", "TypeError", "LookupError"}
_TRIES = (ast.Try, *(getattr(ast, name) for name in ("TryStar",) if hasattr(ast, name)))  # 3.11


@executes(ast.Expr)
def _expr(at: Interpreter, node: ast.Expr) -> bool:
    at.value(node.value)
    return True


@executes(ast.Pass)
def _pass(at: Interpreter, node: ast.Pass) -> bool:
    del at, node
    return True


@executes(ast.If)
def _if(at: Interpreter, node: ast.If) -> bool:
    paths: list[Joined] = []
    while True:  # a chain of elif can be longer than the stack
        at.value(node.test)
        body, orelse = _narrowed(at, node.test, at.env)
        paths.append(branch(at, body, node.body))
        if len(node.orelse) != 1 or not isinstance(node.orelse[0], ast.If):
            break
        node, at.env = node.orelse[0], dict(orelse)
    paths.append(branch(at, orelse, node.orelse))
    return merge(at, *paths)


def _narrowed(at: Interpreter, test: ast.expr, env: Env) -> tuple[Env, Env]:
    """``isinstance(name, library.Response)`` proves what a name is where it holds."""
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
    stated = annotation(at, inner.args[1])
    if not isinstance(stated, v.Obj):
        return env, env
    proven = env | {name: stated.after(inner.lineno, f"{name} is a {stated.kind}")}
    return (env, proven) if negated else (proven, env)


@executes(ast.For, ast.AsyncFor)
def _for(at: Interpreter, node: ast.For | ast.AsyncFor) -> bool:
    value = iterate(at, at.value(node.iter))
    return _loop(at, node.body, node.orelse, lambda: at.assign(node.target, value))


@executes(ast.While)
def _while(at: Interpreter, node: ast.While) -> bool:
    forever = isinstance(node.test, ast.Constant) and bool(node.test.value)
    return _loop(at, node.body, node.orelse, lambda: at.value(node.test), forever=forever)


def _loop(
    at: Interpreter,
    body: list[ast.stmt],
    orelse: list[ast.stmt],
    start: Callable[[], object],
    *,
    forever: bool = False,
) -> bool:
    entry = at.env
    exits: list[Env] = []
    head = entry
    for _ in range(_MOST_REPEATS):
        at.breaks.append([])
        at.continues.append([])
        at.env = dict(entry)
        start()
        head = dict(at.env)
        alive = at.block(body)
        ends = [*at.continues.pop(), *([at.env] if alive else [])]
        exits = at.breaks.pop()
        again = joined([entry, *ends])
        if same(entry, again):
            break
        entry = again
    # The loop ends where the head finds no more: before the first item or after any.
    after: list[Env] = [] if forever else [joined([entry, head])]
    if after:
        at.env = after[0]
        after = [at.env] if at.block(orelse) else []
    ends = [*after, *exits]
    at.env = joined(ends)
    return bool(ends)


@executes(ast.Break)
def _break(at: Interpreter, node: ast.Break) -> bool:
    del node
    if at.breaks:
        at.breaks[-1].append(at.env)
    return False


@executes(ast.Continue)
def _continue(at: Interpreter, node: ast.Continue) -> bool:
    del node
    if at.continues:
        at.continues[-1].append(at.env)
    return False


@executes(ast.Raise)
def _raise(at: Interpreter, node: ast.Raise) -> bool:
    for one in (node.exc, node.cause):
        if one is not None:
            at.value(one)
    return False


@executes(ast.Assert)
def _assert(at: Interpreter, node: ast.Assert) -> bool:
    at.value(node.test)
    if node.msg is not None:
        at.value(node.msg)
    at.env = _narrowed(at, node.test, at.env)[0]
    return True


@executes(ast.Return)
def _return(at: Interpreter, node: ast.Return) -> bool:
    value = at.value(node.value) if node.value is not None else v.Const(None)
    if at.function is not None:
        returned(at, at.function, value, node.lineno)
    return False


@executes(*_TRIES)
def _try(at: Interpreter, node: Any) -> bool:
    before = dict(at.env)
    trap: Env = {}
    at.traps.append(trap)
    guarded = distinguishes(node.handlers)
    if guarded:
        at.guards.append(node)
    alive = at.block(node.body)
    if guarded:
        at.guards.pop()
    at.traps.pop()
    after = at.env
    raised = {
        name: v.join(before.get(name, v.BOTTOM), trap.get(name, v.BOTTOM))
        for name in before.keys() | trap.keys()
    }
    paths: list[Joined] = []
    if alive:
        paths.append(branch(at, after, node.orelse) if node.orelse else (True, after))
    for handler in node.handlers:
        env = raised | ({handler.name: v.UNKNOWN} if handler.name else {})
        if handler.type is not None:
            at.env = env
            at.value(handler.type)
        if handler.name:
            at.learn(at.scope, handler.name, v.UNKNOWN)
        paths.append(branch(at, env, handler.body))
    alive = merge(at, *paths)
    if node.finalbody:
        if not alive:
            at.env = dict(raised)
        return at.block(node.finalbody) and alive
    return alive


@executes(ast.With, ast.AsyncWith)
def _with(at: Interpreter, node: ast.With | ast.AsyncWith) -> bool:
    suppressed = False
    for item in node.items:
        value = at.value(item.context_expr)
        entered = v.each(value, lambda one: _entered(at, one))
        if item.optional_vars is not None:
            at.assign(item.optional_vars, entered)
        suppressed |= "suppress" in ast.dump(item.context_expr)
    if not suppressed:
        return at.block(node.body)
    before = dict(at.env)
    at.guards.append(node)
    alive = at.block(node.body)
    at.guards.pop()
    return merge(at, (alive, at.env), (True, before))


def _entered(at: Interpreter, value: v.Value) -> v.Value:
    if isinstance(value, v.Wrap):
        return value.value if value.how in ("context", "await") else v.UNKNOWN
    if isinstance(value, Inst):
        enter = member_of(at, value, "__enter__")
        if enter is v.BOTTOM or enter is v.UNKNOWN:
            enter = member_of(at, value, "__aenter__")
        found = v.each(
            enter,
            lambda one: (
                call_function(at, one.info, [], {}, value) if isinstance(one, Bound) else v.UNKNOWN
            ),
        )
        return v.each(found, awaited) if isinstance(found, v.Wrap) else found
    return value if isinstance(value, (v.Obj, v.Ref, v.Maybe)) or value is v.BOTTOM else v.UNKNOWN


def caught(handler: ast.ExceptHandler) -> frozenset[str]:
    """Return the names of what a handler catches; everything is ``BaseException``."""
    if handler.type is None:
        return frozenset({"BaseException"})
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return frozenset(dotted(one).rpartition(".")[2] for one in types)


def distinguishes(handlers: list[ast.ExceptHandler]) -> bool:
    """Whether handlers tell a missing attribute from a missing key or item."""
    return any(caught(handler) & _MISSING for handler in handlers)
