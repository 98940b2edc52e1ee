"""`imageshim gateway`: the reverse proxy that converts replies, as a program."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any

from imageshim.errors import ImageShimError
from imageshim.timeline import Format

from .arguments import add_pick, existing_file, fail, number, parser, positive_seconds

__all__ = ["main", "options"]

_FORMATS = [*(member.value for member in Format), "as-is"]
_EXAMPLES = """Examples:
  imageshim gateway --upstream https://openrouter.ai/api
  imageshim gateway --upstream http://litellm:4000 --default content --rules rules.toml

Clients ask for a format with the header X-Image-Format, or with metadata.image_format in the
request's body. /healthz, /readyz and /metrics are the gateway's own."""


_LIMITS = (
    ("--max-request", number(1), "BYTES", "refuse larger requests (default: 64 MiB)"),
    (
        "--max-look", number(1), "BYTES",
        "do not search larger requests, unpacked, for metadata.image_format (default: 8 MiB)",
    ),
    ("--max-reply", number(1), "BYTES", "pass larger replies unconverted (default: 64 MiB)"),
    (
        "--max-held", number(1), "BYTES",
        ("how much of requests and replies one worker holds at a time; what is more waits, a "
        "request for half a minute at the most (default: 96 MiB)"),
    ),
    (
        "--max-line", number(4096), "BYTES",
        ("cut text in streams, and so the images of the format content, into shorter lines, such "
        "as 65536, for clients that refuse long ones (default: as they come)"),
    ),
    (
        "--max-head", number(1024), "BYTES",
        "refuse requests whose URL and headers are larger (default: 64 KiB)",
    ),
    ("--max-url", number(64), "BYTES", "refuse longer URLs (default: 8 KiB)"),
    (
        "--max-clients", number(1), "N",
        "how many clients' connections one worker may have open (default: 2000)",
    ),
    (
        "--max-connections", number(1), "N",
        "how many calls to the upstream one worker may have open (default: 1000)",
    ),
    (
        "--idle-timeout", number(1), "SECONDS",
        "how long a client's connection stays open after an answer (default: 5)",
    ),
    (
        "--head-timeout", positive_seconds, "SECONDS",
        "how long URL and headers may take; a connection without is closed (default: 15)",
    ),
    (
        "--request-timeout", positive_seconds, "SECONDS",
        "how long a request's body may take to come in (default: 60)",
    ),
    (
        "--send-timeout", positive_seconds, "SECONDS",
        "how long a client may take nothing of what waits for it (default: 60)",
    ),
    (
        "--connect-timeout", positive_seconds, "SECONDS",
        "how long to try to reach the upstream (default: 10)",
    ),
    (
        "--read-timeout", positive_seconds, "SECONDS",
        "how long the upstream may be silent (default: 600)",
    ),
    (
        "--drain", number(0), "SECONDS",
        "how long streams may go on when the gateway is told to stop (default: 600)",
    ),
)  # fmt: skip
"""Options, what each takes and in which unit, and what it does."""


def _parser() -> argparse.ArgumentParser:
    by = parser(
        "gateway",
        "Stand before an OpenAI-compatible server, and give each client its image format. Only "
        "the upstream is ever contacted. Ends at Ctrl-C or SIGTERM, once open streams have ended.",
        _EXAMPLES,
    )
    _add_server(by.add_argument)
    _add_conversion(by.add_argument_group("who gets what"))
    limits = by.add_argument_group("limits")
    for name, kind, unit, meaning in _LIMITS:
        limits.add_argument(name, type=kind, metavar=unit, help=meaning)
    return by


def _add_server(add: Callable[..., Any]) -> None:
    add(
        "--upstream", required=True, metavar="URL",
        help="the server, up to the path that clients ask for",
    )  # fmt: skip
    add(
        "--host", default="127.0.0.1",
        help="the address to listen on; 0.0.0.0 for all (default: 127.0.0.1)",
    )  # fmt: skip
    add(
        "--port", type=number(0, 65535), default=8080,
        help="the port; 0 takes a free one (default: 8080)",
    )  # fmt: skip
    add("--workers", type=number(1), default=1, metavar="N", help="processes (default: 1)")
    add(
        "--http", choices=["h11", "httptools"], default="h11",
        help="the parser of requests; httptools is faster, and needs the extra fast (default: h11)",
    )  # fmt: skip


def _add_conversion(into: argparse._ActionsContainer) -> None:
    add = into.add_argument
    add(
        "--rules", type=existing_file, metavar="FILE",
        help="rules, in TOML or YAML: which clients get which format",
    )  # fmt: skip
    add(
        "--default", choices=_FORMATS, metavar="FORMAT",
        help=f"the format of replies to clients that ask for none: {', '.join(_FORMATS)} "
        "(default: images)",
    )  # fmt: skip
    add(
        "--markdown", action="store_true",
        help="also convert images in Markdown, ![…](data:…), which clients show as they are",
    )  # fmt: skip
    add_pick(into, streams=True)
    add("--strict", action="store_true", help="answer 502 to what cannot be converted")


def options(arguments: Sequence[str]) -> dict[str, Any]:
    """Read a command line; None stands for what is not on it."""
    return vars(_parser().parse_args(arguments))


def main(arguments: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    given = options(arguments)
    try:
        from imageshim.server.gateway import Settings, serve

        serve(Settings(**{name: value for name, value in given.items() if value is not None}))
    except ImageShimError as fault:
        return fail(str(fault))
    return 0
