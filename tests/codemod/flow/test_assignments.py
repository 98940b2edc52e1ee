"""What names hold after assignments of every kind."""

import pytest

from painter import result


@pytest.mark.parametrize(
    ("statement", "value"),
    [
        ("x = y = p", "picture"),
        ("x: Picture = anything()", "picture"),
        ("x: int = p", "picture"),
        ("x, y = p, 1", "picture"),
        ("(y, x) = [1, p]", "picture"),
        ("y, (x, z) = 1, (p, 2)", "picture"),
        ("y, *x = 1, p, p.frame", "(picture, frame)"),
        ("*x, y = p, p.frame, 1", "(picture, frame)"),
        ("y, *x = p.layers", "[layer]"),
        ("x, y = p.layers", "layer"),
        ("x, *y = p.layers", "layer"),
        ("y = p.title; y += 'a'; x = y", "text"),
        ("y = 'a'; y += p.title; x = y", "text"),
        ("y = [p]; y += [p.frame]; x = y", "[frame | picture]"),
        ("y = {}; y['a'] = p; x = y['a']", "picture"),
        ("y = {'a': 1}; y['b'] = p; x = y.get('b')", "picture"),
        ("y = [1]; y[0] = p; x = y[0]", "picture | ?"),
        ("y = anything(); y.a = p; x = y.a", "picture"),
        ("y = anything(); y.a = p; y = anything(); x = y.a", "?"),
        ("y = anything(); y['a'] = p; x = y['a']", "picture"),
        ("y = anything(); y['a'] = p; del y['a']; x = y['a']", "?"),
        ("y = p; del y; x = y", "?"),
    ],
)
def test_a_target_holds_what_it_was_given(statement, value):
    assert result(f"p = paint()\n{statement}\n") == value


def test_a_global_name_is_rebound_by_a_function():
    assert result("x = None\ndef f():\n    global x\n    x = paint()\nf()\n") == "picture"


def test_a_nonlocal_name_is_rebound_by_an_inner_function():
    program = """
    def outer():
        y = None

        class Between:
            y = 1

            def inner(self):
                nonlocal y
                y = paint()

        Between().inner()
        return y

    x = outer()
    """

    assert result(program) == "picture"


@pytest.mark.parametrize("declared", ["held: Picture", "held: Picture = None", "held = paint()"])
def test_an_attribute_that_a_class_declares_is_its_instances(declared):
    assert result(f"class Box:\n    {declared}\nx = Box().held\n") == "picture"


def test_an_attribute_that_is_only_declared_in_a_method_is_what_it_says():
    program = """
    class Box:
        def __init__(self):
            self.held: Picture

    x = Box().held
    """

    assert result(program) == "picture"


@pytest.mark.parametrize(
    ("kept", "fill", "taken"),
    [
        ("[]", "kept.append(paint())", "kept[0]"),
        ("{}", "kept[key] = paint()", "kept[key]"),
        ("{}", "kept[key] = paint()", "kept.get(key)"),
        ("{}", "kept[key] = paint()", "kept['cat']"),
        ("{}", "kept['cat'] = paint()", "kept['cat']"),
        ("{}", "kept[key] = paint()", "list(kept.values())[0]"),
        ("{}", "kept[key] = paint()", "list(kept.items())[0][1]"),
        ("{}", "kept.setdefault(key, paint())", "kept.pop(key)"),
        ("__import__('collections').OrderedDict()", "kept[key] = paint()", "kept[key]"),
    ],
)
@pytest.mark.parametrize(
    "program",
    [
        "kept = {kept}\ndef f(key):\n    {fill}\ndef g(key):\n    global x\n    x = {taken}\n",
        "def f(key):\n    global x\n    kept = {kept}\n    {fill}\n    x = {taken}\n",
        (
            "def h():\n    kept = {kept}\n    def f(key):\n        {fill}\n    def g(key):\n"
            "        global x\n        x = {taken}\n"
        ),
        (
            "class A:\n    def __init__(self): self.kept = {kept}\n"
            "    def f(self, key): self.{fill}\n"
            "    def g(self, key):\n        global x\n        x = self.{taken}\n"
        ),
    ],
)
def test_a_collection_that_one_function_fills_is_full_in_another(program, kept, fill, taken):
    around = not program.startswith(("def f", "class"))
    value = "?" if around and kept != "[]" else "picture"  # a dict around may hold anything
    program = program.format(kept=kept, fill=fill, taken=taken)
    program = program.replace("self.list(kept", "list(self.kept")

    assert result(program) == value
