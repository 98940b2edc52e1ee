"""A mock whose image has no ``index`` or no ``type``: LiteLLM refuses it.

``Message(images=[…])`` is validated from 1.77.0 on: an item without ``index`` or ``type`` is a
ValidationError ("images.0.index Field required"), measured up to 1.109.1. Mocks of other kinds take
it, and show the code something that LiteLLM never sends.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from imageshim.codemod.checking.file import File
from imageshim.codemod.checking.uses import called, is_litellms, said
from imageshim.codemod.findings import Finding

from . import rule

CODE = "IMG109"

_TYPES = frozenset({"Message", "Delta"})
_NEEDED = ("image_url", "index", "type")


@rule(
    CODE,
    "mock-item",
    before='message = litellm.Message(images=[{"image_url": {"url": url}}])',
    after='message = litellm.Message(images=[{"image_url": {"url": url, "detail": "auto"}, '
    '"index": 0, "type": "image_url"}])',
)
def mock_item(file: File) -> Iterator[Finding]:
    """Yield the items of LiteLLM messages that lack a key."""
    if b"images" not in file.source.data:
        return
    for node in file.nodes.calls:
        if called(node) not in _TYPES or not is_litellms(file, node.func):
            continue
        for keyword in node.keywords:
            if keyword.arg != "images" or not isinstance(keyword.value, ast.List):
                continue
            for item in keyword.value.elts:
                if isinstance(item, ast.Dict) and None not in item.keys:
                    keys = {said(key) for key in item.keys}
                    absent = [name for name in _NEEDED if name not in keys]
                    if absent:
                        yield file.finding(
                            CODE,
                            item,
                            f"LiteLLM refuses an image without {' and '.join(map(repr, absent))}",
                        )
