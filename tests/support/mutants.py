"""Change one thing in the source, and see that a test fails: a sample of all such mutants.

    python tests/support/mutants.py [--seed 1] [--count 500] [--processes 2] core
    python tests/support/mutants.py [--seed 1] [--count 300] [--processes 2] outer

cosmic-ray makes the mutants. The sample is spread over the modules by their length, a place in the
source counts once, and what only changes an annotation, a cache (speed is counted elsewhere), or an
identity that interning hides, is no mutant. The tests of the group run once as they are, to see
which of them come by each line and how long they take. Then each mutant runs in a copy of the tree,
in a fork of a process that has loaded the libraries, through the tests that come by its line: those
of its own module first, and the quick ones before the slow ones. Prints which share was killed, and
a diff for each survivor, for a person to judge; exits 1 below the group's limit.
"""

from __future__ import annotations

import argparse
import ast
import bisect
import difflib
import itertools
import json
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path
from queue import Queue
from typing import NamedTuple

import pytest
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names
from coverage import CoverageData

SOURCE = Path("src/imageshim")
COPIED = ("src", "tests", "benchmarks", "demo", "docs", "pyproject.toml", "Makefile", "README.md")
LAWS = "tests/laws/test_"
MORE = {
    "image_data": ["tests/messages", "tests/test_conversion.py", "tests/test_reading.py"],
    "long_json": ["tests/test_wire.py", f"{LAWS}wire_laws.py"],
    "files": ["tests/archive/test_convert.py", "tests/codemod/running"],
    "messages": ["tests/test_conversion.py", "tests/test_reading.py", "tests/test_history.py"],
    "streaming": ["tests/test_wire.py"],
    "wrapping": ["tests/testing", "tests/cli/test_traced_programs.py"],
    "server": ["tests/cli/test_gateway.py"],
    "codemod": ["tests/cli/test_codemod.py", f"{LAWS}codemod_laws.py"],
}
"""What else may fail when a module of the package is broken."""
GENERAL = [f"{LAWS}conversion_laws.py", f"{LAWS}streaming_laws.py", f"{LAWS}history_laws.py"]
GROUPS = {
    "core": (["image_data", "long_json", "files", "printing", "messages", "streaming", ""], 0.97),
    "outer": (["wrapping", "server", "codemod"], 0.85),
}
"""Packages (the empty one: the modules at the top), and the share that has to be killed."""
SAME = re.compile(r"ReplaceComparisonOperator_(Is_Eq|Eq_Is|IsNot_NotEq|NotEq_IsNot)$")
OUTPUT, TOOK = "output.txt", "took.json"
SHORT = 3.0
"""Seconds of the tests that run first."""
PATIENCE = 60.0
"""Seconds after which a mutant counts as killed, beside ten times those that its tests take."""


class Mutant(NamedTuple):
    """One change: the module, the line it is on, the operator that made it, and the new source."""

    path: Path
    line: int
    operator: str
    source: str

    def diff(self) -> str:
        old = self.path.read_text().splitlines()
        lines = difflib.unified_diff(old, self.source.splitlines(), lineterm="", n=1)
        return "\n".join(line for line in lines if line[:3] not in {"---", "+++"})


_CACHES = ("lru_cache", "cache", "cached_property")


class _Code(ast.NodeTransformer):
    """Leaves what gives results: no annotation, no docstring, no cache of a function."""

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.annotation = ast.Constant(value=None)
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        node.decorator_list = [
            one for one in node.decorator_list if not ast.unparse(one).startswith(_CACHES)
        ]
        return self.generic_visit(node)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815  # type: ignore[assignment]

    def visit_If(self, node: ast.If) -> ast.AST | None:
        return None if "TYPE_CHECKING" in ast.unparse(node.test) else self.generic_visit(node)


def _code(source: str) -> str | None:
    try:
        return ast.dump(_Code().visit(ast.parse(source)))
    except SyntaxError:  # the mutation of a * that unpacks
        return None


def mutants_of(path: Path, draw: random.Random, count: int) -> list[Mutant]:
    """Draw mutants of a module, at most one for each place."""
    source = path.read_text()
    tree = get_ast(source)
    places = defaultdict(list)
    for name in operator_names():
        operator = get_operator(name)
        if operator.arguments() or SAME.search(name):
            continue
        found = (at for node in ast_nodes(tree) for at in operator().mutation_positions(node))
        for occurrence, (start, _) in enumerate(found):
            places[start].append((name, occurrence))
    drawn: list[Mutant] = []
    plain = _code(source)
    for start in draw.sample(sorted(places), len(places)):
        if len(drawn) == count:
            break
        name, occurrence = draw.choice(places[start])
        changed = _mutated(source, name, occurrence)
        if changed is not None and _code(changed) not in {plain, None}:
            drawn.append(Mutant(path, start[0], name.removeprefix("core/"), changed))
    return drawn


def _mutated(source: str, operator: str, occurrence: int) -> str | None:
    try:
        return mutate_code(source, get_operator(operator)(), occurrence)
    except AttributeError:  # cosmic-ray 8.4 replaces no exception that is named with its module
        return None


def sample(packages: list[str], draw: random.Random, count: int) -> list[Mutant]:
    """Draw mutants over all modules of the packages, as many of each as its length asks for."""
    modules = sorted(path for name in packages for path in _modules(name))
    sizes = {path: len(path.read_text().splitlines()) for path in modules}
    shares = {path: max(1, round(count * sizes[path] / sum(sizes.values()))) for path in modules}
    drawn = [one for path in modules for one in mutants_of(path, draw, shares[path])]
    return draw.sample(drawn, min(count, len(drawn)))


def _modules(package: str) -> list[Path]:
    return list((SOURCE / package).rglob("*.py") if package else SOURCE.glob("*.py"))


def package_of(path: Path) -> str:
    """Name the folder of the module, or nothing for those at the top."""
    inside = path.relative_to(SOURCE)
    return inside.parts[0] if len(inside.parts) > 1 else ""


def tests_of_package(package: str) -> list[str]:
    """Name the tests that may see a change of the package."""
    mirrors = (Path("tests") / f"test_{path.name}" for path in _modules(""))
    own = [f"tests/{package}"] if package else [str(one) for one in mirrors if one.exists()]
    return [*own, *MORE.get(package, []), *GENERAL]


class Passes(NamedTuple):
    """Which tests come by the lines of a copy of the tree, and how many seconds each takes."""

    data: CoverageData
    folder: Path
    took: dict[str, float]

    def by(self, mutant: Mutant) -> list[str]:
        """Name the tests that come by a mutant, in the order in which they are to run."""
        lines = _contexts(self.data, str(self.folder / mutant.path))
        near = Path("tests") / mutant.path.relative_to(SOURCE).with_name(f"test_{mutant.path.name}")
        found = _tests(lines.get(line, []) for line in _statement(mutant))
        # What runs when the module is loaded, such as a constant, may matter to all of its tests.
        found = found or _tests(lines.values()) or set(self.took)
        return sorted(found, key=lambda one: (not one.startswith(f"{near}::"), self.took[one], one))


@cache
def _contexts(data: CoverageData, file: str) -> dict[int, list[str]]:
    return data.contexts_by_lineno(file)


def _tests(contexts: Iterable[list[str]]) -> set[str]:
    return {one.rpartition("|")[0] for names in contexts for one in names} - {""}


def _statement(mutant: Mutant) -> range:
    """Return the lines of the statement that a mutant is in, of a block those before its body."""
    lines = range(mutant.line, mutant.line + 1)
    for node in ast.walk(ast.parse(mutant.path.read_text())):
        if isinstance(node, ast.stmt) and node.lineno <= mutant.line <= (node.end_lineno or 0):
            body = getattr(node, "body", None)
            end = body[0].lineno if body else (node.end_lineno or 0) + 1
            if mutant.line < end:
                lines = range(node.lineno, end)
    return lines


class _Only:
    """Runs these tests of what pytest finds, in this order."""

    def __init__(self, tests: list[str]) -> None:
        self.places = {test: place for place, test in enumerate(tests)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        kept = [item for item in items if item.nodeid in self.places]
        items[:] = sorted(kept, key=lambda item: self.places[item.nodeid])


class _Clock:
    """Notes how long each test takes."""

    def __init__(self) -> None:
        self.took: defaultdict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.took[report.nodeid] += report.duration

    def pytest_sessionfinish(self) -> None:
        Path(TOOK).write_text(json.dumps(self.took))


def run(folder: Path, options: list[str], plugin: object, patience: float = 3600) -> int:
    """Run tests in a copy of the tree, in a fork of this process; give pytest's exit code."""
    child = os.fork()
    if not child:
        _run_here(folder, options, plugin)
    end = time.monotonic() + patience
    while time.monotonic() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.05)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return -signal.SIGKILL


def _run_here(folder: Path, options: list[str], plugin: object) -> None:
    os.setsid()
    os.chdir(folder)
    os.environ["PYTHONPATH"] = str(folder / "src")
    sys.path.insert(0, str(folder / "src"))
    # What the first run has compiled holds for all: two mutants of a second could have one file.
    sys.dont_write_bytecode = isinstance(plugin, _Only)
    output = os.open(OUTPUT, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    for descriptor in (0, 1, 2):
        os.dup2(output, descriptor)
    code = 1
    try:
        lane = ["-m", "not live and not deep", "--ignore=tests/live"]
        loaded = ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # before pytest could look
        quiet = ["-xq", "-p", "no:cacheprovider"]
        code = pytest.main([*quiet, *loaded, *lane, *options], plugins=[plugin])
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def passes(packages: set[str], folder: Path, processes: int) -> Passes:
    """Run the tests of the packages as they are; end where one fails without any mutation."""
    tests = dict.fromkeys(one for package in packages for one in tests_of_package(package))
    inside = [
        one for one in tests if not any(Path(one).is_relative_to(o) for o in tests if o != one)
    ]
    measured = ["--cov", "--cov-report=", "--cov-context=test", f"-n{processes}", *sorted(inside)]
    if run(folder, measured, _Clock()):
        print((folder / OUTPUT).read_text()[-4000:])
        sys.exit(f"these fail as they are: {' '.join(inside)}")
    data = CoverageData(str(folder / ".coverage"))
    data.read()
    return Passes(data, folder, json.loads((folder / TOOK).read_text()))


def killed(mutant: Mutant, tests: list[str], took: dict[str, float], copies: Queue[Path]) -> bool:
    """Say whether a test fails in the mutant, and put the copy of the tree in order again."""
    folder = copies.get()
    file = folder / mutant.path
    try:
        file.write_text(mutant.source)
        return any(_fails(folder, part, took) for part in _parts(tests, took))
    finally:
        shutil.copy2(mutant.path, file)  # with its time, by which it is known as compiled
        copies.put(folder)


def _parts(tests: list[str], took: dict[str, float]) -> list[list[str]]:
    """Cut the tests in two: to find thousands takes longer than to fail in the first of them."""
    spent = list(itertools.accumulate(took[test] for test in tests))
    first = max(1, bisect.bisect(spent, SHORT))
    return [part for part in (tests[:first], tests[first:]) if part]


def _fails(folder: Path, tests: list[str], took: dict[str, float]) -> bool:
    files = dict.fromkeys(test.partition("::")[0] for test in tests)
    # A loop that does not end is a failure, too.
    patience = PATIENCE + 10 * sum(took[test] for test in tests)
    return run(folder, [*files], _Only(tests), patience) not in {
        0,
        pytest.ExitCode.NO_TESTS_COLLECTED,
    }


def copy_of_the_tree(folder: Path) -> Path:
    for name in COPIED:
        if Path(name).is_dir():
            shutil.copytree(name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(name, folder / name)
    return folder


def judge(drawn: list[Mutant], processes: int) -> list[Mutant]:
    """Run every mutant, with a line for each, and give those that no test has seen."""
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(processes) as pool:
        folder = Path(name).resolve()
        seen = passes(
            {package_of(mutant.path) for mutant in drawn},
            copy_of_the_tree(folder / "plain"),
            processes,
        )
        copies: Queue[Path] = Queue()
        for number in range(processes):
            copies.put(Path(shutil.copytree(folder / "plain", folder / str(number))))
        tests = [seen.by(mutant) for mutant in drawn]
        survivors = []
        done = pool.map(partial(killed, took=seen.took, copies=copies), drawn, tests)
        for number, (mutant, by, dead) in enumerate(zip(drawn, tests, done, strict=True), 1):
            word = "killed" if dead else f"SURVIVED {len(by)} tests:"
            place = f"{mutant.path}:{mutant.line}"
            print(f"[{number}/{len(drawn)}] {word:<8} {place} {mutant.operator}", flush=True)
            if not dead:
                print(mutant.diff(), flush=True)
                survivors.append(mutant)
    return survivors


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("group", choices=sorted(GROUPS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    packages, limit = GROUPS[asked.group]
    drawn = sample(packages, random.Random(asked.seed), asked.count)  # noqa: S311
    survivors = judge(drawn, asked.processes)
    share = 1 - len(survivors) / len(drawn)
    print(f"{share:.1%} of {len(drawn)} mutants killed (limit {limit:.0%}, seed {asked.seed})")
    return 0 if share >= limit else 1


if __name__ == "__main__":
    # Loaded once, before the forks; the package itself is loaded in each, from its copy (Hypothesis
    # would load its plugin).
    os.environ["HYPOTHESIS_NO_PLUGINS"] = "1"
    import hypothesis  # noqa: F401
    import openai  # noqa: F401
    import pydantic  # noqa: F401

    sys.exit(main())
