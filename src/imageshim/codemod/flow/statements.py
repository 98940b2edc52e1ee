"""Statements: within a function the interpretation follows the paths.

Names are rebound, branches are joined, loops repeat until they are stable.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import partial
from typing import Any

from . import values as v
from .annotations import annotation, dotted
from .environment import Changes
from .fields import member_of
from .functions import call_function, returned
from .interpreter import Interpreter, Loop
from .iteration import awaited, iterate
from .paths import Way, branch, joined, merge, same
from .scopes import Bound, Inst, Queue
from .tables import executes

__all__ = ["caught", "suppresses"]

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
    way = Way(at)
    while True:  # a chain of elif can be longer than the stack
        at.value(node.test)
        body, orelse = _narrowed(at, node.test)
        way.part(partial(_run, at, node.body, body))
        at.env.apply(orelse)
        if len(node.orelse) != 1 or not isinstance(node.orelse[0], ast.If):
            break
        node = node.orelse[0]
    return way.meet(alive=at.block(node.orelse))


def _run(at: Interpreter, statements: list[ast.stmt], before: Changes) -> bool:
    at.env.apply(before)
    return at.block(statements)


def _narrowed(at: Interpreter, test: ast.expr) -> tuple[Changes, Changes]:
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
        return {}, {}
    name = inner.args[0].id
    value = at.env.get(name, v.UNKNOWN)
    if isinstance(value, v.Obj):
        return {}, {}
    stated = annotation(at, inner.args[1])
    if not isinstance(stated, v.Obj):
        return {}, {}
    proven: Changes = {name: stated.after(inner.lineno, f"{name} is a {stated.kind}")}
    return ({}, proven) if negated else (proven, {})


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
    exits: list[Changes] = []
    head: Changes = {}
    for _ in range(_MOST_REPEATS):
        loop = Loop(at.env.fork())
        at.loops.append(loop)
        start()
        head = at.env.since(loop.mark)
        alive = at.block(body)
        at.loops.pop()
        end = at.env.back(loop.mark)
        exits = loop.exits
        entry = joined(at.env, [{}, *loop.again, *([end] if alive else [])])
        if same(at.env, entry):
            break
        # What follows begins where the next turn would: names keep what they held in this one.
        held = {name: at.env.get(name) for name in entry}
        head, exits = held | head, [held | one for one in exits]
        at.env.apply(entry)
    ends = [(True, one) for one in exits]
    if not forever:
        # The loop ends where the head finds no more: before the first item or after any.
        ends.insert(0, branch(at, orelse, joined(at.env, [{}, head])))
    return merge(at, *ends)


@executes(ast.Break)
def _break(at: Interpreter, node: ast.Break) -> bool:
    del node
    if at.loops:
        at.loops[-1].exits.append(at.env.since(at.loops[-1].mark))
    return False


@executes(ast.Continue)
def _continue(at: Interpreter, node: ast.Continue) -> bool:
    del node
    if at.loops:
        at.loops[-1].again.append(at.env.since(at.loops[-1].mark))
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
    at.env.apply(_narrowed(at, node.test)[0])
    return True


@executes(ast.Return)
def _return(at: Interpreter, node: ast.Return) -> bool:
    value = at.value(node.value) if node.value is not None else v.Const(None)
    if at.function is not None:
        returned(at, at.function, value, node.lineno)
    return False


@executes(*_TRIES)
def _try(at: Interpreter, node: Any) -> bool:
    way = Way(at)
    trap: dict[str, v.Value] = {}
    way.part(partial(_tried, at, node, trap))
    raised: Changes = {
        name: v.join(at.env.get(name, v.BOTTOM), value) for name, value in trap.items()
    }
    at.env.apply(raised)
    for handler in node.handlers:
        way.part(partial(_handled, at, handler))
    alive = way.meet(alive=False)
    if node.finalbody:
        if not alive:
            at.env.apply(raised)
        return at.block(node.finalbody) and alive
    return alive


def _tried(at: Interpreter, node: Any, trap: dict[str, v.Value]) -> bool:
    """Run what is tried; ``trap`` is told what names hold on the way, where it may be left."""
    at.traps.append(trap)
    guarded = distinguishes(node.handlers)
    if guarded:
        at.guards.append(node)
    alive = at.block(node.body)
    if guarded:
        at.guards.pop()
    at.traps.pop()
    return alive and at.block(node.orelse)


def _handled(at: Interpreter, handler: ast.ExceptHandler) -> bool:
    if handler.type is not None:
        at.value(handler.type)
    if handler.name:
        at.env[handler.name] = v.UNKNOWN
        at.learn(at.scope, handler.name, v.UNKNOWN)
    return at.block(handler.body)


@executes(ast.With, ast.AsyncWith)
def _with(at: Interpreter, node: ast.With | ast.AsyncWith) -> bool:
    for item in node.items:
        value = at.value(item.context_expr)
        entered = v.each(value, lambda one: _entered(at, one))
        if item.optional_vars is not None:
            at.assign(item.optional_vars, entered)
    if not suppresses(node):
        return at.block(node.body)
    way = Way(at)
    at.guards.append(node)
    way.part(partial(at.block, node.body))
    at.guards.pop()
    return way.meet(alive=True)


def suppresses(node: ast.With | ast.AsyncWith) -> bool:
    """Whether a statement is ``with suppress(…)``."""
    return any("suppress" in ast.dump(item.context_expr) for item in node.items)


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
        return awaited(at, found) if isinstance(found, v.Wrap) else found
    return (
        value
        if isinstance(value, (v.Obj, v.Ref, v.Maybe, Queue)) or value is v.BOTTOM
        else v.UNKNOWN
    )


def caught(handler: ast.ExceptHandler) -> frozenset[str]:
    """Return the names of what a handler catches; everything is ``BaseException``."""
    if handler.type is None:
        return frozenset({"BaseException"})
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return frozenset(dotted(one).rpartition(".")[2] for one in types)


def distinguishes(handlers: list[ast.ExceptHandler]) -> bool:
    """Whether handlers tell a missing attribute from a missing key or item."""
    return any(caught(handler) & _MISSING for handler in handlers)
