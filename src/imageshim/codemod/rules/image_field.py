"""Reads of ``message.image``, which only LiteLLM 1.76.1 to 1.76.3 has.

From 1.77.0 on the images are in a list, ``message.images``, and each item's ``image_url`` is the
very dict that ``image`` was (BerriAI/litellm PR #13983, #14160). The attribute, the item, ``get``,
``getattr``, ``hasattr``, ``in``, tests of its truth and comparisons with None are rewritten, on
messages and on the deltas of streams, objects and dicts.

A plain read becomes ``images[0]["image_url"]``, and one that gave None without an image
``(getattr(message, "images", None) or [{}])[0].get("image_url")``, which still does; with ``--style
helpers`` that is ``first_image(message)``. Where the project allows a LiteLLM below 1.77, every
read becomes ``first_image(message)``, which reads all formats.

Safe where the message is LiteLLM's on every path and no ``try`` tells the AttributeError of a reply
without image from the IndexError that an empty ``images`` raises. A read that looks like one of a
reply without proof is reported, with what would prove it. Where the client is the OpenAI SDK's it
is a fault by itself: no server's reply has the field, neither OpenAI's nor LiteLLM's proxy.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from imageshim.codemod.checking.file import File
from imageshim.codemod.checking.provenance import missing_proof
from imageshim.codemod.checking.rewriting import Rewriter
from imageshim.codemod.findings import Applicability, Edit, Finding
from imageshim.codemod.knowledge.reads import Read
from imageshim.timeline import Format, format_of

from . import rule

__all__ = ["CODE"]

CODE = "IMG001"
_IMAGES = "images"


@rule(
    CODE,
    "image-field",
    before='url = response.choices[0].message.image["url"]',
    after='url = response.choices[0].message.images[0]["image_url"]["url"]',
)
def image_field(file: File) -> Iterator[Finding]:
    """Yield the reads of ``image``."""
    rewriter = Rewriter(file)
    for read in file.reads_of("image"):
        if not read.holders & {"message", "delta", "field"} or file.is_handled(read):
            continue
        if read.origins:
            yield _finding(file, rewriter, read)
        elif read.how not in ("hasattr", "in") and not file.may_be_handled(read):
            yield _unproven(file, read)
    for node, base in file.computed.items():
        yield file.finding(
            CODE,
            node,
            "reads a field whose name is computed: `image` is gone since LiteLLM 1.77",
            missing=f"nothing says which field of `{ast.unparse(base)}` it is: a trace of the "
            "tests does (imageshim run --report)",
        )


def _unproven(file: File, read: Read) -> Finding:
    """Say what is known of a read that nothing proves; with the OpenAI SDK it is wrong anyway."""
    wrong = file.is_openai(read)
    message = "reads `image`, which a reply of LiteLLM 1.77 or newer does not have"
    if wrong:
        message = "no reply of the OpenAI SDK has `image`: a server's images are in `images`"
    return file.finding(CODE, read.node, message, missing=missing_proof(file, read), proven=wrong)


def _finding(file: File, rewriter: Rewriter, read: Read) -> Finding:
    message = "`image` is gone since LiteLLM 1.77: the images are in `images`"
    line = file.groups.facts(read.origins).written.get("image")
    if line is not None:
        why = f"the code sets `image` itself in line {line}"
        return file.finding(CODE, read.node, message, chain=read.chain, missing=why)
    made = _rewritten(file, rewriter, read) if read.how != "match" else None
    if made is None:
        why = "this spelling cannot be rewritten without losing a comment or clashing quotes"
        if read.how == "match":
            why = "the field is found by its name here: there is no expression to rewrite"
        return file.finding(CODE, read.node, message, chain=read.chain, missing=why, proven=True)
    edits, keeps = made
    applicability: Applicability = "safe" if keeps and file.is_certain(read) else "unsafe"
    missing: str | None = None
    if not file.is_certain(read):
        missing = file.doubt_of(read) or missing_proof(file, read, some=True)
    elif not keeps:
        missing = "a reply without image would raise another error, or none"
    return file.finding(
        CODE,
        read.node,
        message,
        edits=edits,
        applicability=applicability,
        group=file.group_of(read),
        chain=read.chain,
        missing=missing,
    )


_Made = tuple[tuple[Edit, ...], bool]
"""Edits, and whether every reply gives what it gave."""


def _rewritten(  # noqa: PLR0911
    file: File, rewriter: Rewriter, read: Read
) -> _Made | None:
    new = format_of(file.settings.oldest_litellm) is Format.IMAGES
    quote = rewriter.quote(read.node)
    if read.how == "in":
        return _membership(rewriter, read, quote)
    if read.how == "hasattr":
        return _has(rewriter, read, quote)
    if read.how == "getattr" and not _is_named(read):
        return _by_variable(rewriter, read)
    if read.how in ("get", "getattr") and (read.how == "get" or read.default is not None):
        return _with_default(rewriter, read, quote, new=new)
    if new and quote is not None:
        tested = _tested(rewriter, read, quote)
        if tested is not None:
            return tested
        return _plain(rewriter, read, quote)
    edits = rewriter.helper_call("first_image", read)
    return None if edits is None else (edits, _helper_keeps(file, rewriter, read))


def _is_named(read: Read) -> bool:
    node = read.node
    return isinstance(node, ast.Call) and isinstance(node.args[1], ast.Constant)


def _by_variable(rewriter: Rewriter, read: Read) -> _Made | None:
    """``getattr(m, name)`` that was seen to read ``image``: other names go on as they did."""
    node = read.node
    quote = rewriter.quote(node)
    if not isinstance(node, ast.Call) or quote is None:
        return None
    simple = (ast.Name, ast.Attribute)
    if not isinstance(node.args[0], simple) or not isinstance(node.args[1], simple):
        return None
    source = rewriter.source
    base, name = source.segment(node.args[0]), source.segment(node.args[1])
    function, imports = rewriter.file.imports.helper("first_image")
    start, end = rewriter.start(node), rewriter.end(node)
    head = f"({function}({base}) if {name} == {quote}image{quote} else "
    default = read.default
    keeps = default is None or (isinstance(default, ast.Constant) and default.value is None)
    return (Edit(start, start, head), Edit(end, end, ")"), *imports), keeps


def _helper_keeps(file: File, rewriter: Rewriter, read: Read) -> bool:
    """Whether ``first_image`` is as good as a field that raises: where None would raise as well."""
    if rewriter.is_test(read.node) or rewriter.compared_with_none(read.node):
        return not rewriter.distinguished(read, _raised(read), "")
    parent = file.nodes.parents[read.node]
    used = isinstance(parent, (ast.Subscript, ast.Attribute)) and parent.value is read.node
    return used and not rewriter.distinguished(read, _raised(read), "TypeError")


def _raised(read: Read) -> str:
    is_dict = read.how == "item" and read.carriers == {"dict"}
    return "KeyError" if is_dict else "AttributeError"


def _plain(rewriter: Rewriter, read: Read, quote: str) -> _Made | None:
    node, old = read.node, _raised(read)
    taken = f"[0][{quote}image_url{quote}]"
    end = rewriter.end(node)
    if isinstance(node, ast.Attribute):
        edits: tuple[Edit, ...] = (Edit(end - len("image"), end, _IMAGES + taken),)
    else:
        name = node.slice if isinstance(node, ast.Subscript) else None
        if isinstance(node, ast.Call):
            name = node.args[1]
        renamed = _renamed(rewriter, name)
        if renamed is None:
            return None
        edits = (renamed, Edit(end, end, taken))
    if not rewriter.distinguished(read, old, "IndexError"):
        return edits, True
    wider = _widened(rewriter, read, old)
    return (edits, False) if wider is None else ((*edits, *wider), True)


def _widened(rewriter: Rewriter, read: Read, old: str) -> tuple[Edit, ...] | None:
    """Let the only handler around catch IndexError too, if little else in it can raise that.

    What can is a reply without choices, which has no image either.
    """
    tries = list(rewriter.tries(read.node))
    if len(tries) != 1 or (read.function and read.function.guards):
        return None
    if not _only_asks_before(rewriter, tries[0], read):
        return None
    # What follows the read takes a key out of the image itself.
    if any(read.node not in (one, one.value) for one in rewriter.items_in(tries[0])):
        return None
    return rewriter.widened(tries[0], old, "IndexError")


def _only_asks_before(rewriter: Rewriter, node: ast.Try, read: Read) -> bool:
    """Whether a read is in the last statement of a ``try``, and the others get its reply."""
    asked = {id(one.node) for one in read.origins}
    span = rewriter.source.span
    return span(node.body[-1])[0] <= span(read.node)[0] and all(
        isinstance(statement, (ast.Assign, ast.AnnAssign))
        and all(id(one) in asked for one in ast.walk(statement) if isinstance(one, ast.Call))
        for statement in node.body[:-1]
    )


def _renamed(rewriter: Rewriter, name: ast.expr | None) -> Edit | None:
    """``"image"`` becomes ``"images"`` by one letter."""
    if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
        return None
    start, end = rewriter.start(name), rewriter.end(name)
    if rewriter.between(start + 1, end - 1) != b"image":
        return None
    return Edit(end - 1, end - 1, "s")


def _tested(rewriter: Rewriter, read: Read, quote: str) -> _Made | None:
    """``if m.image:`` and ``m.image is not None`` ask whether there is one."""
    node = read.node
    compared = rewriter.compared_with_none(node)
    if compared is None and not rewriter.is_test(node):
        return None
    cut = rewriter.cut(read)
    if cut is None or read.how == "getattr":
        return None
    keeps = not rewriter.distinguished(read, _raised(read), "")
    outer, negated = compared or (node, False)
    if b"#" in rewriter.between(cut, rewriter.end(outer)):
        return None
    head, tail = _asked(read, quote)
    if negated:
        head = f"not {head}"
    elif compared is not None and not rewriter.is_test(outer):
        head, tail = f"bool({head}", f"{tail})"
    start = rewriter.start(outer)
    return (Edit(start, start, head), Edit(cut, rewriter.end(outer), tail)), keeps


def _asked(read: Read, quote: str) -> tuple[str, str]:
    if read.carriers == {"dict"}:
        return "", f".get({quote}{_IMAGES}{quote})"
    return "getattr(", f", {quote}{_IMAGES}{quote}, None)"


def _has(rewriter: Rewriter, read: Read, quote: str | None) -> _Made | None:
    node = read.node
    if not isinstance(node, ast.Call) or quote is None or "dict" in read.carriers:
        return None
    renamed = _renamed(rewriter, node.args[1])
    if renamed is None:
        return None
    following = _asked_next(rewriter, node, node.args[0])
    if following is not None:  # it asks the same
        return (Edit(rewriter.start(node), rewriter.start(following), ""),), True
    end = rewriter.end(node.args[1])
    head, tail = "getattr", ", None"
    last: tuple[Edit, ...] = ()
    if not rewriter.is_test(node):
        head = "bool(getattr"
        last = (Edit(rewriter.end(node), rewriter.end(node), ")"),)
    name = Edit(rewriter.start(node.func), rewriter.end(node.func), head)
    return (name, renamed, Edit(end, end, tail), *last), True


def _asked_next(rewriter: Rewriter, node: ast.expr, base: ast.expr) -> ast.expr | None:
    """Return the ``m.image`` of ``hasattr(m, "image") and m.image``, if it is a test as well."""
    parent = rewriter.file.nodes.parents[node]
    if not isinstance(parent, ast.BoolOp) or not isinstance(parent.op, ast.And):
        return None
    place = parent.values.index(node) + 1
    following = parent.values[place] if place < len(parent.values) else None
    asked = following.left if isinstance(following, ast.Compare) else following
    taken_of = _image_of(asked)
    if (
        asked is not None
        and taken_of is not None
        and ast.dump(taken_of) == ast.dump(base)
        and (rewriter.is_test(asked) or rewriter.compared_with_none(asked) is not None)
        and b"#" not in rewriter.between(rewriter.end(node), rewriter.start(asked))
    ):
        return following
    return None


def _image_of(node: ast.expr | None) -> ast.expr | None:
    """Return the ``m`` of ``m.image``, ``m["image"]`` or ``m.get("image")``."""
    match node:
        case ast.Attribute(value=base, attr="image"):
            return base
        case ast.Subscript(value=base, slice=ast.Constant(value="image")):
            return base
        case ast.Call(
            func=ast.Attribute(value=base, attr="get"), args=[ast.Constant(value="image")]
        ):
            return base
        case _:
            return None


def _membership(rewriter: Rewriter, read: Read, quote: str | None) -> _Made | None:
    if quote is None:
        return None
    node = read.node
    edits = rewriter.membership(node, *_asked(read, quote))
    if edits is None:
        return None
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In):
        following = _asked_next(rewriter, node, node.comparators[0])
        if following is not None:  # it asks the same
            edits = (Edit(rewriter.start(node), rewriter.start(following), ""),)
    # `in` is always False on LiteLLM's messages: on dicts and deltas the code did what it says.
    keeps = read.carriers == {"dict"} or read.holders == {"delta"}
    return edits, keeps


def _with_default(rewriter: Rewriter, read: Read, quote: str | None, *, new: bool) -> _Made | None:
    node = read.node
    default = read.default
    if read.carriers == {"dict"} and read.how == "getattr":
        return None
    empty = default is None or isinstance(default, (ast.Constant, ast.Name)) or _is_empty(default)
    falsy = default is None or _is_empty(default) or _is_falsy(default)
    if new and falsy and quote is not None and rewriter.is_test(node):
        name = node.args[1 if read.how == "getattr" else 0] if isinstance(node, ast.Call) else None
        renamed = _renamed(rewriter, name)
        if renamed is not None:
            return (renamed,), True
    if rewriter.file.writes_plain and quote is not None:
        plain = _first_of(rewriter, node, read, quote)
        if plain is not None:
            return plain, True
    edits = rewriter.with_default("first_image", read)
    return None if edits is None else (edits, empty)


def _first_of(
    rewriter: Rewriter, node: ast.expr, read: Read, quote: str
) -> tuple[Edit, ...] | None:
    """Turn ``m.get("image")`` into ``(m.get("images") or [{}])[0].get("image_url")``."""
    if not isinstance(node, ast.Call):
        return None
    name = node.args[1 if read.how == "getattr" else 0]
    renamed = _renamed(rewriter, name)
    if renamed is None:
        return None
    start, end = rewriter.end(name), rewriter.end(node)
    nothing = ", None" if read.how == "getattr" else ""
    taken = f"{nothing}) or [{{}}])[0].get({quote}image_url{quote}"
    default = read.default
    kept = default is not None and not (isinstance(default, ast.Constant) and default.value is None)
    if not kept and b"#" in rewriter.between(start, end):
        return None
    last = Edit(start, start, taken) if kept else Edit(start, end, f"{taken})")
    opening = rewriter.start(node)
    return Edit(opening, opening, "("), renamed, last


def _is_empty(node: ast.expr) -> bool:
    if isinstance(node, ast.Dict):
        return not node.keys
    return isinstance(node, (ast.List, ast.Tuple)) and not node.elts


def _is_falsy(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and not node.value
