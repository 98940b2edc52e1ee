"""`imageshim fake-gemini`: the loopback Gemini as a program."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import click

from imageshim.errors import ImageShimError
from imageshim.testing.fake_gemini import FORMATS, FakeGemini
from imageshim.testing.fake_gemini.script_file import Script, read_script

if TYPE_CHECKING:
    from imageshim.testing.fake_gemini import Request

__all__ = ["command"]


def _log(asked: Request) -> None:
    how = f"{asked.chunks_sent} chunks" if asked.stream else "whole"
    end = "" if asked.completed else ", cut off"
    sent = f"{len(asked.texts)} texts, {len(asked.images)} images"
    click.echo(f"{asked.method} {asked.path} ({sent}) -> {how}{end}")


@click.command(
    "fake-gemini",
    epilog="""\b
Example:
  imageshim fake-gemini --port 8080 --script answers.json

\b
answers.json:
  [[{"text": "Here: "}, {"image": "png"}],
   {"parts": [{"image": {"file": "cat.png"}}], "cut": "whole", "delay": 1.5},
   {"fault": {"http": 429}}]""",
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8080, show_default=True,
    help="The port on 127.0.0.1; 0 takes a free one.",
)  # fmt: skip
@click.option(
    "--script", type=click.Path(exists=True, dir_okay=False), metavar="FILE.json",
    help="What to answer, in order; the last answer is repeated.",
)  # fmt: skip
@click.option(
    "--format", "image_format", type=click.Choice(list(FORMATS)), metavar="NAME",
    help=f"How OpenAI-compatible answers carry images: {', '.join(FORMATS)}.",
)  # fmt: skip
@click.option("--quiet", is_flag=True, help="Print no line for each request.")
def command(port: int, script: str | None, image_format: str | None, *, quiet: bool) -> None:
    """Answer as Gemini and as an OpenAI-compatible server, on loopback, without a key.

    Without a script every answer is a text and a picture. Ends at Ctrl-C.
    """
    try:
        read = read_script(script) if script else Script([], {}, None)
        server = FakeGemini(
            *read.answers,
            models=read.models,
            format=image_format or read.format or "images",
            port=port,
            log=None if quiet else _log,
        )
        server.start()
    except ImageShimError as fault:
        raise click.ClickException(str(fault)) from None
    except OSError as fault:
        raise click.ClickException(f"port {port}: {fault.strerror}") from None
    click.echo("Environment for clients (LiteLLM up to 1.77.1 wants api_base in the call):")
    for name, value in sorted(server.environment().items()):
        click.echo(f"  export {name}={value}")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        click.echo("stopped")
    finally:
        server.stop()
