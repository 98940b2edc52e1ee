"""Calls: of functions of the file and the project, of libraries, of what hands values on."""

from __future__ import annotations

import ast

from . import values as v
from .fields import member_of
from .functions import call_function, escape
from .hooks import Given
from .interpreter import Interpreter
from .iteration import iterate
from .labels import asked_for, labelled, names_of
from .methods import call_wrapped
from .scopes import Bound, Class, Func, Inst
from .tables import calls, evaluates


@evaluates(ast.Call)
def _call(at: Interpreter, node: ast.Call) -> v.Value:
    at.line = node.lineno
    function = at.value(node.func)
    # No two calls end at the same place, and one that is awaited ends where the await does.
    seen = bool(at.seen_calls) and (node.end_lineno, node.end_col_offset) in at.seen_calls
    if seen:
        given = _given(at, node)
        value = v.each(function, lambda one: at.call(one, given))
        return at.libraries.seen(at, given, value)
    receiver = _receiver(at, node.func)
    if function is v.UNKNOWN and not at.tracks and receiver is None:
        return _not_followed(at, node)
    given = _given(at, node)
    if function is v.UNKNOWN or function is v.BOTTOM:
        _unseen(at, node, given)
        value = function if function is v.BOTTOM else _unknown(at, given)
    else:
        value = v.each(function, lambda one: at.call(one, given))
    return value if receiver is None else v.join(value, _below(at, receiver, given))


def _receiver(at: Interpreter, node: ast.expr) -> Inst | None:
    """Return the object that a method is called on, where a class below may have its own."""
    if at.neighbours is None or not isinstance(node, ast.Attribute):
        return None
    value = at.env.get(node.value.id) if isinstance(node.value, ast.Name) else None
    return value if isinstance(value, Inst) and value.or_below else None


def _below(at: Interpreter, receiver: Inst, given: Given) -> v.Value:
    """Return what classes below in other files give, which are called as well."""
    name = given.node.func.attr if isinstance(given.node.func, ast.Attribute) else ""
    if at.neighbours is None or not name:
        return v.BOTTOM
    handed = at.neighbours.below(at.module, receiver.info, name, given)
    at.found |= handed is not v.BOTTOM
    return handed


def _not_followed(at: Interpreter, node: ast.Call) -> v.Value:
    """Most calls: of something that is not known, with nothing that matters."""
    function = node.func
    if isinstance(function, ast.Attribute) and function.attr in at.libraries.replacing:
        _unseen(at, node, _given(at, node))
        return v.UNKNOWN
    for one in (*node.args, *(keyword.value for keyword in node.keywords)):
        value = at.value(one)
        if value is not v.UNKNOWN:
            _hand(at, node, value)
    if at.env.fields:
        _unseen(at, node, Given(node, [], {}))
    return v.UNKNOWN


def _given(at: Interpreter, node: ast.Call) -> Given:
    args: list[v.Value] = []
    given = Given(node, args, {})
    for one in node.args:
        value = at.value(one)
        if not isinstance(one, ast.Starred):
            args.append(value)
        elif isinstance(value, v.Seq) and value.items is not None:
            args.extend(value.items)
        else:
            args.append(iterate(at, value))
    for keyword in node.keywords:
        value = at.value(keyword.value)
        if keyword.arg is not None:
            given.keywords[keyword.arg] = value
            continue
        for spread in v.alternatives(value):
            if isinstance(spread, v.Mapping):
                given.keywords.update(spread.items)
                given.spread |= spread.partial
            else:
                given.spread = True
    return given


def _unseen(at: Interpreter, node: ast.Call, given: Given) -> None:
    """Let code that is not seen call, and change, what it is handed."""
    for value in given.all():
        _hand(at, node, value)
    function = node.func
    if isinstance(function, ast.Attribute):
        _replacing(at, function.attr, given)
    if not at.env.fields:
        return
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        at.env.forget(function.value.id)
    for one in node.args:
        if isinstance(one, ast.Name):
            at.env.forget(one.id)


def _hand(at: Interpreter, node: ast.Call, value: v.Value) -> None:
    """Hand a value to code that is not seen; its name may say what it takes."""
    escape(at, value)
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if isinstance(node.func, ast.Name):
        name = node.func.id
    at.watcher.meets(value, "argument", name, node.lineno)


@calls(Class)
def _instance(at: Interpreter, function: Class, given: Given) -> v.Value:
    info = function.info
    if given.spread:
        for keyword in given.node.keywords:
            spread = at.value(keyword.value) if keyword.arg is None else v.UNKNOWN
            if isinstance(spread, v.Maybe):  # Reply(**response.json())
                return spread
    made = Inst(info)
    init = member_of(at, made, "__init__")
    if isinstance(init, Bound):
        call_function(at, init.info, given.args, given.keywords, made, given)
    elif info.fields:
        values = dict(zip(info.fields, given.args, strict=False)) | given.keywords
        for name, value in values.items():
            at.learn_attribute(info, name, v.named(value, f"{info.node.name}.{name}", at.line))
    else:
        _unseen(at, given.node, given)
    return made


@calls(v.Ref)
def _known(at: Interpreter, function: v.Ref, given: Given) -> v.Value:
    name = function.name
    found = at.libraries.call(at, name, given)
    if found is not None:
        return found
    if at.neighbours is not None:
        handed = at.neighbours.call(name, given)
        if handed is not None:
            for value in given.all():
                escape(at, value)
            for value, what in at.neighbours.taken(name, given):
                at.watcher.shown(value, given.node.lineno, what)
            at.found |= handed is not v.UNKNOWN
            unknown = handed is v.UNKNOWN and at.tracks
            return labelled(at, given.node, given, name) if unknown else handed
    _unseen(at, given.node, given)
    if isinstance(given.node.func, ast.Name):
        _replacing(at, name.rpartition(".")[2], given)
    return labelled(at, given.node, given, name) if at.tracks else v.UNKNOWN


def _unknown(at: Interpreter, given: Given, labels: frozenset[str] | None = None) -> v.Value:
    """Return what a call of something that is not known gives."""
    node = given.node
    key = asked_for(node)
    if key in at.libraries.entries and isinstance(node.func, ast.Attribute):
        asked = v.Maybe(labels or names_of(at, node.func.value))
        found = at.libraries.assumed(at, asked, str(key), node, "item")
        if found is not None:
            return found
    return v.Maybe((labels or frozenset()) | labelled(at, node, given).labels)


def _replacing(at: Interpreter, last: str, given: Given) -> None:
    """Let what replaces names of other modules say so."""
    replacing = at.libraries.replacing.get(last)
    if replacing is not None:
        replacing(at, given)


@calls(Func)
def _function(at: Interpreter, function: Func, given: Given) -> v.Value:
    return call_function(at, function.info, given.args, given.keywords, None, given)


@calls(Bound)
def _bound(at: Interpreter, function: Bound, given: Given) -> v.Value:
    args, keywords = given.args, given.keywords
    return call_function(at, function.info, args, keywords, function.receiver, given)


@calls(Inst)
def _callable(at: Interpreter, function: Inst, given: Given) -> v.Value:
    method = member_of(at, function, "__call__")
    return at.call(method, given) if isinstance(method, Bound) else _other(at, function, given)


@calls(v.Wrap)
def _wrapped(at: Interpreter, function: v.Wrap, given: Given) -> v.Value:
    return call_wrapped(at, function, given)


@calls(v.Maybe)
def _maybe(at: Interpreter, function: v.Maybe, given: Given) -> v.Value:
    _unseen(at, given.node, given)
    return _unknown(at, given, function.labels)


@calls(v.Value)
def _other(at: Interpreter, function: v.Value, given: Given) -> v.Value:
    _unseen(at, given.node, given)
    return function if function is v.BOTTOM else v.UNKNOWN
