"""``"images" in message``: always False on a message of LiteLLM or of the OpenAI SDK.

Pydantic's models have no ``__contains__``; ``in`` looks through the pairs that iterating one gives
(LiteLLM 1.77.0 to 1.109.1, OpenAI SDK 1 to 3). ``getattr(message, "images", None)`` asks what was
meant: are there images.
"""

from __future__ import annotations

from collections.abc import Iterator

from imageshim.codemod.checking.file import File
from imageshim.codemod.checking.provenance import missing_proof
from imageshim.codemod.checking.rewriting import Rewriter
from imageshim.codemod.findings import Edit, Finding
from imageshim.codemod.knowledge.reads import Read

from . import rule

__all__ = ["CODE", "asked"]

CODE = "IMG005"


@rule(
    CODE,
    "images-membership",
    before='if "images" in response.choices[0].message:\n    save(response)',
    after='if getattr(response.choices[0].message, "images", None):\n    save(response)',
)
def membership(file: File) -> Iterator[Finding]:
    """Yield the tests for ``images`` by ``in``."""
    rewriter = Rewriter(file)
    for read in file.reads_of("images"):
        if read.how != "in" or not read.origins or read.holders != {"message"}:
            continue
        if "dict" in read.carriers:
            continue
        certain = file.is_certain(read)
        yield file.finding(
            CODE,
            read.node,
            '`"images" in` is always False on a message',
            edits=asked(rewriter, read) or (),
            applicability="safe" if certain else "unsafe",
            chain=read.chain,
            missing=None if certain else missing_proof(file, read, some=True),
        )


def asked(rewriter: Rewriter, read: Read) -> tuple[Edit, ...] | None:
    """Turn ``"images" in m`` into ``getattr(m, "images", None)``."""
    quote = rewriter.quote(read.node)
    if quote is None:
        return None
    return rewriter.membership(read.node, "getattr(", f", {quote}images{quote}, None)")
