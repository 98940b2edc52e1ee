"""Calls: of functions of the file and the project, of libraries, of what hands values on."""

from __future__ import annotations

import ast

from imageshim.codemod.knowledge import replies
from imageshim.codemod.knowledge.stdlib import SPECIAL

from . import values as v
from .methods import Given, Methods, flat
from .operators import texts
from .scopes import Bound, Class, ClassInfo, Func, Function, Inst

__all__ = ["Calls"]


_MOCKING = frozenset({"object", "patch", "setattr"})


class Calls(Methods):
    """Evaluates calls."""

    def _Call(self, node: ast.Call) -> v.Value:  # noqa: N802
        self.line = node.lineno
        function = self.value(node.func)
        if function is v.UNKNOWN and not self.assume:
            return self._not_followed(node)
        given = self._given(node)
        if function is v.UNKNOWN or function is v.BOTTOM:
            self._unseen(node, given)
            return self.labelled(node, given) if self.assume else function
        return v.each(function, lambda one: self.call(one, given))

    def _not_followed(self, node: ast.Call) -> v.Value:
        """Most calls: of something that is not known, with nothing that matters."""
        function = node.func
        if isinstance(function, ast.Attribute) and function.attr in _MOCKING:
            self._unseen(node, self._given(node))
            return v.UNKNOWN
        for one in (*node.args, *(keyword.value for keyword in node.keywords)):
            value = self.value(one)
            if value is not v.UNKNOWN:
                self._hand(node, value)
        if len(self.env) > len(self.scope.cells):
            self._unseen(node, Given(node, [], {}))
        return v.UNKNOWN

    def _given(self, node: ast.Call) -> Given:
        args: list[v.Value] = []
        given = Given(node, args, {})
        for one in node.args:
            value = self.value(one)
            if not isinstance(one, ast.Starred):
                args.append(value)
            elif isinstance(value, v.Seq) and value.items is not None:
                args.extend(value.items)
            else:
                args.append(self.iterate(value))
        for keyword in node.keywords:
            value = self.value(keyword.value)
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

    def _unseen(self, node: ast.Call, given: Given) -> None:
        """Let code that is not seen call, and change, what it is handed."""
        for value in given.all():
            self._hand(node, value)
        function = node.func
        if isinstance(function, ast.Attribute):
            self.knowledge.unseen(self, function.attr, given)
        if len(self.env) <= len(self.scope.cells):
            return
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
            self.forget(function.value.id)
        for one in node.args:
            if isinstance(one, ast.Name):
                self.forget(one.id)

    def _hand(self, node: ast.Call, value: v.Value) -> None:
        """Hand a value to code that is not seen; its name may say what it takes."""
        self.escape(value)
        found = texts(value)
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if isinstance(node.func, ast.Name):
            name = node.func.id
        if found and replies.SHOWING.fullmatch(name):
            self.signal(v.join_all(found), node.lineno, f"{name}()")

    def escape(self, value: v.Value) -> None:
        """Mark the functions in a value as called by anybody."""
        for one in v.alternatives(value):
            if isinstance(one, (Func, Bound)) and not one.info.escapes:
                one.info.escapes = True
                self.wake(one.info)
            elif isinstance(one, v.Seq):
                self.escape(v.element(one))
            elif isinstance(one, v.Mapping):
                for _, inner in one.items:
                    self.escape(inner)
            elif isinstance(one, v.Wrap) and one.how == "partial":
                self.escape(one.value)

    def labelled(self, node: ast.Call, given: Given) -> v.Value:
        """Return what a call that is not known gives, with all names and strings in it."""
        labels = {part for one in ast.walk(node) for part in _labels(one)}
        names = (self.load(one.id) for one in ast.walk(node) if isinstance(one, ast.Name))
        for value in (*given.all(), *names):
            labels |= _strings(value)
        return v.Maybe(frozenset(labels))

    def call(self, function: v.Value, given: Given) -> v.Value:  # noqa: PLR0911
        """Call a value."""
        if isinstance(function, Func):
            return self.call_function(function.info, given.args, given.keywords, None, given)
        if isinstance(function, Bound):
            info = function.info
            return self.call_function(info, given.args, given.keywords, function.receiver, given)
        if isinstance(function, Class):
            return self._instance(function.info, given)
        if isinstance(function, v.Ref):
            return self._known(function.name, given)
        if isinstance(function, v.Wrap):
            return self.call_wrapped(function, given)
        if isinstance(function, Inst):
            method = self.member(function, "__call__")
            if isinstance(method, Bound):
                return self.call(method, given)
        self._unseen(given.node, given)
        if isinstance(function, v.Maybe):
            made = self.labelled(given.node, given)
            return v.Maybe(function.labels | made.labels) if isinstance(made, v.Maybe) else made
        return function if function is v.BOTTOM else v.UNKNOWN

    def call_function(
        self,
        info: Function,
        args: list[v.Value],
        keywords: dict[str, v.Value],
        receiver: v.Value | None = None,
        given: Given | None = None,
    ) -> v.Value:
        """Join the arguments into the parameters; return what the function is known to return."""
        info.calls += 1
        info.callers.add(self.function)
        around = self.guards if self.function is None else [*self.guards, *self.function.guards]
        if not info.guards.issuperset(around):
            info.guards.update(around)
            self.wake(info)
        node = info.node
        values = [receiver, *args] if receiver is not None else list(args)
        line = self.line
        names = [one.arg for one in info.positional]
        for name, value in zip(names, values, strict=False):
            self._take(info, name, v.named(value, f"{info.name}({name})", line))
        if len(values) > len(names) and node.args.vararg is not None:
            self._take(info, node.args.vararg.arg, v.Seq(tuple(values[len(names) :])))
        known = {*names, *(one.arg for one in node.args.kwonlyargs)}
        extra = {key: value for key, value in keywords.items() if key not in known}
        for name in keywords.keys() & known:
            self._take(info, name, v.named(keywords[name], f"{info.name}({name})", line))
        spread = given is not None and given.spread
        if node.args.kwarg is not None:
            value = v.Mapping(tuple(extra.items()), None, spread)
            self._take(info, node.args.kwarg.arg, value)
        self._defaults(info, len(values), keywords, spread=spread)
        return self.result(info)

    def _take(self, info: Function, name: str, value: v.Value) -> None:
        if info.takes(name, value, widen=self.widening):
            self.wake(info)

    def _defaults(
        self, info: Function, count: int, keywords: dict[str, v.Value], *, spread: bool
    ) -> None:
        arguments = info.node.args
        names = info.positional
        defaults: list[tuple[ast.arg, ast.expr | None]] = list(
            zip(names[len(names) - len(arguments.defaults) :], arguments.defaults, strict=True)
        )
        defaults += zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        given = {one.arg for one in names[:count]} | keywords.keys()
        for parameter, default in defaults:
            if default is not None and parameter.arg not in given:
                value = self.value(default) if not spread else v.UNKNOWN
                self._take(info, parameter.arg, value)
        if spread:
            for parameter in (*names[count:], *arguments.kwonlyargs):
                if parameter.arg not in given:
                    self._take(info, parameter.arg, v.UNKNOWN)

    def result(self, info: Function) -> v.Value:
        """Return what a call of a function of the file gives."""
        if info.is_generator:
            yields = _completed(info.yields, self.iterate(info.stated))
            managed = any("contextmanager" in name for name in info.decorators)
            wrapped: v.Value = v.Wrap("context" if managed else "iter", yields)
        else:
            returns = _completed(info.returns, info.stated)
            wrapped = v.Wrap("await", returns) if info.is_async else returns
        return v.join(wrapped, v.UNKNOWN) if info.opaque else wrapped

    def _instance(self, info: ClassInfo, given: Given) -> v.Value:
        made = Inst(info)
        init = self.member(made, "__init__")
        if isinstance(init, Bound):
            self.call_function(init.info, given.args, given.keywords, made, given)
        elif info.fields:
            values = dict(zip(info.fields, given.args, strict=False)) | given.keywords
            for name, value in values.items():
                self.learn_attribute(
                    info, name, v.named(value, f"{info.node.name}.{name}", self.line)
                )
        else:
            self._unseen(given.node, given)
        return made

    def _known(self, name: str, given: Given) -> v.Value:  # noqa: PLR0911, C901
        root, _, last = name.rpartition(".")
        library = self.knowledge.calls.get(name.partition(".")[0])
        if library is not None:
            return library(self, name, given)
        special = SPECIAL.get(name) or SPECIAL.get(last if root in _TYPING else "")
        if special is not None:
            return special(self, given)
        place = replies.IDENTITY.get(name)
        if place is not None and len(given.args) > place:
            value = given.args[place]
            if name in ("cast", "typing.cast"):
                return self._cast(given, value)
            return v.each(value, self.awaited) if name in replies.AWAITED else value
        if name in replies.DECODERS or name in replies.SHOWN:
            for value in given.all():
                what = "decoded" if name in replies.DECODERS else f"{name}()"
                self.signal(value, given.node.lineno, what)
            return v.UNKNOWN
        if name in replies.SCANNERS:
            self.scan(given.first(), given.args[1:], given)
            return v.UNKNOWN
        if self.index is not None:
            handed = self.index.call(name, given)
            if handed is not None:
                for value in given.all():
                    self.escape(value)
                self.found |= handed is not v.UNKNOWN
                return handed
        self._unseen(given.node, given)
        if isinstance(given.node.func, ast.Name):
            self.knowledge.unseen(self, last, given)
        return self.labelled(given.node, given) if self.assume else v.UNKNOWN

    def _cast(self, given: Given, value: v.Value) -> v.Value:
        stated = self.annotation(given.node.args[0])
        if stated is v.UNKNOWN or any(isinstance(one, v.Obj) for one in v.alternatives(value)):
            return value
        return stated


def _completed(value: v.Value, stated: v.Value) -> v.Value:
    """Return what a function gives: its annotation speaks for the paths that are not known."""
    known = [one for one in v.alternatives(value) if one is not v.UNKNOWN and one is not v.BOTTOM]
    if stated is v.UNKNOWN or (known and len(known) == len(v.alternatives(value))):
        return value
    return v.join_all((*known, stated))


def _labels(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Name):
        return {node.id}
    if isinstance(node, ast.Attribute):
        return {node.attr, ast.unparse(node)}
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    return set()


def _strings(value: v.Value) -> set[str]:
    out: set[str] = set()
    for one in flat(value):
        if isinstance(one, v.Const) and isinstance(one.value, str):
            out.add(one.value)
        elif isinstance(one, v.Maybe):
            out |= one.labels
    return out


_TYPING = frozenset({"typing", "typing_extensions"})
