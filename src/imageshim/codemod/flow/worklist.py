"""The run over a whole file, until nothing new is learned.

Between functions it joins: a parameter is what all calls in
the file (and, through the index, in the project) hand it, a free name or an attribute of ``self``
is whatever is ever assigned to it. At first no caller is known and parameters are taken for
unreachable; what is learned wakes the functions that it concerns. When nobody is awake any more,
what is still never called may be called by anybody with anything, and it goes on until that, too,
has settled.
"""

from __future__ import annotations

import ast
from typing import Any

from . import values as v
from .scopes import Class, Function, Inst
from .statements import Statements

__all__ = ["Flow"]

_MOST_RUNS = 16
_WIDEN_AFTER = 7


class Flow(Statements):
    """The interpretation of one file."""

    def __init__(self, tree: ast.Module, *args: Any) -> None:
        super().__init__(*args)
        self.tree = tree
        self.top.node = tree
        self.runs = 0
        self.stable = False

    def run(self) -> None:
        """Interpret the file."""
        self._module()
        seen = 0
        while seen < len(self.order):
            for info in list(self.order)[seen:]:
                self.awake.pop(info, None)
                self._body(info)
                seen += 1
        if not (self.found or self.reads or self.near):
            return
        self.first_pass = False
        for owner in self.classes.values():
            for name, readers in owner.readers.items():
                if name not in owner.attributes and name not in owner.methods:
                    self.wake(*readers)
        settled = True
        while self.awake or self._release():
            if None in self.awake:
                settled &= self._again(None)
            for info in [one for one in self.order if one in self.awake]:
                settled &= self._again(info)
        self.stable = settled

    def _again(self, info: Function | None) -> bool:
        """Look at a function again; returns False where that was done often enough."""
        del self.awake[info]
        if (self.runs if info is None else info.runs) >= _MOST_RUNS:
            return False
        if info is None:
            self._module()
        else:
            self._body(info)
        return True

    def close(self) -> None:
        """Let go of everything: functions, scopes and values hold one another, and the tree."""
        for info in self.functions.values():
            info.scope.cells.clear()
            info.callers.clear()
            info.params.clear()
        for owner in self.classes.values():
            owner.scope.cells.clear()
            owner.readers.clear()
            owner.attributes.clear()
            owner.methods.clear()
        self.__dict__.clear()

    def _release(self) -> bool:
        """Hand unknown values to the functions that nobody is known to call, if there are more."""
        uncalled = [info for info in self.order if not info.released and not self._is_called(info)]
        for info in uncalled:
            info.released = True
            self.wake(info)
        return bool(uncalled)

    def _is_called(self, info: Function) -> bool:
        if info.calls:
            return True
        return self.index is not None and self.index.is_called(self.module, info)

    def _module(self) -> None:
        self.runs += 1
        self.widening = self.runs > _WIDEN_AFTER
        self.scope, self.env, self.function = self.top, {}, None
        self.traps, self.guards = [], []
        self.block(self.tree.body)

    def _body(self, info: Function) -> None:
        info.runs += 1
        self.widening = info.runs > _WIDEN_AFTER
        self.scope, self.function, self.env = info.scope, info, {}
        self.traps, self.guards = [], []
        self._breaks, self._continues = [], []
        arguments = info.node.args
        for place, one in enumerate((*info.positional, *arguments.kwonlyargs)):
            self.bind(one.arg, self._parameter(info, one, place))
        for star in (arguments.vararg, arguments.kwarg):
            if star is not None:
                empty: v.Value = v.UNKNOWN if info.released else v.BOTTOM
                self.bind(star.arg, info.params.get(star.arg, empty))
        if isinstance(info.node, ast.Lambda):
            self._returned(info, self.value(info.node.body), info.node.lineno)
        else:
            self.block(info.node.body)
        self.function = None

    def _parameter(self, info: Function, node: ast.arg, place: int) -> v.Value:
        if place == 0 and info.owner is not None and "staticmethod" not in info.decorators:
            owner = info.owner
            return Class(owner) if "classmethod" in info.decorators else Inst(owner)
        value = info.params.get(node.arg, v.BOTTOM)
        handed = None
        if self.index is not None:
            handed = self.index.argument(self.module, info, node.arg)
        if handed is not None:
            self.found |= handed is not v.UNKNOWN
            value = v.join(value, handed)
        given = self.test_fixtures.get(node.arg)
        if given is not None and info.name.startswith("test") and not info.calls:
            given.callers.add(info)
            result = self.result(given)
            return v.named(v.each(result, self._entered_fixture), node.arg, node.lineno)
        if info.released or info.escapes or info.opaque:
            value = v.join(value, v.UNKNOWN)
        stated = self.annotation(node.annotation)
        if stated is not v.UNKNOWN:
            seen = [
                one
                for one in v.alternatives(value)
                if isinstance(one, (v.Obj, Inst, v.Seq, v.Wrap))
            ]
            if not seen or len(seen) < len(v.alternatives(value)):
                return v.named(v.join_all((*seen, stated)), node.arg, node.lineno)
        if self.assume and value is v.UNKNOWN:
            return v.Maybe(frozenset({node.arg, info.name}))
        return value

    def _entered_fixture(self, value: v.Value) -> v.Value:
        return value.value if isinstance(value, v.Wrap) and value.how == "iter" else value
