"""Tables of functions by type."""

import ast

from imageshim.codemod.flow import values as v
from imageshim.codemod.flow.tables import Table
from painter import interpreted, told


def test_one_function_stands_under_each_type_that_it_is_put_in_for():
    table = Table()

    @table(int, float)
    def number(_at, value):
        return v.Const(value)

    assert table == {int: number, float: number}


def test_what_is_in_no_table_is_unknown_and_runs_on():
    flow = interpreted("x = paint()\n")

    assert told(flow.top.cells["x"]) == "picture"
    assert flow.value(ast.expr()) is v.UNKNOWN
    assert flow.block([ast.stmt()])
