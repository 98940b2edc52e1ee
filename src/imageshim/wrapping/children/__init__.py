"""What ``imageshim run`` gives a program, and the Pythons that the program starts.

Workers of pytest-xdist, ``subprocess`` and ``multiprocessing`` by ``spawn`` begin as other programs
do. The folder of this package goes before ``PYTHONPATH``, where each of them finds
:mod:`.sitecustomize`, which gives them the same. A Python that has no imageshim runs as it always
did.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from imageshim.messages.options import Pick
from imageshim.timeline import Format

__all__ = ["begin", "begin_in_child", "for_children"]

_OPTIONS = "IMAGESHIM_RUN"
_FOLDER = str(Path(__file__).parent)


def begin(emit: str, callers: Mapping[str, str], pick: Pick, clients: Iterable[str]) -> None:
    """Install what the options of ``imageshim run`` ask for.

    Raises:
        ImageShimError: there is no such client, or it is not installed.

    """
    from imageshim.wrapping.installation import install  # noqa: PLC0415  # most children need none

    rules = {pattern: Format(wanted) for pattern, wanted in callers.items()}
    install(emit=Format(emit), callers=rules, pick=pick)
    if clients:
        from imageshim.wrapping.http_clients import watch_clients  # noqa: PLC0415  # as above
        from imageshim.wrapping.policy import policy  # noqa: PLC0415

        watch_clients(
            clients,
            policy(
                Format(emit),
                None,
                "stash",
                history=False,
                keep_images=None,
                strict=False,
                pick=pick,
            ),
        )


def for_children(*options: Any) -> None:
    """Leave the options of :func:`begin` to the processes that this one starts."""
    others = [one for one in os.environ.get("PYTHONPATH", "").split(os.pathsep) if one != _FOLDER]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (_FOLDER, *others)))
    os.environ[_OPTIONS] = json.dumps(options)


def begin_in_child() -> None:
    """Begin as the parent did, if it is one of ``imageshim run``."""
    if _OPTIONS in os.environ:
        begin(*json.loads(os.environ[_OPTIONS]))
