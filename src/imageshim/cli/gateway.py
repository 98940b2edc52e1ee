"""`imageshim gateway`: the reverse proxy that converts replies, as a program."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
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


def _parser() -> argparse.ArgumentParser:
    by = parser(
        "gateway",
        "Stand before an OpenAI-compatible server, and give each client its image format. Only "
        "the upstream is ever contacted. Ends at Ctrl-C or SIGTERM, once open streams have ended.",
        _EXAMPLES,
    )
    add = by.add_argument
    add(
        "--upstream",
        required=True,
        metavar="URL",
        help="the server, up to the path that clients ask for",
    )
    add(
        "--host", default="127.0.0.1",
        help="the address to listen on; 0.0.0.0 for all (default: 127.0.0.1)",
    )  # fmt: skip
    add(
        "--port", type=number(0, 65535), default=8080,
        help="the port; 0 takes a free one (default: 8080)",
    )  # fmt: skip
    add(
        "--rules", type=existing_file, metavar="FILE",
        help="rules, in TOML or YAML: which clients get which format",
    )  # fmt: skip
    add(
        "--default", choices=_FORMATS, metavar="FORMAT",
        help=f"the format of replies to clients that ask for none: {', '.join(_FORMATS)} "
        "(default: images)",
    )  # fmt: skip
    add("--workers", type=number(1), default=1, metavar="N", help="processes (default: 1)")
    add(
        "--markdown", action="store_true",
        help="also convert images in Markdown, ![…](data:…), which clients show as they are",
    )  # fmt: skip
    add_pick(by, streams=True)
    add("--strict", action="store_true", help="answer 502 to what cannot be converted")
    add("--max-request", type=number(1), metavar="BYTES", help="refuse larger requests")
    add(
        "--max-look", type=number(1), metavar="BYTES",
        help="do not search larger requests, unpacked, for metadata.image_format (default: 8 MiB)",
    )  # fmt: skip
    add("--max-reply", type=number(1), metavar="BYTES", help="pass larger replies unconverted")
    add(
        "--max-held", type=number(1), metavar="BYTES",
        help="how much of requests and replies one worker holds at a time; what is more waits, a "
        "request for half a minute at the most (default: 96 MiB)",
    )  # fmt: skip
    add(
        "--max-line", type=number(4096), metavar="BYTES",
        help="cut text in streams, and so the images of the format content, into shorter lines, "
        "such as 65536, for clients that refuse long ones",
    )  # fmt: skip
    add(
        "--max-head", type=number(1024), metavar="BYTES",
        help="refuse requests whose URL and headers are larger (default: 64 KiB)",
    )  # fmt: skip
    add(
        "--max-url", type=number(64), metavar="BYTES",
        help="refuse longer URLs (default: 8 KiB)",
    )  # fmt: skip
    add(
        "--max-clients", type=number(1), metavar="N",
        help="how many connections of clients one worker may have open (default: 2000)",
    )  # fmt: skip
    add(
        "--idle-timeout", type=number(1), metavar="SECONDS",
        help="how long a client's connection stays open after an answer (default: 5)",
    )  # fmt: skip
    add(
        "--head-timeout", type=positive_seconds, metavar="SECONDS",
        help="how long URL and headers may take; a connection without is closed (default: 15)",
    )  # fmt: skip
    add(
        "--send-timeout", type=positive_seconds, metavar="SECONDS",
        help="how long a client may take nothing of what waits for it (default: 60)",
    )  # fmt: skip
    add(
        "--max-connections", type=number(1), metavar="N",
        help="how many calls to the upstream one worker may have open",
    )  # fmt: skip
    add(
        "--connect-timeout",
        type=positive_seconds,
        metavar="SECONDS",
        help="how long to try to connect",
    )
    add(
        "--read-timeout", type=positive_seconds, metavar="SECONDS",
        help="how long the upstream may be silent",
    )  # fmt: skip
    add(
        "--request-timeout", type=positive_seconds, metavar="SECONDS",
        help="how long a request's body may take to come in",
    )  # fmt: skip
    add(
        "--http", choices=["h11", "httptools"], default="h11",
        help="the parser of requests; httptools is faster, and needs the extra fast (default: h11)",
    )  # fmt: skip
    add(
        "--drain", type=number(0), metavar="SECONDS",
        help="how long streams may go on when the gateway is told to stop",
    )  # fmt: skip
    return by


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
