"""`imageshim gateway`: the reverse proxy that converts replies, as a program."""

from __future__ import annotations

from typing import Any

import click

from imageshim.errors import ImageShimError
from imageshim.timeline import Format

__all__ = ["command"]

_FORMATS = [*(member.value for member in Format), "as-is"]
_SECONDS = click.FloatRange(0, min_open=True)
_BYTES = click.IntRange(1)


@click.command(
    "gateway",
    epilog="""\b
Examples:
  imageshim gateway --upstream https://openrouter.ai/api
  imageshim gateway --upstream http://litellm:4000 --default content --rules rules.toml
\b
Clients ask for a format with the header X-Image-Format, or with metadata.image_format in the
request's body. /healthz, /readyz and /metrics are the gateway's own.""",
)
@click.option("--upstream", required=True, metavar="URL", help="What stands before each path.")
@click.option(
    "--host", default="127.0.0.1", show_default=True,
    help="The address to listen on; 0.0.0.0 for all.",
)  # fmt: skip
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8080, show_default=True,
    help="The port; 0 takes a free one.",
)  # fmt: skip
@click.option(
    "--rules", type=click.Path(exists=True, dir_okay=False), metavar="FILE",
    help="Rules, in TOML or YAML: which clients get which format.",
)  # fmt: skip
@click.option(
    "--default", type=click.Choice(_FORMATS), metavar="FORMAT",
    help=f"What who asks for nothing gets: {', '.join(_FORMATS)}.  [default: images]",
)  # fmt: skip
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Processes.")
@click.option(
    "--dialects", type=click.Choice(["litellm", "any"]), default="litellm", show_default=True,
    help="Which spellings of the upstream are read.",
)  # fmt: skip
@click.option("--strict", is_flag=True, help="Answer 502 to what cannot be converted.")
@click.option("--max-request", type=_BYTES, metavar="BYTES", help="Refuse larger requests.")
@click.option("--max-reply", type=_BYTES, metavar="BYTES", help="Pass larger replies unconverted.")
@click.option(
    "--max-connections", type=click.IntRange(1), metavar="N",
    help="Calls that one worker may have open to the upstream.",
)  # fmt: skip
@click.option("--connect-timeout", type=_SECONDS, metavar="SECONDS", help="To reach the upstream.")
@click.option(
    "--read-timeout", type=_SECONDS, metavar="SECONDS", help="How long the upstream may be silent."
)
@click.option(
    "--request-timeout", type=_SECONDS, metavar="SECONDS", help="For a request's body to come in."
)
@click.option(
    "--drain", type=click.IntRange(0), metavar="SECONDS",
    help="How long streams may go on when the gateway is told to stop.",
)  # fmt: skip
def command(**options: Any) -> None:
    """Stand before an OpenAI-compatible server, and give each client its image format.

    Only the upstream is ever contacted. Ends at Ctrl-C or SIGTERM, once open streams have ended.
    """
    try:
        from imageshim.server.gateway import Settings, serve

        serve(Settings(**{name: value for name, value in options.items() if value is not None}))
    except ImageShimError as fault:
        raise click.ClickException(str(fault)) from None
