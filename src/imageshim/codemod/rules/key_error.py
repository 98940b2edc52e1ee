"""``message["images"]`` under ``except KeyError``: LiteLLM raises AttributeError.

A LiteLLM message takes keys, but looks them up as attributes: without images ``message["images"]``
raises AttributeError (1.77.0 to 1.109.1), so a reply without an image gets past the handler. The
handler is made to catch both.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from imageshim.codemod.checking.file import File
from imageshim.codemod.checking.rewriting import Rewriter
from imageshim.codemod.findings import Finding

from . import rule

__all__ = ["CODE"]

CODE = "IMG006"


@rule(
    CODE,
    "images-key-error",
    before='try:\n    images = message["images"]\nexcept KeyError:\n    images = []',
    after='try:\n    images = message["images"]\n'
    "except (KeyError, AttributeError):\n    images = []",
)
def key_error(file: File) -> Iterator[Finding]:
    """Yield the handlers of KeyError that were meant for a message without images."""
    rewriter = Rewriter(file)
    seen: set[ast.Try] = set()
    for read in file.reads_of("images"):
        if read.how != "item" or not read.origins or read.carriers != {"litellm"}:
            continue
        if not read.holders <= {"message", "delta"}:
            continue
        around = next(rewriter.tries(read.node), None)
        if around is None or around in seen:
            continue
        edits = rewriter.widened(around, "KeyError", "AttributeError")
        if edits is None:
            continue
        seen.add(around)
        alone = len(around.body) == 1 and sum(
            isinstance(one, (ast.Attribute, ast.Call)) for one in ast.walk(around.body[0])
        ) == sum(isinstance(one, (ast.Attribute, ast.Call)) for one in ast.walk(read.node))
        certain = file.is_certain(read) and alone
        yield file.finding(
            CODE,
            read.node,
            "a LiteLLM message without images raises AttributeError, not KeyError",
            edits=edits,
            applicability="safe" if certain else "unsafe",
            chain=read.chain,
            missing=None if certain else "other errors of the same block would be caught as well",
        )
