"""LiteLLM: which of its calls, clients and constructors give replies, and of which models."""

from __future__ import annotations

import ast

from imageshim.codemod.flow import values as v
from imageshim.codemod.flow.functions import escape
from imageshim.codemod.flow.hooks import Given
from imageshim.codemod.flow.interpreter import Interpreter

from .completions import completed, made_by
from .library import Library

__all__ = ["CALLS", "CONSTRUCTORS", "LIBRARY", "ROUTER"]

# What a call gives: "reply" or, with stream=True, "stream".
_COMPLETIONS = ("completion", "acompletion", "completion_with_retries", "acompletion_with_retries")
CALLS: dict[str, str] = {
    **dict.fromkeys(_COMPLETIONS, "reply"),
    "batch_completion": "replies",
    "batch_completion_models": "reply",
    "batch_completion_models_all_responses": "replies",
    "abatch_completion": "replies",
    "mock_completion": "reply",
    "stream_chunk_builder": "built",
    "Router": "router",
    "LiteLLM": "client",
}
"""Functions of ``litellm`` and what they return."""


ROUTER: dict[str, str] = {
    "completion": "reply",
    "acompletion": "reply",
    "schedule_acompletion": "reply",
    "abatch_completion": "replies",
    "abatch_completion_one_model_multiple_requests": "replies",
}
"""Methods of a ``litellm.Router``."""

_ASYNC = frozenset(
    name for table in (CALLS, ROUTER) for name in table if name.startswith(("a", "schedule_a"))
)

CONSTRUCTORS: dict[str, str] = {
    "ModelResponse": "reply",
    "ModelResponseStream": "chunk",
    "Choices": "choice",
    "StreamingChoices": "chunk_choice",
    "Message": "message",
    "Delta": "delta",
}
"""LiteLLM's types: what an instance is, and what a parameter with that annotation is."""

_TYPES: dict[str, str] = {
    **CONSTRUCTORS, "CustomStreamWrapper": "stream", "LiteLLM": "client", "Router": "router"
}  # fmt: skip


def _call(at: Interpreter, name: str, given: Given) -> v.Value:
    """Return what a call of LiteLLM gives."""
    last = name.rpartition(".")[2]
    if last in CONSTRUCTORS and last[0].isupper():
        return _constructed(at, last, given)
    kind = CALLS.get(last)
    if kind is None:
        for value in given.all():
            escape(at, value)
        return v.UNKNOWN
    if kind in ("router", "client"):
        origin = at.origin(given.node, f"{last}()", "litellm")
        return v.Obj(kind, "litellm", frozenset((origin,)))
    if name in at.overwritten or f"litellm.{last}" in at.overwritten:
        at.origin(given.node, f"{last}()", "litellm").doubt = f"the file replaces {name}"
    if kind == "built":
        origin = at.origin(given.node, f"{last}()", "litellm")
        handed = [one for one in v.alternatives(given.first()) if isinstance(one, (v.Obj, v.Seq))]
        for one in handed:
            inner = one if isinstance(one, v.Obj) else v.element(one)
            if isinstance(inner, v.Obj) and any(other.image for other in inner.origins):
                origin.image = True
        return made_by(origin, "reply", given)
    return completed(at, given, f"{last}()", kind, is_async=last in _ASYNC)


def _constructed(at: Interpreter, name: str, given: Given) -> v.Value:
    kind = CONSTRUCTORS[name]
    origin = at.origin(given.node, f"{name}()", "litellm")
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
    return made_by(origin, kind, given)


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


def _router_method(at: Interpreter, value: v.Obj, name: str, given: Given) -> v.Value:
    """Return what a method of a ``litellm.Router`` gives."""
    del value
    kind = ROUTER.get(name)
    if kind is None:
        return v.UNKNOWN
    return completed(at, given, f"Router.{name}()", kind, is_async=name in _ASYNC)


def _client_method(at: Interpreter, value: v.Obj, name: str, given: Given) -> v.Value:
    """Return what ``chat.completions`` of a ``litellm.LiteLLM`` or a Router gives.

    Source: ``litellm/main.py``, ``litellm/router.py`` of 1.80.0.
    """
    del value
    if name != "create":
        return v.UNKNOWN
    return completed(at, given, "create()", "reply", is_async=False)


def _annotated(at: Interpreter, name: str, node: ast.expr) -> v.Value:
    origin = at.origin(node, f"a {name}", "litellm")
    made = v.Obj(_TYPES[name], "litellm", frozenset((origin,)))
    return made.after(node.lineno, origin.what)


def _assumed(at: Interpreter, value: v.Maybe, name: str, node: ast.AST, how: str) -> v.Value | None:
    """Return the choices of what may be a reply: nobody's, unless the user says whose it is."""
    if name != "choices":
        return None
    carrier = "openai" if how == "attribute" else "dict"
    found = at.assumption(value.labels)
    if found is None:
        at.watcher.unknown(node, value.labels)
        reply = v.Obj("reply", carrier, frozenset(), (), frozenset((node,)))
        rest = v.UNKNOWN
    else:
        origin = at.origin(node, "{} (--assume-litellm {})".format(*found), carrier)
        reply = v.Obj("reply", carrier, frozenset((origin,))).after(at.line, origin.what)
        rest = v.BOTTOM
    # A chunk looks like a reply up to its choices.
    chunk = v.Obj("chunk", carrier, reply.origins, reply.chain, reply.reads)
    return v.join_all((reply.piece("choices"), chunk.piece("chunk_choices"), rest))


LIBRARY = Library(
    packages=("litellm",),
    call=_call,
    methods={"router": _router_method, "client": _client_method},
    fields={
        ("router", "chat"): "client",
        ("client", "chat"): "client",
        ("client", "completions"): "client",
    },
    types=frozenset(_TYPES),
    annotated=_annotated,
    starred=("completion", "acompletion", "stream_chunk_builder", "ModelResponse", "Router"),
    makes_replies=True,
    assumed=_assumed,
    entries=frozenset({"choices"}),
)
