"""What a function that reads images did wrong, in words."""

from __future__ import annotations

import base64
import inspect
import json
import re
import traceback
from collections.abc import Callable, Container, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from imageshim.image_data import data_uri
from imageshim.timeline import Format
from imageshim.wrapping.call_site import is_installed

from .reading_answers import Found
from .reading_cases import Case

__all__ = ["Failure", "Tried", "difference", "message", "raised"]

_OURS = tuple(
    str(Path(__file__).with_name(name)) for name in ("reading_check.py", "reading_answers.py")
)
_LIMIT = 3900
"""How many characters a failure says at most."""


class Tried(NamedTuple):
    """One reply that the function was called with."""

    case: Case
    carrier: str


class Failure(NamedTuple):
    """One reply that was not read."""

    case: Case
    carrier: str
    wrong: str
    """What the function did, in words."""
    shown: Any
    """The reply, for people: a message, several (a list), or deltas (a tuple)."""


def difference(
    expected: Sequence[Found], found: Sequence[Found], of_others: Container[bytes | str] = ()
) -> str | None:
    """Say in words how what was found differs; None where it does not.

    Args:
        expected: what there is.
        found: what the function gave.
        of_others: images of earlier replies, which this one has not.

    """
    right, there = [one.what for one in expected], [one.what for one in found]
    if right != there:
        return next(words for is_so, words in _differences(right, there, of_others) if is_so)
    misnamed = (
        f"gave an {known.media_type} out as {one.media_type}"
        for known, one in zip(expected, found, strict=True)
        if one.media_type not in {None, known.media_type}
    )
    return next(misnamed, None)


_What = bytes | str


def _differences(
    expected: list[_What], found: list[_What], of_others: Container[_What]
) -> Iterator[tuple[bool, str]]:
    there = "is one" if len(expected) == 1 else f"are {len(expected)}"
    count = f"{len(found)} image{'s' * (len(found) != 1)}"
    yield not found, f"found no image; there {there}"
    yield any(one in of_others for one in found), "found an image of an earlier reply as well"
    yield not expected, f"found {count}; there is none"
    pairs = [(known, one) for known in expected for one in found]
    yield any(_lost_padding(*pair) for pair in pairs), "left out the '=' that end the base64"
    yield any(_swallowed(*pair) for pair in pairs), "took text for a part of the image"
    yield sorted(map(repr, expected)) == sorted(map(repr, found)), "found them in another order"
    are_right = all(one in expected for one in found)
    yield are_right and len(found) < len(expected), f"found {len(found)} of {len(expected)} images"
    yield are_right, f"found an image more than once: {count}, there {there}"
    other = next(one for one in found if one not in expected)
    yield True, f"found something that is not an image of the reply: {_said(other)}"


def _lost_padding(known: _What, found: _What) -> bool:
    if isinstance(known, str) or isinstance(found, bytes):
        return False
    encoded = base64.b64encode(known).decode()
    return encoded[-1] == "=" and found.rpartition(",")[2] == encoded.rstrip("=")


def _swallowed(known: _What, found: _What) -> bool:
    if isinstance(known, str):
        return False
    if isinstance(found, bytes):
        return len(found) > len(known) and found.startswith(known[:-3])
    return base64.b64encode(known).decode().rstrip("=") in found


def _said(found: _What) -> str:
    if isinstance(found, str):
        return repr(_short(found))
    kind = data_uri.sniff(base64.b64encode(found).decode()) or "no image"
    return f"{len(found)} bytes ({kind})"


def raised(error: BaseException, function: Callable[..., Any]) -> str:
    """Say what was raised, and at which line: of the function's own file, if it is there."""
    file = getattr(getattr(inspect.unwrap(function), "__code__", None), "co_filename", None)
    frames = traceback.extract_tb(error.__traceback__)
    own = [one for one in frames if one.filename == file] or [
        one for one in frames if one.filename not in _OURS and not is_installed(one.filename)
    ]
    text = f"{type(error).__name__}: {_short(str(error))}"
    if own:
        line = f"{Path(own[-1].filename).name}:{own[-1].lineno}: {own[-1].line or ''}"
        text += f"\n   at {_short(line)}"
    return text


def message(function: Callable[..., Any], failures: list[Failure], tried: list[Tried]) -> str:
    """Say which replies were not read, one for each way of going wrong, the smallest first."""
    name = getattr(function, "__qualname__", None) or repr(function)
    lines = [f"{name[:80]} does not read {len(failures)} of {len(tried)} replies."]
    lines += _unread(failures, tried)
    ways: dict[str, list[Failure]] = {}
    for one in failures:
        ways.setdefault(one.wrong.partition("\n")[0], []).append(one)
    for number, group in enumerate(ways.values(), 1):
        shown = _shown(number, group)
        if sum(map(len, lines + shown)) + 2 * len(lines) > _LIMIT:
            lines += ["", f"… and {len(ways) - number + 1} more ways of going wrong."]
            break
        lines += ["", *shown]
    return "\n".join(lines)


def _unread(failures: list[Failure], tried: list[Tried]) -> Iterator[str]:
    """Name the formats and the carriers of which nothing is read."""
    failed = {(id(one.case), one.carrier) for one in failures}
    with_images = [one for one in tried if one.case.images]
    for kind in (_era, _carrier):
        names = dict.fromkeys(kind(one) for one in with_images)
        read = {kind(one) for one in with_images if (id(one.case), one.carrier) not in failed}
        if read and (lost := [name for name in names if name not in read]):
            yield f"It reads no image of: {', '.join(lost)}."


def _era(one: Tried) -> str:
    return _ERAS[one.case.format]


def _carrier(one: Tried) -> str:
    return _CARRIER_NAMES[one.carrier]


def _shown(number: int, group: list[Failure]) -> list[str]:
    first = group[0]
    reply = _short(json.dumps(first.shown, ensure_ascii=False))
    lines = [
        f"{number}. {_sentence(first.case.reason)}",
        f"   It {first.wrong}",
        f"   {_NAMES[type(first.shown)]}: {reply}",
        f"   In {_where(group)}.",
    ]
    others = list(dict.fromkeys(one.case.reason for one in group))[1:]
    if others:
        more = f"; and {len(others) - _OTHERS} more" if len(others) > _OTHERS else ""
        lines.append(f"   The same where: {'; '.join(others[:_OTHERS])}{more}.")
    return lines


_OTHERS = 4
_NAMES: dict[type, str] = {dict: "Message", list: "Messages", tuple: "Deltas"}


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _where(group: list[Failure]) -> str:
    formats = dict.fromkeys(_ERAS[one.case.format] for one in group)
    carriers = dict.fromkeys(_CARRIER_NAMES[one.carrier] for one in group)
    return f"{', '.join(formats)}; {', '.join(carriers)}"


_ERAS = {
    Format.CONTENT: "content (LiteLLM up to 1.76.0)",
    Format.IMAGE: "image (LiteLLM 1.76.1 to 1.76.3)",
    Format.IMAGES: "images (LiteLLM from 1.77.0, OpenRouter)",
    Format.PARTS: "parts",
}
_CARRIER_NAMES = {"dict": "a dict", "openai": "an OpenAI object", "litellm": "a LiteLLM object"}


def _short(text: str) -> str:
    """Cut base64 and all that is long."""
    cut = re.sub(r"([A-Za-z0-9+/]{12})[A-Za-z0-9+/]{24,}(={0,2})", r"\1…\2", text)
    return cut if len(cut) <= _LONGEST else f"{cut[:_LONGEST]}…"


_LONGEST = 420
