"""The `imageshim` command: one module a subcommand, loaded when it is called.

The subcommands only parse, print and exit; what they do lives in the package. Exit codes: 0 done,
1 a problem in the data, 2 bad usage.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    import click

__all__ = ["COMMANDS", "main"]

COMMANDS: dict[str, str] = {
    "convert": "Convert stored replies to another format.",
    "detect": "Tell in which format replies carry their images.",
    "fake-gemini": "Serve a Gemini on loopback, to test clients without a key.",
    "run": "Run a program that gets the format that it knows.",
    "schema": "Print the JSON Schema of a format.",
    "show": "List the images of replies, and save them.",
}
"""Each subcommand with its one line of help; its module has its name."""

_EXTRA = "cli"


def _load(name: str) -> Any:
    return import_module(f".{name.replace('-', '_')}", __name__).command


def _group() -> click.Group:
    import click

    from imageshim import __version__

    class Lazy(click.Group):
        def list_commands(self, ctx: click.Context) -> list[str]:
            del ctx
            return sorted(COMMANDS)

        def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
            del ctx
            return _load(cmd_name) if cmd_name in COMMANDS else None

        def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
            del ctx
            with formatter.section("Commands"):
                formatter.write_dl(sorted(COMMANDS.items()))

    return click.version_option(__version__, prog_name="imageshim")(
        Lazy(
            "imageshim",
            help=_HELP,
            context_settings={"help_option_names": ["-h", "--help"]},
        )
    )


_HELP = """Chat-completion replies with generated images: read them, convert them, migrate the code
that reads them.

Exit codes: 0 done, 1 a problem in the data, 2 bad usage."""


def _without_click(arguments: list[str]) -> int:
    """Help without the extra; everything else says which extra is missing."""
    lines = "\n".join(f"  {name:<12} {line}" for name, line in sorted(COMMANDS.items()))
    hint = f"The commands need the extra {_EXTRA!r}: pip install 'imageshim[{_EXTRA}]'"
    if not arguments or set(arguments) & {"-h", "--help"}:
        print(f"Usage: imageshim COMMAND …\n\n{_HELP}\n\nCommands:\n{lines}\n\n{hint}")  # noqa: T201
        return 0
    print(hint, file=sys.stderr)  # noqa: T201  # there is no click to print with
    return 2


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line, and exit with its exit code."""
    try:
        import click  # noqa: F401  # is the extra there?
    except ImportError:
        sys.exit(_without_click(sys.argv[1:] if arguments is None else arguments))
    _group().main(arguments, prog_name="imageshim")
