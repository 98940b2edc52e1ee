"""Modules and functions have dotted names, by which other files know them."""

import ast

import pytest

from imageshim.codemod.flow.interpreter import Interpreter
from imageshim.codemod.flow.module_names import (
    called,
    ending,
    imported_from,
    last_name,
    modules_of,
    qualified,
    without_init,
)
from imageshim.codemod.flow.worklist import run
from imageshim.codemod.knowledge import known
from imageshim.codemod.knowledge.reads import Reads


def test_a_file_is_called_as_its_package_and_as_the_top_folder_see_it():
    paths = ["src/app/__init__.py", "src/app/use.py", "tools/run.py"]

    assert modules_of(paths) == {
        "src/app/__init__.py": ["app", "src.app"],
        "src/app/use.py": ["app.use", "src.app.use"],
        "tools/run.py": ["run", "tools.run"],
    }
    assert modules_of([]) == {}


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("from os import path", "os"),
        ("from . import client", "app.sub"),
        ("from .client import ask", "app.sub.client"),
        ("from ..client import ask", "app.client"),
    ],
)
def test_relative_imports_are_of_the_package(statement, name):
    (node,) = ast.parse(statement).body
    assert isinstance(node, ast.ImportFrom)
    assert imported_from(node, "app.sub.use") == name


def test_functions_that_other_files_reach_have_names():
    program = """
def ask():
    def inner(): pass
class Client:
    def ask(self): pass
    class Inner:
        def ask(self): pass
show = lambda: 1
"""
    flow = Interpreter(ast.parse(program), "a.py", "app", (), None, known(), Reads())
    run(flow)

    names = [qualified(info, "app.__init__") for info in flow.functions.values()]
    assert sorted(filter(None, names)) == ["app.Client().ask", "app.ask"]
    assert names.count(None) == 3


@pytest.mark.parametrize(
    ("name", "last"),
    [("app.ask", "ask"), ("app.ask()", "ask"), ("app.Client().ask", "Client"), ("app", "app")],
)
def test_an_importer_writes_the_last_name_or_the_class(name, last):
    assert last_name(name) == last
    assert without_init(f"{name}.__init__") == name


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("app.store.save", "app.store.save"),
        ("app.store.Store", "app.store.Store().__init__"),
        ("app.store.Store().save", "app.store.Store().save"),
    ],
)
def test_a_class_is_called_by_its_init(name, function):
    assert called(name) == function


@pytest.mark.parametrize(
    ("written", "end"), [("c", "c"), ("a.b.c", "c"), ("f().c", "c"), ("f()", ""), ("'c'", "")]
)
def test_an_expression_ends_with_a_name_or_it_has_none(written, end):
    assert ending(ast.parse(written, mode="eval").body) == end
    assert ending(None) == ""
