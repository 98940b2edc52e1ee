"""Fixtures with an ``image``: ``Message(image={"url": …})``, and dicts that become messages.

LiteLLM 1.77 and newer take the keyword in silence, as an unknown field (``Message`` allows those),
so such a test goes on passing while the code that it tests has lost its images. ``images`` takes a
list of items with ``index`` and ``type``: without them pydantic refuses it (1.77.0 to 1.109.1).

A fixture and the code that reads it are rewritten together or not at all. Where nothing in the file
reads it, the code under test is elsewhere, and the rewrite is unsafe, unless the file puts it in
the place of LiteLLM's replies (``patch("litellm.completion", …)``, ``monkeypatch.setattr``,
``respx``, …) and another file of the project, which it names, reads them. Then mocks of other types
go as well: namespaces, ``Mock`` objects, dicts and small classes, also those whose ``content`` is a
data URI. A mock that is not understood keeps what reads it as it is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from imageshim.codemod.checking.file import File
from imageshim.codemod.checking.groups import MOCKED
from imageshim.codemod.checking.mocks import Spot, is_url_dict
from imageshim.codemod.checking.rewriting import Rewriter
from imageshim.codemod.findings import Applicability, Edit, Finding, Step
from imageshim.codemod.flow.values import Origin
from imageshim.timeline import Format, format_of

from . import rule

__all__ = ["CODE"]

CODE = "IMG003"
_OPEN = '[{"image_url": '
_WRAPPED = (ast.Dict, ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.BoolOp)
_CLOSE = ', "index": 0, "type": "image_url"}]'
_MESSAGE = "LiteLLM 1.77 and newer ignore `image`: a message's images are in `images`"


def _close(quote: str) -> str:
    return _CLOSE.replace('"', quote)


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
    yield from _fixtures(file, rewriter)
    yield from _mocks(file, rewriter)


def _fixtures(file: File, rewriter: Rewriter) -> Iterator[Finding]:
    """Yield the messages of LiteLLM's own types."""
    read = file.origins_of("image")
    read_groups = {file.groups.get(origin) for origin in read}
    # Code of this file that calls what is a mock is not rewritten, so its fixtures are not either.
    is_mocked = any(one.doubt for one in read)
    for node, origin in file.flow.fixtures.items():
        if not isinstance(node, (ast.Call, ast.Dict)) or file.is_handled_origin(origin, node):
            continue
        spot = _spot_of(node)
        edits = None if spot is None else _spot_edits(rewriter, spot)
        if edits is None:
            continue
        group = file.groups[origin]
        is_read = (group in read_groups or (origin.handed and not is_mocked)) and file.flow.stable
        if not is_read and "image" in file.mocked:
            is_read, group = True, MOCKED
        applicability: Applicability = "safe" if is_read else "unsafe"
        yield file.finding(
            CODE,
            node,
            _MESSAGE,
            edits=edits,
            applicability=applicability,
            group=group,
            chain=_chain(origin, node),
            missing=None if is_read else "nothing in this file reads it: the code under test may",
        )


def _mocks(file: File, rewriter: Rewriter) -> Iterator[Finding]:
    """Yield the mocks of other types that stand in the place of replies."""
    for spot in file.mocks.of(file.mocked) if file.mocks is not None else ():
        edits = _spot_edits(rewriter, spot)
        yield file.finding(
            CODE,
            spot.node,
            _MESSAGE if spot.field == "image" else "LiteLLM sends no image in `content` any more",
            edits=edits or (),
            applicability="safe",
            group=MOCKED,
            proven=True,
        )


def _spot_edits(rewriter: Rewriter, spot: Spot) -> tuple[Edit, ...] | None:
    if spot.field == "content":
        return _of_content(rewriter, spot)
    node, wrapped = spot.node, _wrapped(rewriter, spot.value)
    end = rewriter.end(node) if isinstance(node, (ast.Attribute, ast.Name)) else None
    if end is None:  # a keyword or a key
        start = rewriter.source.offset(node.lineno, node.col_offset)
        text = rewriter.between(start, rewriter.start(spot.value))
        place = text.rfind(b"image")
        end = start + place + len("image") if place >= 0 else None
    return None if wrapped is None or end is None else (Edit(end, end, "s"), *wrapped)


def _of_content(rewriter: Rewriter, spot: Spot) -> tuple[Edit, ...] | None:
    """Turn ``content=URI`` into ``content=None, images=[…]``, where a keyword or a key says so."""
    node = spot.node
    start, end = rewriter.start(spot.value), rewriter.end(spot.value)
    quote = rewriter.quote(spot.value)
    if quote is None:
        return None
    url = f"{{{quote}url{quote}: "
    opening = f"[{{{quote}image_url{quote}: {url}"
    closing = f", {quote}detail{quote}: {quote}auto{quote}}}{_close(quote)}"
    if isinstance(node, ast.keyword):
        return Edit(start, start, f"None, images={opening}"), Edit(end, end, closing)
    if isinstance(node, ast.Constant):
        key = str(node.value).rpartition("content")[0] + "images"
        return Edit(start, start, f"None, {quote}{key}{quote}: {opening}"), Edit(end, end, closing)
    first = rewriter.end(node) - len("content")
    return (
        Edit(first, rewriter.end(node), "images"),
        Edit(start, start, opening),
        Edit(end, end, closing),
    )


def _chain(origin: Origin, node: ast.expr) -> tuple[Step, ...]:
    return (Step(node.lineno, origin.what),)


def _spot_of(node: ast.Call | ast.Dict) -> Spot | None:
    """Return the ``image`` of a fixture."""
    if isinstance(node, ast.Call):
        keywords = (one for one in node.keywords if one.arg == "image")
        return next((Spot(one, one.value, "image") for one in keywords), None)
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(key, ast.Constant) and key.value == "image":
            return Spot(key, value, "image")
    return None


def _wrapped(rewriter: Rewriter, value: ast.expr) -> tuple[Edit, ...] | None:
    """Put the dict of one image into an item of a list."""
    if isinstance(value, ast.Constant) and value.value is None:
        return ()
    if not isinstance(value, _WRAPPED):
        return None
    start, end = rewriter.start(value), rewriter.end(value)
    detail: tuple[Edit, ...] = ()
    if isinstance(value, ast.Dict) and value.keys:
        names = [one.value for one in value.keys if isinstance(one, ast.Constant)]
        if len(names) == len(value.keys) and "detail" not in names:
            last = rewriter.end(value.values[-1])
            detail = (Edit(last, last, ', "detail": "auto"'),)
    asked = ""
    if isinstance(value, ast.Name):
        given = rewriter.file.names.last_given(None, value.id, value.lineno)
        # A parameter, say, which may be None: for a reply of text.
        asked = "" if given is not None and is_url_dict(given) else f"{value.id} and "
    return (Edit(start, start, asked + _OPEN), *detail, Edit(end, end, _CLOSE))
