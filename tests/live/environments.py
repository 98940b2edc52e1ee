"""Environments with real releases, made by uv into ``.live/`` and kept there.

A :class:`PackageSet` is a name and requirements; :func:`environment` gives the Python of an
environment that has them. It is made again when the requirements change. Several processes may
ask at once (pytest-xdist's workers): one makes it, the others wait; two are made at a time.

imageshim itself is not installed there: the probes find it through PYTHONPATH.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TextIO

from uv import find_uv_bin

__all__ = [
    "LITELLM",
    "NEWEST",
    "OPENAI",
    "REFUSED",
    "PackageSet",
    "clean_environ",
    "documentation",
    "drawing",
    "environment",
    "litellm",
    "litellm_proxy",
    "locked",
    "newest_litellm",
    "oldest_wrapt",
    "openai_sdk",
    "openrouter_client",
    "other_wrappers",
    "ray",
    "screen",
]

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".live"
_LOOPBACK = Path(__file__).parent / "loopback"
_UV = find_uv_bin()
"""Looked up once: sysconfig, which it asks, gives threads that come first together None."""

REFUSED = "refused-hosts"

NEWEST = "newest"
LITELLM = ("1.70.0", "1.75.9", "1.76.1", "1.76.3", "1.77.0", "1.80.0", NEWEST)
"""The LiteLLM releases that are tested: both sides of every change of the format."""
OPENAI = ("1", "2", "3")
"""The major versions of the OpenAI SDK; the newest release of each is tested."""

# A LiteLLM release can ask for more than the index has yet: 1.109.1 wants certifi>=2026.10.19
# where the newest is 2026.10.18, and its extra "proxy" wants litellm-proxy-extras==0.4.113 where
# the newest is 0.4.110. An override without a bound takes what there is. What it cannot help is
# left to the resolver, which goes back to an older LiteLLM.
_OVERRIDES = ("certifi", "litellm-proxy-extras")

# What imageshim needs, and what vertex_ai/ models need to sign with a service account.
_OURS = ("wrapt", "pydantic", "google-auth", "requests", "cryptography")

_NEWEST_KEPT = 12 * 3600
"""For how many seconds the newest release is taken for the newest."""

screen: TextIO = sys.stderr
"""Where it is said what is made; pytest's own standard error is not seen while a test runs."""


@dataclass(frozen=True)
class PackageSet:
    """What an environment has."""

    name: str
    """The name of its folder in ``.live/``."""
    requirements: tuple[str, ...]
    overrides: tuple[str, ...] = ()
    """Requirements that replace those of packages (``uv --override``)."""

    @property
    def key(self) -> str:
        """What the environment is made of; another key makes it again."""
        made_of = [sys.version.split()[0], *self.requirements, "--", *self.overrides]
        return hashlib.sha256("\n".join(made_of).encode()).hexdigest()


def litellm(version: str) -> PackageSet:
    """LiteLLM as an application installs it; ``version`` can be ``"newest"``."""
    exact = newest_litellm() if version == NEWEST else version
    overrides = _OVERRIDES if version == NEWEST else ()
    return PackageSet(f"litellm-{version}", (f"litellm=={exact}", *_OURS), overrides)


def drawing(version: str) -> PackageSet:
    """LiteLLM with what imageshim.testing needs."""
    plain = litellm(version)
    return PackageSet(f"drawing-{version}", (*plain.requirements, "hypothesis"), plain.overrides)


def litellm_proxy(version: str) -> PackageSet:
    """LiteLLM with its proxy server."""
    exact = newest_litellm(proxy=True) if version == NEWEST else version
    overrides = _OVERRIDES if version == NEWEST else ()
    return PackageSet(f"proxy-{version}", (f"litellm[proxy]=={exact}", *_OURS), overrides)


def openai_sdk(major: str) -> PackageSet:
    """The newest OpenAI SDK of a major version."""
    return PackageSet(
        f"openai-{major}", (f"openai>={major},<{int(major) + 1}", "wrapt", "pydantic")
    )


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold a lock between processes; it ends with the process that holds it."""
    FOLDER.mkdir(exist_ok=True)
    with (FOLDER / f".{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _uv(*arguments: str, stdin: str = "") -> str:
    run = subprocess.run(
        [_UV, *arguments], input=stdin, capture_output=True, text=True, check=False
    )
    if run.returncode:
        raise RuntimeError(f"uv {' '.join(arguments)}:\n{run.stderr}")
    return run.stdout


def oldest_wrapt() -> PackageSet:
    """The oldest wrapt that we take, and an OpenAI SDK of before httpx2."""
    return PackageSet("oldest-wrapt", ("wrapt==1.16.0", "openai>=2,<3", "pydantic"))


def documentation() -> PackageSet:
    """What the site is built with, as pyproject.toml asks for it."""
    lines = (ROOT / "pyproject.toml").read_text().partition("\ndocs = [\n")[2].partition("]\n")[0]
    asked = re.findall(r'^ *"(.+?)",', lines, re.MULTILINE)
    return PackageSet("documentation", (*asked, "packaging", "pathspec", "pydantic", "wrapt"))


def ray() -> PackageSet:
    """Ray Data, as the extra asks for it."""
    return PackageSet("ray", ("ray[data]", "pyarrow", "fsspec", "pydantic", "wrapt"))


def openrouter_client(package: str) -> PackageSet:
    """A client of OpenRouter's: its own SDK, or a framework that has a model class for it."""
    return PackageSet(package.partition("[")[0], (package, "pydantic", "wrapt"))


def other_wrappers() -> PackageSet:
    """LiteLLM with libraries that wrap its calls, and the OpenAI SDK's, as we do."""
    return PackageSet(
        "other-wrappers",
        (
            "litellm==1.80.0", "instructor", "langfuse",
            "openinference-instrumentation-litellm", "openinference-instrumentation-openai",
            "opentelemetry-sdk", *_OURS,
        ),
    )  # fmt: skip


@cache
def newest_litellm(*, proxy: bool = False) -> str:
    """The newest LiteLLM release that the index can serve, for its SDK or for its proxy.

    Looked up at most twice a day; without an index, the one that was found last.
    """
    wanted = "litellm[proxy]" if proxy else "litellm"
    known = FOLDER / f"newest-{wanted}"
    with locked(f"newest-{wanted}"):
        if known.exists() and time.time() - known.stat().st_mtime < _NEWEST_KEPT:
            return known.read_text()
        overrides = FOLDER / "overrides.txt"
        overrides.write_text("\n".join(_OVERRIDES))
        try:
            found = _uv(
                "pip", "compile", "--quiet", "--python", sys.executable,
                "--override", str(overrides), "-", stdin=wanted,
            )  # fmt: skip
        except RuntimeError:
            if known.exists():
                return known.read_text()
            raise
        pinned = next(line for line in found.splitlines() if line.startswith("litellm=="))
        known.write_text(pinned.split()[0].removeprefix("litellm=="))
        return known.read_text()


def _say(line: str) -> None:
    print(line, file=screen, flush=True)


def _make(packages: PackageSet, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    _uv("venv", "--quiet", "--python", sys.executable, str(folder))
    overrides = folder / "overrides.txt"
    overrides.write_text("\n".join(packages.overrides))
    _uv(
        "pip", "install", "--quiet", "--compile-bytecode",
        "--python", str(folder / "bin" / "python"),
        "--override", str(overrides), *packages.requirements,
    )  # fmt: skip


@cache
def environment(packages: PackageSet) -> Path:
    """The Python of an environment that has these packages; it is made where it is missing.

    Raises:
        RuntimeError: uv could not install them; the message has uv's reason.

    """
    folder = FOLDER / packages.name
    python, made = folder / "bin" / "python", folder / "made"
    with locked(packages.name):
        if not made.exists() or made.read_text() != packages.key:
            # Two at a time: more would only wait for the same two cores.
            with locked(f"slot-{zlib.crc32(packages.name.encode()) % 2}"):
                started = time.monotonic()
                _say(f"making .live/{packages.name}: {' '.join(packages.requirements)}")
                _make(packages, folder)
                _say(f"made .live/{packages.name} in {time.monotonic() - started:.0f} s")
            made.write_text(packages.key)
    return python


def clean_environ(home: Path) -> dict[str, str]:
    """Environment variables for a process in such an environment: nothing of the user's.

    LiteLLM fetches its price list at import unless it is told to take the one it has. Hosts other
    than loopback are refused, and noted in the file :data:`REFUSED` of ``home``.
    """
    return {
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "NO_PROXY": "127.0.0.1,localhost",
        "PATH": os.defpath,
        "IMAGESHIM_LIVE_REFUSED": str(home / REFUSED),
        "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(_LOOPBACK))),
    }
