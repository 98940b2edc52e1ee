"""The `imageshim` command: one module a subcommand, loaded when it is called.

The subcommands only parse, print and exit; what they do lives in the package. Exit codes: 0 done,
1 a problem in the data, 2 bad usage.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    import click

__all__ = ["COMMANDS", "main"]

COMMANDS: dict[str, str] = {
    "check": "Report code that reads images of old formats.",
    "convert": "Convert stored replies to another format.",
    "detect": "Tell in which format replies carry their images.",
    "explain": "Tell what a rule of check and fix is about.",
    "fake-gemini": "Serve a Gemini on loopback, to test clients without a key.",
    "fix": "Rewrite code that reads images of old formats.",
    "gateway": "Stand before a server, and give each client its image format.",
    "run": "Run a program that gets the format that it knows.",
    "schema": "Print the JSON Schema of a format.",
    "show": "List the images of replies, and save them.",
    "undo": "Take back the last fix --write.",
    "usage": "Tell which clients still get an old format from a server.",
}
"""Each subcommand with its one line of help; its module has its name."""

_EXTRA = "cli"
# These start on every commit, or where a program is deployed: they need no click, which alone
# would double their start.
_LIGHT = frozenset({"check", "explain", "fix", "run", "undo"})


def _module(name: str) -> Any:
    return import_module(f".{name.replace('-', '_')}", __name__)


def _load(name: str) -> Any:
    return _delegate(name) if name in _LIGHT else _module(name).command


def _delegate(name: str) -> click.Command:
    """Make a command of the group from one that parses its arguments itself."""
    import click

    @click.command(
        name,
        add_help_option=False,
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    )
    @click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
    def run(arguments: tuple[str, ...]) -> None:
        sys.exit(_module(name).main(arguments))

    return run


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

        def invoke(self, ctx: click.Context) -> Any:
            try:
                result = super().invoke(ctx)
                sys.stdout.flush()
            except BrokenPipeError:
                # The reader has seen enough, as `head` does. What Python still holds for it must
                # not go into the closed pipe at exit.
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                ctx.exit(0)
            except OSError as error:
                raise click.UsageError(_says(error), ctx) from error
            return result

    return click.version_option(__version__, prog_name="imageshim")(
        Lazy(
            "imageshim",
            help=_HELP,
            context_settings={"help_option_names": ["-h", "--help"]},
        )
    )


def _says(error: OSError) -> str:
    named = f"{os.fsdecode(error.filename)}: " if error.filename is not None else ""
    return f"{named}{error.strerror or error}"


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
    given = sys.argv[1:] if arguments is None else arguments
    if given and given[0] in _LIGHT:
        sys.exit(_module(given[0]).main(given[1:]))
    try:
        import click  # noqa: F401  # is the extra there?
        import rich  # noqa: F401
    except ImportError:
        sys.exit(_without_click(given))
    _group().main(arguments, prog_name="imageshim")
