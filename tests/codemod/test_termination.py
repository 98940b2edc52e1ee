"""The look at a file ends, whatever its functions do again and again: counted in our own lines."""

import ast
import random
import sys

import pytest

from imageshim.codemod.project.settings import Settings
from imageshim.codemod.running.inspection import How, inspect

REPLY = 'litellm.completion(model="gemini-image", messages=[])'
MOST = 6_000
"""Lines of ours that may run for each node of a program; a hundred as a rule, 2,000 at most."""


class TooLong(BaseException):
    """No `except Exception` of ours may stop it."""


def assert_ends(program):
    """Look at a program; fails where that takes longer than its size allows."""
    inspect("program.py", b"import litellm", How(Settings()))  # what is imported once
    program = f"import litellm\n{program}"
    left = MOST * sum(1 for _ in ast.walk(ast.parse(program)))

    def trace(_frame, event, _arg):
        nonlocal left
        left -= event == "line"
        if left < 0:
            raise TooLong(program)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        inspect("program.py", program.encode(), How(Settings(assume_litellm=("reply",))))
    finally:
        sys.settrace(before)


def every(names):
    return "".join(f"    walk(it.{name})\n" for name in names)


@pytest.mark.parametrize(
    "program",
    [
        f"def walk(it):\n{every('abcdefgh')}walk(litellm)\n",
        f"def walk(it):\n{every('abcdefgh')}walk({REPLY})\n",
        f"def walk(it):\n{every('abcdefgh')}walk(reply)\n",
        "def walk(it):\n    for name in dir(it):\n        walk(getattr(it, name))\nwalk(litellm)\n",
        (
            "def walk(it):\n    walk([it, it]), walk((it, it)), walk({'a': it, 'b': it})\n"
            f"walk({REPLY})\n"
        ),
        (
            "def walk(*every, **named):\n    return walk(every, *every, a=named, **named)\n"
            f"walk({REPLY})\n"
        ),
        (
            "from functools import partial\ndef walk(it):\n    return walk(partial(it, it))\n"
            "walk(litellm.completion)\n"
        ),
        "async def walk(it):\n    return [walk(it), await walk(walk(it))]\nwalk(litellm)\n",
        "def walk(it):\n    yield walk(it)\n    yield from walk(walk(it))\nwalk(litellm)\n",
        (
            "class Node:\n    def __init__(self, it):\n        self.it = it\n"
            "        self.left, self.right = Node(self), Node(it.left)\n"
            "    @property\n    def next(self):\n        return self.next.next, self.left.it\n"
            f"Node({REPLY}).next\n"
        ),
        f"it = {REPLY}\n" + "it = (it, it)\n" * 60,
        f"it = {REPLY}\n" + "it = {'a': it, 'b': [it, it]}\n" * 60,
        f"it = {REPLY}\n" + "it = lambda: (it, it)\n" * 60,
        "it = litellm\n" + "it = it.next\n" * 60,
        "it = litellm\n" + "it = it.left if it else it.right\n" * 60,
        "it = reply\n" + "it = it.left + it.right\n" * 60,
        f"it = {REPLY}\nwhile it:\n" + "    it = [it.left, it]\n    it = it[0], it\n" * 20,
        (
            "def walk(one, two):\n    return walk(two, [one]), walk([two], one)\n"
            f"walk(litellm, {REPLY})\n"
        ),
    ],
)
def test_what_grows_with_each_turn_ends(program):
    assert_ends(program)


VALUES = [
    "it", "it.left", "it.right", "it.choices", "it['key']", "it[0]", "[it, *it]", "(it, it)",
    "{'a': it, **it}", "{'a': it, 'b': it}", "it.choices[0].message", "lambda: it", "it()",
    "walk(it)", "turn(it, walk)", "Node(it)", "Node(it).held", "partial(walk, it)", "it + it",
    "f'{it}/{it}'", "it or walk(it)", "walk if it else turn", "litellm", "litellm.completion",
    REPLY, "[one for one in it]", "getattr(it, 'left', it)", "map(walk, it)", "await it",
    "json.loads(it)", "it.held", "it.images[0]", "(yield it)", "it.append(it)", "it.get('a', it)",
]  # fmt: skip
STATEMENTS = [
    "it = #", "it, other = #, #", "return #", "walk(#)", "turn(#, #)", "self.held = #",
    "it.left = #", "it['key'] = #", "for it in #: walk(it)", "while #: it = #", "if #: it = #",
    "held.append(#)", "held = #", "with # as it: turn(it, #)", "del it", "it += #",
    "try: it = #\n    except KeyError: it = #", "def inner(it=#): return #", "it(#)",
]  # fmt: skip


def generated(seed):
    """Write three functions and a class that call one another with what they make."""
    choose = random.Random(seed)  # noqa: S311

    def body(first):
        lines = [first]
        for statement in choose.choices(STATEMENTS, k=choose.randint(1, 4)):
            while "#" in statement:
                statement = statement.replace("#", choose.choice(VALUES), 1)  # noqa: PLW2901
            lines.append(statement)
        return "".join(f"    {line}\n" for line in lines)

    functions = (
        ("async def walk(it):", body("global held")),
        ("def turn(it, other):", body("global held")),
        ("def step(self, it):", body("self.held = it")),
    )
    program = "import json\nfrom functools import partial\nheld = []\n"
    program += "\n".join(f"{head}\n{lines}" for head, lines in functions)
    program += "class Node:\n    __init__ = step\n    held = walk\n    left = turn\n"
    return f"{program}walk({choose.choice(VALUES)}); turn(litellm, {choose.choice(VALUES)})\n"


@pytest.mark.parametrize("seed", range(25))
def test_what_calls_itself_with_what_it_makes_ends(seed):
    program = generated(seed)
    try:
        ast.parse(program)
    except SyntaxError:
        program = program.replace("await it", "it")
    assert_ends(program)
