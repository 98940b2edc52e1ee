"""``if content.startswith("data:image"): … else: …``, where the whole of it is understood.

Where a text is read once, tested for a data URI and used as an image in one branch and as text in
the other, the branches are what the new format has in two fields. The rewrite asks for the image::

    content = message.content                  content = message.content
    if content.startswith("data:image"):  →    if image := first_image_url(message):
        save(content)                              save(image)
    else:                                      else:
        show(content)                              show(content)

It is better than what was there, not the same: a reply with text and an image took the second
branch and takes the first now. So it is unsafe here, where helpers are asked for or a LiteLLM below
1.77 is; from 1.77 on IMG002 writes the same in plain code.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from imageshim.codemod.checking.file import File
from imageshim.codemod.checking.rewriting import Rewriter
from imageshim.codemod.findings import Edit, Finding
from imageshim.codemod.knowledge.reads import Read

from . import rule

__all__ = ["CODE"]

CODE = "IMG008"


@rule(
    CODE,
    "closed-content",
    before="content = message.content\n"
    'if content.startswith("data:image"):\n    save(content)\nelse:\n    show(content)',
    after="content = message.content\n"
    "if image := first_image_url(message):\n    save(image)\nelse:\n    show(content)",
)
def closed_content(file: File) -> Iterator[Finding]:
    """Yield the closed idioms."""
    rewriter = Rewriter(file)
    known = file.origins_of("image")
    for read in file.reads_of("content"):
        if not read.origins or read.how not in ("attribute", "item") or file.is_handled(read):
            continue
        facts = file.groups.facts(read.origins)
        if read.origins & known or facts.written or facts.is_made:
            continue
        if read.node in file.seen.markdown or file.writes_plain:
            continue
        found = _closed(file, read)
        if found is None:
            continue
        name, test, inside = found
        start, end = rewriter.source.span(read.base)
        base = rewriter.source.utf8[start:end].decode("utf-8", "surrogatepass")
        if "#" in base or "\n" in base:
            continue
        taken = file.names.within(file.nodes.function_of(test))
        image = next(one for one in ("image", "image_url", f"{name}_image") if one not in taken)
        function, imports = file.imports.helper("first_image_url")
        new = f"{image} := {function}({base})"
        uses = [Edit(rewriter.start(one), rewriter.end(one), image) for one in inside]
        yield file.finding(
            CODE,
            test,
            "text and image are two fields now: this asks for the image itself",
            edits=(
                Edit(rewriter.start(test), rewriter.end(test), new),
                *uses,
                *imports,
                _kept(rewriter, read),
            ),
            applicability="unsafe",
            chain=(*read.chain, *file.signals(read)),
            missing="a reply with text and an image would be taken for an image, not for text",
        )


def _kept(rewriter: Rewriter, read: Read) -> Edit:
    """Say that the read of the text stays: no other rule may rewrite it as well."""
    start, end = rewriter.end(read.base), rewriter.end(read.node)
    return Edit(start, end, rewriter.between(start, end).decode(rewriter.source.encoding))


_Closed = tuple[str, ast.expr, list[ast.Name]]


def _closed(file: File, read: Read) -> _Closed | None:
    statement = file.nodes.statement_of(read.node)
    if not isinstance(statement, ast.Assign) or statement.value is not read.node:
        return None
    target = statement.targets[0]
    if len(statement.targets) != 1 or not isinstance(target, ast.Name):
        return None
    following = _next(file, statement)
    if not isinstance(following, ast.If) or not following.orelse:
        return None
    test = following.test
    if not (
        isinstance(test, ast.Call)
        and isinstance(test.func, ast.Attribute)
        and test.func.attr == "startswith"
        and isinstance(test.func.value, ast.Name)
        and test.func.value.id == target.id
        and len(test.args) == 1
        and isinstance(test.args[0], ast.Constant)
        and str(test.args[0].value).startswith("data:image")
    ):
        return None
    every = file.names.within(file.nodes.function_of(statement))[target.id]
    if every != 1 + len(_loads(target.id, [following])):  # used elsewhere, or set again
        return None
    return target.id, test, _loads(target.id, following.body)


def _loads(name: str, statements: Iterable[ast.stmt]) -> list[ast.Name]:
    return [
        one
        for statement in statements
        for one in ast.walk(statement)
        if isinstance(one, ast.Name) and one.id == name and isinstance(one.ctx, ast.Load)
    ]


def _next(file: File, statement: ast.stmt) -> ast.stmt | None:
    parent = file.nodes.parents[statement]
    for name in ("body", "orelse", "finalbody"):
        block = getattr(parent, name, None)
        if isinstance(block, list) and statement in block:
            place = block.index(statement) + 1
            return block[place] if place < len(block) else None
    return None
