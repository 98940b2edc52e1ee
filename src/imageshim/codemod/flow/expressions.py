"""Expressions: what each evaluates to, and which fields of replies it reads on the way."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from imageshim.codemod.knowledge.replies import ELEMENTS

from .scopes import Bound, Class, Func, Function, Inst
from .state import State, looks_like_message
from .values import (
    BOTTOM,
    UNKNOWN,
    Alt,
    Const,
    Mapping,
    Maybe,
    Obj,
    Ref,
    Seq,
    Value,
    Wrap,
    alternatives,
    each,
    element,
    join,
    join_all,
)

__all__ = ["Expressions"]

_TEXTS = ("content", "text")
_NEAR = frozenset({"image", "content"})


class Expressions(State):
    """Evaluates expressions."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._evaluators: dict[type, Callable[[Any], Value]] = {
            kind: getattr(self, f"_{kind.__name__}")
            for kind in (
                ast.Attribute, ast.Await, ast.BinOp, ast.BoolOp, ast.Call, ast.Compare,
                ast.Constant, ast.Dict, ast.DictComp, ast.FormattedValue, ast.GeneratorExp,
                ast.IfExp, ast.JoinedStr, ast.Lambda, ast.List, ast.ListComp, ast.Name,
                ast.NamedExpr, ast.Set, ast.SetComp, ast.Slice, ast.Starred, ast.Subscript,
                ast.Tuple, ast.UnaryOp, ast.Yield, ast.YieldFrom,
            )
        }  # fmt: skip

    def value(self, node: ast.expr) -> Value:
        """Evaluate an expression."""
        evaluator = self._evaluators.get(type(node))
        return UNKNOWN if evaluator is None else evaluator(node)

    def _Name(self, node: ast.Name) -> Value:  # noqa: N802
        value = self.env.get(node.id)
        if value is UNKNOWN:
            return UNKNOWN
        return self.load(node.id)

    def _Constant(self, node: ast.Constant) -> Value:  # noqa: N802
        value = node.value
        return Const(value) if value is None or isinstance(value, (str, bool)) else UNKNOWN

    def _Attribute(self, node: ast.Attribute) -> Value:  # noqa: N802
        base = node.value
        value = self.value(base)
        if isinstance(base, ast.Name):
            path = self.env.get(f"{base.id}.{node.attr}")
            if path is not None:
                return path
        if value is UNKNOWN or isinstance(value, Maybe):
            if node.attr in _NEAR:
                return self.unproven(node, base, node.attr, "attribute")
            return value if value is UNKNOWN else self.attribute(value, node.attr, node)
        if value is BOTTOM:
            self.near |= node.attr in _NEAR and looks_like_message(base)
            return value
        self.read(node, base, value, node.attr, "attribute")
        if isinstance(value, Alt):
            self.bases[node] = value
        return each(value, lambda one: self.attribute(one, node.attr, node))

    def attribute(self, value: Value, name: str, node: ast.expr) -> Value:  # noqa: PLR0911
        """Return an attribute of a value."""
        if isinstance(value, Obj):
            if value.kind in ("reply", "stream") and name == "choices" and value.kind == "stream":
                return BOTTOM
            found = self.piece(value, name, node)
            return found if found is not UNKNOWN else Wrap("method", value, name)
        if isinstance(value, Ref):
            return self.imported(f"{value.name}.{name}")
        if isinstance(value, (Inst, Class)):
            return self.member(value, name)
        if isinstance(value, Maybe):
            return self.assume_field(value, name, node, "openai")
        if isinstance(value, (Seq, Mapping)) or (isinstance(value, Wrap) and value.how != "method"):
            return Wrap("method", value, name)
        if isinstance(value, Const):
            return Wrap("method", value, name) if isinstance(value.value, str) else BOTTOM
        return value if value is BOTTOM else UNKNOWN

    def member(self, value: Inst | Class, name: str) -> Value:
        """Return an attribute or a method of an instance of a class of the file."""
        info, seen = value.info, [value.info]
        found: Value = BOTTOM
        todo = [info]
        while todo:
            one = todo.pop(0)
            one.readers.setdefault(name, set()).add(self.function)
            if name in one.attributes:
                found = join(found, one.attributes[name])
            if one.dynamic:
                found = join(found, UNKNOWN)
            method = one.methods.get(name)
            if method is not None and found is BOTTOM:
                return self._method(method, value)
            for base in one.bases:
                for candidate in alternatives(base):
                    if isinstance(candidate, Class) and candidate.info not in seen:
                        seen.append(candidate.info)
                        todo.append(candidate.info)
        if found is BOTTOM:
            to_come = self.first_pass or any(name in one.assigned for one in seen)
            return BOTTOM if to_come else UNKNOWN
        return join(found, UNKNOWN) if name in self.foreign else found

    def _method(self, method: Function, receiver: Inst | Class) -> Value:
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
        args: list[Value],
        keywords: dict[str, Value],
        receiver: Value | None = None,
    ) -> Value:
        """Call a function of the file; in :mod:`.calls`."""
        raise NotImplementedError

    def assume_field(self, value: Maybe, name: str, node: ast.AST, carrier: str) -> Value:
        """Return a field of something that may be assumed to be LiteLLM's."""
        if name == "choices":
            pattern = self.assumed(value)
            if pattern is not None:
                label = next((one for one in sorted(value.labels) if one.isidentifier()), "reply")
                origin = self.origin(node, f"{label} (--assume-litellm {pattern})", carrier)
                reply = Obj("reply", carrier, frozenset((origin,)))
                reply = reply.after(self.line, origin.what)
                # A chunk looks like a reply up to its choices.
                chunk = Obj("chunk", carrier, frozenset((origin,)), reply.chain)
                return join(reply.piece("choices"), chunk.piece("chunk_choices"))
        return Maybe(value.labels | {name})

    def _Subscript(self, node: ast.Subscript) -> Value:  # noqa: N802
        base, key = node.value, node.slice
        value = self.value(base)
        index = self.value(key) if not isinstance(key, ast.Constant) else None
        name: object = key.value if isinstance(key, ast.Constant) else None
        if index is not None and isinstance(index, Const):
            name = index.value
        if isinstance(name, str):
            if isinstance(base, ast.Name):
                path = self.env.get(f"{base.id}.[{name}]")
                if path is not None:
                    return path
            if name in _NEAR and (value is UNKNOWN or isinstance(value, Maybe)):
                return self.unproven(node, base, name, "item")
            if value is UNKNOWN:
                return value
            self.near |= value is BOTTOM and name in _NEAR and looks_like_message(base)
            self.read(node, base, value, name, "item")
            return each(value, lambda one: self.item(one, name, node))
        if value is UNKNOWN or value is BOTTOM:
            return value
        return each(value, lambda one: self._place(one, key))

    def item(self, value: Value, name: str, node: ast.expr) -> Value:  # noqa: PLR0911
        """Return what stands under a string key."""
        if isinstance(value, Obj):
            if value.kind in ("stream", *_TEXTS):
                return BOTTOM
            return self.piece(value, name, node)
        if isinstance(value, Mapping):
            return value.get(name) or (UNKNOWN if value.partial else BOTTOM)
        if self.assume and isinstance(value, Ref):  # os.environ["LITELLM_PROXY_URL"]
            return Maybe(frozenset({name}))
        if isinstance(value, Maybe):
            return self.assume_field(value, name, node, "dict")
        if isinstance(value, Inst) and name in value.info.fields:  # a TypedDict
            return self.member(value, name)
        return value if value is BOTTOM else UNKNOWN

    def _place(self, value: Value, key: ast.expr) -> Value:  # noqa: PLR0911
        if isinstance(value, Obj):
            if value.kind in _TEXTS:
                return value.piece("text")
            if isinstance(key, ast.Slice):
                return value
            kind = ELEMENTS.get(value.kind)
            return UNKNOWN if kind is None else value.piece(kind)
        if isinstance(value, Seq):
            if isinstance(key, ast.Slice):
                return Seq(None, element(value))
            place = _integer(key)
            if value.items is not None and place is not None:
                fits = -len(value.items) <= place < len(value.items)
                return value.items[place] if fits else BOTTOM
            return element(value)
        if isinstance(value, Mapping):
            return join_all(one for _, one in value.items)
        if isinstance(value, Maybe):
            return value
        return value if isinstance(value, Ref) or value is BOTTOM else UNKNOWN

    def iterate(self, value: Value) -> Value:
        """Return what a loop over a value gives."""
        return each(value, self._iterate)

    def _iterate(self, value: Value) -> Value:  # noqa: PLR0911
        if isinstance(value, Obj):
            if value.kind in _TEXTS:
                return value.piece("text")
            kind = ELEMENTS.get(value.kind)
            return BOTTOM if kind is None else value.piece(kind)
        if isinstance(value, Seq):
            return element(value)
        if isinstance(value, Wrap):
            return value.value if value.how == "iter" else self._awaited_items(value)
        if isinstance(value, Mapping):
            return value.get("*keys") or UNKNOWN
        if isinstance(value, Maybe):
            return value
        return value if value is BOTTOM else UNKNOWN

    def _awaited_items(self, value: Wrap) -> Value:
        return self.iterate(value.value) if value.how in ("await", "context") else UNKNOWN

    def _Await(self, node: ast.Await) -> Value:  # noqa: N802
        return each(self.value(node.value), self.awaited)

    def awaited(self, value: Value) -> Value:
        """Return what awaiting a value gives."""
        if isinstance(value, Wrap) and value.how == "await":
            return value.value
        return value if isinstance(value, (Obj, Seq, Maybe)) or value is BOTTOM else UNKNOWN

    def _BoolOp(self, node: ast.BoolOp) -> Value:  # noqa: N802
        # `a or b` is a where a is truthy; `a and b` is b, or a falsy a, which has no fields.
        values = [self.value(one) for one in node.values]
        if isinstance(node.op, ast.And):
            return values[-1]
        return join_all(values)

    def _IfExp(self, node: ast.IfExp) -> Value:  # noqa: N802
        self.value(node.test)
        return join(self.value(node.body), self.value(node.orelse))

    def _NamedExpr(self, node: ast.NamedExpr) -> Value:  # noqa: N802
        value = self.value(node.value)
        self.assign(node.target, value)
        return value

    def assign(self, target: ast.expr, value: Value) -> None:
        """Give a value to a target; in :mod:`.statements`."""
        raise NotImplementedError

    def _BinOp(self, node: ast.BinOp) -> Value:  # noqa: N802
        chain = [node]
        while isinstance(chain[-1].left, ast.BinOp):  # a sum can be longer than the stack
            chain.append(chain[-1].left)
        value = self.value(chain[-1].left)
        for one in reversed(chain):
            value = self._combined(one.op, value, self.value(one.right))
        return value

    def _combined(self, operator: ast.operator, left: Value, right: Value) -> Value:
        if isinstance(operator, ast.BitOr):
            return UNKNOWN
        if isinstance(left, Seq) and isinstance(right, Seq):
            return Seq(None, join(element(left), element(right)))
        texts = [one.piece("text") for side in (left, right) for one in _texts(side)]
        return join_all(texts) if texts else UNKNOWN

    def _UnaryOp(self, node: ast.UnaryOp) -> Value:  # noqa: N802
        self.value(node.operand)
        return UNKNOWN

    def _Compare(self, node: ast.Compare) -> Value:  # noqa: N802
        left, *others = (self.value(one) for one in (node.left, *node.comparators))
        right = others[0]
        named = left.value if isinstance(left, Const) and isinstance(left.value, str) else None
        if named is not None and isinstance(node.ops[0], (ast.In, ast.NotIn)):
            self.read(node, node.comparators[0], right, named, "in")
            if says_image(named):
                self.signal(right, node.lineno, f"looked for {named[:20]!r}")
        for one, other in ((left, right), (right, left)):
            if isinstance(one, Const) and isinstance(one.value, str) and says_image(one.value):
                self.signal(other, node.lineno, f"compared with {one.value[:20]!r}")
        return UNKNOWN

    def _JoinedStr(self, node: ast.JoinedStr) -> Value:  # noqa: N802
        before = ""
        texts: list[Obj] = []
        for part in node.values:
            value = self.value(part)
            if isinstance(part, ast.Constant):
                before = str(part.value)
                continue
            if before.endswith(("src=", 'src="', "src='", "url(")):
                self.signal(value, node.lineno, "shown as an image")
            texts += [one.piece("text") for one in _texts(value)]
        return join_all(texts) if texts else UNKNOWN

    def _FormattedValue(self, node: ast.FormattedValue) -> Value:  # noqa: N802
        if node.format_spec is not None:
            self.value(node.format_spec)
        return self.value(node.value)

    def _List(self, node: ast.List | ast.Tuple | ast.Set) -> Value:  # noqa: N802
        items: list[Value] = []
        rest: Value = BOTTOM
        spread = False
        for one in node.elts:
            if isinstance(one, ast.Starred):
                value = self.value(one.value)
                if isinstance(value, Seq) and value.items is not None and not spread:
                    items += value.items
                else:
                    spread = True
                    rest = join(rest, self.iterate(value))
            else:
                items.append(self.value(one))
        if spread:
            return Seq(None, join(rest, join_all(items)))
        return Seq(tuple(items))

    _Tuple = _Set = _List

    def _Starred(self, node: ast.Starred) -> Value:  # noqa: N802
        return self.value(node.value)

    def _Slice(self, node: ast.Slice) -> Value:  # noqa: N802
        for one in (node.lower, node.upper, node.step):
            if one is not None:
                self.value(one)
        return UNKNOWN

    def _Dict(self, node: ast.Dict) -> Value:  # noqa: N802
        items: dict[str, Value] = {}
        partial = False
        for key, one in zip(node.keys, node.values, strict=True):
            value = self.value(one)
            name = self.value(key) if key is not None else None
            if isinstance(name, Const) and isinstance(name.value, str):
                items[name.value] = value
            elif key is None and isinstance(value, Mapping):
                items.update(value.items)
                partial |= value.partial
            else:
                partial = True
        return Mapping(tuple(items.items()), node, partial)

    def _comprehension(
        self, generators: list[ast.comprehension], *results: ast.expr
    ) -> list[Value]:
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

    def _ListComp(self, node: ast.ListComp | ast.SetComp) -> Value:  # noqa: N802
        return Seq(None, self._comprehension(node.generators, node.elt)[0])

    _SetComp = _ListComp

    def _GeneratorExp(self, node: ast.GeneratorExp) -> Value:  # noqa: N802
        return Wrap("iter", self._comprehension(node.generators, node.elt)[0])

    def _DictComp(self, node: ast.DictComp) -> Value:  # noqa: N802
        key, value = self._comprehension(node.generators, node.key, node.value)
        return Mapping((("*", value), ("*keys", key)), None, partial=True)

    def _Lambda(self, node: ast.Lambda) -> Value:  # noqa: N802
        info = self.functions.get(node)
        if info is None:
            info = self.functions[node] = Function(node, self.scope, None)
            self.meet(info)
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                self.value(default)
        return Func(info)

    def _Yield(self, node: ast.Yield) -> Value:  # noqa: N802
        value = self.value(node.value) if node.value is not None else Const(None)
        self._give(value)
        return UNKNOWN

    def _YieldFrom(self, node: ast.YieldFrom) -> Value:  # noqa: N802
        self._give(self.iterate(self.value(node.value)))
        return UNKNOWN

    def _give(self, value: Value) -> None:
        info = self.function
        if info is not None:
            after = join(info.yields, value)
            if after != info.yields or not info.is_generator:
                info.yields, info.is_generator = after, True
                self.wake(*info.callers)

    def _Call(self, node: ast.Call) -> Value:  # noqa: N802
        raise NotImplementedError


def _texts(value: Value) -> list[Obj]:
    return [one for one in alternatives(value) if isinstance(one, Obj) and one.kind in _TEXTS]


def _integer(node: ast.expr) -> int | None:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _integer(node.operand)
        return None if inner is None else -inner
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    return None


def says_image(text: str) -> bool:
    """Whether a string that a text is searched for says that it may be a data URI."""
    return "data:image" in text or "base64," in text or ";base64" in text or text == "data:"
