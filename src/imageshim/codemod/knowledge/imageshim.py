"""imageshim itself: who hands it a reply has taken care of every format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imageshim.codemod.flow import values as v
from imageshim.codemod.flow.hooks import Given
from imageshim.codemod.flow.scopes import Bound, Func
from imageshim.codemod.knowledge import replies

if TYPE_CHECKING:
    from imageshim.codemod.flow.interpreter import Interpreter

__all__ = ["call"]


def call(at: Interpreter, name: str, given: Given) -> v.Value:
    """Return what a call of imageshim gives; what it is handed is taken care of."""
    del at
    last = name.rpartition(".")[2]
    value = given.first()
    if last == "wrap":
        emit = v.constants(given.keywords.get("emit", v.Const("images")))
        if emit != ["images"]:
            return v.UNKNOWN  # the wrapper gives the format that the code reads
        return v.each(
            value,
            lambda one: one if isinstance(one, (v.Ref, v.Obj, Func, Bound)) else v.UNKNOWN,
        )
    to = v.constants(given.args[1]) if len(given.args) > 1 else ["images"]
    if last in replies.HANDLERS or (last == "convert" and to == ["images"]):
        for one in v.alternatives(value):
            if isinstance(one, v.Obj):
                for origin in one.origins:
                    origin.handled = True
        return value if last in ("normalize", "convert") else v.UNKNOWN
    return v.UNKNOWN
