"""Python imports this at its start: no process of the live tests reaches the internet.

A connection, or the look-up of a name, that is not loopback is refused, and noted in the file that
``IMAGESHIM_LIVE_REFUSED`` names.
"""

from __future__ import annotations

import ipaddress
import os
import sys


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
        with open(os.environ["IMAGESHIM_LIVE_REFUSED"], "a") as file:  # noqa: PTH123  # no imports
            file.write(f"{host}\n")
        raise ConnectionRefusedError(f"{host} is not loopback")


sys.addaudithook(_refuse)
