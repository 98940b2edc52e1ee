"""``images[0]``, or a loop over ``message.images``, without asking whether there are any.

A reply without a picture has no field ``images`` (AttributeError), and from LiteLLM 1.77.0 on every
text-only reply of a Gemini model has an empty one (IndexError). Models answer with text alone when
they refuse, ask back, or run into a safety filter, so this is a matter of time.
"""

from __future__ import annotations

import ast
import itertools
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property

from imageshim.codemod.checking.file import File
from imageshim.codemod.checking.uses import called, is_proven, said, uses
from imageshim.codemod.findings import Finding
from imageshim.codemod.knowledge.reads import Read

from . import rule

CODE = "IMG101"

_CAUGHT = frozenset(
    {"IndexError", "LookupError", "AttributeError", "TypeError", "Exception", "BaseException"}
)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_WORDS = ("images", "first_image", "detect")


@rule(
    CODE,
    "unguarded-image",
    before='save(response.choices[0].message.images[0]["image_url"]["url"])',
    after="if url := first_image_url(response):\n    save(url)",
)
def unguarded_image(file: File) -> Iterator[Finding]:
    """Yield the images that are taken, by number or in a loop, although there may be none."""
    guards = _Guards(file)
    for read in file.reads_of("images"):
        if not is_proven(file, read) or read.how not in ("attribute", "item", "get", "getattr"):
            continue
        for use in uses(file, read):
            item = file.nodes.parents[use]
            raised = "IndexError or AttributeError"
            if _is_looped(file, use) and read.how in ("attribute", "item"):
                item, raised = use, "AttributeError"
            elif not (
                isinstance(item, ast.Subscript) and item.value is use and _is_number(item.slice)
            ):
                continue
            if not guards.hold(item, _names(read, use)):
                yield file.finding(
                    CODE,
                    item,
                    f"a reply can come without images: this raises {raised}",
                    chain=read.chain,
                )


def _is_looped(file: File, use: ast.expr) -> bool:
    """Whether a loop runs over the field as it is, which a reply may not have at all."""
    node = file.nodes.parents[use]
    inner: ast.AST = use
    if isinstance(node, ast.Call) and called(node) in ("enumerate", "list", "reversed"):
        node, inner = file.nodes.parents[node], node
    is_loop = isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)) and node.iter is inner
    return is_loop and not isinstance(use, ast.Name)


def _is_number(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node = node.operand
    return isinstance(said(node), int)


def _names(read: Read, use: ast.expr) -> frozenset[str]:
    """Return what a test that guards would mention."""
    return frozenset((*_WORDS, *([use.id] if isinstance(use, ast.Name) else []), read.field))


class _Guards:
    """The tests that let nothing pass without images, by function and by what they mention."""

    def __init__(self, file: File) -> None:
        self.file = file

    def hold(self, node: ast.expr, names: frozenset[str]) -> bool:
        """Whether a test that mentions one of some names, or a handler, stands before a node."""
        function = self.file.nodes.function_of(node)
        start = node.lineno, node.col_offset
        if any(self._exits.get((function, name), node.lineno) < node.lineno for name in names):
            return True
        guarded = (self._guarded.get((function, name)) for name in (*names, _CAUGHT_HERE))
        return any(_covers(ranges, start) for ranges in guarded if ranges)

    @cached_property
    def _exits(self) -> dict[tuple[ast.AST | None, str], int]:
        """The first line on which a name is mentioned by a test that leaves a function."""
        out: dict[tuple[ast.AST | None, str], int] = {}
        for one in self.file.nodes.parents:
            if isinstance(one, ast.Assert) or (isinstance(one, ast.If) and _leaves(one.body[-1])):
                outer = [None, *self.file.nodes.around(one, *_FUNCTIONS)]
                for word in set(_words(one.test)):
                    for function in outer:
                        line = out.get((function, word), one.test.lineno)
                        out[function, word] = min(line, one.test.lineno)
        return out

    @cached_property
    def _guarded(self) -> dict[tuple[ast.AST | None, str], list[_Range]]:
        """What runs only behind a test that mentions a name, or where an error is caught."""
        out: dict[tuple[ast.AST | None, str], list[_Range]] = {}
        for node in self.file.nodes.parents:
            for words, first, last in _guarding(node):
                where = (first.lineno, first.col_offset), _end(last)
                for word in words:
                    out.setdefault((self.file.nodes.function_of(node), word), []).append(where)
        return {key: _outermost(ranges) for key, ranges in out.items()}


_Place = tuple[int, int]
_Range = tuple[_Place, _Place]
_CAUGHT_HERE = "except"  # no name
_Guarding = tuple[set[str], ast.expr | ast.stmt, ast.expr | ast.stmt]


def _guarding(node: ast.AST) -> Iterator[_Guarding]:
    """Yield what a node asks for before something in it runs: words, first and last of that."""
    if isinstance(node, (ast.If, ast.While)):
        yield set(_words(node.test)), node.body[0], (node.orelse or node.body)[-1]
    elif isinstance(node, ast.IfExp):
        words = set(_words(node.test))
        yield words, node.body, node.body
        yield words, node.orelse, node.orelse
    elif isinstance(node, ast.BoolOp):
        for one, following in itertools.pairwise(node.values):
            yield set(_words(one)), following, node.values[-1]
    elif isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
        for generator in node.generators:
            for test in generator.ifs:
                yield set(_words(test)), node, node
    elif isinstance(node, ast.Try) and _catches(node):
        yield {_CAUGHT_HERE}, node.body[0], node.body[-1]


def _end(node: ast.expr | ast.stmt) -> _Place:
    return node.end_lineno or node.lineno, node.end_col_offset or node.col_offset


def _outermost(ranges: list[_Range]) -> list[_Range]:
    """Return the ranges that are in no other one, in order."""
    out: list[_Range] = []
    ranges.sort(key=lambda one: one[1], reverse=True)
    for one in sorted(ranges, key=lambda one: one[0]):
        if not out or one[0] >= out[-1][1]:
            out.append(one)
    return out


def _covers(ranges: list[_Range], start: _Place) -> bool:
    place = bisect_right(ranges, start, key=lambda one: one[0])
    return place > 0 and start < ranges[place - 1][1]


def _catches(node: ast.Try) -> bool:
    for handler in node.handlers:
        if handler.type is None:
            return True
        caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        if any(isinstance(one, ast.Name) and one.id in _CAUGHT for one in caught):
            return True
    return False


def _leaves(last: ast.stmt) -> bool:
    # sys.exit(), pytest.skip() and self.fail() are calls.
    is_call = isinstance(last, ast.Expr) and isinstance(last.value, ast.Call)
    return is_call or isinstance(last, (ast.Return, ast.Raise, ast.Continue, ast.Break))


def _words(node: ast.AST) -> Iterator[str]:
    for one in ast.walk(node):
        if isinstance(one, ast.Attribute):
            yield one.attr
        elif isinstance(one, ast.Name):
            yield one.id
        elif isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield one.value
