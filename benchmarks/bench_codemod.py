"""The codemod's analysis: files a second, and against LibCST with scope metadata.

The files are those of LiteLLM, Django, the OpenAI SDK and langchain-community, as the package index
has them; every one is parsed and interpreted, whatever it says (the gate that keeps files without
LiteLLM away is off). Times are of the process: what else the machine does counts little. The unit
is what the standard library takes to parse the same files: files a second say more of the machine
than of the analysis. (300 a second, which was asked once, is 1.6 times parsing where
the analysis has been between 4.6 and 4.8 ever since it was measured.)
"""

from __future__ import annotations

import ast
import gc
import random
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from uv import find_uv_bin

from benchmarks.rows import Row
from imageshim.codemod.flow.project_index import ProjectIndex
from imageshim.codemod.knowledge import known
from imageshim.codemod.knowledge.reads import Reads
from imageshim.codemod.project.settings import Settings
from imageshim.codemod.running.engine import check
from imageshim.codemod.text.source import Source, SourceError

_FOLDER = Path(__file__).parents[1] / ".live" / "codemod-corpus"
_CORPUS = ("litellm==1.109.1", "django==5.2.19", "openai==3.54.0", "langchain-community==0.4.2")
_PACKAGES = ("litellm", "django", "openai", "langchain_community")
_LIBCST = "libcst==1.9.0"
_FILES = 800
_SLOW_FILES = 30  # LibCST takes a second for five
_TIMES_PARSING = 5.5
_TIMES_LIBCST = 25


def _installed(folder: Path, *requirements: str, deps: bool) -> Path:
    done = folder / "made"
    if not done.exists() or done.read_text() != "\n".join(requirements):
        subprocess.run(
            [
                find_uv_bin(), "pip", "install", "--quiet", "--python", sys.executable,
                "--target", str(folder), *([] if deps else ["--no-deps"]), *requirements,
            ],
            check=True,
        )  # fmt: skip
        done.write_text("\n".join(requirements))
    return folder


def _sample() -> list[Source]:
    folder = _installed(_FOLDER / "files", *_CORPUS, deps=False)
    paths = sorted(path for name in _PACKAGES for path in (folder / name).rglob("*.py"))
    chosen = random.Random(1).sample(paths, _FILES)
    return [Source(str(path), path.read_bytes()) for path in chosen]


def _seconds(run: Callable[[], object]) -> float:
    gc.collect()
    start = time.process_time()
    run()
    return time.process_time() - start


def _ours(sources: list[Source], index: ProjectIndex | None) -> Callable[[], None]:
    settings = Settings()

    def run() -> None:
        for source in sources:
            fresh = Source(source.path, source.data)
            try:
                check(fresh, settings, index=index)
            except SourceError:
                continue

    return run


def _parse(sources: list[Source]) -> Callable[[], None]:
    def run() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            for source in sources:
                with suppress(SyntaxError):
                    ast.parse(source.data)

    return run


def _libcst(sources: list[Source]) -> Callable[[], None]:
    folder = _installed(_FOLDER / "libcst", _LIBCST, deps=True)
    sys.path.insert(0, str(folder))
    try:
        libcst = import_module("libcst")
        metadata = import_module("libcst.metadata")
    finally:
        sys.path.remove(str(folder))
    wanted = (
        metadata.ScopeProvider,
        metadata.QualifiedNameProvider,
        metadata.PositionProvider,
        metadata.ParentNodeProvider,
    )

    def run() -> None:
        for source in sources:
            module = libcst.parse_module(source.data)
            metadata.MetadataWrapper(module, unsafe_skip_copy=True).resolve_many(wanted)

    return run


def run() -> list[Row]:
    sources = _sample()
    # With an index every file is interpreted; without one, those that name LiteLLM.
    forced = _ours(sources, ProjectIndex((), (), known(), Reads))
    seconds = min(_seconds(forced) for _ in range(3))
    parsed = min(_seconds(_parse(sources)) for _ in range(3))
    gated = min(_seconds(_ours(sources, None)) for _ in range(3))
    few = sources[:_SLOW_FILES]
    ours = min(_seconds(_ours(few, ProjectIndex((), (), known(), Reads))) for _ in range(3))
    theirs = _seconds(_libcst(few))
    return [
        Row(f"codemod: {_FILES} files, each interpreted / ast.parse",
            seconds / parsed, _TIMES_PARSING),
        Row("codemod: the same, without those that do not name LiteLLM", gated / seconds, 1),
        Row(f"codemod: our analysis / LibCST's metadata × {_TIMES_LIBCST}",
            ours / theirs * _TIMES_LIBCST, 1),
    ]  # fmt: skip
