"""The places that read generated images in an old format: counted, and warned about.

``IMAGESHIM_WARN`` says how often: ``once`` a line (unless told otherwise), ``all`` reads, or
``off``. Places are counted whatever it says.
"""

from __future__ import annotations

import ast
import os
import threading
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from imageshim.errors import LegacyImageFormatWarning

from .call_site import Place
from .expressions import Expression, expression_at
from .replacements import instead_of

__all__ = ["Site", "on_new_site", "saw_call", "saw_read", "sites"]

_VARIABLE = "IMAGESHIM_WARN"
_MODES = ("once", "all", "off")


@dataclass(frozen=True)
class Site:
    """One place in the user's code that reads an old format."""

    file: str
    """The path as the interpreter knows it; ``<stdin>`` and the like are no files."""
    line: int
    end_line: int
    column: int
    """Where the expression begins, counted from 0 in UTF-8 bytes, as ``ast`` does."""
    end_column: int
    module: str
    function: str
    """The qualified name where the interpreter knows it, ``<module>`` at the top."""
    read: str
    """The field: ``image``; or ``content`` for a call that asks for that format."""
    carrier: str
    """``message``, or ``delta`` in a stream."""
    how: str
    """``attribute``, ``item``, ``get``, ``getattr`` or ``call``."""
    count: int
    """How often, in this process."""
    instead: str
    """The expression to write instead."""

    def as_dict(self) -> dict[str, Any]:
        """Return the fields, as the report has them."""
        return asdict(self)


@dataclass
class _Counted:
    place: Place
    expression: Expression
    read: str
    carrier: str
    how: str
    instead: str
    count: int = 0

    @property
    def location(self) -> tuple[Any, ...]:
        code = self.place.code
        return (code.co_filename, *self.expression[:4], self.read, self.carrier, self.how)


@dataclass
class _State:
    lock: threading.Lock = field(default_factory=threading.Lock)
    fast: dict[tuple[Any, ...], tuple[_Counted, object]] = field(default_factory=dict)
    """By the identity of the code, which is kept alive beside it, and the place in it."""
    all: dict[tuple[Any, ...], _Counted] = field(default_factory=dict)
    warned: set[tuple[str, int]] = field(default_factory=set)
    audience: object = None
    umbrella: bool = False
    """Whether the one general warning of the process was given."""
    complained: bool = False
    listeners: list[Callable[[], None]] = field(default_factory=list)


_state = _State()
_MOST_CODES = 4096
"""Code made by exec() again and again is new each time; the places in it are counted together."""


def on_new_site(listener: Callable[[], None]) -> None:
    """Call ``listener`` whenever a place is seen for the first time."""
    _state.listeners.append(listener)


def sites() -> list[Site]:
    """List every place in the process so far that read images in an old format.

    Sorted by file, line and column. A place is one expression: an attribute, a key or a ``get``
    on a message; or a call that asked for an old format (``emit``, ``callers``), unless an
    installed package does.
    """
    with _state.lock:
        counted = list(_state.all.values())
    found = [
        Site(
            one.place.code.co_filename,
            *one.expression[:4],
            module=str(one.place.module.get("__name__", "")),
            function=getattr(one.place.code, "co_qualname", one.place.code.co_name),
            read=one.read,
            carrier=one.carrier,
            how=one.how,
            count=one.count,
            instead=one.instead,
        )
        for one in counted
    ]
    return sorted(found, key=lambda site: (site.file, site.line, site.column, site.how))


def saw_read(place: Place | None, how: str, carrier: str) -> None:
    """Count a read of the field ``image``, and warn at its line.

    Raises:
        LegacyImageFormatWarning: the warning filters make an error of it.

    """
    if place is not None:
        _saw(place, "image", carrier, how)


def saw_call(place: Place | None, read: str, carrier: str) -> None:
    """Count a call that asks for an old format, and warn at its line.

    Raises:
        LegacyImageFormatWarning: the warning filters make an error of it.

    """
    if place is not None:
        _saw(place, read, carrier, "call")


def _saw(place: Place, read: str, carrier: str, how: str) -> None:
    key = (id(place.code), place.offset, read, carrier, how)
    with _state.lock:
        known = _state.fast.get(key)
        if known is not None:
            known[0].count += 1
    _warn(known[0] if known is not None else _first_seen(key, place, read, carrier, how))


def _first_seen(key: tuple[Any, ...], place: Place, read: str, carrier: str, how: str) -> _Counted:
    try:
        expression = expression_at(place, None if how == "call" else read)
    except Exception:  # noqa: BLE001  # a source that cannot be read must not stop who runs it
        expression = Expression(place.line, place.line, 0, 0)
    if how == "attribute" and isinstance(expression.node, ast.Call):
        how = "getattr"
    new = _Counted(place, expression, read, carrier, how, instead_of(expression, how, read))
    with _state.lock:
        counted = _state.all.setdefault(new.location, new)
        counted.count += 1
        if len(_state.fast) >= _MOST_CODES:
            _state.fast.clear()
        _state.fast[key] = counted, place.code
    if counted is new:
        for listener in _state.listeners:
            listener()
    return counted


def _text(site: _Counted) -> str:
    if site.how == "call":
        versions = {"content": "up to 1.76.0", "image": "1.76.1 to 1.76.3"}[site.read]
        what = f"this call asks for images in message.{site.read}, as LiteLLM {versions} gave them"
    else:
        read = site.expression.text or f"{site.carrier}.{site.read}"
        what = f"`{read}` is where LiteLLM 1.76.1 to 1.76.3 had an image"
    return f"{what}; write `{site.instead}` instead"


def _mode() -> str:
    mode = os.environ.get(_VARIABLE) or _MODES[0]
    if mode in _MODES:
        return mode
    if not _state.complained:
        _state.complained = True
        allowed = ", ".join(_MODES)
        text = f"{_VARIABLE} is {mode!r:.40}; choose one of {allowed}"
        warnings.warn(text, UserWarning, stacklevel=2)
    return _MODES[0]


def _warn(site: _Counted) -> None:
    mode = _mode()
    if mode == "off":
        return
    line = site.place.code.co_filename, site.place.line
    if mode == "once":
        # Whoever records warnings (a test) is an audience of its own, and has heard none so far.
        audience = getattr(warnings, "_showwarnmsg_impl", None)
        with _state.lock:
            if audience is not _state.audience:
                _state.audience = audience
                _state.warned.clear()
            if line in _state.warned:
                return
    _show(site, _text(site), LegacyImageFormatWarning)
    # Not before: where the filters make an error of it, every read is one.
    _state.warned.add(line)
    if not _state.umbrella:
        _state.umbrella = True
        _show(site, _UMBRELLA, FutureWarning)


_UMBRELLA = (
    "this program reads generated images in the format of older LiteLLM versions, here first; "
    "imageshim.sites() lists every place, IMAGESHIM_REPORT=FILE writes the list at exit, and "
    "IMAGESHIM_WARN=off silences these warnings"
)


def _show(site: _Counted, text: str, category: type[Warning]) -> None:
    module = site.place.module
    warnings.warn_explicit(
        text,
        category,
        site.place.code.co_filename,
        site.place.line,
        module=str(module.get("__name__", "<unknown>")),
        registry={},  # once a line is our own business
        source=None,
    )
