"""Images are told apart by the beginning of their URL.

The first hundred characters or more of two pictures are the same where both have the same size,
type and metadata: PNG, JPEG and WebP begin with headers. Distinct images are taken for one and
dropped. Compare whole URLs; Python compares equal lengths at memory speed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from imageshim.codemod.checking.file import File
from imageshim.codemod.checking.uses import called, is_proven, said, uses
from imageshim.codemod.findings import Finding

from . import rule

CODE = "IMG106"


@rule(
    CODE,
    "prefix-identity",
    before='for item in message.images:\n    url = item["image_url"]["url"]\n'
    "    if url[:200] not in seen:\n        seen.add(url[:200])",
    after='for item in message.images:\n    url = item["image_url"]["url"]\n'
    "    if url not in seen:\n        seen.add(url)",
)
def prefix_identity(file: File) -> Iterator[Finding]:
    """Yield the beginnings of URLs that serve as identities."""
    for read in file.reads_of("url"):
        if not is_proven(file, read):
            continue
        for use in uses(file, read):
            cut = file.nodes.parents[use]
            if not (isinstance(cut, ast.Subscript) and cut.value is use and _is_head(cut.slice)):
                continue
            outer = file.nodes.parents[cut]
            if _identifies(outer, cut):
                yield file.finding(
                    CODE,
                    cut,
                    "different images begin with the same characters: they would be taken for one",
                    chain=read.chain,
                )


def _is_head(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Slice)
        and node.lower is None
        and isinstance(said(node.upper), int)
        and int(str(said(node.upper))) > len("data:image/svg+xml;base64,")
    )


def _identifies(outer: ast.AST, cut: ast.expr) -> bool:
    if isinstance(outer, ast.Compare):
        return any(isinstance(one, (ast.In, ast.NotIn, ast.Eq, ast.NotEq)) for one in outer.ops)
    if isinstance(outer, ast.Subscript):
        return outer.slice is cut
    return called(outer) in {"add", "hash", "setdefault", "md5", "sha1", "sha256"}
