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


def in_elifs(count):
    return numbered(count, "elif what == #:", "    url# = READ", first="if what:\n        pass")


def asked_in_elifs(count):
    return numbered(count, "elif READ == #:", "    url = None", first="if what:\n        pass")


def named_in_elifs(count):
    return numbered(
        count, "elif one# := what(#):", "    url# = READ", first="if what:\n        pass"
    )


def guarded_in_elifs(count):
    program = in_elifs(count).replace("image[", "images[0][")
    return program.replace("if what", "if message.images")


def in_a_try(count):
    return numbered(
        count, "    url# = READ", first="try:", last="except AttributeError:\n        pass"
    )


def in_a_with_of_a_try(count):
    body = numbered(count, "        url# = READ", first="try:\n        with what:")
    return body + "    except AttributeError:\n        pass\n"


def in_inner_functions(count):
    return numbered(count, "def ask#():", "    return READ")


def of_a_reply_around(count):
    reply = READ.partition("[")[0]
    return numbered(
        count, "def ask#():", '    return message.image["url"]', first=f"message = {reply}"
    )


def in_handlers(count):
    return numbered(count, "except Error#:", "    url# = READ", first="try:\n        pass")


def in_handlers_of_as_much(count):
    tried = "try:\n" + "".join(f"        one{n} = what\n" for n in range(count))
    return numbered(count, "except Error#:", "    url# = READ", first=tried.rstrip())


def in_withs(count):
    return numbered(count, "with open# as file#:", "    url# = READ")


def with_many_items(count):
    items = ", ".join(f"open{n}({READ}) as file{n}" for n in range(count))
    return f"import litellm\nwith {items}:\n    pass\n"


def chained_by(operator):
    def chained(count):
        return f"import litellm\nurl = {operator.join([READ] * count)}\n"

    return chained


def conditional(count):
    return f"import litellm\nurl = {f'{READ} if what else ' * count} None\n"


def of_classes_below(count):
    base = f"class Base:\n    def run(self):\n        return self.extract({READ})\n"
    below = "class Below#(Base):\n    def extract(self, url):\n        return url\n"
    return f"import litellm\n{base}" + "".join(below.replace("#", str(n)) for n in range(count))


def in_a_chain_of_classes(count):
    """Make each class a base of the next, and ask each for what the first one has."""
    first = f"import litellm\nclass C0:\n    def ask(self):\n        return {READ}\n"
    lines = "class C{}(C{}):\n    def show{}(self):\n        return self.ask()\n"
    return first + "".join(lines.format(n, n - 1, n) for n in range(1, count))


def decoded(count):
    reply = READ.replace("image[", "content#").partition("#")[0]
    lines = (f"text{n} = {reply}\nb64decode(text{n}.split(',')[1])\n" for n in range(count))
    return "import litellm\nfrom base64 import b64decode\n" + "".join(lines)


def decoded_of_one_reply(count):
    reply = READ.partition(".image")[0]
    lines = (f"b64decode(message.content.split(',')[{n}])\n" for n in range(count))
    return f"import litellm\nfrom base64 import b64decode\nmessage = {reply}\n" + "".join(lines)


def called_through(count):
    functions = (f"def ask{n}():\n    return ask{n + 1}()\n" for n in range(count))
    return f"import litellm\n{''.join(functions)}def ask{count}():\n    return {READ}\nask0()\n"


def set_on_objects(count):
    return numbered(count, "what.url# = READ", "url# = what.url#")


def sharing_a_global(count):
    reply = READ.partition(".image")[0]
    functions = (
        f"def ask{n}():\n    global message\n    message = {reply}\n"
        '    return message.image["url"]\n'
        for n in range(count)
    )
    return "import litellm\nmessage = None\n" + "".join(functions)


def put_into_a_dict(count):
    return numbered(count, 'known["url#"] = what', first=f"known = {{0: {READ}}}")


def put_into_a_list(count):
    return numbered(count, "known = [*known, what]", first=f"known = [{READ}]")


def numbered(count, *lines, first="pass", last="pass"):
    """Write some lines again and again in one function, each time with names of their own."""
    body = "".join(
        f"    {line}\n".replace("#", str(n)).replace("READ", READ)
        for n in range(count)
        for line in lines
    )
    return f"import litellm\ndef ask(what):\n    {first}\n{body}    {last}\n"


def written_of_one_reply(count):
    reply, _, field = READ.partition(".choices")
    content = "reply.choices" + field.replace('image["url"]', 'content.split("base64,")[1]')
    written = f"with open(name) as file:\n    file.write(base64.b64decode({content}))\n"
    return f"import base64, litellm\nreply = {reply}\n{written * count}"


def lines_run(program, *, of="", **settings):
    """Count the lines of Python, in files ``of`` ours, that run while a file is rewritten."""
    count = 0

    def trace(frame, event, _arg):
        nonlocal count
        count += event == "line"
        return trace if of in frame.f_code.co_filename else None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        inspect("program.py", program.encode(), How(Settings(**settings)))
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize(
    "program",
    [
        straight, named, of_one_reply, in_one_function, in_many_functions, unproven,
        in_branches, in_loops, in_tries, in_cases, in_elifs, asked_in_elifs, named_in_elifs,
        guarded_in_elifs, in_a_try, in_a_with_of_a_try, in_handlers, in_handlers_of_as_much,
        in_withs, with_many_items, in_inner_functions,
        of_a_reply_around, chained_by(" and "), chained_by(" or "), chained_by(" + "),
        chained_by(" == "), chained_by(", "), conditional, decoded, decoded_of_one_reply,
        called_through, set_on_objects,
    ],
)  # fmt: skip
def test_twice_as_many_reads_cost_twice_as_much(program):
    assert_linear(program, 6)


def test_a_template_method_of_many_classes_costs_what_they_do():
    assert_linear(of_classes_below, 20)


def test_a_class_of_a_long_chain_does_not_cost_what_all_above_it_do():
    assert_linear(in_a_chain_of_classes, 40)


@pytest.mark.parametrize("program", [put_into_a_dict, put_into_a_list])
def test_what_is_known_of_a_collection_has_an_end(program):
    assert_linear(program, 40)


def test_functions_that_share_a_reply_do_not_look_at_where_it_comes_from_each():
    assert_linear(sharing_a_global, 60)


def test_what_cannot_be_named_once_is_tried_once():
    assert_linear(written_of_one_reply, 10, style="helpers")


def test_what_is_around_a_read_is_not_looked_through_for_each_of_a_chain():
    assert_linear(conditional, 12, of="checking/rewriting.py")


def assert_linear(program, count, *, of="", **settings):
    inspect(
        "program.py", program(2).encode(), How(Settings(**settings))
    )  # what is found once in a process
    few, more, most = (lines_run(program(count * times), of=of, **settings) for times in (1, 2, 4))
    assert most - more <= 2.1 * (more - few)


@pytest.mark.parametrize("program", [in_elifs, conditional, chained_by(" + ")])
def test_a_chain_is_followed_and_rewritten_however_long_it_is(program):
    report = inspect("program.py", program(300).encode(), How(Settings()))

    assert not report.problems
    assert report.new.count(b"images[0]") == 300
