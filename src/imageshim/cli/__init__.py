"""The `imageshim` command: one module a subcommand, loaded when it is called.

The subcommands only parse, print and exit; what they do lives in the package. They need no extra
to start. Exit codes: 0 done, 1 a problem in the data, 2 bad usage.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from importlib import import_module
from types import FrameType
from typing import NoReturn

from imageshim.errors import ImageShimError
from imageshim.printing.escapes import shown

__all__ = ["COMMANDS", "main"]

_LINES = "\n"  # a fault may have several

COMMANDS: dict[str, str] = {
    "archive": "Convert stored replies in bulk: folders, tables, several machines.",
    "check": "Report code that reads images of old formats.",
    "convert": "Convert stored replies to another format.",
    "detect": "Name the format in which replies carry their images.",
    "doctor": "Report what is installed, which format it gives, and what to do next.",
    "explain": "Explain a rule of check and fix.",
    "fake-gemini": "Run a local stand-in for Gemini, to test clients without a key.",
    "fix": "Rewrite code that reads images of old formats.",
    "gateway": "Run a proxy that gives each client of a server its image format.",
    "run": "Run a program unchanged, with the image format it was written for.",
    "schema": "Print the JSON Schema of a format.",
    "show": "List the images of replies, and save them.",
    "undo": "Take back the last fix --write.",
    "usage": "List the clients that still get an old format from a server.",
}
"""Each subcommand with its one line of help; its module has its name."""

# Not wrapped: argparse would break the list.
_HELP = """Usage: imageshim COMMAND [OPTION …] [ARGUMENT …]

Chat-completion replies with generated images: read them, convert them, migrate the code
that reads them.

Commands:
{commands}

imageshim COMMAND --help tells more; imageshim --version prints the version.

Exit codes: 0 done, 1 a problem in the data, 2 bad usage, 130 interrupted."""


def _help() -> str:
    lines = "\n".join(f"  {name:<12} {line}" for name, line in sorted(COMMANDS.items()))
    return _HELP.format(commands=lines)


def _usage_error(message: str) -> int:
    print(f"imageshim: {shown(message, keep=_LINES)}", file=sys.stderr)  # noqa: T201
    return 2


_ASKED_FOR = {"-V": "--version", "-v": "--version", "-?": "--help"}


def _unknown(word: str) -> int:
    kind = "option" if word.startswith("-") else "command"
    import difflib

    known = (*COMMANDS, "--help", "--version")
    near = [_ASKED_FOR[word]] if word in _ASKED_FOR else difflib.get_close_matches(word, known, 1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return _usage_error(f"there is no {kind} {word!r}{hint} (imageshim --help lists them)")


def _run(given: list[str]) -> int:
    name = given[0] if given else ""
    if name in COMMANDS:
        module = import_module(f".{name.replace('-', '_')}", __name__)
        code: int = module.main(given[1:])
        return code
    if name in {"-h", "--help"}:
        print(_help())  # noqa: T201
        return 0
    if name == "--version":
        from .arguments import print_version

        print_version()
        return 0
    if not name:
        print(_help(), file=sys.stderr)  # noqa: T201
        return 2
    return _unknown(name)


_WRITING = (["convert"], ["show"])


def _stop(number: int, _frame: FrameType | None) -> None:
    """Let SIGTERM end a command as Ctrl-C does: what is half written is removed."""
    sys.exit(128 + number)


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line, and exit with its exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    # A closed stream is None, https://docs.python.org/3/library/sys.html#sys.__stdout__.
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    if "_ARGCOMPLETE" in os.environ:  # a shell asks what it may offer
        from .completion import complete

        complete(COMMANDS)
    # A program that `run` runs has exceptions and streams of its own, which are not ours.
    if given[:1] == ["run"]:
        sys.exit(_run(given))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # an ASCII terminal shows the rest as escapes
            stream.reconfigure(errors="backslashreplace")
    before = signal.signal(signal.SIGTERM, _stop) if given[:1] in _WRITING else None
    try:
        code = _run(given)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has seen enough, as `head` does. What Python still holds for it must not go
        # into the closed pipe at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except OSError as error:
        from .arguments import says

        code = _usage_error(f"Error: {says(error)}")
    except ImageShimError as error:
        code = _usage_error(f"Error: {error}")
    except KeyboardInterrupt:
        _usage_error("interrupted")
        code = 128 + signal.SIGINT
    finally:
        if before is not None:
            signal.signal(signal.SIGTERM, before)
    sys.exit(code)
