"""``images[0]``, or a loop over ``message.images``, without asking whether there are any.

A reply without a picture has no field ``images`` (AttributeError), and from LiteLLM 1.77.0 on every
text-only reply of a Gemini model has an empty one (IndexError). Models answer with text alone when
they refuse, ask back, or run into a safety filter, so that this is a matter of time.
"""

from __future__ import annotations

import ast
import itertools
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
    exits = _Exits(file)
    for read in file.reads_of("images"):
        if not is_proven(file, read) or read.how not in ("attribute", "item", "get", "getattr"):
            continue
        for use in uses(file, read):
            item = file.parents[use]
            raised = "IndexError or AttributeError"
            if _is_looped(file, use) and read.how in ("attribute", "item"):
                item, raised = use, "AttributeError"
            elif not (
                isinstance(item, ast.Subscript) and item.value is use and _is_number(item.slice)
            ):
                continue
            if not _is_guarded(exits, item, _names(read, use)):
                yield file.finding(
                    CODE,
                    item,
                    f"a reply can come without images: this raises {raised}",
                    chain=read.chain,
                )


def _is_looped(file: File, use: ast.expr) -> bool:
    """Whether a loop runs over the field as it is, which a reply may not have at all."""
    node = file.parents[use]
    inner: ast.AST = use
    if isinstance(node, ast.Call) and called(node) in ("enumerate", "list", "reversed"):
        node, inner = file.parents[node], node
    is_loop = isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)) and node.iter is inner
    return is_loop and not isinstance(use, ast.Name)


def _is_number(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node = node.operand
    return isinstance(said(node), int)


def _names(read: Read, use: ast.expr) -> frozenset[str]:
    """Return what a test that guards would mention."""
    return frozenset((*_WORDS, *([use.id] if isinstance(use, ast.Name) else []), read.field))


def _is_guarded(exits: _Exits, node: ast.expr, names: frozenset[str]) -> bool:
    inner: ast.AST = node
    for outer in exits.file.enclosing(node):
        if isinstance(outer, _FUNCTIONS):
            return exits.before(outer, node.lineno, names)
        if any(_mentions(one, names) for one in _asked(outer, inner)):
            return True
        if isinstance(outer, ast.Try) and inner in outer.body and _catches(outer):
            return True
        inner = outer
    return exits.before(None, node.lineno, names)


def _asked(outer: ast.AST, inner: ast.AST) -> Iterator[ast.expr]:
    """Yield what is tested before what stands inside of a node runs."""
    if isinstance(outer, (ast.If, ast.While, ast.IfExp)) and inner is not outer.test:
        yield outer.test
    elif isinstance(outer, ast.BoolOp):
        yield from itertools.takewhile(lambda one: one is not inner, outer.values)
    elif isinstance(outer, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
        for generator in outer.generators:
            yield from generator.ifs


def _catches(node: ast.Try) -> bool:
    for handler in node.handlers:
        if handler.type is None:
            return True
        caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        if any(isinstance(one, ast.Name) and one.id in _CAUGHT for one in caught):
            return True
    return False


class _Exits:
    """The tests that let nothing pass without images, by function and by what they mention."""

    def __init__(self, file: File) -> None:
        self.file = file

    def before(self, function: ast.AST | None, line: int, names: frozenset[str]) -> bool:
        """Whether such a test stands before a line, in the same function."""
        lines = self._lines
        return any(lines.get((function, name), line) < line for name in names)

    @cached_property
    def _lines(self) -> dict[tuple[ast.AST | None, str], int]:
        """The first line on which a name is mentioned by such a test."""
        out: dict[tuple[ast.AST | None, str], int] = {}
        for one in self.file.parents:
            if isinstance(one, ast.Assert) or (isinstance(one, ast.If) and _leaves(one.body[-1])):
                outer = [node for node in self.file.enclosing(one) if isinstance(node, _FUNCTIONS)]
                for word in set(_words(one.test)):
                    for function in (None, *outer):
                        line = out.get((function, word), one.test.lineno)
                        out[function, word] = min(line, one.test.lineno)
        return out


def _leaves(last: ast.stmt) -> bool:
    # sys.exit(), pytest.skip() and self.fail() are calls.
    is_call = isinstance(last, ast.Expr) and isinstance(last.value, ast.Call)
    return is_call or isinstance(last, (ast.Return, ast.Raise, ast.Continue, ast.Break))


def _mentions(node: ast.AST, names: frozenset[str]) -> bool:
    return any(word in names for word in _words(node))


def _words(node: ast.AST) -> Iterator[str]:
    for one in ast.walk(node):
        if isinstance(one, ast.Attribute):
            yield one.attr
        elif isinstance(one, ast.Name):
            yield one.id
        elif isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield one.value
