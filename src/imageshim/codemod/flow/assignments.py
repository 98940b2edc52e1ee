"""Assignments: of names, attributes, items, several at once."""

from __future__ import annotations

import ast

from .calls import Calls
from .scopes import Class, Inst
from .values import (
    BOTTOM,
    UNKNOWN,
    Const,
    Mapping,
    Obj,
    Ref,
    Seq,
    Value,
    Wrap,
    alternatives,
    element,
    join,
    join_all,
    named,
)

__all__ = ["Assignments"]


class Assignments(Calls):
    """Runs assignments."""

    def _run_Assign(self, node: ast.Assign) -> bool:  # noqa: N802
        value = self.value(node.value)
        for target in node.targets:
            self.assign(target, value)
        return True

    def _run_AnnAssign(self, node: ast.AnnAssign) -> bool:  # noqa: N802
        stated = self.annotation(node.annotation)
        value = self.value(node.value) if node.value is not None else BOTTOM
        if stated is not UNKNOWN and not _proven(value) and node.value is not None:
            value = join_all(one for one in (stated,) if one is not BOTTOM)
        if isinstance(self.scope.node, ast.ClassDef) and isinstance(node.target, ast.Name):
            info = self.classes[self.scope.node]
            if node.target.id not in info.fields:
                info.fields.append(node.target.id)
            if stated is not UNKNOWN:
                self.learn_attribute(info, node.target.id, stated)
        if node.value is not None:
            self.assign(node.target, value)
        elif isinstance(node.target, ast.Attribute) and stated is not UNKNOWN:
            self.assign(node.target, stated)
        return True

    def _run_AugAssign(self, node: ast.AugAssign) -> bool:  # noqa: N802
        added = self.value(node.value)
        load = _loaded(node.target)
        before = self.value(load) if load is not None else UNKNOWN
        texts = [
            one.piece("text")
            for value in (before, added)
            for one in alternatives(value)
            if isinstance(one, Obj) and one.kind in ("content", "text")
        ]
        value: Value = join_all(texts) if texts else UNKNOWN
        if isinstance(before, Seq) and isinstance(added, (Seq, Obj)):
            value = Seq(None, join(element(before), self.iterate(added)))
        self.assign(node.target, value)
        return True

    def assign(self, target: ast.expr, value: Value) -> None:
        """Give a value to a target."""
        if isinstance(target, ast.Name):
            self.bind(target.id, named(value, target.id, target.lineno))
        elif isinstance(target, ast.Attribute):
            self._assign_attribute(target, value)
        elif isinstance(target, ast.Subscript):
            self._assign_item(target, value)
        elif isinstance(target, ast.Starred):
            self.assign(target.value, value)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for one, item in zip(target.elts, self._unpacked(target.elts, value), strict=True):
                self.assign(one, item)

    def _unpacked(self, targets: list[ast.expr], value: Value) -> list[Value]:
        starred = next((n for n, one in enumerate(targets) if isinstance(one, ast.Starred)), None)
        out: list[Value] = [BOTTOM] * len(targets)
        for one in alternatives(value):
            items = one.items if isinstance(one, Seq) else None
            fits = items is not None and (
                len(items) == len(targets) if starred is None else len(items) >= len(targets) - 1
            )
            if items is not None and fits and starred is not None:
                after = len(targets) - starred - 1
                middle = Seq(items[starred : len(items) - after])
                found = [*items[:starred], middle, *items[len(items) - after :]]
            elif items is not None and fits:
                found = list(items)
            else:
                each_item = self.iterate(one)
                found = [each_item] * len(targets)
                if starred is not None:
                    found[starred] = Seq(None, each_item)
            out = [join(left, right) for left, right in zip(out, found, strict=True)]
        return out

    def _assign_attribute(self, target: ast.Attribute, value: Value) -> None:
        base = self.value(target.value)
        name = target.attr
        value = named(value, ast.unparse(target) if _proven(value) else name, target.lineno)
        for one in alternatives(base):
            if isinstance(one, (Inst, Class)):
                self.learn_attribute(one.info, name, value)
            elif isinstance(one, Obj):
                for origin in one.origins:
                    origin.written.setdefault(name, target.lineno)
            elif isinstance(one, Ref):
                self.overwritten.add(f"{one.name}.{name}")
            elif one is UNKNOWN:
                self.doubt_attribute(name)
                self.escape(value)
        if isinstance(target.value, ast.Name):
            self.set_path(f"{target.value.id}.{name}", value)

    def _assign_item(self, target: ast.Subscript, value: Value) -> None:
        base = self.value(target.value)
        key = self.value(target.slice)
        if isinstance(key, Const) and isinstance(key.value, str):
            for one in alternatives(base):
                if isinstance(one, Obj):
                    for origin in one.origins:
                        origin.written.setdefault(key.value, target.lineno)
            if isinstance(target.value, ast.Name):
                if isinstance(base, Mapping) and target.value.id in self.env:
                    items = dict(base.items) | {key.value: value}
                    grown = Mapping(tuple(items.items()), base.node, base.partial)
                    self.bind(target.value.id, grown)
                self.set_path(f"{target.value.id}.[{key.value}]", value)
        elif isinstance(target.value, ast.Name):
            self.forget(target.value.id)
            if isinstance(base, (Mapping, Seq)) and _proven(value):
                inner = element(base) if isinstance(base, Seq) else BOTTOM
                longer = Seq(None, join(inner, value))
                self.bind(target.value.id, longer if isinstance(base, Seq) else UNKNOWN)

    def _run_Delete(self, node: ast.Delete) -> bool:  # noqa: N802
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.forget(target.id)
                self.env.pop(target.id, None)
            else:
                self.assign(target, UNKNOWN)
        return True

    def _run_Global(self, node: ast.Global) -> bool:  # noqa: N802
        for name in node.names:
            self.scope.redirected[name] = self.top
            self.share(self.top, name)
        return True

    def _run_Nonlocal(self, node: ast.Nonlocal) -> bool:  # noqa: N802
        for name in node.names:
            outer = self.scope.parent
            while outer is not None and (outer.is_class or name not in outer.bound):
                outer = outer.parent
            if outer is not None:
                self.scope.redirected[name] = outer
                self.share(outer, name)
        return True


def _proven(value: Value) -> bool:
    return any(
        isinstance(one, (Obj, Inst)) or (isinstance(one, (Seq, Wrap)) and _inner(one))
        for one in alternatives(value)
    )


def _inner(value: Seq | Wrap) -> bool:
    return _proven(element(value) if isinstance(value, Seq) else value.value)


def _loaded(target: ast.expr) -> ast.expr | None:
    if isinstance(target, ast.Name):
        return ast.copy_location(ast.Name(target.id, ast.Load()), target)
    return None
