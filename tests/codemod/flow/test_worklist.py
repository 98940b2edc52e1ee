"""The run over a file: callers tell functions what they hand them, until nothing new is learned."""

import ast

import pytest

from imageshim.codemod.flow import values as v
from imageshim.codemod.flow.interpreter import Interpreter
from imageshim.codemod.flow.worklist import run
from imageshim.codemod.knowledge import known
from imageshim.codemod.knowledge.reads import Reads

ASK = "import litellm\n"
REPLY = "litellm.completion(model='gemini-image')"


def interpreted(program):
    flow = Interpreter(ast.parse(ASK + program), "program.py", "", (), None, known(), Reads())
    run(flow)
    return flow


def holds_reply(value):
    return any(isinstance(one, v.Obj) and one.kind == "reply" for one in v.alternatives(value))


@pytest.mark.parametrize(
    "program",
    [
        f"def f(r):\n    return r\nx = f({REPLY})\n",
        f"x = None\ndef f():\n    global x\n    x = {REPLY}\n",
        f"class A:\n    def __init__(self):\n        self.r = {REPLY}\nx = A().r\n",
        f"def f():\n    return g()\ndef g():\n    return {REPLY}\nx = f()\n",
        f"rs = []\nfor _ in range(3):\n    rs.append({REPLY})\nx = rs[0]\n",
        f"try:\n    x = {REPLY}\nexcept OSError:\n    x = None\n",
    ],
)
def test_a_reply_is_followed(program):
    flow = interpreted(program)
    assert holds_reply(flow.top.cells["x"])
    assert flow.stable


def test_who_is_called_with_replies_only_reads_replies():
    flow = interpreted(f"def f(m):\n    return m.image\nf({REPLY}.choices[0].message)\n")
    (read,) = flow.watcher.reads.values()
    assert read.certain
    assert read.function is not None
    assert read.function.name == "f"


def test_who_is_called_with_other_things_too_reads_what_may_be_none():
    flow = interpreted(
        f"import os\ndef f(m):\n    return m.image\nf({REPLY}.choices[0].message)\nf(os.walk(''))\n"
    )
    (read,) = flow.watcher.reads.values()
    assert not read.certain


def test_functions_that_call_each_other_come_to_an_end():
    flow = interpreted(
        f"def f(r, n):\n    return g([r], n)\ndef g(r, n):\n    return f(r, n) if n else r\n"
        f"x = f({REPLY}, 3)\n"
    )
    assert holds_reply(flow.top.cells["x"]) or v.UNKNOWN in v.alternatives(flow.top.cells["x"])


def test_a_closed_run_holds_nothing():
    flow = interpreted(f"x = {REPLY}\n")
    flow.close()
    assert vars(flow) == {}


def test_a_function_that_calls_itself_returns_no_ever_deeper_dict():
    flow = interpreted(
        "def schema(kind):\n"
        "    if kind.args:\n"
        "        return {'type': 'array', 'items': schema(kind.args[0]), 'more': schema(kind)}\n"
        "    if kind.union:\n"
        "        return {'anyOf': [schema(one) for one in kind.union], 'first': schema(kind[0])}\n"
        "    return {'type': 'object', 'values': schema(kind.value), 'keys': schema(kind.key)}\n"
        f"show(schema(object()), {REPLY})\n"
    )
    (info,) = flow.order

    assert 1 <= depth(info.returns) <= 4


def depth(value):
    """Return how many dicts are in one another."""
    if isinstance(value, v.Mapping):
        return 1 + max((depth(one) for _, one in value.items), default=0)
    if isinstance(value, v.Seq):
        return depth(v.element(value))
    if isinstance(value, v.Alt):
        return max(map(depth, value.values))
    return 0
