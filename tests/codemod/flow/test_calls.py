"""Calls as the interpreter sees them, of a library that it is told about."""

import ast

from imageshim.codemod.flow import values as v
from imageshim.codemod.flow.interpreter import Interpreter
from imageshim.codemod.flow.worklist import run
from imageshim.codemod.knowledge import known
from imageshim.codemod.knowledge.libraries import Known
from imageshim.codemod.knowledge.library import Library
from imageshim.codemod.knowledge.reads import Reads


def told(program, *, calls=None, methods=None):
    """Interpret a program with the knowledge of one library, ``painter``."""
    unseen = []
    library = Library(
        packages=("painter",) if calls else (),
        call=calls,
        methods={"brush": methods} if methods else {},
        replacing={"patch": lambda _at, given: unseen.append(given.first())},
    )
    flow = Interpreter(
        ast.parse(program), "program.py", "", (), None, Known([library], known), Reads()
    )
    run(flow)
    return flow, unseen


def paint(at, name, given):
    what = f"{name.rpartition('.')[2]}()"
    return v.Obj("brush", "painter", frozenset({at.origin(given.node, what, "painter")}))


def stroke(_at, value, name, _given):
    return v.Const(f"{value.kind}.{name}")


def test_a_library_says_what_its_calls_give():
    flow, _ = told("import painter as p\nx = p.tools.paint('red')\n", calls=paint)

    assert repr(flow.top.cells["x"]) == "<painter brush of paint()>"


def test_a_library_says_what_methods_of_its_objects_give():
    flow, _ = told("from painter import paint\nx = paint().stroke()\n", calls=paint, methods=stroke)

    assert flow.top.cells["x"] == v.Const("brush.stroke")


def test_calls_of_what_is_not_known_are_told_by_their_last_name():
    flow, unseen = told("import other\nother.patch('a')\n")

    assert unseen == [v.Const("a")]
    assert not flow.found


def test_the_arguments_of_a_function_of_the_file_reach_its_parameters():
    program = "from painter import paint\ndef f(a, b=2):\n    return a\nx = f(paint())\n"
    flow, _ = told(program, calls=paint)

    assert repr(flow.top.cells["x"]) == "<painter brush of paint()>"
