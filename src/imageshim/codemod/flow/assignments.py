"""Assignments: of names, attributes, items, several at once."""

from __future__ import annotations

import ast

from . import values as v
from .calls import Calls
from .scopes import Class, Inst

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
        value = self.value(node.value) if node.value is not None else v.BOTTOM
        if stated is not v.UNKNOWN and not _proven(value) and node.value is not None:
            value = v.join_all(one for one in (stated,) if one is not v.BOTTOM)
        if isinstance(self.scope.node, ast.ClassDef) and isinstance(node.target, ast.Name):
            info = self.classes[self.scope.node]
            if node.target.id not in info.fields:
                info.fields.append(node.target.id)
            if stated is not v.UNKNOWN:
                self.learn_attribute(info, node.target.id, stated)
        if node.value is not None:
            self.assign(node.target, value)
        elif isinstance(node.target, ast.Attribute) and stated is not v.UNKNOWN:
            self.assign(node.target, stated)
        return True

    def _run_AugAssign(self, node: ast.AugAssign) -> bool:  # noqa: N802
        added = self.value(node.value)
        load = _loaded(node.target)
        before = self.value(load) if load is not None else v.UNKNOWN
        texts = [
            one.piece("text")
            for value in (before, added)
            for one in v.alternatives(value)
            if isinstance(one, v.Obj) and one.kind in ("content", "text")
        ]
        value: v.Value = v.join_all(texts) if texts else v.UNKNOWN
        if isinstance(before, v.Seq) and isinstance(added, (v.Seq, v.Obj)):
            value = v.Seq(None, v.join(v.element(before), self.iterate(added)))
        self.assign(node.target, value)
        return True

    def assign(self, target: ast.expr, value: v.Value) -> None:
        """Give a value to a target."""
        if isinstance(target, ast.Name):
            self.bind(target.id, v.named(value, target.id, target.lineno))
        elif isinstance(target, ast.Attribute):
            self._assign_attribute(target, value)
        elif isinstance(target, ast.Subscript):
            self._assign_item(target, value)
        elif isinstance(target, ast.Starred):
            self.assign(target.value, value)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for one, item in zip(target.elts, self._unpacked(target.elts, value), strict=True):
                self.assign(one, item)

    def _unpacked(self, targets: list[ast.expr], value: v.Value) -> list[v.Value]:
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
                each_item = self.iterate(one)
                found = [each_item] * len(targets)
                if starred is not None:
                    found[starred] = v.Seq(None, each_item)
            out = [v.join(left, right) for left, right in zip(out, found, strict=True)]
        return out

    def _assign_attribute(self, target: ast.Attribute, value: v.Value) -> None:
        base = self.value(target.value)
        name = target.attr
        value = v.named(value, ast.unparse(target) if _proven(value) else name, target.lineno)
        for one in v.alternatives(base):
            if isinstance(one, (Inst, Class)):
                self.learn_attribute(one.info, name, value)
            elif isinstance(one, v.Obj):
                for origin in one.origins:
                    origin.written.setdefault(name, target.lineno)
            elif isinstance(one, v.Ref):
                self.overwritten.add(f"{one.name}.{name}")
            elif one is v.UNKNOWN:
                self.doubt_attribute(name)
                self.escape(value)
        if isinstance(target.value, ast.Name):
            self.set_path(f"{target.value.id}.{name}", value)

    def _assign_item(self, target: ast.Subscript, value: v.Value) -> None:
        base = self.value(target.value)
        key = self.value(target.slice)
        if isinstance(key, v.Const) and isinstance(key.value, str):
            for one in v.alternatives(base):
                if isinstance(one, v.Obj):
                    for origin in one.origins:
                        origin.written.setdefault(key.value, target.lineno)
            if isinstance(target.value, ast.Name):
                if isinstance(base, v.Mapping) and target.value.id in self.env:
                    items = dict(base.items) | {key.value: value}
                    grown = v.Mapping(tuple(items.items()), base.node, base.partial)
                    self.bind(target.value.id, grown)
                self.set_path(f"{target.value.id}.[{key.value}]", value)
        elif isinstance(target.value, ast.Name):
            self.forget(target.value.id)
            if isinstance(base, (v.Mapping, v.Seq)) and _proven(value):
                inner = v.element(base) if isinstance(base, v.Seq) else v.BOTTOM
                longer = v.Seq(None, v.join(inner, value))
                self.bind(target.value.id, longer if isinstance(base, v.Seq) else v.UNKNOWN)

    def _run_Delete(self, node: ast.Delete) -> bool:  # noqa: N802
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.forget(target.id)
                self.env.pop(target.id, None)
            else:
                self.assign(target, v.UNKNOWN)
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
