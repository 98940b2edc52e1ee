"""Assignments: of names, attributes, items, several at once."""

from __future__ import annotations

import ast

from . import values as v
from .annotations import annotation
from .functions import escape
from .interpreter import Interpreter
from .iteration import iterate
from .scopes import Class, Inst
from .tables import assigns, executes

__all__ = []


@executes(ast.Assign)
def _assign(at: Interpreter, node: ast.Assign) -> bool:
    value = at.value(node.value)
    for target in node.targets:
        at.assign(target, value)
    return True


@executes(ast.AnnAssign)
def _ann_assign(at: Interpreter, node: ast.AnnAssign) -> bool:
    stated = annotation(at, node.annotation)
    value = at.value(node.value) if node.value is not None else v.BOTTOM
    if stated is not v.UNKNOWN and not _proven(value) and node.value is not None:
        # What a class of the file is made of says more than the class.
        keeps = isinstance(stated, Inst) and isinstance(value, v.Maybe)
        value = value if keeps else v.join_all(one for one in (stated,) if one is not v.BOTTOM)
    if isinstance(at.scope.node, ast.ClassDef) and isinstance(node.target, ast.Name):
        info = at.classes[at.scope.node]
        if node.target.id not in info.fields:
            info.fields.append(node.target.id)
        if stated is not v.UNKNOWN:
            at.learn_attribute(info, node.target.id, stated)
    if node.value is not None:
        at.assign(node.target, value)
    elif isinstance(node.target, ast.Attribute) and stated is not v.UNKNOWN:
        at.assign(node.target, stated)
    return True


@executes(ast.AugAssign)
def _aug_assign(at: Interpreter, node: ast.AugAssign) -> bool:
    added = at.value(node.value)
    load = _loaded(node.target)
    before = at.value(load) if load is not None else v.UNKNOWN
    texts = [
        one.piece("text")
        for value in (before, added)
        for one in v.alternatives(value)
        if isinstance(one, v.Obj) and one.kind in ("content", "text")
    ]
    value: v.Value = v.join_all(texts) if texts else v.UNKNOWN
    if isinstance(before, v.Seq) and isinstance(added, (v.Seq, v.Obj)):
        value = v.Seq(None, v.join(v.element(before), iterate(at, added)))
    at.assign(node.target, value)
    return True


def _unpacked(at: Interpreter, targets: list[ast.expr], value: v.Value) -> list[v.Value]:
    starred = next((n for n, one in enumerate(targets) if isinstance(one, ast.Starred)), None)
    out: list[v.Value] = [v.BOTTOM] * len(targets)
    for one in v.alternatives(value):
        items = one.items if isinstance(one, v.Seq) else None
        fits = items is not None and (
            len(items) == len(targets) if starred is None else len(items) >= len(targets) - 1
        )
        if items is not None and fits and starred is not None:
            after = len(targets) - starred - 1
            middle = v.Seq(items[starred : len(items) - after])
            found = [*items[:starred], middle, *items[len(items) - after :]]
        elif items is not None and fits:
            found = list(items)
        else:
            each_item = iterate(at, one)
            found = [each_item] * len(targets)
            if starred is not None:
                found[starred] = v.Seq(None, each_item)
        out = [v.join(left, right) for left, right in zip(out, found, strict=True)]
    return out


@assigns(ast.Attribute)
def _to_attribute(at: Interpreter, target: ast.Attribute, value: v.Value) -> None:
    base = at.value(target.value)
    name = target.attr
    value = v.named(value, ast.unparse(target) if _proven(value) else name, target.lineno)
    for one in v.alternatives(base):
        if isinstance(one, (Inst, Class)):
            at.learn_attribute(one.info, name, value)
        elif isinstance(one, v.Obj):
            for origin in one.origins:
                origin.written.setdefault(name, target.lineno)
        elif isinstance(one, v.Ref):
            at.overwritten.add(f"{one.name}.{name}")
        elif one is v.UNKNOWN:
            at.doubt_attribute(name)
            escape(at, value)
    if isinstance(target.value, ast.Name):
        at.set_path(f"{target.value.id}.{name}", value)


@assigns(ast.Subscript)
def _to_item(at: Interpreter, target: ast.Subscript, value: v.Value) -> None:
    base = at.value(target.value)
    key = at.value(target.slice)
    if isinstance(key, v.Const) and isinstance(key.value, str):
        for one in v.alternatives(base):
            if isinstance(one, v.Obj):
                for origin in one.origins:
                    origin.written.setdefault(key.value, target.lineno)
        if isinstance(base, v.Mapping) and (grown := base.put(key, value)) is not base:
            at.grow(target.value, grown)
        if isinstance(target.value, ast.Name):
            at.set_path(f"{target.value.id}.[{key.value}]", value)
        return
    if isinstance(target.value, ast.Name):
        at.env.forget(target.value.id)
    if isinstance(base, v.Mapping):
        at.grow(target.value, base.put(key, value))
    elif isinstance(base, v.Seq) and _proven(value):
        at.grow(target.value, v.Seq(None, v.join(v.element(base), value)))


@executes(ast.Delete)
def _delete(at: Interpreter, node: ast.Delete) -> bool:
    for target in node.targets:
        if isinstance(target, ast.Name):
            at.env.forget(target.id)
            at.env.drop(target.id)
        else:
            at.assign(target, v.UNKNOWN)
    return True


@executes(ast.Global)
def _global(at: Interpreter, node: ast.Global) -> bool:
    for name in node.names:
        at.scope.redirected[name] = at.top
        at.share(at.top, name)
    return True


@executes(ast.Nonlocal)
def _nonlocal(at: Interpreter, node: ast.Nonlocal) -> bool:
    for name in node.names:
        outer = at.scope.parent
        while outer is not None and (outer.is_class or name not in outer.bound):
            outer = outer.parent
        if outer is not None:
            at.scope.redirected[name] = outer
            at.share(outer, name)
    return True


@assigns(ast.Name)
def _to_name(at: Interpreter, target: ast.Name, value: v.Value) -> None:
    at.bind(target.id, v.named(value, target.id, target.lineno))


@assigns(ast.Starred)
def _to_rest(at: Interpreter, target: ast.Starred, value: v.Value) -> None:
    at.assign(target.value, value)


@assigns(ast.Tuple, ast.List)
def _to_several(at: Interpreter, target: ast.Tuple | ast.List, value: v.Value) -> None:
    for one, item in zip(target.elts, _unpacked(at, target.elts, value), strict=True):
        at.assign(one, item)


def _proven(value: v.Value) -> bool:
    return any(
        isinstance(one, (v.Obj, Inst)) or (isinstance(one, (v.Seq, v.Wrap)) and _inner(one))
        for one in v.alternatives(value)
    )


def _inner(value: v.Seq | v.Wrap) -> bool:
    return _proven(v.element(value) if isinstance(value, v.Seq) else value.value)


def _loaded(target: ast.expr) -> ast.expr | None:
    if isinstance(target, ast.Name):
        return ast.copy_location(ast.Name(target.id, ast.Load()), target)
    return None
