"""imageshim itself: who hands it a reply has taken care of every format."""

from __future__ import annotations

from imageshim.codemod.flow import values as v
from imageshim.codemod.flow.hooks import Given
from imageshim.codemod.flow.interpreter import Interpreter
from imageshim.codemod.flow.scopes import Bound, Func

from .library import Library

__all__ = ["LIBRARY"]

_HANDLERS = frozenset(
    {"read", "read_all", "normalize", "legacy_content", "first_image", "first_image_url",
     "to_message", "detect"}
)  # fmt: skip
"""Functions of imageshim that take replies of any format."""


# A wrapper that gives the format that the code reads: whatever is read of it, nothing is said.
_SILENT = v.Const(value=False)


def _call(at: Interpreter, name: str, given: Given) -> v.Value:
    """Return what a call of imageshim gives; what it is handed is taken care of."""
    last = name.rpartition(".")[2]
    value = given.first()
    if last == "wrap":
        emit = v.constants(given.keywords.get("emit", v.Const("images")))
        if emit != ["images"]:
            return _SILENT
        return v.each(
            value,
            lambda one: one if isinstance(one, (v.Ref, v.Obj, Func, Bound)) else v.UNKNOWN,
        )
    to = v.constants(given.args[1]) if len(given.args) > 1 else ["images"]
    if last in _HANDLERS or (last == "convert" and to == ["images"]):
        for one in v.alternatives(value):
            if isinstance(one, v.Obj):
                at.watcher.takes_care_of(one.origins)
        return value if last in ("normalize", "convert") else v.UNKNOWN
    return v.UNKNOWN


LIBRARY = Library(packages=("imageshim",), call=_call)
