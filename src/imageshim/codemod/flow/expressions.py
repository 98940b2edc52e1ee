"""Expressions: what each evaluates to, and which fields of replies it reads on the way."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from imageshim.codemod.knowledge.replies import ELEMENTS

from . import values as v
from .scopes import Bound, Class, Func, Function, Inst
from .state import State, looks_like_message

__all__ = ["Expressions"]

_TEXTS = ("content", "text")
_NEAR = frozenset({"image", "content"})


class Expressions(State):
    """Evaluates expressions; what has an operator is in :mod:`.operators`."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._evaluators: dict[type, Callable[[Any], v.Value]] = {
            kind: getattr(self, f"_{kind.__name__}")
            for kind in (
                ast.Attribute, ast.Await, ast.BinOp, ast.BoolOp, ast.Call, ast.Compare,
                ast.Constant, ast.Dict, ast.DictComp, ast.FormattedValue, ast.GeneratorExp,
                ast.IfExp, ast.JoinedStr, ast.Lambda, ast.List, ast.ListComp, ast.Name,
                ast.NamedExpr, ast.Set, ast.SetComp, ast.Slice, ast.Starred, ast.Subscript,
                ast.Tuple, ast.UnaryOp, ast.Yield, ast.YieldFrom,
            )
        }  # fmt: skip

    def value(self, node: ast.expr) -> v.Value:
        """Evaluate an expression."""
        evaluator = self._evaluators.get(type(node))
        return v.UNKNOWN if evaluator is None else evaluator(node)

    def _Name(self, node: ast.Name) -> v.Value:  # noqa: N802
        value = self.env.get(node.id)
        if value is v.UNKNOWN:
            return v.UNKNOWN
        return self.load(node.id)

    def _Constant(self, node: ast.Constant) -> v.Value:  # noqa: N802
        value = node.value
        return v.Const(value) if value is None or isinstance(value, (str, bool)) else v.UNKNOWN

    def _Attribute(self, node: ast.Attribute) -> v.Value:  # noqa: N802
        base = node.value
        value = self.value(base)
        if isinstance(base, ast.Name):
            path = self.env.get(f"{base.id}.{node.attr}")
            if path is not None:
                return path
        if value is v.UNKNOWN or isinstance(value, v.Maybe):
            if node.attr in _NEAR:
                return self.unproven(node, base, node.attr, "attribute")
            return value if value is v.UNKNOWN else self.attribute(value, node.attr, node)
        if value is v.BOTTOM:
            self.near |= node.attr in _NEAR and looks_like_message(base)
            return value
        self.read(node, base, value, node.attr, "attribute")
        if isinstance(value, v.Alt):
            self.bases[node] = value
        return v.each(value, lambda one: self.attribute(one, node.attr, node))

    def attribute(self, value: v.Value, name: str, node: ast.expr) -> v.Value:  # noqa: PLR0911
        """Return an attribute of a value."""
        if isinstance(value, v.Obj):
            if value.kind == "stream" and name == "choices":
                return v.BOTTOM
            found = self.piece(value, name, node)
            return found if found is not v.UNKNOWN else v.Wrap("method", value, name)
        if isinstance(value, v.Ref):
            return self.imported(f"{value.name}.{name}")
        if isinstance(value, (Inst, Class)):
            return self.member(value, name)
        if isinstance(value, v.Maybe):
            return self.assume_field(value, name, node, "openai")
        if isinstance(value, (v.Seq, v.Mapping)) or (
            isinstance(value, v.Wrap) and value.how != "method"
        ):
            return v.Wrap("method", value, name)
        if isinstance(value, v.Const):
            return v.Wrap("method", value, name) if isinstance(value.value, str) else v.BOTTOM
        return value if value is v.BOTTOM else v.UNKNOWN

    def member(self, value: Inst | Class, name: str) -> v.Value:
        """Return an attribute or a method of an instance of a class of the file."""
        info, seen = value.info, [value.info]
        found: v.Value = v.BOTTOM
        todo = [info]
        while todo:
            one = todo.pop(0)
            one.readers.setdefault(name, set()).add(self.function)
            if name in one.attributes:
                found = v.join(found, one.attributes[name])
            if one.dynamic:
                found = v.join(found, v.UNKNOWN)
            method = one.methods.get(name)
            if method is not None and found is v.BOTTOM:
                return self._method(method, value)
            for base in one.bases:
                for candidate in v.alternatives(base):
                    if isinstance(candidate, Class) and candidate.info not in seen:
                        seen.append(candidate.info)
                        todo.append(candidate.info)
        if found is v.BOTTOM:
            to_come = self.first_pass or any(name in one.assigned for one in seen)
            return v.BOTTOM if to_come else v.UNKNOWN
        return v.join(found, v.UNKNOWN) if name in self.foreign else found

    def _method(self, method: Function, receiver: Inst | Class) -> v.Value:
        if "property" in method.decorators or "functools.cached_property" in method.decorators:
            return self.call_function(method, [], {}, receiver)
        if "staticmethod" in method.decorators:
            return Func(method)
        if "classmethod" in method.decorators:
            return Bound(method, Class(receiver.info))
        return Bound(method, receiver) if isinstance(receiver, Inst) else Func(method)

    def call_function(
        self,
        info: Function,
        args: list[v.Value],
        keywords: dict[str, v.Value],
        receiver: v.Value | None = None,
    ) -> v.Value:
        """Call a function of the file; in :mod:`.calls`."""
        raise NotImplementedError

    def assume_field(self, value: v.Maybe, name: str, node: ast.AST, carrier: str) -> v.Value:
        """Return a field of something that may be assumed to be LiteLLM's."""
        if name == "choices":
            pattern = self.assumed(value)
            if pattern is not None:
                label = next((one for one in sorted(value.labels) if one.isidentifier()), "reply")
                origin = self.origin(node, f"{label} (--assume-litellm {pattern})", carrier)
                reply = v.Obj("reply", carrier, frozenset((origin,)))
                reply = reply.after(self.line, origin.what)
                # A chunk looks like a reply up to its choices.
                chunk = v.Obj("chunk", carrier, frozenset((origin,)), reply.chain)
                return v.join(reply.piece("choices"), chunk.piece("chunk_choices"))
        return v.Maybe(value.labels | {name})

    def _Subscript(self, node: ast.Subscript) -> v.Value:  # noqa: N802
        base, key = node.value, node.slice
        value = self.value(base)
        index = self.value(key) if not isinstance(key, ast.Constant) else None
        name: object = key.value if isinstance(key, ast.Constant) else None
        if index is not None and isinstance(index, v.Const):
            name = index.value
        if isinstance(name, str):
            if isinstance(base, ast.Name):
                path = self.env.get(f"{base.id}.[{name}]")
                if path is not None:
                    return path
            if name in _NEAR and (value is v.UNKNOWN or isinstance(value, v.Maybe)):
                return self.unproven(node, base, name, "item")
            if value is v.UNKNOWN:
                return value
            self.near |= value is v.BOTTOM and name in _NEAR and looks_like_message(base)
            self.read(node, base, value, name, "item")
            return v.each(value, lambda one: self.item(one, name, node))
        if value is v.UNKNOWN or value is v.BOTTOM:
            return value
        return v.each(value, lambda one: self._place(one, key))

    def item(self, value: v.Value, name: str, node: ast.expr) -> v.Value:  # noqa: PLR0911
        """Return what stands under a string key."""
        if isinstance(value, v.Obj):
            if value.kind in ("stream", *_TEXTS):
                return v.BOTTOM
            return self.piece(value, name, node)
        if isinstance(value, v.Mapping):
            return value.get(name) or (v.UNKNOWN if value.partial else v.BOTTOM)
        if self.assume and isinstance(value, v.Ref):  # os.environ["LITELLM_PROXY_URL"]
            return v.Maybe(frozenset({name}))
        if isinstance(value, v.Maybe):
            return self.assume_field(value, name, node, "dict")
        if isinstance(value, Inst) and name in value.info.fields:  # a TypedDict
            return self.member(value, name)
        return value if value is v.BOTTOM else v.UNKNOWN

    def _place(self, value: v.Value, key: ast.expr) -> v.Value:  # noqa: PLR0911
        if isinstance(value, v.Obj):
            if value.kind in _TEXTS:
                return value.piece("text")
            if isinstance(key, ast.Slice):
                return value
            kind = ELEMENTS.get(value.kind)
            return v.UNKNOWN if kind is None else value.piece(kind)
        if isinstance(value, v.Seq):
            if isinstance(key, ast.Slice):
                return v.Seq(None, v.element(value))
            place = _integer(key)
            if value.items is not None and place is not None:
                fits = -len(value.items) <= place < len(value.items)
                return value.items[place] if fits else v.BOTTOM
            return v.element(value)
        if isinstance(value, v.Mapping):
            return v.join_all(one for _, one in value.items)
        if isinstance(value, v.Maybe):
            return value
        return value if isinstance(value, v.Ref) or value is v.BOTTOM else v.UNKNOWN

    def iterate(self, value: v.Value) -> v.Value:
        """Return what a loop over a value gives."""
        return v.each(value, self._iterate)

    def _iterate(self, value: v.Value) -> v.Value:  # noqa: PLR0911
        if isinstance(value, v.Obj):
            if value.kind in _TEXTS:
                return value.piece("text")
            kind = ELEMENTS.get(value.kind)
            return v.BOTTOM if kind is None else value.piece(kind)
        if isinstance(value, v.Seq):
            return v.element(value)
        if isinstance(value, v.Wrap):
            return value.value if value.how == "iter" else self._awaited_items(value)
        if isinstance(value, v.Mapping):
            return value.get("*keys") or v.UNKNOWN
        if isinstance(value, v.Maybe):
            return value
        return value if value is v.BOTTOM else v.UNKNOWN

    def _awaited_items(self, value: v.Wrap) -> v.Value:
        return self.iterate(value.value) if value.how in ("await", "context") else v.UNKNOWN

    def _Await(self, node: ast.Await) -> v.Value:  # noqa: N802
        return v.each(self.value(node.value), self.awaited)

    def awaited(self, value: v.Value) -> v.Value:
        """Return what awaiting a value gives."""
        if isinstance(value, v.Wrap) and value.how == "await":
            return value.value
        return (
            value if isinstance(value, (v.Obj, v.Seq, v.Maybe)) or value is v.BOTTOM else v.UNKNOWN
        )

    def _NamedExpr(self, node: ast.NamedExpr) -> v.Value:  # noqa: N802
        value = self.value(node.value)
        self.assign(node.target, value)
        return value

    def assign(self, target: ast.expr, value: v.Value) -> None:
        """Give a value to a target; in :mod:`.statements`."""
        raise NotImplementedError

    def _List(self, node: ast.List | ast.Tuple | ast.Set) -> v.Value:  # noqa: N802
        items: list[v.Value] = []
        rest: v.Value = v.BOTTOM
        spread = False
        for one in node.elts:
            if isinstance(one, ast.Starred):
                value = self.value(one.value)
                if isinstance(value, v.Seq) and value.items is not None and not spread:
                    items += value.items
                else:
                    spread = True
                    rest = v.join(rest, self.iterate(value))
            else:
                items.append(self.value(one))
        if spread:
            return v.Seq(None, v.join(rest, v.join_all(items)))
        return v.Seq(tuple(items))

    _Tuple = _Set = _List

    def _Starred(self, node: ast.Starred) -> v.Value:  # noqa: N802
        return self.value(node.value)

    def _Slice(self, node: ast.Slice) -> v.Value:  # noqa: N802
        for one in (node.lower, node.upper, node.step):
            if one is not None:
                self.value(one)
        return v.UNKNOWN

    def _Dict(self, node: ast.Dict) -> v.Value:  # noqa: N802
        items: dict[str, v.Value] = {}
        partial = False
        for key, one in zip(node.keys, node.values, strict=True):
            value = self.value(one)
            name = self.value(key) if key is not None else None
            if isinstance(name, v.Const) and isinstance(name.value, str):
                items[name.value] = value
                if name.value == "image_url":
                    sent = value.get("url") if isinstance(value, v.Mapping) else value
                    self.signal(sent or v.UNKNOWN, one.lineno, "sent as an image")
            elif key is None and isinstance(value, v.Mapping):
                items.update(value.items)
                partial |= value.partial
            else:
                partial = True
        return v.Mapping(tuple(items.items()), node, partial)

    def _comprehension(
        self, generators: list[ast.comprehension], *results: ast.expr
    ) -> list[v.Value]:
        names = [
            one.id
            for generator in generators
            for one in ast.walk(generator.target)
            if isinstance(one, ast.Name)
        ]
        saved = {name: self.env.get(name) for name in names}
        for generator in generators:
            value = self.value(generator.iter)
            self.assign(generator.target, self.iterate(value))
            for test in generator.ifs:
                self.value(test)
        values = [self.value(one) for one in results]
        for name, before in saved.items():
            if before is None:
                self.env.pop(name, None)
            else:
                self.env[name] = before
        return values

    def _ListComp(self, node: ast.ListComp | ast.SetComp) -> v.Value:  # noqa: N802
        return v.Seq(None, self._comprehension(node.generators, node.elt)[0])

    _SetComp = _ListComp

    def _GeneratorExp(self, node: ast.GeneratorExp) -> v.Value:  # noqa: N802
        return v.Wrap("iter", self._comprehension(node.generators, node.elt)[0])

    def _DictComp(self, node: ast.DictComp) -> v.Value:  # noqa: N802
        key, value = self._comprehension(node.generators, node.key, node.value)
        return v.Mapping((("*", value), ("*keys", key)), None, partial=True)

    def _Lambda(self, node: ast.Lambda) -> v.Value:  # noqa: N802
        info = self.functions.get(node)
        if info is None:
            info = self.functions[node] = Function(node, self.scope, None)
            self.meet(info)
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                self.value(default)
        return Func(info)

    def _Yield(self, node: ast.Yield) -> v.Value:  # noqa: N802
        value = self.value(node.value) if node.value is not None else v.Const(None)
        self._give(value)
        return v.UNKNOWN

    def _YieldFrom(self, node: ast.YieldFrom) -> v.Value:  # noqa: N802
        self._give(self.iterate(self.value(node.value)))
        return v.UNKNOWN

    def _give(self, value: v.Value) -> None:
        info = self.function
        if info is not None:
            after = v.join(info.yields, value)
            if after != info.yields or not info.is_generator:
                info.yields, info.is_generator = after, True
                self.wake(*info.callers)

    def _Call(self, node: ast.Call) -> v.Value:  # noqa: N802
        raise NotImplementedError


def _integer(node: ast.expr) -> int | None:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _integer(node.operand)
        return None if inner is None else -inner
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    return None
