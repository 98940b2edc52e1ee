"""A text that remembers where it was read, and notes when it is treated as an image.

It is a ``str`` with the very characters of the ``content`` that was read. What is cut out of it is
one too; everywhere else (joined, encoded, dumped, pickled, copied) it is, or becomes, a plain text.
It exists while a report is written, and only then.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["Note", "WatchedText", "tell"]

Note = Callable[[str, str, int], None]
"""Takes what was done, and the file and line that did it."""

_SIGNS = ("data:", "base64,")
"""What code looks for that is after an image in a text."""
_LONGEST = 40


class WatchedText(str):
    """A text that was read at a place.

    Args:
        text: the characters.
        note: told when the text is treated as an image.

    """

    __slots__ = ("_note",)

    _note: Note

    def __new__(cls, text: str, note: Note) -> WatchedText:  # noqa: PYI034  # not in Python 3.10
        """Make a text with the characters of another."""
        made = str.__new__(cls, text)
        made._note = note  # noqa: SLF001  # its own
        return made

    def __add__(self, other: Any) -> Any:
        # A text of another class (markup, say) decides itself what the sum is, as beside a str.
        if not isinstance(other, str) or (
            type(other) not in (str, WatchedText) and hasattr(type(other), "__radd__")
        ):
            return NotImplemented
        return WatchedText(str.__add__(self, other), self._note)

    def __radd__(self, other: Any) -> Any:
        if not isinstance(other, str):
            return NotImplemented
        return WatchedText(str.__add__(other, self), self._note)

    def __format__(self, spec: str) -> str:
        return str.__format__(self, spec) if spec else self

    def __contains__(self, part: Any) -> bool:
        _look(self, "in", (part,))
        return str.__contains__(self, part)

    def __copy__(self) -> str:
        return str.__str__(self)

    def __deepcopy__(self, _memo: dict[int, Any]) -> str:
        return str.__str__(self)

    def __reduce_ex__(self, _protocol: Any) -> tuple[Any, ...]:
        return str, (str.__str__(self),)


def tell(text: WatchedText, what: str, depth: int) -> None:
    """Note that a text was treated as an image, by the code some frames above the caller."""
    frame = sys._getframe(depth + 1)  # noqa: SLF001  # the documented way to a frame
    text._note(what, frame.f_code.co_filename, frame.f_lineno)  # noqa: SLF001  # its own module


def _look(text: WatchedText, name: str, arguments: Iterable[Any]) -> None:
    """Note a look for the sign of an image."""
    for argument in arguments:
        for part in argument if isinstance(argument, tuple) else (argument,):
            if isinstance(part, str) and any(sign in part for sign in _SIGNS):
                tell(text, f"{name} {str.__str__(part)[:_LONGEST]!r}", 2)
                return


def _carried(result: Any, note: Note) -> Any:
    """Return what was cut out of a text, each piece as one."""
    if isinstance(result, str):
        return WatchedText(result, note)
    return type(result)(WatchedText(piece, note) for piece in result)


def _method(name: str, *, looks: bool, carries: bool) -> Callable[..., Any]:
    plain = getattr(str, name)

    def method(self: WatchedText, *args: Any, **options: Any) -> Any:
        result = plain(self, *args, **options)
        if looks:
            _look(self, name, (*args, *options.values()))
        return _carried(result, self._note) if carries else result

    method.__name__, method.__doc__ = name, plain.__doc__
    method.__qualname__ = f"str.{name}"
    return method


_LOOK_AND_CUT = ("split", "rsplit", "partition", "rpartition", "replace", "removeprefix")
_LOOK = ("startswith", "endswith", "find", "rfind", "index", "rindex", "count")
_CUT = ("__getitem__", "strip", "lstrip", "rstrip", "removesuffix", "splitlines")

for _name in (*_LOOK_AND_CUT, *_LOOK, *_CUT):
    _made = _method(_name, looks=_name not in _CUT, carries=_name not in _LOOK)
    setattr(WatchedText, _name, _made)
