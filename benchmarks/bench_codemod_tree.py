"""`imageshim check` on a tree of more than 20,000 files, as a user's shell calls it.

The tree is what a large application installs, without LiteLLM itself: packages from the index, in
the cache folder of the benchmarks.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from benchmarks.rows import Row
from imageshim.codemod.inputs.discovery import discover
from imageshim.codemod.project.settings import Settings
from imageshim.codemod.running.inspection import How
from imageshim.codemod.running.run import inspect_all

ROOT = Path(__file__).parents[1]
TREE = ROOT / ".live" / "codemod-tree"
PACKAGES = (
    "anthropic", "django", "google-genai", "kubernetes", "langchain-classic",
    "langchain-community", "langchain-core", "openai", "pandas", "plotly", "polars",
    "scikit-learn", "sqlalchemy", "stripe", "sympy", "transformers", "twilio",
)  # fmt: skip
FILES = 20_000
TURNS = 5
TIMES_READING = 3.5
"""Two words are searched and not one (``litellm`` and ``choices``), and the few files that read
replies without naming LiteLLM are interpreted: 0.5 s of the 1.9. It was 1.7 with one word."""
TIMES_IMPORTS = 5
"""A parser for the command, the analysis, and the hash of the file for the cache. It was 6.1 when
the flow engine was one object; 4.4 on an idle machine now, of which argparse's own work is 0.5."""
TWO_WORKERS = 0.85
"""The index of the project is made once, before there are workers, and each worker parses again
what it is given: about a quarter of the work is not shared."""
LOOP = """
import os, sys
todo, found = [sys.argv[1]], 0
while todo:
    with os.scandir(todo.pop()) as listing:
        for entry in listing:
            if entry.is_dir(follow_symlinks=False):
                todo.append(entry.path)
            elif entry.name.endswith(".py"):
                with open(entry.path, "rb", buffering=0) as file:
                    found += b"litellm" in file.readall()
"""
ONE_FILE = """import litellm

reply = litellm.completion(model="gemini/gemini-2.5-flash-image", messages=[])
print(reply.choices[0].message.image["url"])
"""


def tree() -> Path:
    """The tree, installed once."""
    done = TREE / ".done"
    if not done.exists():
        shutil.rmtree(TREE, ignore_errors=True)
        uv = Path(sysconfig.get_path("scripts")) / "uv"
        subprocess.run(
            [uv, "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:", "--python",
             sys.executable, "--target", TREE, *PACKAGES],
            check=True,
        )  # fmt: skip
        done.touch()
    count = sum(1 for _ in TREE.rglob("*.py"))
    if count < FILES:
        raise RuntimeError(f"the tree has {count} files, of {FILES} that it needs")
    return TREE


def cpu(*command: object) -> float:
    """The processor time of a program, in seconds: what else runs does not add to it."""
    environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPATH": ""}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(list(map(str, command)), stdout=subprocess.DEVNULL, env=environ, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def in_turns(one: tuple[object, ...], other: tuple[object, ...], turns: int = TURNS) -> float:
    """How much more processor time one program takes than another, both run in turns."""
    pairs = [(cpu(*one), cpu(*other)) for _ in range(turns)]
    return min(pair[0] for pair in pairs) / min(pair[1] for pair in pairs)


def peak(*command: object) -> float:
    """The most memory of a program, in megabytes."""
    program = (
        "import resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, *map(str, command)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return float(ended.stdout)


def forced(paths: list[str], jobs: int) -> float:
    """The processor time of analysing every file, whatever it names, in seconds.

    With several workers, what each of them takes if they share evenly, and this process beside:
    the wall time where each has a processor of its own, which a busy machine does not give.
    """
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    before = [resource.getrusage(kind) for kind in kinds]
    for _ in inspect_all(paths, How(Settings()), jobs=jobs):
        pass
    own, workers = [
        after.ru_utime + after.ru_stime - old.ru_utime - old.ru_stime
        for after, old in zip(map(resource.getrusage, kinds), before, strict=True)
    ]
    return own + workers / jobs


def run() -> list[Row]:
    where = tree()
    check = (sys.executable, "-m", "imageshim", "check", "--no-cache", "--jobs", "1")
    whole = (*check, where)
    cpu(*whole)  # the files and the byte code are in memory from now on
    rows = [
        Row(
            "check, cold, one process / read all and one `in`",
            in_turns(whole, (sys.executable, "-c", LOOP, where)),
            TIMES_READING,
        ),
        Row("check: peak memory / 120 MB", peak(*whole) / 120, 1),
    ]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "one_file.py"
        file.write_text(ONE_FILE, encoding="utf-8")
        imports = (sys.executable, "-c", "import ast, tokenize, argparse")
        one = (Path(sysconfig.get_path("scripts")) / "imageshim", "check", file)
        rows.append(
            Row(
                "check one_file.py / import ast, tokenize, argparse",
                in_turns(one, imports, 3 * TURNS),
                TIMES_IMPORTS,
            )
        )
    paths = [
        path
        for package in ("django", "langchain_community")
        for path in discover([str(where / package)], where)
        if path.endswith(".py")
    ]
    times = [(forced(paths, 2), forced(paths, 1)) for _ in range(2)]
    two, alone = min(pair[0] for pair in times), min(pair[1] for pair in times)
    rows += [
        Row("every file analysed: two workers / one process", two / alone, TWO_WORKERS),
        Row(
            "every file analysed, one process: seconds for 300 files",
            alone / len(paths) * 300,
            float("inf"),
        ),
    ]
    return rows
