"""LiteLLM: which of its calls, clients and constructors give replies, and of which models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imageshim.codemod.flow import values as v
from imageshim.codemod.flow.functions import escape
from imageshim.codemod.flow.hooks import Given
from imageshim.codemod.knowledge import replies

if TYPE_CHECKING:
    from imageshim.codemod.flow.interpreter import Interpreter

__all__ = ["call", "client_method", "router_method"]


def call(at: Interpreter, name: str, given: Given) -> v.Value:
    """Return what a call of LiteLLM gives."""
    last = name.rpartition(".")[2]
    if last in replies.CONSTRUCTORS and last[0].isupper():
        return _constructed(at, last, given)
    kind = replies.CALLS.get(last)
    if kind is None:
        for value in given.all():
            escape(at, value)
        return v.UNKNOWN
    if kind in ("router", "client"):
        origin = at.origin(given.node, f"{last}()")
        return v.Obj(kind, "litellm", frozenset((origin,)))
    if name in at.overwritten or f"litellm.{last}" in at.overwritten:
        at.origin(given.node, f"{last}()").doubt = f"the file replaces {name}"
    if kind == "built":
        origin = at.origin(given.node, f"{last}()")
        handed = [one for one in v.alternatives(given.first()) if isinstance(one, (v.Obj, v.Seq))]
        for one in handed:
            inner = one if isinstance(one, v.Obj) else v.element(one)
            if isinstance(inner, v.Obj) and any(other.image for other in inner.origins):
                origin.image = True
        return _from(origin, "reply", given)
    return completed(at, given, f"{last}()", kind, is_async=last in replies.ASYNC)


def completed(at: Interpreter, given: Given, what: str, kind: str, *, is_async: bool) -> v.Value:
    """Return what a call that asks a model gives."""
    origin = at.origin(given.node, what)
    image = _asks_for_images(given)
    origin.image = True if origin.image or image else image
    origin.text_model = image is False and _is_text_model(given)
    if kind == "replies":
        made: v.Value = v.Seq(None, _from(origin, "reply", given))
    else:
        made = v.join_all(_from(origin, one, given) for one in _streamed(given))
    return v.Wrap("await", made) if is_async else made


def _from(origin: v.Origin, kind: str, given: Given) -> v.Obj:
    made = v.Obj(kind, origin.carrier, frozenset((origin,)))
    return made.after(given.node.lineno, origin.what)


def _constructed(at: Interpreter, name: str, given: Given) -> v.Value:
    kind = replies.CONSTRUCTORS[name]
    origin = at.origin(given.node, f"{name}()")
    inner = {
        one: None
        for value in given.all()
        for item in v.alternatives(value)
        for one in (v.alternatives(v.element(item)) if isinstance(item, v.Seq) else (item,))
        if isinstance(one, v.Obj)
    }
    if inner:
        # The reply of a fixture has the origin of its message: what reads one reads the other.
        origins = frozenset(other for one in inner for other in one.origins)
        made = v.Obj(kind, "litellm", origins)
        return made.after(given.node.lineno, origin.what)
    origin.mock = given.node
    if kind in ("message", "delta") and "image" in given.keywords:
        at.fixtures[given.node] = origin
    for value in given.all():
        _fixture(at, value, origin)
    return _from(origin, kind, given)


def _fixture(at: Interpreter, value: v.Value, origin: v.Origin) -> None:
    """Find the messages with an ``image`` in the dicts that a fixture is made of."""
    for one in v.alternatives(value):
        if isinstance(one, v.Seq):
            _fixture(at, v.element(one), origin)
        elif isinstance(one, v.Mapping):
            for key, inner in one.items:
                if key == "image" and one.node is not None:
                    at.fixtures[one.node] = origin
                elif key in ("choices", "message", "delta"):
                    _fixture(at, inner, origin)


def router_method(at: Interpreter, value: v.Obj, name: str, given: Given) -> v.Value:
    """Return what a method of a ``litellm.Router`` gives."""
    del value
    kind = replies.ROUTER.get(name)
    if kind is None:
        return v.UNKNOWN
    return completed(at, given, f"Router.{name}()", kind, is_async=name in replies.ASYNC)


def client_method(at: Interpreter, value: v.Obj, name: str, given: Given) -> v.Value:
    """Return what a method of a ``litellm.LiteLLM`` client gives."""
    del value
    if name != "create":
        return v.UNKNOWN
    return completed(at, given, "create()", "reply", is_async=False)


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
            if one is v.UNKNOWN:
                return None
    model = keywords.get("model", given.first() if given.args else v.UNKNOWN)
    names = v.constants(model)
    if names is None:
        some = [one for one in v.alternatives(model) if isinstance(one, v.Const)]
        return True if any(replies.IMAGE_MODEL.search(str(one.value)) for one in some) else None
    if any(replies.IMAGE_MODEL.search(str(one)) for one in names):
        return True
    unseen = given.spread or extra is not None
    return None if unseen and not isinstance(extra, v.Mapping) else False


def _is_text_model(given: Given) -> bool:
    names = v.constants(given.keywords.get("model", given.first() if given.args else v.UNKNOWN))
    return bool(names) and all(replies.TEXT_MODEL.search(str(one)) for one in names or ())


def _streamed(given: Given) -> tuple[str, ...]:
    value = given.keywords.get("stream")
    if value is None:
        return ("reply", "stream") if given.spread else ("reply",)
    said = v.constants(value)
    if said is None:
        return ("reply", "stream")
    return tuple({"stream" if one else "reply": None for one in said})
