"""A picture is saved as ``.png`` whatever it is.

Models answer with JPEG and WebP too, and the media type that a gateway claims is wrong at times.
``imageshim.read(response).images[0].save(folder)`` takes the extension from the bytes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from imageshim.codemod.checking.file import File
from imageshim.codemod.checking.uses import called, is_proven, said
from imageshim.codemod.findings import Finding
from imageshim.codemod.knowledge.reads import Read
from imageshim.codemod.knowledge.texts import DECODERS

from . import rule

CODE = "IMG105"

_NAMED = re.compile(r"\.(?:png|jpe?g|webp|gif)$", re.IGNORECASE)
_DECODERS = frozenset(name.rpartition(".")[2] for name in DECODERS)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_PATHS = frozenset({"open", "Path", "write_bytes", "NamedTemporaryFile", "save", "join"})


@rule(
    CODE,
    "constant-extension",
    before='url = response.choices[0].message.images[0]["image_url"]["url"]\n'
    'open("cat.png", "wb").write(base64.b64decode(url.partition(",")[2]))',
    after='imageshim.read(response).images[0].save("cat")',
)
def constant_extension(file: File) -> Iterator[Finding]:
    """Yield the names of files in functions that decode an image of a reply, or have it saved."""
    reads: dict[ast.AST | None, Read] = {}
    for read in file.reads_of("images", "image", "content", "url"):
        drawn = read.field != "content" or file.signals(read)
        if is_proven(file, read) and drawn:
            reads.setdefault(file.nodes.function_of(read.node), read)
    if not reads:
        return
    decoding = {
        file.nodes.function_of(node) for node in file.nodes.parents if called(node) in _DECODERS
    }
    helpers = {one.name for one in decoding if isinstance(one, _FUNCTIONS)}
    for node in file.nodes.parents:
        function = file.nodes.function_of(node) if isinstance(node, ast.Call) else None
        if not isinstance(node, ast.Call) or function not in reads:
            continue
        writes = called(node) in _PATHS and function in decoding
        if not writes and called(node) not in helpers:
            continue
        for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
            name = _name(argument)
            if name is not None and _NAMED.search(name):
                yield file.finding(
                    CODE,
                    argument,
                    f"the picture need not be what {name[-24:]!r} says: models send JPEG and WebP",
                    chain=reads[function].chain,
                )


def _name(node: ast.AST) -> str | None:
    """Return a constant name, or the constant end of an f-string or a sum."""
    if isinstance(node, ast.JoinedStr) and node.values:
        node = node.values[-1]
    if isinstance(node, ast.BinOp):
        node = node.right
    value = said(node)
    return value if isinstance(value, str) else None
