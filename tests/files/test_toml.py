"""TOML of strangers is read at the cost of its bytes."""

import sys

import pytest

from imageshim.files import toml

MANY = ".".join(["a"] * 30_000)
MOST = ".".join(["a"] * 64)


@pytest.mark.parametrize(
    "text",
    [
        f"{MANY} = 1",
        f"[{MANY}]",
        f"[[ {MANY} ]]",
        f"x = {{ {MANY} = 1 }}",
        f"b = 1\n{MOST} . 'b' = 1",
        f'{MOST}."b.\\" c" = 1',
        ".".join(['"a"', "'b'", "c-_1"] * 50) + " = 1",
    ],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_a_key_of_too_many_names_is_refused_with_its_line(text):
    with pytest.raises(ValueError, match=rf"line {text.count(chr(10)) + 1} has a key of more than"):
        toml.loads(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (f'x = "{MANY}"', {"x": MANY}),
        (f"x = '{MANY}'", {"x": MANY}),
        (f"x = [{'1.5, ' * 500}]", {"x": [1.5] * 500}),
        (f'x = """\n{"One. Two three. " * 100}"""', {"x": "One. Two three. " * 100}),
        (f'x = """{"." * 1000}"""', {"x": "." * 1000}),
        (f"x = 1 # {'see a.b, ' * 100}", {"x": 1}),
    ],
)
def test_dots_that_are_no_keys_are_read(text, value):
    assert toml.loads(text) == value


def test_a_key_of_as_many_names_as_are_read_is_read():
    value = toml.loads(f"{MOST} = 1")
    for _ in range(64):
        value = value["a"]
    assert value == 1


@pytest.mark.parametrize("text", ["x = ", 'x = "' + '\\"' * 30_000 + "." * 100, "x = [" * 100])
def test_what_is_no_toml_is_told(text):
    with pytest.raises(ValueError, match=r"Invalid|Unterminated|Unclosed|at line"):
        toml.loads(text)


def test_what_is_nested_too_deeply_is_told():
    with pytest.raises(ValueError, match="nested too deeply"):
        toml.loads("x = " + "[" * 100_000)


def test_without_a_reader_it_is_an_error_of_the_import(monkeypatch):
    monkeypatch.setitem(sys.modules, "tomllib" if sys.version_info >= (3, 11) else "tomli", None)
    with pytest.raises(ImportError):
        toml.loads("")
