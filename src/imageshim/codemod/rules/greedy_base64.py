"""A regular expression that takes letters of the text behind an image into it.

LiteLLM up to 1.76.0 joins text and images with nothing between them, and letters are base64 too:
``[A-Za-z0-9+/=]+`` goes on into ``…QmCCHere you go``. What comes out still decodes, and Pillow
opens it. Only the image itself says where it ends: ``imageshim.read(response)`` and
``imageshim.normalize(response)`` find it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from imageshim.codemod.checking.file import File
from imageshim.codemod.checking.uses import is_proven, said
from imageshim.codemod.findings import Finding

from . import rule

CODE = "IMG103"

# A class of base64's letters, or of anything, without an end; a lazy one stops at what follows it.
_GREEDY = re.compile(
    r"base64,\(?(?:\?[:P][^)]*?>)?(?:\[[^\]]*(?:A-Z|\\w|\^)[^\]]*\]|\.|\\S)[+*](?!\?)"
)


@rule(
    CODE,
    "greedy-base64",
    before='found = re.search(r"data:image/\\w+;base64,[A-Za-z0-9+/=]+", message.content)',
    after="image = imageshim.read(response).final_image",
)
def greedy_base64(file: File) -> Iterator[Finding]:
    """Yield the patterns, where they run over the text of a reply."""
    searched = {
        step.line: read
        for read in file.reads_of("content")
        if is_proven(file, read)
        for step in file.signals(read)
    }
    for node in file.nodes.calls if searched else ():
        if node.lineno not in searched:
            continue
        pattern = _pattern(file, node)
        if pattern is not None and _GREEDY.search(pattern):
            read = searched[node.lineno]
            yield file.finding(
                CODE,
                node,
                "the pattern has no end: it takes letters of the text behind an image into it",
                chain=read.chain,
            )


def _pattern(file: File, node: ast.Call) -> str | None:
    """Return the pattern of ``re.search(pattern, …)`` or of ``PATTERN.search(…)``."""
    candidates = [said(one) for one in node.args[:1]]
    names = [one for one in node.args[:1] if isinstance(one, ast.Name)]
    if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
        names.append(node.func.value)
    for name in names:
        for value in file.names.given(None, name.id):
            inner = value.args[0] if isinstance(value, ast.Call) and value.args else value
            candidates.append(said(inner))
    return next((one for one in candidates if isinstance(one, str) and "base64" in one), None)
