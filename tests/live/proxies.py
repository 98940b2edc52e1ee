"""LiteLLM proxies, started in live environments with the fake Gemini behind them."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from imageshim.testing.fake_gemini import FakeGemini

from .environments import REFUSED, PackageSet, clean_environ, environment
from .scenarios import SCENARIOS, url

__all__ = ["PROXIES", "Proxy", "config", "proxy"]

PROXIES = ("1.75.9", "1.76.3", "1.77.5", "newest")
"""The LiteLLM releases whose proxy is tested: one of each format, and the newest."""

_READY = "Uvicorn running on"
_PATIENCE = 180
"""Seconds until a proxy is up: its first start in a new environment compiles half of LiteLLM."""


@dataclass
class Proxy:
    """A running proxy."""

    url: str
    """``http://127.0.0.1:PORT``; OpenAI clients want ``/v1`` behind it."""
    key: str
    """The master key. Newer releases refuse well-known ones such as ``sk-1234``."""
    folder: Path
    _lines: list[str]

    @property
    def log(self) -> str:
        """What it has printed so far."""
        return "".join(self._lines)


def config(server: FakeGemini, **more: Any) -> dict[str, Any]:
    """A ``config.yaml`` in which each scenario is a model; ``more`` are other sections."""
    models = [
        {
            "model_name": scenario,
            "litellm_params": {
                "model": "gemini/gemini-2.5-flash-image-preview",
                "api_base": url(server, scenario),
                "api_key": "any",
            },
        }
        for scenario in SCENARIOS
    ]
    return {"model_list": models, **more}


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _drain(output: IO[str], lines: list[str], ready: threading.Event) -> None:
    for line in output:
        lines.append(line)
        if _READY in line:
            ready.set()
    ready.set()  # it ended: nobody waits in vain


@contextmanager
def proxy(
    packages: PackageSet,
    settings: Mapping[str, Any],
    files: Mapping[str, str] | None = None,
    environ: Mapping[str, str] | None = None,
    app: str | None = None,
) -> Iterator[Proxy]:
    """Run ``litellm --config`` until the block ends.

    Args:
        packages: what ``environments.litellm_proxy(version)`` gives.
        settings: the content of ``config.yaml``; a random master key is added.
        files: more files beside it, name to text, such as the module of a callback.
        environ: more environment variables.
        app: ``module:name`` of the application to run in place of ``litellm``, in one of ``files``.

    """
    python = environment(packages)
    key = f"sk-{secrets.token_hex(16)}"
    port = _free_port()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        general = {**settings.get("general_settings", {}), "master_key": key}
        # JSON is YAML.
        written = json.dumps({**settings, "general_settings": general})
        for file, text in {"config.yaml": written, **(files or {})}.items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(text)
        command = [
            python.parent / "litellm", "--config", folder / "config.yaml",
            "--host", "127.0.0.1", "--port", str(port), "--num_workers", "1",
        ]  # fmt: skip
        if app is not None:
            command = [
                python, "-m", "uvicorn", app, "--app-dir", folder,
                "--host", "127.0.0.1", "--port", str(port),
            ]  # fmt: skip
            environ = {"CONFIG_FILE_PATH": str(folder / "config.yaml"), **(environ or {})}
        lines: list[str] = []
        ready = threading.Event()
        with subprocess.Popen(
            command,
            cwd=folder,
            env={**clean_environ(folder), "PYTHONUNBUFFERED": "1", **(environ or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            assert process.stdout
            reader = threading.Thread(target=_drain, args=(process.stdout, lines, ready))
            reader.start()
            try:
                up = ready.wait(_PATIENCE) and process.poll() is None
                assert up, f"{packages.name} does not start:\n{''.join(lines)[-4000:]}"
                yield Proxy(f"http://127.0.0.1:{port}", key, folder, lines)
            finally:
                # It may have started others, which hold its output open.
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                reader.join()
        refused = folder / REFUSED
        assert not refused.exists(), f"{packages.name} wanted to reach {refused.read_text()}"
