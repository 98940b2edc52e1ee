"""What a look at a file costs grows as the file does: counted in lines of ours that run."""

import sys

import pytest

from imageshim.codemod.project.settings import Settings
from imageshim.codemod.running.inspection import How, inspect

READ = 'litellm.completion(model="gemini-image", messages=[]).choices[0].message.image["url"]'


def straight(count):
    return "import litellm\n" + "".join(f"show({READ})  # {n}\n" for n in range(count))


def named(count):
    return "import litellm\n" + "".join(f"url{n} = {READ}\nshow(url{n})\n" for n in range(count))


def of_one_reply(count):
    reply, _, field = READ.partition(".choices")
    reads = "".join(f"url{n} = reply.choices{field}\n" for n in range(count))
    return f"import litellm\nreply = {reply}\n{reads}"


def in_one_function(count):
    body = "".join(f"    url{n} = {READ}\n" for n in range(count))
    return f"import litellm\ndef ask():\n{body}"


def in_many_functions(count):
    functions = (f"def ask{n}():\n    return {READ}\n" for n in range(count))
    return "import litellm\n" + "".join(functions)


def unproven(count):
    lines = (f"m = ask{n}()\nshow(m.choices[0].message.image)\n" for n in range(count))
    return "import litellm\n" + "".join(lines)


def in_branches(count):
    return numbered(count, "if what():", "    url# = READ", "else:", "    url# = None")


def in_loops(count):
    return numbered(count, "for one# in what:", "    url# = READ")


def in_tries(count):
    return numbered(count, "try:", "    url# = READ", "except OSError:", "    url# = None")


def in_cases(count):
    return numbered(count, "match what:", "    case 1:", "        url# = READ")


def set_on_objects(count):
    return numbered(count, "what.url# = READ", "url# = what.url#")


def numbered(count, *lines):
    """Write some lines again and again in one function, each time with names of their own."""
    body = "".join(
        f"    {line}\n".replace("#", str(n)).replace("READ", READ)
        for n in range(count)
        for line in lines
    )
    return f"import litellm\ndef ask(what):\n{body}"


def lines_run(program):
    """Count the lines of Python that run while a file is looked at and rewritten."""
    count = 0

    def trace(_frame, event, _arg):
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        inspect("program.py", program.encode(), How(Settings()))
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize(
    "program",
    [
        straight, named, of_one_reply, in_one_function, in_many_functions, unproven,
        in_branches, in_loops, in_tries, in_cases, set_on_objects,
    ],
)  # fmt: skip
def test_twice_as_many_reads_cost_twice_as_much(program):
    inspect("program.py", program(2).encode(), How(Settings()))  # what is found once in a process
    few, more, most = (lines_run(program(count)) for count in (10, 20, 40))
    assert most - more <= 2.1 * (more - few)
