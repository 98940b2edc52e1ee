"""The OpenAI SDK's client: what it gives is a proxy's, and so LiteLLM's, where the user says so.

``--assume-litellm`` is asked about the names that a client has, the strings that it is made with
(``base_url``), the names in the call, and the file. Where none of them matches, a reply is as
unknown as any other. Source: ``openai/_client.py``,
``openai/resources/chat/completions/completions.py``, ``openai/lib/streaming/chat/_completions.py``.
"""

from __future__ import annotations

import ast

from imageshim.codemod.flow import values as v
from imageshim.codemod.flow.hooks import Given
from imageshim.codemod.flow.interpreter import Interpreter
from imageshim.codemod.flow.labels import labelled

from .completions import completed
from .library import Library

__all__ = ["LIBRARY"]

_KINDS = {
    **dict.fromkeys(("OpenAI", "AzureOpenAI", "Client"), "openai"),
    **dict.fromkeys(("AsyncOpenAI", "AsyncAzureOpenAI", "AsyncClient"), "openai_async"),
}
"""The clients, and what they are; so are the rooms of one (``client.chat.completions``)."""
_ROOMS = ("beta", "chat", "completions", "with_raw_response", "with_streaming_response")
_ASKING = frozenset({"create", "parse", "stream"})


def _call(at: Interpreter, name: str, given: Given) -> v.Value | None:
    """Return a client, or what the module's own (``openai.chat.completions``) gives."""
    _, *rooms, last = name.split(".")
    if not at.assume:
        return None
    if last in _KINDS:
        return _client(
            at, _KINDS[last], given.node, f"{last}()", labelled(at, given.node, given, last)
        )
    if last in _ASKING and "completions" in rooms:
        return _asked(at, last, given, labelled(at, given.node, given).labels, is_async=False)
    return None


def _client(at: Interpreter, kind: str, node: ast.expr, what: str, made_with: v.Maybe) -> v.Obj:
    origin = at.origin(node, what, "openai")
    origin.labels |= made_with.labels
    return v.Obj(kind, "openai", frozenset((origin,))).after(node.lineno, what)


def _annotated(at: Interpreter, name: str, node: ast.expr) -> v.Value:
    if not at.assume:
        return v.UNKNOWN
    made_with = {name} if at.function is None else {name, at.function.name}
    return _client(at, _KINDS[name], node, f"a {name}", v.Maybe(frozenset(made_with)))


def _method(at: Interpreter, value: v.Obj, name: str, given: Given) -> v.Value:
    """Return what a method of a client, or of a room of it, gives."""
    if name in ("copy", "with_options"):
        return value
    labels = value.labels | labelled(at, given.node, given).labels
    if name not in _ASKING:
        return v.Maybe(labels)
    return _asked(at, name, given, labels, is_async=value.kind == "openai_async")


def _asked(
    at: Interpreter, name: str, given: Given, labels: frozenset[str], *, is_async: bool
) -> v.Value:
    found = at.assumption(labels)
    if found is None:
        return v.Maybe(labels)
    what = "{} (--assume-litellm {})".format(*found)
    made = completed(at, given, what, "reply", is_async=is_async, carrier="openai", by_alias=True)
    if name != "stream":
        return made
    inner = made.value if isinstance(made, v.Wrap) else made
    events = [one.piece("openai_events") for one in v.alternatives(inner) if isinstance(one, v.Obj)]
    return v.Wrap("context", v.join_all(events))


def _events_method(at: Interpreter, value: v.Obj, name: str, given: Given) -> v.Value | None:
    """Return what a method of ``with client.chat.completions.stream(…) as events`` gives."""
    del at, given
    if name == "get_final_completion":
        return value.piece("reply")
    return value if name == "until_done" else None


LIBRARY = Library(
    packages=("openai",),
    call=_call,
    methods={"openai": _method, "openai_async": _method, "openai_events": _events_method},
    fields={
        **{(kind, room): kind for kind in ("openai", "openai_async") for room in _ROOMS},
        ("openai_events", "current_completion_snapshot"): "reply",
        ("openai_event", "chunk"): "chunk",
        ("openai_event", "snapshot"): "reply",
    },
    elements={"openai_events": "openai_event"},
    types=frozenset(_KINDS),
    annotated=_annotated,
)
