"""Texts that are an image as a whole, as plain code: ``message.images[0]["image_url"]["url"]``.

Where every use of a text is an image's (it is decoded, cut at the comma of a data URI, shown), the
image stands in its place. Where a test for a data URI parts the image from the text, the test asks
for ``images``, its branch takes the image, and what is text stays ``content``. Anything else has no
short plain form.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from imageshim.codemod.findings import Edit
from imageshim.codemod.knowledge.reads import Read
from imageshim.codemod.knowledge.texts import DECODERS, SHOWING, SHOWN, says_image

from .file import File
from .rewriting import Rewriter
from .uses import called, said, uses

__all__ = ["is_steady", "plain_pictures"]

_IMAGE_NAME = re.compile(r"image|img|picture|photo|b64|base64|data_?ur[il]", re.IGNORECASE)
_DECODERS = frozenset(one.rpartition(".")[2] for one in (*DECODERS, *SHOWN))
_MADE_OF = frozenset({"BytesIO", "bytes", "str"})
_KEPT = frozenset({"strip", "lstrip", "rstrip", "encode", "removeprefix", "replace"})
_COMMAS = frozenset({",", "base64,", ";base64,"})
_CUTS = frozenset({"split", "rsplit", "partition", "rpartition"})
# What raises where a text is no image, and where there is none: no handler may tell them apart.
_RAISED = ("IndexError", "ValueError", "TypeError")


class _Spots(NamedTuple):
    """The places where the text of a message is used, in one function."""

    name: str
    """What it is called; empty where it is read in each place."""
    places: list[ast.expr]
    reads: list[Read]


def plain_pictures(
    file: File, rewriter: Rewriter, read: Read, *, asked: bool
) -> dict[ast.expr, tuple[Edit, ...]] | None:
    """Return the edits of each read of the text of a message; None where there is no plain form.

    A read that stays, as it is text, has none.

    Args:
        file: the file.
        rewriter: makes the edits.
        read: one of the reads.
        asked: whether the call asks for images.

    """
    quote = rewriter.quote(read.node)
    spots = _spots(file, read)
    if quote is None or spots is None or read.holders != {"message"}:
        return None
    for one in spots.reads:
        told = any(rewriter.distinguished(one, "AttributeError", error) for error in _RAISED)
        if told or one.how not in ("attribute", "item") or rewriter.cut(one) is None:
            return None
    tests = {test for place in spots.places if (test := _test_around(file, place)) is not None}
    if not tests:
        named = asked and _IMAGE_NAME.search(spots.name) is not None
        if named or (spots.places and all(is_image(file, place) for place in spots.places)):
            return {one.node: (_taken(rewriter, one, quote),) for one in spots.reads}
        return None
    if len(tests) > 1:
        return None
    return _branched(file, rewriter, spots, tests.pop(), quote)


def _spots(file: File, read: Read) -> _Spots | None:
    function = file.nodes.function_of(read.node)
    same = ast.dump(read.base)
    reads = [one for one in file.beside(read) if ast.dump(one.base) == same]
    named = {one.node: [use for use in uses(file, one) if use is not one.node] for one in reads}
    if len(reads) > 1:
        held = any(_is_held(file, one.node) for one in reads)
        return None if held else _Spots("", [one.node for one in reads], reads)
    if not _is_held(file, read.node):
        return _Spots("", [read.node], reads)
    statement = file.nodes.parents[read.node]
    if not isinstance(statement, ast.Assign) or len(statement.targets) > 1:
        return None
    target = statement.targets[0]
    if not isinstance(target, ast.Name):
        return None
    places = named[read.node]
    every = file.names.within(function)[target.id]
    return _Spots(target.id, places, reads) if every == len(places) + 1 else None


def _is_held(file: File, node: ast.expr) -> bool:
    """Whether a name, a field or a parameter's default is given the text itself."""
    parent: ast.AST = file.nodes.parents[node]
    while isinstance(parent, ast.BoolOp):
        parent = file.nodes.parents[parent]
    return isinstance(parent, (ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.AugAssign))


def is_image(file: File, node: ast.expr) -> bool:  # noqa: PLR0911
    """Whether a text is used as an image: cut at the comma of a data URI, decoded, or shown."""
    parent = file.nodes.parents[node]
    if isinstance(parent, ast.keyword):
        parent = file.nodes.parents[parent]
    if isinstance(parent, ast.Attribute):
        call = file.nodes.parents[parent]
        if not isinstance(call, ast.Call) or call.func is not parent:
            return False
        if parent.attr in _CUTS:
            return bool(call.args) and said(call.args[0]) in _COMMAS
        return parent.attr in _KEPT and is_image(file, call)
    if isinstance(parent, ast.BoolOp) and isinstance(parent.op, ast.Or):
        return parent.values[0] is node and is_image(file, parent)
    if isinstance(parent, ast.Call):
        name = called(parent)
        if name in _MADE_OF:
            return is_image(file, parent)
        return name in _DECODERS or SHOWING.fullmatch(name) is not None
    return isinstance(parent, ast.Dict) and _is_sent(parent, node)


def _is_sent(parent: ast.Dict, node: ast.expr) -> bool:
    keys = [
        said(key) for key, value in zip(parent.keys, parent.values, strict=True) if value is node
    ]
    return keys == ["image_url"]


def _test_around(file: File, node: ast.expr) -> ast.If | ast.IfExp | None:
    """Return the condition that a text is asked about in."""
    inner: ast.AST = node
    for outer in file.nodes.enclosing(node):
        if isinstance(outer, (ast.If, ast.IfExp)) and outer.test is inner:
            return outer
        if isinstance(outer, (ast.stmt, ast.Lambda)):
            return None
        inner = outer
    return None


def _branched(  # noqa: C901
    file: File, rewriter: Rewriter, spots: _Spots, branch: ast.If | ast.IfExp, quote: str
) -> dict[ast.expr, tuple[Edit, ...]] | None:
    first = spots.reads[0]
    inside, after = _parted(file, spots, branch)
    asks = _asks(branch.test, spots)
    if inside is None or asks is None or not is_steady(file, first.base):
        return None
    if asks == "contains" and not all(
        is_image(file, one) or _is_found(file, one) for one in inside
    ):
        return None  # there may be a text around the image
    leaves = isinstance(branch, ast.If) and _leaves(branch.body[-1])
    if after and not leaves:
        return None
    start, end = rewriter.source.span(first.base)
    base = rewriter.source.utf8[start:end].decode("utf-8", "surrogatepass")
    if "\n" in base or "#" in base:
        return None
    asked = f"getattr({base}, {quote}images{quote}, None)"
    if first.carriers == {"dict"}:
        asked = f"{base}.get({quote}images{quote})"
    if not spots.name:
        test = Edit(rewriter.start(branch.test), rewriter.end(branch.test), asked)
        made: dict[ast.expr, tuple[Edit, ...]] = {one.node: () for one in spots.reads}
        for one in spots.reads:
            if _test_around(file, one.node) is branch:
                made[one.node] = (test,)
            elif one.node in inside:
                made[one.node] = (_taken(rewriter, one, quote),)
        return made
    images = _free_name(file, branch, spots.name)
    asked = f"{images} := {asked}"
    if isinstance(branch, ast.IfExp):
        asked = f"({asked})"
    image = f"{images}[0][{quote}image_url{quote}][{quote}url{quote}]"
    edits = [Edit(rewriter.start(branch.test), rewriter.end(branch.test), asked)]
    edits += (Edit(rewriter.start(one), rewriter.end(one), image) for one in inside)
    return {first.node: tuple(edits)}


def _parted(
    file: File, spots: _Spots, branch: ast.If | ast.IfExp
) -> tuple[list[ast.expr] | None, list[ast.expr]]:
    """Return the uses inside of the branch and those after it; None for what is not so clear."""
    inside: list[ast.expr] = []
    after: list[ast.expr] = []
    body = set(branch.body) if isinstance(branch, ast.If) else {branch.body}
    block = file.nodes.parents[branch]
    for place in spots.places:
        around = [place, *file.nodes.enclosing(place)]
        if branch.test in around:
            continue
        if any(one in body for one in around):
            inside.append(place)
        elif branch not in around:  # else it is in the other branch: text
            if place.lineno <= (branch.end_lineno or branch.lineno) or block not in around:
                return None, []
            after.append(place)
    if spots.name:
        statement = file.nodes.statement_of(spots.reads[0].node)
        of = file.nodes.statement_of(branch) if isinstance(branch, ast.IfExp) else branch
        if (
            statement is None
            or of is None
            or file.nodes.parents[statement] is not file.nodes.parents[of]
        ):
            return None, []
    return inside, after


def _is_found(file: File, node: ast.expr) -> bool:
    """Whether the image is looked for in a text, or taken from there to its end."""
    parent = file.nodes.parents[node]
    if isinstance(parent, ast.Subscript) and isinstance(parent.slice, ast.Slice):
        return parent.slice.lower is not None and parent.slice.upper is None
    call = file.nodes.parents[parent]
    if not isinstance(parent, ast.Attribute) or not isinstance(call, ast.Call) or not call.args:
        return False
    return parent.attr in ("find", "index") and str(said(call.args[0])).startswith("data:")


def _asks(test: ast.expr, spots: _Spots) -> str | None:
    """Return how a test asks only whether a text is there and is, or contains, a data URI."""
    parts = test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else [test]
    kinds = [_kind_of(part, spots) for part in parts]
    if None in kinds:
        return None
    return next((one for one in ("starts", "contains") if one in kinds), None)


def _kind_of(part: ast.expr, spots: _Spots) -> str | None:  # noqa: PLR0911
    def is_text(node: ast.expr) -> bool:
        while (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("strip", "lstrip", "lower")
        ):
            node = node.func.value
        return node in spots.places

    if is_text(part):
        return "there"
    if isinstance(part, ast.Compare) and len(part.ops) == 1:
        left, right = part.left, part.comparators[0]
        if isinstance(part.ops[0], ast.In) and is_text(right):
            return "contains" if says_image(str(said(left))) else None
        return "there" if is_text(left) and isinstance(part.ops[0], ast.IsNot) else None
    if not isinstance(part, ast.Call):
        return None
    if called(part) == "isinstance":
        return "there" if is_text(part.args[0]) else None
    if called(part) == "any" and isinstance(part.args[0], ast.GeneratorExp):
        part = part.args[0].elt if not part.args[0].generators[0].ifs else part
    if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute) and part.args:
        starts = part.func.attr == "startswith" and is_text(part.func.value)
        return "starts" if starts and _names_image(part.args[0]) else None
    return None


def _names_image(node: ast.expr) -> bool:
    """Whether the beginnings that a text is asked for are those of data URIs."""
    if isinstance(node, ast.Name):
        return True  # it is a sign already: what it holds was looked at
    every = node.elts if isinstance(node, (ast.Tuple, ast.List)) else [node]
    return all(says_image(str(said(one))) for one in every)


def is_steady(file: File, node: ast.expr) -> bool:
    """Whether an expression is the same a few lines later: names, fields and places only."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Constant):
            return False
        node = node.value
    if not isinstance(node, ast.Name):
        return False
    return file.names.stores(file.nodes.function_of(node), node.id) <= 1


def _leaves(last: ast.stmt) -> bool:
    return isinstance(last, (ast.Return, ast.Raise, ast.Continue, ast.Break))


def _free_name(file: File, node: ast.AST, name: str) -> str:
    taken = file.names.within(file.nodes.function_of(node))
    return next(one for one in _names(name) if one not in taken)


def _names(name: str) -> Iterator[str]:
    yield from ("images", "pictures", f"{name}_images")
    for number in range(2, 1000):
        yield f"images_{number}"


def _taken(rewriter: Rewriter, read: Read, quote: str) -> Edit:
    """Put the first image in the place of a read of ``content``."""
    cut = rewriter.cut(read)
    assert cut is not None  # noqa: S101  # asked before
    item = f"[{quote}images{quote}]" if read.how == "item" else ".images"
    return Edit(
        cut, rewriter.end(read.node), f"{item}[0][{quote}image_url{quote}][{quote}url{quote}]"
    )
