"""`imageshim schema`: the JSON Schema of a format."""

from __future__ import annotations

import json

import click

from imageshim.messages.options import FormatName
from imageshim.timeline import Format

__all__ = ["command"]


@click.command(
    "schema",
    epilog="""\b
Example:
  imageshim schema images > chat-completion.schema.json""",
)
@click.argument("name", metavar="FORMAT", type=click.Choice([member.value for member in Format]))
def command(name: FormatName) -> None:
    """Print the JSON Schema (draft 2020-12) of a reply in FORMAT."""
    from imageshim.schema import json_schema

    click.echo(json.dumps(json_schema(name), indent=2))
