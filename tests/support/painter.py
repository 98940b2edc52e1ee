"""A small library that the flow engine is told about, and programs interpreted with it.

``paint()`` gives a picture: a picture has a ``frame`` and ``layers``, and a layer has a ``frame``.
"""

from __future__ import annotations

import ast
import textwrap

from imageshim.codemod.flow import values as v
from imageshim.codemod.flow.interpreter import Interpreter
from imageshim.codemod.flow.worklist import run
from imageshim.codemod.knowledge import known
from imageshim.codemod.knowledge.decorators import LIBRARY as DECORATORS
from imageshim.codemod.knowledge.libraries import Known
from imageshim.codemod.knowledge.library import Library
from imageshim.codemod.knowledge.reads import Reads
from imageshim.codemod.knowledge.stdlib import LIBRARY as STDLIB

_KINDS = {"Picture": "picture", "Layer": "layer"}


def _call(at, name, given):
    if name.rpartition(".")[2] != "paint":
        return None
    return v.Obj("picture", "painter", frozenset({at.origin(given.node, "paint()", "painter")}))


def _annotated(at, name, node):
    return v.Obj(_KINDS[name], "painter", frozenset({at.origin(node, name, "painter")}))


PAINTER = Library(
    packages=("painter",),
    call=_call,
    fields={
        ("picture", "frame"): "frame",
        ("picture", "layers"): "layers",
        ("picture", "title"): "text",
        ("layer", "frame"): "frame",
    },
    elements={"layers": "layer"},
    types=frozenset(_KINDS),
    annotated=_annotated,
    starred=("paint",),
    replacing={"setattr": lambda _at, _given: None},
)


def interpreted(program: str, libraries=(PAINTER, STDLIB, DECORATORS)) -> Interpreter:
    """Interpret a program that may name ``painter``, ``paint`` and the types."""
    text = "import painter\nfrom painter import Layer, Picture, paint\n" + textwrap.dedent(program)
    flow = Interpreter(
        ast.parse(text), "program.py", "", (), None, Known(libraries, known), Reads()
    )
    run(flow)
    return flow


def told(value: v.Value) -> str:  # noqa: PLR0911
    """Say in a word what a value is: ``picture``, ``[layer]``, ``frame | ?``, ``'text'``."""
    if isinstance(value, v.Obj):
        return value.kind
    if isinstance(value, v.Const):
        return repr(value.value)
    if isinstance(value, v.Alt):
        return " | ".join(
            sorted((told(one) for one in value.values), key=lambda one: (one == "?", one))
        )
    if isinstance(value, v.Seq):
        if value.items is None:
            return f"[{told(value.rest)}]"
        return f"({', '.join(told(one) for one in value.items)})"
    if isinstance(value, v.Mapping):
        return "{" + ", ".join(f"{key}: {told(one)}" for key, one in value.items) + "}"
    if isinstance(value, v.Wrap):
        return f"{value.how} {told(value.value)}"
    if isinstance(value, v.Ref):
        return f"name {value.name}"
    return {v.UNKNOWN: "?", v.BOTTOM: "nothing"}.get(value, type(value).__name__)


def result(program: str, name: str = "x") -> str:
    """Say what a name of the module holds at the end, over all paths."""
    return told(interpreted(program).top.cells.get(name, v.BOTTOM))
