"""`imageshim check` of many projects at once, against the sum of one by one.

The projects are those of the tests' corpus, copied out into a folder each, twice, with a
package in each of them that has a class of the same name as in all others.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.rows import Row, processor_time
from imageshim.codemod.inputs.scanning import scan
from imageshim.codemod.project.settings import find
from imageshim.codemod.running.preparation import prepared
from imageshim.codemod.running.run import inspect_all

_CORPUS = Path(__file__).parents[1] / "tests" / "codemod" / "corpus.txt"
_COPIES = 2
_TURNS = 3
# What every large tree has: a name that many projects give to something of their own.
_COMMON = "class Agent:\n    def run(self, task):\n        return task\n"
_USER = "from .agent import Agent\n\n\ndef main(task):\n    return Agent().run(task)\n"


def _write(folder: Path) -> list[Path]:
    """Write the projects; returns the folder of each."""
    made: list[Path] = []
    blocks = _CORPUS.read_text(encoding="utf-8").split("\n=== ")
    for number in range(_COPIES * len(blocks)):
        project = folder / f"project_{number}"
        made.append(project)
        name = ""
        parts: dict[str, list[str]] = {"lib/__init__.py": [], "lib/agent.py": [_COMMON]}
        parts["lib/main.py"] = [_USER]
        for line in blocks[number % len(blocks)].splitlines(keepends=True):
            if line.startswith("--- "):
                name = line[4:].strip()
                parts[name] = []
            elif name:
                parts[name].append(line)
        for path, lines in parts.items():
            file = project / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("".join(lines), encoding="utf-8")
    return made


def _check(folders: list[Path]) -> None:
    """Do what `imageshim check FOLDERS…` does, without the process around it."""
    project = find(folders[0])
    found = scan([str(folder) for folder in folders], project, lambda _: None)
    how, paths = prepared(found, project, unsafe=False)
    for _ in inspect_all(paths, how, jobs=1):
        pass


def run() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        projects = _write(Path(folder))
        _check(projects[:2])  # the rules are loaded from now on
        at_once, one_by_one = [], []
        for _ in range(_TURNS):
            at_once.append(processor_time(lambda: _check(projects)))
            one_by_one.append(sum(processor_time(lambda p=p: _check([p])) for p in projects))
    name = f"check: {len(projects)} projects at once / the sum of one by one"
    return [Row(name, min(at_once) / min(one_by_one), 1.3)]
