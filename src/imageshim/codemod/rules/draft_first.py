"""The first image of a model that sends its drafts first.

Gemini 3 image models think in pictures: interim images come before the final one. LiteLLM 1.77.0 to
1.109.1 puts them all into ``images``, unmarked and each with ``index`` 0 (BerriAI/litellm issue
#30355), so that the first may be a draft. ``imageshim.read(response).final_image`` is the last one
that is not known to be a draft.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

from imageshim.codemod.checking.file import File
from imageshim.codemod.checking.uses import is_proven, model_of, said, uses
from imageshim.codemod.findings import Finding
from imageshim.codemod.flow.values import Origin
from imageshim.codemod.knowledge.reads import Read

from . import rule

CODE = "IMG102"

_DRAWS_DRAFTS = re.compile(r"gemini-[3-9][\w.-]*image|nano-banana-(?:2|pro)", re.IGNORECASE)


@rule(
    CODE,
    "draft-first",
    before='response = litellm.completion(model="gemini/gemini-3-pro-image-preview", messages=m)\n'
    'save(response.choices[0].message.images[0]["image_url"]["url"])',
    after='response = litellm.completion(model="gemini/gemini-3-pro-image-preview", messages=m)\n'
    "if image := imageshim.read(response).final_image:\n    save(image.url)",
)
def draft_first(file: File) -> Iterator[Finding]:
    """Yield the first images of replies whose first image may be a draft."""
    drafting = cache(_model)  # functions that share a reply have many origins in common
    for read in file.reads_of("images", "image"):
        model = next(filter(None, map(drafting, read.origins)), None)
        if model is None or not is_proven(file, read):
            continue
        for use in _first(file, read):
            yield file.finding(
                CODE,
                use,
                f"{model} sends its drafts first: the first image may be one of them",
                chain=read.chain,
            )


def _model(origin: Origin) -> str | None:
    model = model_of(origin.node)
    return model if model is not None and _DRAWS_DRAFTS.search(model) else None


def _first(file: File, read: Read) -> Iterator[ast.expr]:
    if read.field == "image":
        if read.how != "hasattr":
            yield read.node
        return
    for use in uses(file, read):
        item = file.nodes.parents[use]
        if isinstance(item, ast.Subscript) and item.value is use and said(item.slice) == 0:
            yield item
