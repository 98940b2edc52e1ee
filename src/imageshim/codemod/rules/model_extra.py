"""``message.model_extra["images"]``: right on objects of the OpenAI SDK, empty on LiteLLM's.

``images`` is a field that LiteLLM's message declares (1.77.0 to 1.109.1), so it is never among the
extras. ``getattr(message, "images", None)`` reads it on both.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from imageshim.codemod.checking.file import File
from imageshim.codemod.checking.provenance import missing_proof
from imageshim.codemod.checking.rewriting import Rewriter
from imageshim.codemod.findings import Edit, Finding
from imageshim.codemod.flow.values import Origin
from imageshim.codemod.knowledge.reads import Read

from . import rule

__all__ = ["CODE"]

CODE = "IMG007"


@rule(
    CODE,
    "images-model-extra",
    before='images = (message.model_extra or {}).get("images")',
    after='images = getattr(message, "images", None)',
)
def model_extra(file: File) -> Iterator[Finding]:
    """Yield the reads of ``images`` from ``model_extra``."""
    rewriter = Rewriter(file)
    messages = {
        read.origins for read in file.reads_of("images") if read.holders & {"message", "delta"}
    }
    known = frozenset[Origin]().union(*messages)
    for read in file.reads_of("images"):
        if read.holders != {"extra"} or not read.origins or read.carriers != {"litellm"}:
            continue
        if read.origins & known:
            continue  # one of several ways that the code tries
        certain = file.is_certain(read)
        edits = _edits(rewriter, read)
        missing = None if certain else missing_proof(file, read, some=True)
        if edits is None:
            missing = "the message and its `model_extra` are read in different places"
        yield file.finding(
            CODE,
            read.node,
            "`model_extra` of a LiteLLM message never has `images`",
            edits=edits or (),
            applicability="safe" if certain else "unsafe",
            chain=read.chain,
            missing=missing,
            proven=certain,
        )


def _edits(  # noqa: PLR0911
    rewriter: Rewriter, read: Read
) -> tuple[Edit, ...] | None:
    node, base = read.node, read.base
    if isinstance(base, ast.BoolOp):
        base = base.values[0]
    quote = rewriter.quote(node)
    if not isinstance(base, ast.Attribute) or base.attr != "model_extra" or quote is None:
        return None
    start, end = rewriter.start(node), rewriter.end(node)
    first, last = rewriter.start(base.value), rewriter.end(base.value)
    if b"#" in rewriter.between(start, first) + rewriter.between(last, end):
        return None
    if read.how == "item":
        return Edit(start, first, ""), Edit(last, end, ".images")
    name = f", {quote}images{quote}, "
    if read.how == "get":
        if read.default is None:
            return Edit(start, first, "getattr("), Edit(last, end, f"{name}None)")
        return (
            Edit(start, first, "getattr("),
            Edit(last, rewriter.start(read.default), name),
            Edit(rewriter.end(read.default), end, ")"),
        )
    if read.how == "in" and isinstance(node, ast.Compare):
        head, tail = "getattr(", f"{name}None)"
        if isinstance(node.ops[0], ast.NotIn):
            head = f"not {head}"
        elif not rewriter.is_test(node):
            head, tail = f"bool({head}", f"{tail})"
        return Edit(start, first, head), Edit(last, end, tail)
    return None
