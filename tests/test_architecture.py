"""The house: no circles, no long modules, few doors.

The floors themselves are import contracts (`make lint`).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import imageshim

ROOT = Path(imageshim.__file__).parent
PAGE = ROOT.parents[1] / "docs" / "architecture.md"


def name_of(file: Path) -> str:
    parts = file.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


MODULES = {name_of(file): file for file in ROOT.rglob("*.py")}


def imports_of(name: str) -> Iterator[str]:
    """List what a module imports of this package, also for type checkers and inside functions."""
    file = MODULES[name]
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names if one.name in MODULES)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*(above if node.level else []), *filter(None, [node.module])])
            for one in node.names:
                found = f"{base}.{one.name}"
                yield found if found in MODULES else base


def test_no_circle_among_modules_even_for_type_checkers():
    graph = {name: {one for one in imports_of(name) if one in MODULES} - {name} for name in MODULES}
    assert sum(map(len, graph.values())) > len(graph), "imports are seen at all"
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        raise AssertionError(" → ".join(circle.args[1])) from None


def test_no_module_is_above_400_lines():
    lengths = {name: len(file.read_bytes().splitlines()) for name, file in MODULES.items()}

    assert {name: n for name, n in lengths.items() if n > 400} == {}


def test_each_file_of_the_flow_engine_has_tests_of_its_own():
    flow = ROOT / "codemod" / "flow"
    tests = ROOT.parents[1] / "tests" / "codemod" / "flow"
    named = {file.stem for file in flow.glob("*.py")} - {"__init__"}

    assert named - {file.stem.removeprefix("test_") for file in tests.glob("test_*.py")} == set()


def test_at_most_eleven_modules_stand_at_the_top():
    assert len(list(ROOT.glob("*.py"))) <= 11


def test_each_module_opens_with_what_it_is_for():
    empty = {
        name
        for name, file in MODULES.items()
        if not ast.get_docstring(ast.parse(file.read_bytes()))
    }

    assert empty == set()


def test_the_flow_engine_knows_no_library():
    # What it needs of one is handed in: its own package is named relative to it.
    library = re.compile(rb"litellm|openai|pytest|imageshim", re.IGNORECASE)
    files = list((ROOT / "codemod" / "flow").glob("*.py"))

    assert len(files) > 10
    assert {one.name for one in files if library.search(one.read_bytes())} == set()


def test_no_method_is_left_for_others_to_write():
    stubs = {
        name for name, file in MODULES.items() if b"raise NotImplementedError" in file.read_bytes()
    }

    assert stubs == set()


def drawn() -> set[str]:
    """Return the paths of the tree in the page, folders with a slash at the end."""
    tree = PAGE.read_text(encoding="utf-8").split("```tree\n")[1].split("```")[0]
    paths, above = set(), []
    for line in tree.splitlines()[1:]:
        indent, name = re.match(r"( *)(\S+)", line).groups()
        depth = len(indent) // 2 - 1
        above = [*above[:depth], name]
        paths.add("".join(above))
    return paths


def test_the_tree_of_the_page_is_the_tree_of_the_folders():
    folders = {
        f"{path.parent.relative_to(ROOT).as_posix()}/"
        for path in ROOT.rglob("__init__.py")
        if path.parent != ROOT
    }
    doors = {path.name for path in ROOT.glob("*.py")}

    assert drawn() == folders | doors


def test_every_file_that_the_page_names_is_there():
    named = set(re.findall(r"`([\w/]+\.py)`", PAGE.read_text(encoding="utf-8")))

    assert len(named) > 25
    assert {one for one in named if not (ROOT / one).exists()} == set()
