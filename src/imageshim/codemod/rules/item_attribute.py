"""``item.image_url.url``: the items of ``images`` are plain dicts, which have no attributes.

In LiteLLM (1.77.0 to 1.109.1), in the OpenAI SDK and in JSON alike this raises AttributeError on
every image; ``item["image_url"]["url"]`` is right on all of them. ``hasattr(item, "image_url")`` is
False for every image and ``getattr(item, "image_url", None)`` is None: the picture is lost in
silence. Code that asks first what it has (``isinstance(…, dict)``, ``except AttributeError``), or
that takes the same by key as well, is left alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from imageshim.codemod.checking.file import File
from imageshim.codemod.checking.provenance import missing_proof
from imageshim.codemod.checking.rewriting import Rewriter
from imageshim.codemod.checking.uses import said
from imageshim.codemod.findings import Edit, Finding
from imageshim.codemod.knowledge.reads import Read

from . import rule

__all__ = ["CODE"]

CODE = "IMG004"

_RAISES = "raises AttributeError"
# What each way of asking does with a dict.
_WRONG = {
    "attribute": f"`.{{}}` {_RAISES}",
    "hasattr": '`hasattr(…, "{}")` is False for each of them',
    "getattr": '`getattr(…, "{}", …)` gives its default for each of them',
}
_PRIMARY = (ast.Name, ast.Attribute, ast.Subscript, ast.Call)


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
        if read.how not in _WRONG or not read.holders <= {"item", "image_url"}:
            continue
        if not _is_spelled(read) or _asks(asking, rewriter, read):
            continue
        proven = bool(read.origins) or file.is_openai(read) or file.is_json(read)
        if not proven and read.carriers != {"dict"}:
            continue
        edits = _edits(rewriter, read)
        if (
            read.how == "attribute"
            and read.field == "image_url"
            and file.nodes.parents[node] in outer
        ):
            inner[node] = edits
            continue
        before = inner.get(read.base)
        edits = (*(before or ()), *edits) if proven else ()
        certain = proven and (not read.origins or file.is_certain(read))
        yield file.finding(
            CODE,
            node,
            _message(read, "" if before is None else "image_url."),
            edits=edits,
            applicability="safe" if certain else "unsafe",
            chain=read.chain if read.origins else (),
            missing=None if certain else missing_proof(file, read, some=proven),
        )


def _message(read: Read, before: str = "") -> str:
    what = _WRONG[read.how].format(before + read.field)
    if read.how == "getattr" and read.default is None:
        what = f'`getattr(…, "{read.field}")` {_RAISES}'
    return f"the items of `images` are dicts: {what}"


def _is_spelled(read: Read) -> bool:
    """Whether the name of the field stands in the read: `getattr(item, name)` reads others too."""
    return not isinstance(read.node, ast.Call) or said(read.node.args[1]) == read.field


def _edits(rewriter: Rewriter, read: Read) -> tuple[Edit, ...]:
    node, base = read.node, read.base
    quote = rewriter.quote(node)
    start, end = rewriter.start(node), rewriter.end(node)
    first, last = rewriter.start(base), rewriter.end(base)
    if quote is None or b"#" in rewriter.between(last, end):
        return ()
    key = f"{quote}{read.field}{quote}"
    if isinstance(node, ast.Attribute):
        dot = rewriter.dot(node)
        return () if dot is None else (Edit(dot, end, f"[{key}]"),)
    if not isinstance(base, _PRIMARY) or b"#" in rewriter.between(start, first):
        return ()
    opening, closing = _around(rewriter, read, key)
    until = end if read.default is None or closing[-1:] != " " else rewriter.start(read.default)
    return Edit(start, first, opening), Edit(last, until, closing)


def _around(rewriter: Rewriter, read: Read, key: str) -> tuple[str, str]:
    """Return what stands before and behind an item that is asked for a key."""
    if read.how == "hasattr":
        return (f"{key} in ", "") if rewriter.is_test(read.node) else (f"({key} in ", ")")
    if read.default is None:
        return "", f"[{key}]"
    is_none = isinstance(read.default, ast.Constant) and read.default.value is None
    return "", f".get({key})" if is_none else f".get({key}, "


class _Asking(dict[ast.AST | None, bool]):
    """Whether a function looks at what it has in its hands, found once."""

    def __init__(self, file: File) -> None:
        self.file = file
        reads = list(file.reads_of("image_url", "url"))
        self._quiet = {
            file.nodes.function_of(one.node) for one in reads if one.how in ("hasattr", "getattr")
        }
        self._by_key: dict[str, set[object]] = {}
        for one in reads:
            if one.how in ("item", "get"):
                self._by_key.setdefault(one.field, set()).update(_sources(one))

    def __missing__(self, function: ast.AST | None) -> bool:
        found = self[function] = any(map(_looks, ast.walk(function or self.file.tree)))
        return found

    def has_another_way(self, read: Read) -> bool:
        """Whether a function that asks quietly is one of two ways, the other of which is by key."""
        if self.file.nodes.function_of(read.node) not in self._quiet:
            return False
        return not self._by_key.get(read.field, set()).isdisjoint(_sources(read))


def _sources(read: Read) -> set[object]:
    return {*read.origins, *(place for one in read.objects for place in one.reads)}


def _asks(asking: _Asking, rewriter: Rewriter, read: Read) -> bool:
    """Whether the code distinguishes objects from dicts itself."""
    if rewriter.distinguished(read, "AttributeError", "") and any(
        rewriter.names_attribute_error(one) for one in rewriter.tries(read.node)
    ):
        return True
    return asking[asking.file.nodes.function_of(read.node)] or asking.has_another_way(read)


def _looks(node: ast.AST) -> bool:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) > 1):
        return False
    return node.func.id == "isinstance" and "dict" in ast.unparse(node.args[1]).lower()
