"""JSON whose long strings stay where they are: read without them, and written around them.

`load` cuts the long strings out of a body before it parses the little that is left, and gives
values in which they are ropes (`imageshim.long_json.rope`); `dump` writes such values and copies
the bytes of the ropes straight from body to body. What comes out is what pydantic-core's parser
and writer give, to the byte; they see all but the megabytes of base64. The pieces::

    value = load(body)        # ValueError: parse it in the usual way, which says what is wrong
    changed = convert(value)  # ropes are str: len, slices, find, ==
    body = dump(changed)

What is cut out is ASCII that JSON writes as it reads it: no quote, backslash or control character.
Base64 in which the slashes are escaped is unescaped first. In its place stands a mark that no body
can foresee and that is no JSON outside of a string: if what was cut out was none (blanks between
strings, half an escape), the rest does not parse either, and nobody believes it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from .numbers import INFINITE, Spelled
from .rope import LONG, Piece, Rope, Stretch

__all__ = ["dump", "dump_pieces", "load", "plain"]

_SMALLEST_BLOCK = 1 << 13
_LARGEST_BLOCK = 1 << 18
_ESCAPE = 6
"""The longest escape of JSON: ``\\u002f``."""
_STEPS_BACK = 16
_NUMBER = 8
_WORTH = 8
"""The bytes cut out are so many times those left in; else to look at each value does not pay."""


def load(body: bytes) -> Any:
    """Parse JSON; its long strings become ropes.

    Raises:
        ValueError: the bytes are no JSON, or JSON that pydantic-core does not read.

    """
    from_json = _reader()
    stretches, is_read = _stretches(body) if len(body) >= LONG else ([], True)
    cut = sum(stop - start for start, stop, _ in stretches)
    if not stretches or (len(body) - cut) * _WORTH > cut:
        return from_json(body, cache_strings="keys", allow_inf_nan=False)
    if not is_read:
        _checker()(body)  # nothing else sees a control character in what is cut out
    mark = _new_mark()
    rest: list[bytes | memoryview] = []
    view = memoryview(body)
    done = 0
    for number, (start, stop, _) in enumerate(stretches):
        rest += [view[done:start], b"%s%0*x" % (mark.encode(), _NUMBER, number)]
        done = stop
    rest.append(view[done:])
    value = from_json(b"".join(rest), cache_strings="keys", allow_inf_nan=False)
    return _roped(value, mark, [stretch for _, _, stretch in stretches])


@cache
def _reader() -> Callable[..., Any]:
    """Import the reader when it is first needed; to import it again costs as much as to read."""
    from pydantic_core import from_json  # noqa: PLC0415

    return from_json


@cache
def _checker() -> Callable[[bytes], object]:
    """Make what reads JSON and keeps nothing of it: no string is copied, which is half the time.

    It raises ValueError for what is no JSON.
    """
    from pydantic_core import SchemaValidator, core_schema  # noqa: PLC0415  # as in _reader

    fields = core_schema.typed_dict_schema({}, extra_behavior="ignore")
    anything = core_schema.with_default_schema(fields, default=None, on_error="default")
    return SchemaValidator(anything).validate_json


def _new_mark() -> str:
    return f"~{os.urandom(16).hex()}~"


_Cut = tuple[int, int, Stretch]


def _stretches(body: bytes) -> tuple[list[_Cut], bool]:
    """Find what can be cut out: (start, stop) in the body, and the characters that it stands for.

    Tells also whether the parser has read all of that; a run without escapes is cut out unread.
    Blocks grow as long as they can be cut out, and start small again where one cannot. So do the
    pieces left in where not even a small one can: text costs little, and little stays in.
    """
    found: list[_Cut] = []
    is_ascii = body.isascii()
    is_read = True
    for begin, end in _runs(body):
        if is_ascii and body.find(b"\\", begin, end) < 0:
            found.append((begin, end, Stretch(body, begin, end)))
            is_read = False
            continue
        at = begin
        size = left_in = _SMALLEST_BLOCK
        while at < end:
            stop = _block_end(body, at, min(at + size, end))
            stretch = _verbatim(body, at, stop)
            if stretch is not None:
                _append(found, at, stop, stretch)
                size, left_in = min(size * 2, _LARGEST_BLOCK), _SMALLEST_BLOCK
            elif size > _SMALLEST_BLOCK:
                stop, size = at, _SMALLEST_BLOCK
            else:
                stop = _block_end(body, at, min(at + left_in, end))
                left_in = min(left_in * 2, _LARGEST_BLOCK)
            at = stop
    return found, is_read


def _append(found: list[_Cut], start: int, stop: int, stretch: Stretch) -> None:
    """Add a stretch, or make the last one longer."""
    if found and found[-1][1] == start:
        begin, _, last = found[-1]
        if last.data is stretch.data:
            found[-1] = (begin, stop, Stretch(last.data, last.start, stretch.stop))
            return
    found.append((start, stop, stretch))


def _runs(body: bytes) -> Iterator[tuple[int, int]]:
    """Find the long runs between two quotes, at the cost of looking for every other quote."""
    stride = LONG // 2
    at = 0
    while at + stride <= len(body):
        quote = body.find(b'"', at)
        if quote < 0:
            return
        if quote - at < stride:
            at += stride
            continue
        begin = body.rfind(b'"', max(at - stride, 0), at) + 1
        if quote - begin >= LONG:
            yield begin, quote
        at = quote + 1


def _block_end(body: bytes, start: int, stop: int) -> int:
    """Move ``stop`` back so that it parts no escape, where that takes few steps."""
    end = stop
    for _ in range(_STEPS_BACK):
        escape = body.rfind(b"\\", max(end - _ESCAPE + 1, start), end)
        if escape < 0:
            return end
        if escape == start:
            break
        end = escape
    return stop


def _verbatim(body: bytes, start: int, stop: int) -> Stretch | None:
    """Give the characters that a block of a string stands for, if they need no escapes."""
    if body.find(b"\\", start, stop) < 0:
        block = body[start:stop]
        is_plain = block.isascii() and _string(b'"%s"' % block) is not None
        return Stretch(body, start, stop) if is_plain else None
    # Two quotes more in the text, so that its bytes are a JSON string again.
    text = _string(b"".join((b'"\\"', memoryview(body)[start:stop], b'\\""')))
    if text is None or not text.isascii():
        return None
    data = text.encode("ascii")
    if b"\\" in data or _string(data) is None:
        return None
    return Stretch(data, 1, len(data) - 1)


def _string(json_string: bytes) -> str | None:
    try:
        text: str = _reader()(json_string)
    except ValueError:
        return None
    return text


def _roped(value: Any, mark: str, stretches: list[Stretch]) -> Any:
    """Put ropes in the place of the strings with a mark, in a value that holds some."""
    if isinstance(value, str):
        return _rope(value, mark, stretches) if mark in value else value
    items = enumerate(value) if isinstance(value, list) else value.items()
    for key, item in items:
        if isinstance(item, (str, list, dict)):
            value[key] = _roped(item, mark, stretches)
        if isinstance(key, str) and mark in key:
            raise ValueError("a key as long as this is no key of a reply")
    return value


def _rope(text: str, mark: str, stretches: list[Stretch]) -> Rope:
    first, *others = text.split(mark)
    pieces: list[Piece] = [first]
    for other in others:
        pieces += [stretches[int(other[:_NUMBER], 16)], other[_NUMBER:]]
    return Rope([piece for piece in pieces if piece])


def dump(value: Any) -> bytes:
    """Write JSON, compact, as pydantic-core does.

    Raises:
        ValueError: it does not write this value: a lone surrogate, very deep nesting.

    """
    pieces = dump_pieces(value)
    return pieces[0] if len(pieces) == 1 and isinstance(pieces[0], bytes) else b"".join(pieces)


def _compact(value: Any) -> bytes:
    from pydantic_core import to_json  # noqa: PLC0415  # as in load

    return to_json(value, inf_nan_mode="constants")


def dump_pieces(value: Any, encode: Callable[[Any], bytes] = _compact) -> list[bytes | memoryview]:
    """Write JSON as :func:`dump` does, in pieces: who joins them with more copies them once.

    ``encode`` writes what is no rope; it may be another writer of JSON.

    Raises:
        ValueError: it does not write this value: a lone surrogate, very deep nesting.

    """
    mark = _new_mark()
    stretches: list[Stretch] = []

    def marked(rope: Rope) -> str:
        texts = []
        for piece in rope.pieces:
            if isinstance(piece, str):
                texts.append(piece)
            else:
                stretches.append(piece)
                texts.append(mark)
        return "".join(texts)

    made = _replaced(value, {Rope: marked})
    rest = encode(made)
    if b"Infinity" in rest or b"NaN" in rest:
        rest = _with_numbers(made, encode)
    if not stretches:
        return [rest]
    first, *others = rest.split(mark.encode())
    out: list[bytes | memoryview] = [first]
    for stretch, other in zip(stretches, others, strict=True):
        out += [memoryview(stretch.data)[stretch.start : stretch.stop], other]
    return out


def _with_numbers(value: Any, encode: Callable[[Any], bytes]) -> bytes:
    """Write JSON with the numbers that Python cannot hold as they are spelled."""
    mark = _new_mark()
    texts: list[str] = []

    def marked(number: float) -> str | float:
        spelled = number if isinstance(number, Spelled) else INFINITE.get(number)
        if spelled is None:
            return number
        texts.append(spelled.text)
        return mark

    first, *others = encode(_replaced(value, {float: marked, Spelled: marked})).split(
        b'"%s"' % mark.encode()
    )
    written = (text.encode() + other for text, other in zip(texts, others, strict=True))
    return b"".join((first, *written))


def plain(value: Any) -> Any:
    """Give the value with usual strings in the place of ropes."""
    return _replaced(value, {Rope: str})


_Changes = Mapping[type, Callable[[Any], Any]]


def _replaced(value: Any, change: _Changes) -> Any:
    """Replace what has one of some types in a value; what has none is shared."""
    kind = type(value)
    if kind in change:
        return change[kind](value)
    if kind is dict:
        new = {key: _replaced(item, change) for key, item in value.items()}
        return new if any(new[key] is not value[key] for key in new) else value
    if kind is list or kind is tuple:
        items = [_replaced(item, change) for item in value]
        return items if any(a is not b for a, b in zip(items, value, strict=True)) else value
    return value
