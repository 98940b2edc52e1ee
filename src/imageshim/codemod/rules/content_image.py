"""Images in ``message.content``, where LiteLLM had them up to 1.76.0.

From 1.77.0 on ``content`` is the text alone (None for an image without text) and the images are in
``message.images`` (BerriAI/litellm PR #9646, #13983, #14160).

Where the text is decoded, or the image as a whole, the image stands in its place:
``message.images[0]["image_url"]["url"]``. Where a test for a data URI parts the image from the
text, the test asks for ``images``, and text stays ``content``. Where the old code gave a picture
the new gives the same; where it raised or gave rubbish (a text in front of the image), it may raise
or give the picture; a reply of text alone gives what it gave.

Anything else, all of it below LiteLLM 1.77, and all with ``--style helpers``, becomes
``legacy_content(message)``, which gives what ``content`` was, text and data URIs, from a message of
any format: whatever the code does with it, a regular expression included, goes on working.

Nearly all code reads ``content`` for its text, so this needs more than LiteLLM: that the call asks
for images (``modalities``, a model that draws) or that the text is taken for one (decoded, compared
with ``data:image``). Without either, or where the code reads ``image`` of the same reply, nothing
is reported. Where the text of a model that only writes is decoded, the rewrite is unsafe. Markdown
images (``![…](data:…)``) are other gateways' and are never touched.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from imageshim.codemod.checking.file import File
from imageshim.codemod.checking.naming import named_once
from imageshim.codemod.checking.pictures import plain_pictures
from imageshim.codemod.checking.provenance import missing_proof
from imageshim.codemod.checking.rewriting import Rewriter
from imageshim.codemod.checking.uses import uses
from imageshim.codemod.findings import Applicability, Edit, Finding, Step
from imageshim.codemod.knowledge.reads import Read

from . import rule

__all__ = ["CODE"]

CODE = "IMG002"
_MESSAGE = "`content` is the text alone since LiteLLM 1.76.1: images are elsewhere"


@rule(
    CODE,
    "content-image",
    before="data = base64.b64decode(response.choices[0].message.content.split(',')[1])",
    after="data = base64.b64decode(legacy_content(response.choices[0].message).split(',')[1])",
)
def content_image(file: File) -> Iterator[Finding]:  # noqa: C901, PLR0912
    """Yield the reads of ``content`` that are after an image."""
    rewriter = Rewriter(file)
    # Code that reads `image` as well was written for a LiteLLM whose `content` is text.
    known = file.origins_of("image")
    plain: dict[ast.expr, tuple[Edit, ...]] = {}
    refused: set[object] = set()
    for read in file.reads_of("content"):
        if read.origins & known:
            continue
        if read.how in ("in", "hasattr", "match") or not read.holders & {"message", "delta"}:
            continue
        if read.node in file.seen.markdown or file.is_handled(read):
            continue
        signals = file.signals(read)
        if _is_left(file, read):
            continue
        asked = _is_treated(file, read) or any(origin.image for origin in read.origins)
        text_only = bool(read.origins) and all(origin.image is False for origin in read.origins)
        if not read.origins:
            if signals:
                missing = missing_proof(file, read)
                yield file.finding(CODE, read.node, _MESSAGE, chain=signals, missing=missing)
            continue
        if text_only and not signals:
            continue
        if not signals and not asked:  # text, as far as anybody can see
            continue
        if read.node not in plain and _written_in(file, read) is None:
            alike = (
                file.nodes.function_of(read.node),
                ast.dump(read.base),
                frozenset(read.origins),
                asked,
            )
            if alike not in refused:
                made = (
                    plain_pictures(file, rewriter, read, asked=asked) if file.writes_plain else None
                )
                plain |= made or {}
                if read.node not in plain:
                    plain |= named_once(file, rewriter, read, "legacy_content")
                refused |= {alike} if made is None else set()
        if plain.get(read.node) != ():  # else it is text, and stays
            yield _finding(file, rewriter, read, signals, plain.get(read.node), asked=asked)


def _is_treated(file: File, read: Read) -> bool:
    """Whether the text of a read was treated as an image at run time."""
    return read.node in file.traced and read.node not in file.untreated


def _is_left(file: File, read: Read) -> bool:
    """Whether a text was seen at run time, and neither it nor the code takes it for an image.

    Where a test parts images from texts, the reads of the test and behind it go together: what the
    text is asked for first (``if delta.content:``), and what is then done with it.
    """
    if read.node not in file.untreated or file.seen.signals.get(read.node):
        return False
    images = [
        one
        for one in file.beside(read)
        if _is_treated(file, one) or file.seen.signals.get(one.node)
    ]
    if images and _is_asked(file, read.node):
        return False
    tests = (use for one in images for use in uses(file, one) if _is_asked(file, use))
    return not any(use.lineno <= read.node.lineno for use in tests)


def _is_asked(file: File, node: ast.expr) -> bool:
    """Whether a test looks at an expression: of a branch, a loop, or what goes before ``and``."""
    inner: ast.AST = node
    for outer in file.nodes.enclosing(node):
        if isinstance(outer, (ast.If, ast.IfExp, ast.While, ast.Assert)) and outer.test is inner:
            return True
        if isinstance(outer, ast.comprehension) and inner in outer.ifs:
            return True
        if isinstance(outer, ast.BoolOp) and isinstance(outer.op, ast.And):
            if outer.values[-1] is not inner:
                return True
        elif isinstance(outer, (ast.stmt, ast.Lambda)):
            return False
        inner = outer
    return False


def _written_in(file: File, read: Read) -> int | None:
    return file.groups.facts(read.origins).written.get("content")


def _finding(  # noqa: PLR0913
    file: File,
    rewriter: Rewriter,
    read: Read,
    signals: tuple[Step, ...],
    plain: tuple[Edit, ...] | None,
    *,
    asked: bool,
) -> Finding:
    chain = (*read.chain, *signals)
    line = _written_in(file, read)
    made = None if line is not None else _rewritten(rewriter, read)
    if plain is not None:
        made = plain, True
    if made is None:
        why = "this spelling cannot be rewritten without losing a comment"
        if line is not None:
            why = f"the code sets `content` itself in line {line}"
        proven = line is None
        return file.finding(CODE, read.node, _MESSAGE, chain=chain, missing=why, proven=proven)
    edits, keeps = made
    missing: str | None = None
    looked_for = any("data:" in step.text or "data URI" in step.text for step in signals)
    if not file.is_certain(read):
        missing = file.doubt_of(read) or missing_proof(file, read, some=True)
    elif not (asked or looked_for or (signals and not _is_text_model(read))):
        missing = "the call names a model that only writes"
    elif not keeps:
        missing = "the default may matter"
    applicability: Applicability = "safe" if missing is None else "unsafe"
    return file.finding(
        CODE,
        read.node,
        _MESSAGE,
        edits=edits,
        applicability=applicability,
        group=file.group_of(read),
        chain=chain,
        missing=missing,
    )


def _is_text_model(read: Read) -> bool:
    return all(origin.text_model for origin in read.origins)


def _rewritten(rewriter: Rewriter, read: Read) -> tuple[tuple[Edit, ...], bool] | None:
    node, default = read.node, read.default
    if isinstance(node, ast.Call) and default is not None:
        # LiteLLM's messages always have the field, None or not; a chunk as a dict may lack it.
        if "dict" not in read.carriers or read.holders == {"message"}:
            edits = rewriter.helper_call("legacy_content", read)
            return None if edits is None else (edits, True)
        edits = rewriter.with_default("legacy_content", read)
        falsy = isinstance(default, ast.Constant) and not default.value
        return None if edits is None else (edits, falsy)
    if isinstance(node, ast.Call) and read.how == "getattr" and len(node.args) > 2:
        return None
    edits = rewriter.helper_call("legacy_content", read)
    return None if edits is None else (edits, True)
