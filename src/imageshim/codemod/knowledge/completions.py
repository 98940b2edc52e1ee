"""What a call that asks a model gives: a reply or a stream, with images or without."""

from __future__ import annotations

import ast

from imageshim.codemod.flow import values as v
from imageshim.codemod.flow.hooks import Given
from imageshim.codemod.flow.interpreter import Interpreter

from .replies import IMAGE_MODEL, TEXT_MODEL

__all__ = ["completed", "made_by", "seen_at_run_time"]


def completed(  # noqa: PLR0913
    at: Interpreter,
    given: Given,
    what: str,
    kind: str,
    *,
    is_async: bool,
    carrier: str = "litellm",
    by_alias: bool = False,
) -> v.Value:
    """Return what a call that asks a model gives.

    A proxy has names of its own for models (``by_alias``): they may say that one draws, and never
    that one does not.
    """
    origin = at.origin(given.node, what, carrier)
    image = _asks_for_images(given)
    if by_alias and not image:
        image = None
    origin.image = True if origin.image or image else image
    origin.text_model = image is False and _is_text_model(given)
    if kind == "replies":
        made: v.Value = v.Seq(None, made_by(origin, "reply", given))
    else:
        made = v.join_all(made_by(origin, one, given) for one in _streamed(given))
    return v.Wrap("await", made) if is_async else made


# What a call of this name gives is a dict: the JSON of a response.
_PARSING = frozenset({"json", "load", "loads"})


def seen_at_run_time(at: Interpreter, given: Given, value: v.Value) -> v.Value:
    """Return what a call gives that was seen to return a reply, or a stream, with an image.

    What is known of it already stays; the rest, which the flow could not follow, is the reply.
    """
    known = {one: _replies(one) for one in v.alternatives(value)}
    for reply in (one for found in known.values() for one in found):
        for origin in reply.origins:
            # Not that images were asked for: nearly every read of such a reply is of its text.
            origin.image, origin.text_model, origin.doubt = origin.image or None, False, None
    if any(known.values()):
        return v.join_all(one for one, found in known.items() if found)
    function = given.node.func
    name = function.attr if isinstance(function, ast.Attribute) else ast.unparse(function)
    carrier = "dict" if name in _PARSING else "openai" if name == "create" else "litellm"
    origin = at.origin(given.node, f"{name}(), as seen at run time", carrier)
    # What is done with it tells a reply from a stream.
    kinds = ("reply",) if carrier == "dict" else ("reply", "stream")
    return v.join_all(made_by(origin, one, given) for one in kinds)


def _replies(value: v.Value) -> list[v.Obj]:
    """Return the replies and streams that a value is, also behind an await or in a list."""
    inner = value.value if isinstance(value, v.Wrap) else value
    made = (one for one in v.flat(inner) if isinstance(one, v.Obj))
    return [one for one in made if one.origins and one.kind in ("reply", "stream")]


def made_by(origin: v.Origin, kind: str, given: Given) -> v.Obj:
    """Return what a call makes, as the first step of a chain."""
    made = v.Obj(kind, origin.carrier, frozenset((origin,)))
    return made.after(given.node.lineno, origin.what)


def _asks_for_images(given: Given) -> bool | None:
    """Whether a call asks for images: True, False (a text model, nothing else), None (unknown)."""
    extra = given.keywords.get("extra_body")
    keywords = dict(given.keywords)
    if isinstance(extra, v.Mapping):
        keywords.update(extra.items)
    for name in ("modalities", "response_modalities"):
        for one in v.flat(keywords.get(name, v.BOTTOM)):
            if isinstance(one, v.Const) and str(one.value).lower() == "image":
                return True
            if one is v.UNKNOWN or isinstance(one, v.Maybe):
                return None
    model = keywords.get("model", given.first() if given.args else v.UNKNOWN)
    names = v.constants(model)
    if names is None:
        some = [one for one in v.alternatives(model) if isinstance(one, v.Const)]
        return True if any(IMAGE_MODEL.search(str(one.value)) for one in some) else None
    if any(IMAGE_MODEL.search(str(one)) for one in names):
        return True
    unseen = given.spread or extra is not None
    return None if unseen and not isinstance(extra, v.Mapping) else False


def _is_text_model(given: Given) -> bool:
    names = v.constants(given.keywords.get("model", given.first() if given.args else v.UNKNOWN))
    return bool(names) and all(TEXT_MODEL.search(str(one)) for one in names or ())


def _streamed(given: Given) -> tuple[str, ...]:
    value = given.keywords.get("stream")
    if value is None:
        return ("reply", "stream") if given.spread else ("reply",)
    said = v.constants(value)
    if said is None:
        return ("reply", "stream")
    return tuple({"stream" if one else "reply": None for one in said})
