"""``item.image_url.url``: the items of ``images`` are plain dicts, which have no attributes.

In LiteLLM (1.77.0 to 1.109.1) and in the OpenAI SDK alike this raises AttributeError on every
image; ``item["image_url"]["url"]`` is right on both. Code that asks first what it has
(``isinstance(…, dict)``, ``hasattr``, ``except AttributeError``) is left alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from imageshim.codemod.checking.file import File
from imageshim.codemod.checking.provenance import missing_proof
from imageshim.codemod.checking.rewriting import Rewriter
from imageshim.codemod.findings import Edit, Finding
from imageshim.codemod.knowledge.reads import Read

from . import rule

__all__ = ["CODE"]

CODE = "IMG004"


@rule(
    CODE,
    "item-attribute",
    before="url = response.choices[0].message.images[0].image_url.url",
    after='url = response.choices[0].message.images[0]["image_url"]["url"]',
)
def item_attribute(file: File) -> Iterator[Finding]:
    """Yield the attributes that are read from items of ``images``."""
    rewriter = Rewriter(file)
    asking = _Asking(file)
    # Of `item.image_url.url` the outer one speaks for both.
    inner: dict[ast.expr, tuple[Edit, ...]] = {}
    outer = {read.node for read in file.reads_of("url") if isinstance(read.node, ast.Attribute)}
    for read in sorted(file.reads_of("image_url", "url"), key=lambda one: one.field):
        node = read.node
        openai = not read.origins and file.is_openai(read)
        if not isinstance(node, ast.Attribute) or not (read.origins or openai):
            continue
        if not read.holders <= {"item", "image_url"} or _asks(asking, rewriter, read):
            continue
        certain = openai or file.is_certain(read)
        dot, quote = rewriter.dot(node), rewriter.quote(node)
        edits: tuple[Edit, ...] = ()
        if dot is not None and quote is not None:
            edits = (Edit(dot, rewriter.end(node), f"[{quote}{node.attr}{quote}]"),)
        if read.field == "image_url" and file.parents[node] in outer:
            inner[node] = edits
            continue
        before = inner.get(node.value)
        edits = (*(before or ()), *edits)
        what = node.attr if before is None else f"image_url.{node.attr}"
        yield file.finding(
            CODE,
            node,
            f"the items of `images` are dicts: `.{what}` raises AttributeError",
            edits=edits,
            applicability="safe" if certain else "unsafe",
            chain=read.chain,
            missing=None if certain else missing_proof(file, read, some=True),
        )


class _Asking(dict[ast.AST | None, bool]):
    """Whether a function looks at what it has in its hands, found once."""

    def __init__(self, file: File) -> None:
        self.file = file

    def __missing__(self, function: ast.AST | None) -> bool:
        found = self[function] = any(map(_looks, ast.walk(function or self.file.tree)))
        return found


def _asks(asking: _Asking, rewriter: Rewriter, read: Read) -> bool:
    """Whether the code distinguishes objects from dicts itself."""
    if rewriter.distinguished(read, "AttributeError", "") and any(
        rewriter.names_attribute_error(one) for one in rewriter.tries(read.node)
    ):
        return True
    return asking[asking.file.function_of(read.node)]


def _looks(node: ast.AST) -> bool:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) > 1):
        return False
    second = node.args[1]
    if node.func.id == "isinstance" and "dict" in ast.unparse(second).lower():
        return True
    asked = second.value if isinstance(second, ast.Constant) else None
    return node.func.id in ("hasattr", "getattr") and asked in ("image_url", "url")
