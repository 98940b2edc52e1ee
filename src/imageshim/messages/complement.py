"""Put what a message holds and what its stash kept back together, in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any

from .formats import image as image_format
from .formats.content import Feed, image_entry
from .formats.dialects import canonical_item
from .parts import DEFAULT_DETAIL, ImagePart, OtherPart, Part, TextPart
from .stash import Stash, template

__all__ = ["arranged", "entries_of", "is_held", "items_for", "with_stashed", "without_drafts"]


def entries_of(parts: Sequence[Part]) -> list[tuple[Any, ...]]:
    """Write the order of the parts, with their lengths in characters."""
    entries: list[tuple[Any, ...]] = []
    for part in parts:
        if isinstance(part, Feed):
            entries.append(("feed", 1))
        elif isinstance(part, TextPart):
            entries.append(("text", len(part.text)))
        elif isinstance(part, OtherPart):
            entries.append((part.kind, 0))
        elif part.draft:
            entries.append(("draft", len(part.url), part.offset))
        elif part.raw:
            entries.append(("raw", len(part.url) - part.url.index(",") - 1))
        else:
            entries.append(image_entry(part.url))
    return entries


def items_for(
    images: list[ImagePart], held: tuple[str, ...], *, only: ImagePart | None
) -> list[Any]:
    """Write what a format does not hold of the images' items; null for the default item.

    ``held`` is the path in the item to what the format does hold: ``("image_url",)`` or
    ``("image_url", "url")``. Of images beside ``only``, where that is given, it holds nothing.
    """
    items: list[Any] = []
    for place, image in enumerate(images):
        if only is not None and image is not only:
            items.append(canonical_item(image, place))
        elif image.item is None:
            items.append(None)
        else:
            is_whole = only is None or image_format.holds(image.item["image_url"])
            path = held if is_whole else (*held, "url")
            usual = len(path) == 1 and tuple(image.item) == _USUAL
            items.append(None if usual else template(image.item, *path))
    return items


_USUAL = ("image_url", "index", "type")


def with_stashed(parts: list[Part], kept: Stash, *, only_one: bool) -> list[Part]:
    """Give the images back what the stash kept of them, and add those that only it holds."""
    items = deque(kept.items)
    out: list[Part] = []
    for part in parts:
        if isinstance(part, ImagePart):
            while only_one and items and not is_held(items[0]):
                out += _whole(items.popleft())
            part.item = _filled(items.popleft() if items else None, part)
        out.append(part)
    return [*out, *(image for item in items for image in _whole(item))] if only_one else out


def without_drafts(kept: Stash) -> tuple[Stash, list[Any]]:
    """Take the drafts out of what the stash says of a text, and what it kept of each of them.

    They stand in another text, so that a reader of this one does not meet them.
    """
    shown = [entry[0] for entry in kept.parts if entry[0] not in _NO_IMAGES]
    items = [*kept.items, *[None] * (len(shown) - len(kept.items))]
    of_drafts = [item for kind, item in zip(shown, items, strict=False) if kind == "draft"]
    of_text = [item for kind, item in zip(shown, items, strict=False) if kind != "draft"]
    entries = [entry for entry in kept.parts if entry[0] != "draft"]
    return replace(kept, parts=entries, items=of_text), of_drafts


_NO_IMAGES = frozenset({"text", "feed", "part", "item"})


def is_held(item: Any) -> bool:
    """Tell whether the message holds the image of an entry, and the stash only the rest of it."""
    return not _whole(item)


def _filled(rest: Any, image: ImagePart) -> dict[str, Any] | None:
    """Fill the nulls of a stashed item with what the message holds."""
    if not isinstance(rest, dict) or not rest.keys() >= set(_USUAL):
        return image.item
    inner = rest["image_url"]
    if isinstance(inner, dict) and inner.get("detail") is not None:
        inner = {**inner, "url": image.url}
    elif image.item is not None:
        inner = image.item["image_url"]
    else:
        inner = {"url": image.url, "detail": DEFAULT_DETAIL}
    return {**rest, "image_url": inner}


def _whole(item: Any) -> list[ImagePart]:
    """Read an image that only the stash holds; none where the message holds it."""
    if not isinstance(item, dict) or not item.keys() >= set(_USUAL):
        return []
    inner = item["image_url"]
    if not isinstance(inner, dict) or not inner.keys() >= set(_INNER):
        return []
    url = inner["url"]
    if not isinstance(url, str):
        return []
    usual = tuple(item) == _USUAL and tuple(inner) == _INNER
    return [ImagePart(url, None if usual and inner["detail"] == DEFAULT_DETAIL else item)]


_INNER = ("url", "detail")


def arranged(parts: list[Part], text: str | None, kept: Stash) -> list[Part] | None:
    """Order the parts as the stash says; None where the stash does not fit them.

    ``text`` is the text beside the images in formats that keep no order; the others have their
    runs of text among the ``parts``, and the result must not contradict the order there.
    """
    if not kept.parts:
        return None
    queues: dict[type, Iterator[Part]] = {
        kind: iter([part for part in parts if isinstance(part, kind)])
        for kind in (TextPart, ImagePart, OtherPart)
    }
    held = {part.kind for part in parts if isinstance(part, OtherPart)}
    others = iter(kept.others)
    cuts = None if text is None else _cuts(text, kept)
    out: list[Part | None] = []
    for kind, length, *place in kept.parts:
        if kind == "text":
            run = next(queues[TextPart] if cuts is None else cuts, None)
            out.append(run if isinstance(run, TextPart) and len(run.text) == length else None)
        elif kind in {"part", "item"}:
            out.append(next(queues[OtherPart], None) if kind in held else _other(others, kind))
        elif kind != "feed":  # which only sets a URL apart in a text
            out.append(_image(next(queues[ImagePart], None), kind, length, place))
    left = [next(queue, None) for queue in queues.values()]
    whole = [part for part in out if part is not None]
    if len(whole) != len(out) or any(left) or (text is not None and not _is_spent(text, kept)):
        return None
    if text is None:
        own = {id(part) for part in parts}
        if [id(part) for part in whole if id(part) in own] != [id(part) for part in parts]:
            return None
    return whole


def _cuts(text: str, kept: Stash) -> Iterator[Part]:
    lengths = [entry[1] for entry in kept.parts if entry[0] == "text"]
    ends = list(accumulate(lengths))
    cuts = zip([0, *ends], ends, strict=False)
    return iter([TextPart(text[start:end]) for start, end in cuts])


def _is_spent(text: str, kept: Stash) -> bool:
    lengths: list[int] = [entry[1] for entry in kept.parts if entry[0] == "text"]
    return len(text) == sum(lengths)


def _other(others: Iterator[Any], kind: str) -> OtherPart | None:
    return next((OtherPart(value, kind) for value in others), None)


def _image(image: Part | None, kind: str, length: int, place: list[int]) -> ImagePart | None:
    """Check an image against its entry and give it back what the entry says of it."""
    if not isinstance(image, ImagePart):
        return None
    prefix = image.url.find(",") + 1 if kind == "raw" else 0
    if len(image.url) != length + prefix:
        return None
    image.raw = kind == "raw"
    if kind == "draft":
        image.draft, image.offset = True, place[0]
    return image
