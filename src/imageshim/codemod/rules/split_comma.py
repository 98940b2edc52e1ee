"""``content.split(",")[1]``: the payload only where no comma comes before the image.

LiteLLM up to 1.76.0 gives text and image in one string: of ``"Sure, here it is: data:image/png;…"``
that is `` here it is: data:image/png;base64``, and of two images it is the first with the header of
the second behind it. ``imageshim.read(response).images[0].data`` is the decoded image.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from imageshim.codemod.checking.file import File
from imageshim.codemod.checking.uses import called, is_proven, said, uses
from imageshim.codemod.findings import Finding

from . import rule

CODE = "IMG104"

_CUTS = frozenset({"split", "partition", "rsplit", "rpartition"})
_MARKS = frozenset({",", "base64,", ";base64,"})


@rule(
    CODE,
    "split-comma",
    before='data = base64.b64decode(response.choices[0].message.content.split(",")[1])',
    after="data = imageshim.read(response).images[0].data",
)
def split_comma(file: File) -> Iterator[Finding]:
    """Yield the texts of replies that are cut at a comma to get at an image."""
    for read in file.reads_of("content"):
        if not is_proven(file, read) or not file.signals(read):
            continue
        for use in uses(file, read):
            method = file.nodes.parents[use]
            call = file.nodes.parents[method]
            if not (isinstance(method, ast.Attribute) and method.attr in _CUTS):
                continue
            if not called(call) or not isinstance(call, ast.Call) or not call.args:
                continue
            taken = isinstance(file.nodes.parents[call], (ast.Subscript, ast.Assign))
            if said(call.args[0]) in _MARKS and taken:
                yield file.finding(
                    CODE,
                    call,
                    "text before the image can have a comma, and a second image can follow",
                    chain=read.chain,
                )
