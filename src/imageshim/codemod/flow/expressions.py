"""Expressions: what each evaluates to, and which fields of replies it reads on the way."""

from __future__ import annotations

import ast

from . import values as v
from .fields import attribute_of, item_of
from .interpreter import Interpreter
from .iteration import awaited, item_at, iterate
from .labels import names_of
from .scopes import Func, Function
from .tables import evaluates

__all__ = []


@evaluates(ast.Name)
def _name(at: Interpreter, node: ast.Name) -> v.Value:
    value = v.UNKNOWN if at.env.get(node.id) is v.UNKNOWN else at.load(node.id)
    if value is v.UNKNOWN and at.tracks and node.id.isupper():
        return v.Maybe(frozenset({node.id}))  # a setting, from wherever it is
    return value


@evaluates(ast.Constant)
def _constant(at: Interpreter, node: ast.Constant) -> v.Value:
    del at
    value = node.value
    return v.Const(value) if value is None or isinstance(value, (str, bool)) else v.UNKNOWN


@evaluates(ast.Attribute)
def _attribute(at: Interpreter, node: ast.Attribute) -> v.Value:
    base = node.value
    value = at.value(base)
    if isinstance(base, ast.Name):
        path = at.env.get(f"{base.id}.{node.attr}")
        if path is not None:
            return path
    if value is v.UNKNOWN or isinstance(value, v.Maybe):
        if node.attr in at.watcher.spelled:
            return at.watcher.unproven(at.function, node, base, node.attr, "attribute")
        if value is v.UNKNOWN and at.tracks and node.attr in at.libraries.entries:
            value = v.Maybe(names_of(at, base))
        return value if value is v.UNKNOWN else attribute_of(at, value, node.attr, node)
    if value is v.BOTTOM:
        if node.attr in at.watcher.spelled:
            at.watcher.unreached(base, node.attr)
        return value
    at.watcher.read(at.function, node, base, value, node.attr, "attribute")
    if isinstance(value, v.Alt):
        at.bases[node] = value
    return v.each(value, lambda one: attribute_of(at, one, node.attr, node))


@evaluates(ast.Subscript)
def _subscript(at: Interpreter, node: ast.Subscript) -> v.Value:  # noqa: C901
    base, key = node.value, node.slice
    value = at.value(base)
    index = at.value(key) if not isinstance(key, ast.Constant) else None
    name: object = key.value if isinstance(key, ast.Constant) else None
    if index is not None and isinstance(index, v.Const):
        name = index.value
    if isinstance(name, str):
        if isinstance(base, ast.Name):
            path = at.env.get(f"{base.id}.[{name}]")
            if path is not None:
                return path
        if name in at.watcher.spelled and (value is v.UNKNOWN or isinstance(value, v.Maybe)):
            return at.watcher.unproven(at.function, node, base, name, "item")
        if value is v.UNKNOWN:
            if not at.tracks or name not in at.libraries.entries:
                return value
            value = v.Maybe(names_of(at, base))
        if value is v.BOTTOM:
            at.watcher.unreached(base, name)
        at.watcher.read(at.function, node, base, value, name, "item")
        return v.each(value, lambda one: item_of(at, one, name, node))
    if value is v.UNKNOWN or value is v.BOTTOM:
        return value
    if index is not None:
        at.watcher.computed(node, base, value)
    return v.each(value, lambda one: item_at(at, one, key))


@evaluates(ast.Await)
def _await(at: Interpreter, node: ast.Await) -> v.Value:
    return awaited(at, at.value(node.value))


@evaluates(ast.NamedExpr)
def _named_expr(at: Interpreter, node: ast.NamedExpr) -> v.Value:
    value = at.value(node.value)
    at.assign(node.target, value)
    return value


@evaluates(ast.List, ast.Tuple, ast.Set)
def _list(at: Interpreter, node: ast.List | ast.Tuple | ast.Set) -> v.Value:
    items: list[v.Value] = []
    rest: v.Value = v.BOTTOM
    spread = False
    for one in node.elts:
        if isinstance(one, ast.Starred):
            value = at.value(one.value)
            known = value.items if isinstance(value, v.Seq) and not spread else None
            if known is not None and len(items) + len(known) <= v.MOST_GROWN:
                items += known
            else:
                spread = True
                rest = v.join(rest, iterate(at, value))
        else:
            items.append(at.value(one))
    if spread:
        return v.Seq(None, v.join(rest, v.join_all(items)))
    return v.Seq(tuple(items))


@evaluates(ast.Starred)
def _starred(at: Interpreter, node: ast.Starred) -> v.Value:
    return at.value(node.value)


@evaluates(ast.Slice)
def _slice(at: Interpreter, node: ast.Slice) -> v.Value:
    for one in (node.lower, node.upper, node.step):
        if one is not None:
            at.value(one)
    return v.UNKNOWN


@evaluates(ast.Dict)
def _dict(at: Interpreter, node: ast.Dict) -> v.Value:
    items: dict[str, v.Value] = {}
    partial = False
    for key, one in zip(node.keys, node.values, strict=True):
        value = at.value(one)
        name = at.value(key) if key is not None else None
        if isinstance(name, v.Const) and isinstance(name.value, str):
            items[name.value] = value
            _under_key(at, value, name.value, one.lineno)
        elif key is None and isinstance(value, v.Mapping) and len(value.items) <= v.MOST_GROWN:
            items.update(value.items)
            partial |= value.partial
        else:
            partial = True
    return v.Mapping(tuple(items.items()), node, partial)


def _under_key(at: Interpreter, value: v.Value, key: str, line: int) -> None:
    if isinstance(value, v.Mapping):
        value = value.get("url") or v.UNKNOWN
    at.watcher.meets(value, "key", key, line)


def _comprehension(
    at: Interpreter, generators: list[ast.comprehension], *results: ast.expr
) -> list[v.Value]:
    names = [
        one.id
        for generator in generators
        for one in ast.walk(generator.target)
        if isinstance(one, ast.Name)
    ]
    saved = {name: at.env.get(name) for name in names}
    for generator in generators:
        value = at.value(generator.iter)
        at.assign(generator.target, iterate(at, value))
        for test in generator.ifs:
            at.value(test)
    values = [at.value(one) for one in results]
    for name, before in saved.items():
        if before is None:
            at.env.drop(name)
        else:
            at.env[name] = before
    return values


@evaluates(ast.ListComp, ast.SetComp)
def _list_comp(at: Interpreter, node: ast.ListComp | ast.SetComp) -> v.Value:
    return v.Seq(None, _comprehension(at, node.generators, node.elt)[0])


@evaluates(ast.GeneratorExp)
def _generator_exp(at: Interpreter, node: ast.GeneratorExp) -> v.Value:
    return v.Wrap("iter", _comprehension(at, node.generators, node.elt)[0])


@evaluates(ast.DictComp)
def _dict_comp(at: Interpreter, node: ast.DictComp) -> v.Value:
    key, value = _comprehension(at, node.generators, node.key, node.value)
    return v.Mapping((("*", value), ("*keys", key)), None, partial=True)


@evaluates(ast.Lambda)
def _lambda(at: Interpreter, node: ast.Lambda) -> v.Value:
    info = at.functions.get(node)
    if info is None:
        info = at.functions[node] = Function(node, at.scope, None)
        at.meet(info)
    for default in (*node.args.defaults, *node.args.kw_defaults):
        if default is not None:
            at.value(default)
    return Func(info)


@evaluates(ast.Yield)
def _yield(at: Interpreter, node: ast.Yield) -> v.Value:
    value = at.value(node.value) if node.value is not None else v.Const(None)
    _give(at, value)
    return v.UNKNOWN


@evaluates(ast.YieldFrom)
def _yield_from(at: Interpreter, node: ast.YieldFrom) -> v.Value:
    _give(at, iterate(at, at.value(node.value)))
    return v.UNKNOWN


def _give(at: Interpreter, value: v.Value) -> None:
    info = at.function
    if info is not None:
        after = v.join(info.yields, value)
        if after != info.yields or not info.is_generator:
            info.yields, info.is_generator = after, True
            at.wake(*info.callers)
