"""What the arguments of the commands have in common: parsers, types of values, printing."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Iterable
from itertools import takewhile
from pathlib import Path
from typing import Any, NoReturn

from imageshim.errors import UnknownFormatError
from imageshim.messages.options import DRAFTS, PICK
from imageshim.printing.escapes import shown
from imageshim.timeline import Format, source_format

from .completion import ASKED, offer

__all__ = [
    "add_conversion",
    "add_files",
    "add_pick",
    "add_source",
    "conversion_of",
    "data_error",
    "existing_file",
    "fail",
    "file_name",
    "number",
    "parser",
    "positive_seconds",
    "print_version",
    "says",
]


def print_version() -> None:
    """Print the version, as every command does with ``--version``."""
    from imageshim import __version__

    print(f"imageshim, version {__version__}")  # noqa: T201


class _Version(argparse.Action):
    """Print the version and exit, without loading it for any other use."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Print it."""
        print_version()
        parser.exit()


class _Parser(argparse.ArgumentParser):
    """A parser that knows the version, misspelt options, and a shell that asks what it takes."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.add_argument(
            "--version", action=_Version, nargs=0, dest=argparse.SUPPRESS,
            default=argparse.SUPPRESS, help="print the version and exit",
        )  # fmt: skip

    def parse_known_args(self, *args: Any, **options: Any) -> Any:
        """Parse as ever, once every option is known: the value of another is no file."""
        words = args[0] if args else options.get("args")
        if self._subparsers is None:
            for word in takewhile(lambda word: word != "--", words or ()):
                option = word.partition("=")[0]
                if option.startswith("--") and option not in self._option_string_actions:
                    self._refuse(option)
        return super().parse_known_args(*args, **options)

    def _refuse(self, option: str) -> NoReturn:
        self.error(f"there is no option {option}{_meant(option, self._option_string_actions)}")

    def format_help(self) -> str:
        """Wrap the description as argparse wraps the rest, and leave the examples as they are."""
        from shutil import get_terminal_size  # both for help only
        from textwrap import fill

        self.description = fill(self.description or "", get_terminal_size().columns - 2)
        return super().format_help()

    def error(self, message: str) -> NoReturn:
        """Say in one line what is wrong, and exit with 2."""
        if found := _NO_CHOICE.fullmatch(message):
            argument, typed, listed = found.groups("")
            choices = re.findall(r"[\w.-]+", listed)
            message = f"{argument}{typed!r} is none of {', '.join(choices)}{_meant(typed, choices)}"
        self.exit(2, f"{self.prog}: error: {shown(message)} ({self.prog} --help tells more)\n")

    def parse_args(self, *args: Any, **options: Any) -> Any:
        """Parse as ever, unless a shell asks."""
        if ASKED in os.environ:
            offer(self)
        return super().parse_args(*args, **options)

    def parse_intermixed_args(self, *args: Any, **options: Any) -> Any:
        """Parse as ever, unless a shell asks."""
        if ASKED in os.environ:
            offer(self)
        return super().parse_intermixed_args(*args, **options)


def _meant(typed: str, names: Iterable[str]) -> str:
    """Ask for the name that is nearest to what was typed."""
    from difflib import get_close_matches  # slow to import

    near = get_close_matches(typed, names, 1)
    return f"; did you mean {near[0]}?" if near else ""


# How argparse says it, since 3.12 without quotation marks. The commands of a command are in braces.
_NO_CHOICE = re.compile(
    r"(?:argument \{.*\}: |(argument .+?: )?)invalid choice: '(.*)' \(choose from (.*)\)"
)
_LINES = "\n"  # a fault may have several


def parser(
    name: str, description: str, epilog: str, usage: str | None = None
) -> argparse.ArgumentParser:
    """Make the parser of a command; the epilog is printed as it stands."""
    return _Parser(
        usage=usage,
        prog=f"imageshim {name}",
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def add_files(into: argparse.ArgumentParser, *, folders: bool = False) -> None:
    """Add the files that hold replies: ``files``, ``["-"]`` where none is named."""
    also = "; also a folder, glob or URL" if folders else ""
    into.add_argument(
        "files", nargs="*", default=["-"], metavar="FILE",
        type=_file_or_more if folders else _file_or_stdin,
        help=f"JSON, JSON Lines or an event stream{also}; - for standard input (the default)",
    )  # fmt: skip


def add_source(into: argparse.ArgumentParser) -> None:
    """Add where the replies come from: ``source``."""
    into.add_argument(
        "--source", "--from", dest="source", type=_source, metavar="VERSION|FORMAT",
        help="where the replies come from: a LiteLLM version such as 1.75.9, or a format",
    )  # fmt: skip


def add_conversion(into: argparse.ArgumentParser) -> None:
    """Add what a conversion does: ``to``, ``markdown``, ``drafts``, ``pick``."""
    into.add_argument(
        "--to", choices=[member.value for member in Format], default=Format.IMAGES.value,
        help="the format to write (default: images)",
    )  # fmt: skip
    into.add_argument(
        "--markdown", action="store_true",
        help="also convert images in Markdown, ![…](data:…), which clients show as they are",
    )  # fmt: skip
    into.add_argument(
        "--drafts", choices=DRAFTS, default="keep",
        help="leave drafts in the reasoning text, or move them to the images (default: keep; not "
        "in event streams)",
    )  # fmt: skip
    add_pick(into)


def add_pick(into: argparse._ActionsContainer, *, streams: bool = False) -> None:
    """Add ``pick``; where there are ``streams``, what it means for them is said."""
    into.add_argument(
        "--pick", choices=PICK, default="first",
        help="which of several images the format image holds (default: first, as in LiteLLM)"
        + ("; in streams the final one comes when its reply ends" if streams else ""),
    )  # fmt: skip


def conversion_of(options: argparse.Namespace) -> dict[str, Any]:
    """Take what `add_conversion` added."""
    return {
        "to": Format(options.to), "markdown": options.markdown,
        "drafts": options.drafts, "pick": options.pick,
    }  # fmt: skip


def _source(text: str) -> str:
    try:
        source_format(text)
    except UnknownFormatError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return text


def _file_or_stdin(text: str) -> str:
    return text if text == "-" else existing_file(text)


def _file_or_more(text: str) -> str:
    more = "://" in text or Path(text).is_dir() or (set(text) & set("*?["))
    return text if more else _file_or_stdin(text)


def existing_file(text: str) -> str:
    """Check that a file is there, is no folder and can be read."""
    if not Path(text).exists():
        raise argparse.ArgumentTypeError(f"file {file_name(text)!r} does not exist")
    if Path(text).is_dir():
        raise argparse.ArgumentTypeError(f"{file_name(text)!r} is a directory")
    if not os.access(text, os.R_OK):
        raise argparse.ArgumentTypeError(f"file {file_name(text)!r} is not readable")
    return text


def number(least: int, most: int | None = None) -> Callable[[str], int]:
    """Make the type of whole numbers between two bounds."""
    bounds = f"{least} or more" if most is None else f"from {least} to {most}"

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None
        if value < least or (most is not None and value > most):
            raise argparse.ArgumentTypeError(f"{text} is out of range: {bounds}")
        return value

    return parse


def positive_seconds(text: str) -> float:
    """Parse a number of seconds above 0."""
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds") from None
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is out of range: above 0")
    return value


def file_name(path: str | os.PathLike[str]) -> str:
    """Write a file's name for people; bytes that are no UTF-8 become replacement characters.

    What a terminal would obey becomes escapes.
    """
    return shown(os.fsencode(path).decode("utf-8", "replace"))


_CALLED = re.compile(r"\b[a-z_]+\(\) takes ")


def data_error(message: str) -> None:
    """Print a problem in the data, red on a terminal."""
    # Who types a command has called no function.
    message = _CALLED.sub("expected ", message)
    colours = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    line = f"\x1b[31m{shown(message)}\x1b[0m" if colours else shown(message)
    print(line, file=sys.stderr)  # noqa: T201


def says(error: OSError) -> str:
    """Say what the system refused: the file, and why."""
    named = f"{os.fsdecode(error.filename)}: " if error.filename is not None else ""
    return f"{named}{error.strerror or error}"


def fail(message: str) -> int:
    """Print why a command failed; returns its exit code."""
    print(f"Error: {shown(message, keep=_LINES)}", file=sys.stderr)  # noqa: T201
    return 1
