"""The inside of a live environment: reads jobs, runs them, writes answers; see ``probing.py``.

Nothing here may reach the internet: a connection or a look-up of a name that is not loopback is
refused, and kept for the job ``serve.contacts``.
"""

from __future__ import annotations

import importlib
import ipaddress
import json
import os
import sys
import traceback

REFUSED: list[str] = []
"""Hosts that something wanted to contact."""


def _is_loopback(host: object) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name is None or name in {"localhost", ""}:
        return True
    try:
        return ipaddress.ip_address(str(name)).is_loopback
    except ValueError:
        return False


def _refuse(event: str, arguments: tuple) -> None:
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in {"socket.connect", "socket.sendto"} and isinstance(arguments[-1], tuple):
        host = arguments[-1][0]
    else:
        return
    if not _is_loopback(host):
        REFUSED.append(str(host))
        raise ConnectionRefusedError(f"{host} is not loopback")


def contacts() -> list[str]:
    """The hosts that were refused so far."""
    return REFUSED


def _run(job: dict) -> dict:
    module, _, function = job["do"].partition(".")
    try:
        found = sys.modules["__main__"] if module == "serve" else importlib.import_module(module)
        return {"result": getattr(found, function)(**job["with"])}
    except BaseException:  # noqa: BLE001  # told to the test
        return {"error": traceback.format_exc()}


def main() -> None:
    """Answer jobs until standard input ends."""
    sys.addaudithook(_refuse)
    # Libraries print to standard output; it is the channel of the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        answers.write(json.dumps(_run(json.loads(line))) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
