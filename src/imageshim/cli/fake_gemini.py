"""`imageshim fake-gemini`: the loopback Gemini as a program."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from imageshim.errors import ImageShimError
from imageshim.printing.escapes import shown
from imageshim.testing.fake_gemini import FORMATS, FakeGemini, Image, Reply, Text
from imageshim.testing.fake_gemini.script_file import Script, read_script
from imageshim.testing.paintings import painting

from .arguments import existing_file, fail, number, parser

if TYPE_CHECKING:
    from imageshim.testing.fake_gemini import Request

__all__ = ["main"]


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201  # who reads a pipe waits for the addresses


def _log(asked: Request) -> None:
    how = f"{asked.chunks_sent} chunks" if asked.stream else "whole"
    end = "" if asked.completed else ", cut off"
    sent = f"{len(asked.texts)} texts, {len(asked.images)} images"
    _say(f"{asked.method} {shown(asked.path)} ({sent}) -> {how}{end}")


_EXAMPLES = """Example:
  imageshim fake-gemini --port 8081 --script answers.json

answers.json:
  [[{"text": "Here: "}, {"image": "png"}],
   {"parts": [{"image": {"file": "cat.png"}}], "cut": "whole", "delay": 1.5},
   {"fault": {"http": 429}}]"""


def _painted() -> Reply:
    """Return the answer without a script: a picture that is worth a look."""
    return Reply((Text("Here is your picture: "), Image(painting())))


def main(arguments: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    by = parser(
        "fake-gemini",
        "Answer as Gemini and as an OpenAI-compatible server, on loopback, without a key. Without "
        "a script every answer is a text and a picture. Ends at Ctrl-C.",
        _EXAMPLES,
    )
    by.add_argument(
        "--port", type=number(0, 65535), default=8081,
        help="the port on 127.0.0.1; 0 takes a free one (default: 8081)",
    )  # fmt: skip
    by.add_argument(
        "--script", type=existing_file, metavar="FILE.json",
        help="what to answer, in order; the last answer is repeated",
    )  # fmt: skip
    by.add_argument(
        "--format", choices=list(FORMATS), metavar="NAME",
        help=f"how OpenAI-compatible answers carry images: {', '.join(FORMATS)}",
    )  # fmt: skip
    by.add_argument("--quiet", action="store_true", help="print no line for each request")
    options = by.parse_args(arguments)
    try:
        read = read_script(options.script) if options.script else Script([_painted()], {}, None)
        server = FakeGemini(
            *read.answers,
            models=read.models,
            format=options.format or read.format or "images",
            port=options.port,
            log=None if options.quiet else _log,
        )
        server.start()
    except ImageShimError as fault:
        return fail(str(fault))
    except OSError as fault:
        return fail(f"port {options.port}: {fault.strerror}")
    _say("Environment for clients (LiteLLM up to 1.77.1 wants api_base in the call):")
    for name, value in sorted(server.environment().items()):
        _say(f"  export {name}={value}")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        _say("stopped")
    finally:
        server.stop()
    return 0
