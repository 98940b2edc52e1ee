"""The stash: what the present format of a message cannot hold, so that the way back is exact.

It lives in ``message["provider_specific_fields"]["imageshim"]`` (``delta`` in a stream), a place
that LiteLLM and the OpenAI SDK carry along. It holds lengths, places and small templates, and of
an image only what the message no longer holds: never a second copy. Its shape, version 1::

    {
        "v": 1,
        "was": "content",                      # the format the message came in
        "at": {"content": 0, "images": 4},     # where that format's fields stood among the keys
        "null": ["images"],                    # which of them were there, and null
        "empty": {"image": {}},                # which of them held nothing, spelled otherwise
        "parts": [["text", 7], ["image", 150]],  # order; lengths in characters
        "items": [null, {"image_url": {"url": null, "detail": "high"}, …}],
        "others": [{"type": "file", …}],       # parts or items that are no readable images
        "layout": [null, {"type": "image_url", "image_url": {"url": null}}],
    }

``parts`` kinds: ``text``, ``feed`` (a line feed beside a URL), ``image``, ``url`` (an image whose
URL does not look like one, such as a relative one; with its CRC-32), ``raw`` (base64 that had no
``data:`` before it), ``draft`` (with a third number: its place in ``reasoning_content``), ``part``
and ``item`` (an entry of ``others``). ``items`` has an entry for each image, null for the default
item; a null inside an entry is what the message still holds. ``layout`` holds the spelling of the
fields of ``was`` where it is not the usual one. ``kept`` is a stash of a newer version, or one that
does not fit, with images that only it holds. All keys but ``v``, ``was`` and ``at`` may be absent.
A stash that does not fit the message (somebody edited it) is not believed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from imageshim.timeline import Format

from . import carriers

__all__ = ["FIELD", "KEY", "VERSION", "Stash", "dump", "held_images", "load", "template"]

FIELD = "provider_specific_fields"
KEY = "imageshim"
VERSION = 1

_NAMES = frozenset(member.value for member in Format)
_MOST_FIELDS = 1_000_000
"""No message has more; a place beyond that is not believed."""
_KINDS = {"text": 2, "image": 2, "raw": 2, "url": 3, "draft": 3, "part": 2, "item": 2, "feed": 2}


@dataclass(slots=True)
class Stash:
    """The stash of one message, checked."""

    was: Format
    at: dict[str, int]
    null: frozenset[str] = frozenset()
    parts: list[tuple[Any, ...]] = field(default_factory=list)
    items: list[Any] = field(default_factory=list)
    others: list[Any] = field(default_factory=list)
    layout: Any = None
    empty: dict[str, Any] = field(default_factory=dict)
    kept: Any = None
    """A stash that could not be read, and that holds images which are nowhere else."""


def _is_entry(entry: Any) -> bool:
    return (
        isinstance(entry, (list, tuple))
        and len(entry) > 1
        and isinstance(entry[0], str)
        and _KINDS.get(entry[0]) == len(entry)
        and all(type(number) is int and number >= 0 for number in entry[1:])
    )


def load(view: Mapping[str, Any]) -> Stash | None:
    """Read the stash of a message's fields; None where there is none or it is malformed."""
    held = view.get(FIELD)
    raw = carriers.get(held, KEY) if held else None
    if not isinstance(raw, Mapping) or raw.get("v") != VERSION:
        return None
    was, at = raw.get("was"), raw.get("at")
    if not isinstance(was, str) or was not in _NAMES or not isinstance(at, Mapping):
        return None
    lists = [raw.get(name, []) for name in ("null", "parts", "items", "others")]
    if not all(isinstance(value, list) for value in lists):
        return None
    null, parts, items, others = lists
    if not all(map(_is_entry, parts)) or not all(isinstance(name, str) for name in null):
        return None
    places = {
        name: place
        for name, place in at.items()
        if isinstance(name, str) and type(place) is int and 0 <= place < _MOST_FIELDS
    }
    return Stash(
        Format(was), places, frozenset(null), list(map(tuple, parts)), items, others,
        raw.get("layout"), _empty(raw.get("empty")), raw.get("kept"),
    )  # fmt: skip


def _empty(raw: Any) -> dict[str, Any]:
    if not isinstance(raw, Mapping):
        return {}
    return {name: value for name, value in raw.items() if isinstance(name, str) and not value}


def held_images(raw: Any) -> set[str]:
    """Gather the URLs in a stash of any shape: the images that may be nowhere else."""
    found: set[str] = set()
    waiting = [raw]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            item = value.get("image_url", value)
            if item is None or (isinstance(item, Mapping) and "url" in item):
                url = carriers.get(item, "url")  # null in what tells of an image only the rest
                found.update([url] if isinstance(url, str) and url else [])
            else:
                waiting += value.values()
        elif isinstance(value, (list, tuple)):
            waiting += value
        elif isinstance(value, str) and value[:11].lower() == "data:image/":
            found.add(value)
    return found


def dump(stash: Stash) -> dict[str, Any]:
    """Write a stash as the JSON object that :func:`load` reads; what is empty is left out."""
    out: dict[str, Any] = {"v": VERSION, "was": stash.was.value, "at": stash.at}
    if stash.null:
        out["null"] = sorted(stash.null)
    if stash.empty:
        out["empty"] = stash.empty
    if stash.parts:
        out["parts"] = [list(entry) for entry in stash.parts]
    if any(item is not None for item in stash.items):
        out["items"] = stash.items
    if stash.others:
        out["others"] = stash.others
    told = {"layout": stash.layout, "kept": stash.kept}
    out.update((name, value) for name, value in told.items() if value is not None)
    return out


def template(item: Mapping[str, Any], *path: str) -> dict[str, Any]:
    """Copy ``item`` with null at the end of ``path``: the part of it that a message holds."""
    copied = dict(item)
    if path[1:]:
        copied[path[0]] = template(copied[path[0]], *path[1:])
    else:
        copied[path[0]] = None
    return copied
