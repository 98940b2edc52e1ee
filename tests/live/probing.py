"""Processes in the live environments: one each, which runs many jobs.

Importing LiteLLM takes seconds, so a process is started once and asked again and again. A job is
a line of JSON on its standard input, ``{"do": "replies.complete", "with": {…}}``; the answer is a
line of JSON. The functions are in ``probes/``.
"""

from __future__ import annotations

import json
import selectors
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from .environments import REFUSED, PackageSet, clean_environ, environment

__all__ = ["Probe", "ProbeError"]

_PROBES = Path(__file__).parent / "probes"
_PATIENCE = 120
"""Seconds for one job, the start of the process included."""


class ProbeError(AssertionError):
    """A job failed; the message is the traceback from inside the environment."""


class Probe:
    """A process in an environment."""

    def __init__(self, packages: PackageSet) -> None:
        self.packages = packages
        python = environment(packages)
        self._home = tempfile.TemporaryDirectory()
        home = Path(self._home.name)
        self._errors = (home / "stderr").open("w+b")
        self._process = subprocess.Popen(
            [python, _PROBES / "serve.py"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=clean_environ(home),
            cwd=home,
        )

    def call(self, do: str, **arguments: Any) -> Any:
        """Run ``probes/MODULE.py``'s function ``do`` (``"MODULE.FUNCTION"``) and return its JSON.

        Raises:
            ProbeError: it raised; or the process ended, or did not answer.

        """
        process = self._process
        assert process.stdin
        assert process.stdout
        line = json.dumps({"do": do, "with": arguments}) + "\n"
        try:
            process.stdin.write(line.encode())
            process.stdin.flush()
        except BrokenPipeError:
            raise ProbeError(f"{self.packages.name} ended\n{self._stderr()}") from None
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            if not selector.select(_PATIENCE):
                process.kill()
                raise ProbeError(f"{self.packages.name}: {do} does not end\n{self._stderr()}")
        answer = process.stdout.readline()
        if not answer:
            raise ProbeError(f"{self.packages.name}: {do} ended the process\n{self._stderr()}")
        said = json.loads(answer)
        if "error" in said:
            raise ProbeError(f"{self.packages.name}: {do}\n{said['error']}")
        return said["result"]

    def _stderr(self) -> str:
        self._errors.seek(0)
        return self._errors.read().decode(errors="replace")[-4000:]

    def close(self) -> list[str]:
        """End the process; returns the hosts that it wanted to contact."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(_PATIENCE)
        self._process.stdout.close()
        self._errors.close()
        refused = Path(self._home.name) / REFUSED
        contacted = refused.read_text().split() if refused.exists() else []
        self._home.cleanup()
        return contacted
