"""README as a package index shows it: links to files of the project lead to the project's address.

``Source`` in ``[project.urls]`` of ``pyproject.toml`` is the one place that knows the address.
Without one, a link to a file becomes its text, so that an index page has no dead link.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_TO_A_FILE = re.compile(r"\[([^\]]+)\]\((?!\w+:|#)([^)\s]+)\)")


def for_an_index(text: str, source: str | None, version: str) -> str:
    """Return a document whose links work on any page."""
    if source is None:
        return _TO_A_FILE.sub(r"\1", text)
    return _TO_A_FILE.sub(rf"[\1]({source.rstrip('/')}/blob/v{version}/\2)", text)


class ReadmeMetadataHook(MetadataHookInterface):
    """Sets the field ``readme``."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Read README.md and make its links work on an index page."""
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        source = metadata.get("urls", {}).get("Source")
        readme = for_an_index(text, source, metadata["version"])
        metadata["readme"] = {"content-type": "text/markdown", "text": readme}
