"""`imageshim schema`: the JSON Schema of a format."""

from __future__ import annotations

import json
from collections.abc import Sequence

from imageshim.timeline import Format

from .arguments import parser

__all__ = ["main"]


def main(arguments: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    by = parser(
        "schema",
        "Print the JSON Schema (draft 2020-12) of a reply in FORMAT.",
        "Example:\n  imageshim schema images > chat-completion.schema.json",
    )
    formats = [member.value for member in Format]
    by.add_argument("format", metavar="FORMAT", choices=formats, help=", ".join(formats))
    options = by.parse_args(arguments)
    from imageshim.schema import json_schema

    print(json.dumps(json_schema(options.format), indent=2))  # noqa: T201
    return 0
