"""Fixtures with an ``image``: ``Message(image={"url": …})``, and dicts that become messages.

LiteLLM 1.77 and newer take the keyword in silence, as an unknown field (``Message`` allows those),
so such a test goes on passing while the code that it tests has lost its images. ``images`` takes a
list of items with ``index`` and ``type``: without them pydantic refuses it (1.77.0 to 1.109.1).

A fixture and the code that reads it are rewritten together or not at all. Where nothing in the file
reads it, the code under test is elsewhere, and the rewrite is unsafe.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from imageshim.codemod.checking.file import File
from imageshim.codemod.checking.rewriting import Rewriter
from imageshim.codemod.findings import Applicability, Edit, Finding, Step
from imageshim.codemod.flow.values import Origin
from imageshim.timeline import Format, format_of

from . import rule

__all__ = ["CODE"]

CODE = "IMG003"
_OPEN = '[{"image_url": '
_CLOSE = ', "index": 0, "type": "image_url"}]'


@rule(
    CODE,
    "fixture",
    before='message = litellm.Message(role="assistant", image={"url": url, "detail": "auto"})',
    after='message = litellm.Message(role="assistant", images=[{"image_url": {"url": url, '
    '"detail": "auto"}, "index": 0, "type": "image_url"}])',
)
def fixture(file: File) -> Iterator[Finding]:
    """Yield the fixtures that hold an ``image``."""
    if format_of(file.settings.oldest_litellm) is not Format.IMAGES:
        return
    rewriter = Rewriter(file)
    read_groups = {
        file.groups.get(origin) for read in file.reads_of("image") for origin in read.origins
    }
    # Code of this file that calls what is a mock is not rewritten, so its fixtures are not either.
    is_mocked = any(one.doubt for read in file.reads_of("image") for one in read.origins)
    for node, origin in file.flow.fixtures.items():
        if not isinstance(node, (ast.Call, ast.Dict)) or file.is_handled_origin(origin, node):
            continue
        edits = _edits(rewriter, node)
        if edits is None:
            continue
        group = file.groups[origin]
        is_read = (group in read_groups or (origin.handed and not is_mocked)) and file.flow.stable
        applicability: Applicability = "safe" if is_read else "unsafe"
        yield file.finding(
            CODE,
            node,
            "LiteLLM 1.77 and newer ignore `image`: a message's images are in `images`",
            edits=edits,
            applicability=applicability,
            group=group,
            chain=_chain(origin, node),
            missing=None if is_read else "nothing in this file reads it: the code under test may",
        )


def _chain(origin: Origin, node: ast.expr) -> tuple[Step, ...]:
    return (Step(node.lineno, origin.what),)


def _edits(rewriter: Rewriter, node: ast.Call | ast.Dict) -> tuple[Edit, ...] | None:
    if isinstance(node, ast.Dict):
        return _entry(rewriter, node)
    for keyword in node.keywords:
        if keyword.arg == "image":
            start = rewriter.source.offset(keyword.lineno, keyword.col_offset)
            end = start + len("image")
            wrapped = _wrapped(rewriter, keyword.value)
            return None if wrapped is None else (Edit(end, end, "s"), *wrapped)
    return None


def _entry(rewriter: Rewriter, node: ast.Dict) -> tuple[Edit, ...] | None:
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(key, ast.Constant) and key.value == "image":
            end = rewriter.end(key)
            if rewriter.between(rewriter.start(key) + 1, end - 1) != b"image":
                return None
            wrapped = _wrapped(rewriter, value)
            return None if wrapped is None else (Edit(end - 1, end - 1, "s"), *wrapped)
    return None


def _wrapped(rewriter: Rewriter, value: ast.expr) -> tuple[Edit, ...] | None:
    """Put the dict of one image into an item of a list."""
    if isinstance(value, ast.Constant) and value.value is None:
        return ()
    if not isinstance(value, (ast.Dict, ast.Name, ast.Attribute, ast.Subscript, ast.Call)):
        return None
    start, end = rewriter.start(value), rewriter.end(value)
    detail: tuple[Edit, ...] = ()
    if isinstance(value, ast.Dict) and value.keys:
        names = [one.value for one in value.keys if isinstance(one, ast.Constant)]
        if len(names) == len(value.keys) and "detail" not in names:
            last = rewriter.end(value.values[-1])
            detail = (Edit(last, last, ', "detail": "auto"'),)
    return (Edit(start, start, _OPEN), *detail, Edit(end, end, _CLOSE))
