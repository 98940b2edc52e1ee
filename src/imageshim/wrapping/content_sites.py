"""The places that read the ``content`` of a reply with an image, and what they did with it.

To read ``content`` is no mistake, so nobody is warned. A place that treated the text as an image
(it looked for a data URI, or decoded it) is proof for the codemod; one that never did reads text.
What calls are seen to give images is counted, too. All of it while a report is written.
"""

from __future__ import annotations

import ast
import os
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .call_site import Place
from .expressions import Expression, expression_at, taker_of
from .watched_text import Note

__all__ = [
    "Tally",
    "is_watching",
    "rows",
    "saw_answer",
    "saw_content",
    "saw_images",
    "tally",
    "watch",
    "when_seen",
]


class Tally(NamedTuple):
    """What was seen in all."""

    calls: int
    """Replies and streams."""
    with_images: int


@dataclass(eq=False)
class _Seen:
    """One place that reads."""

    place: Place
    expression: Expression
    carrier: str
    how: str
    went_to: str
    """The function that gets the text at once, as the source names it; empty where none does."""
    count: int = 0
    treated: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    """What was done, with the file and line that did it."""

    def note(self, what: str, file: str, line: int) -> None:
        """Note that its text was treated as an image."""
        with _state.lock:
            new = (what, file, line) not in self.treated
            self.treated[what, file, line] += 1
        if new:
            _tell()


@dataclass
class _State:
    lock: threading.Lock = field(default_factory=threading.Lock)
    fast: dict[tuple[Any, ...], tuple[_Seen, object]] = field(default_factory=dict)
    """By the identity of the code, which is kept alive beside it, and the place in it."""
    all: dict[tuple[Any, ...], _Seen] = field(default_factory=dict)
    calls: int = 0
    with_images: int = 0
    watching: bool = False
    listeners: list[Any] = field(default_factory=list)


_state = _State()


def is_watching() -> bool:
    """Tell whether somebody wants to know."""
    return _state.watching


def watch(*, on: bool = True) -> None:
    """Watch from now on, or no longer."""
    _state.watching = on


def when_seen(listener: Any) -> None:
    """Call ``listener`` whenever there is something new to tell."""
    _state.listeners.append(listener)


def saw_answer() -> None:
    """Count a reply or a stream."""
    with _state.lock:
        _state.calls += 1


def saw_images() -> None:
    """Count a reply, or a stream, with an image."""
    with _state.lock:
        _state.with_images += 1


def tally() -> Tally:
    """Return what was seen so far."""
    with _state.lock:
        return Tally(_state.calls, _state.with_images)


def saw_content(place: Place, how: str, carrier: str) -> Note:
    """Count a read; returns what is to be told when the text is treated as an image."""
    key = (id(place.code), place.offset, carrier, how)
    with _state.lock:
        known = _state.fast.get(key)
    seen = known[0] if known is not None else _first_seen(key, place, how, carrier)
    with _state.lock:
        seen.count += 1
        is_new = seen.count == 1
    if is_new:
        _tell()
    return seen.note


def _tell() -> None:
    for listener in _state.listeners:
        listener()


def _first_seen(key: tuple[Any, ...], place: Place, how: str, carrier: str) -> _Seen:
    try:
        expression = expression_at(place, "content")
        went_to = taker_of(place, expression)
    except Exception:  # noqa: BLE001  # a source that cannot be read must not stop who runs it
        expression, went_to = Expression(place.line, place.line, 0, 0), ""
    if how == "attribute" and isinstance(expression.node, ast.Call):
        how = "getattr"
    new = _Seen(place, expression, carrier, how, went_to)
    location = (place.code.co_filename, *expression[:4], carrier, how)
    with _state.lock:
        seen = _state.all.setdefault(location, new)
        _state.fast[key] = seen, place.code
    return seen


def rows() -> list[dict[str, Any]]:
    """List every place so far, as the report has them; ``file`` is as the interpreter knows it."""
    with _state.lock:
        found = [(one, dict(one.treated)) for one in _state.all.values()]
    return [
        {
            "file": one.place.code.co_filename,
            "line": one.expression.line,
            "end_line": one.expression.end_line,
            "column": one.expression.column,
            "end_column": one.expression.end_column,
            "module": str(one.place.module.get("__name__", "")),
            "function": getattr(one.place.code, "co_qualname", one.place.code.co_name),
            "read": "content",
            "carrier": one.carrier,
            "how": one.how,
            "count": one.count,
            "instead": "",
            "treated": sorted(_said(*key) for key in treated),
            "went_to": one.went_to,
        }
        for one, treated in found
    ]


def _said(what: str, file: str, line: int) -> str:
    return f"{what} at {os.path.relpath(file) if os.path.isabs(file) else file}:{line}"  # noqa: PTH117
