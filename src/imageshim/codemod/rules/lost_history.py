"""A reply with images goes back as an assistant message, and its images do not.

LiteLLM 1.76.1 to 1.81.9 drops the images of an assistant message without a word, an image-only one
as a whole; earlier releases send megabytes of base64 as text; ``{"role": "assistant", "content":
message.content}`` holds no image on any of them. ``imageshim.to_message(response)`` writes the
message so that the model gets its images back, and ``imageshim.prepare_messages()`` mends a list.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from imageshim.codemod.checking.file import File
from imageshim.codemod.checking.uses import called, is_proven, said
from imageshim.codemod.findings import Finding
from imageshim.codemod.flow.module_names import ending
from imageshim.codemod.knowledge.reads import Read
from imageshim.timeline import SENDS_IMAGES_SINCE, is_at_least

from . import rule

CODE = "IMG108"


@rule(
    CODE,
    "lost-history",
    before='messages.append({"role": "assistant", "content": message.content})',
    after="messages += imageshim.to_message(response)",
)
def lost_history(file: File) -> Iterator[Finding]:
    """Yield the messages that are put into a request without their images."""
    told: set[ast.AST] = set()
    appended: _Appended | None = None
    for read in file.reads:
        if read.field not in ("content", "image", "images") or not is_proven(file, read):
            continue
        if not any(origin.image for origin in read.origins) or read.holders != {"message"}:
            continue
        if appended is None:
            appended = _appended(file)
        whole = appended.get((file.nodes.function_of(read.node), ast.dump(read.base)), [])
        for place in (*_as_content(file, read), *whole):
            if place not in told:
                told.add(place)
                yield file.finding(
                    CODE,
                    place,
                    "the model does not get the images of its own reply back",
                    chain=read.chain,
                )


def _as_content(file: File, read: Read) -> Iterator[ast.expr]:
    """``{"role": "assistant", "content": message.content}``."""
    outer = file.nodes.parents[read.node]
    if read.field == "content" and isinstance(outer, ast.Dict) and read.node in outer.values:
        pairs = {
            said(key): said(value) for key, value in zip(outer.keys, outer.values, strict=True)
        }
        if pairs.get("role") == "assistant" and "images" not in pairs:
            yield outer


_Appended = dict[tuple[ast.AST | None, str], list[ast.expr]]


def _appended(file: File) -> _Appended:
    """Return what is put into lists of messages: ``messages.append(message)``, or its dump.

    By function and by what is put there, as :func:`ast.dump` writes it: the message of a read is
    one that is spelled alike in the same function.
    """
    out: _Appended = {}
    if is_at_least(file.settings.oldest_litellm, SENDS_IMAGES_SINCE):
        return out
    for node in file.nodes.calls:
        if called(node) not in ("append", "insert") or not _is_messages(node):
            continue
        for argument in node.args:
            whole = argument
            if called(whole) in ("model_dump", "dict", "to_dict") and isinstance(whole, ast.Call):
                whole = whole.func.value if isinstance(whole.func, ast.Attribute) else whole
            out.setdefault((file.nodes.function_of(node), ast.dump(whole)), []).append(argument)
    return out


def _is_messages(node: ast.AST) -> bool:
    function = node.func if isinstance(node, ast.Call) else None
    holder = function.value if isinstance(function, ast.Attribute) else None
    name = ending(holder).lower()
    return any(word in name for word in ("message", "history", "conversation", "chat"))
