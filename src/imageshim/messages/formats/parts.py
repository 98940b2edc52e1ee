"""``parts``: ``message.content`` is a list of text and image parts.

The shape in which OpenAI's chat completions take images in requests; vLLM-omni and others answer in
it, and LiteLLM issue #16227 asks for it. It keeps the order of text and images.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from imageshim.long_json.rope import join
from imageshim.messages import carriers
from imageshim.messages.parts import DEFAULT_DETAIL, ImagePart, OtherPart, Part, TextPart
from imageshim.messages.stash import template

from .content import raw_payload
from .dialects import read_item

__all__ = ["HELD", "joins_texts", "layout_of", "lift", "lower", "split_texts"]

HELD = "part"
"""The kind of :class:`~imageshim.messages.parts.OtherPart` that this list holds."""

_TEXT_TYPES = ("text", "output_text")


def lift(value: list[Any] | tuple[Any, ...]) -> list[Part]:
    """Read the list; a part that is neither text nor a readable image is kept as it is."""
    return [_lift_one(entry) for entry in value]


def _lift_one(entry: Any) -> Part:
    if isinstance(entry, str):
        return TextPart(entry)
    text = carriers.get(entry, "text")
    if isinstance(text, str) and _is_text(entry):
        return TextPart(text)
    image = read_item(entry, among_images=False)
    if image is None:
        return OtherPart(entry, HELD)
    if isinstance(entry, Mapping):
        image.item = _canonical(image)
    return image


def _is_text(entry: Any) -> bool:
    """Tell whether an entry says that it is a text, or is nothing else, as DashScope's are."""
    kind = carriers.get(entry, "type")
    return kind in _TEXT_TYPES or (
        kind is None and (carriers.fields(entry) or {}).keys() == {"text"}
    )


def _canonical(image: ImagePart) -> dict[str, Any] | None:
    """Write the item that the part becomes: the part's own keys behind the canonical ones."""
    if image.item is None:
        return None
    inner = image.item["image_url"]
    rest = {key: value for key, value in image.item.items() if key not in _CANONICAL}
    if not rest and tuple(inner) == ("url", "detail") and inner["detail"] == DEFAULT_DETAIL:
        return None
    return {"image_url": inner, "index": 0, "type": "image_url", **rest}


_CANONICAL = frozenset({"image_url", "index", "type"})


def _write(part: TextPart | ImagePart) -> dict[str, Any]:
    if isinstance(part, TextPart):
        return {"type": "text", "text": part.text}
    inner = part.item["image_url"] if part.item else {"url": part.url, "detail": DEFAULT_DETAIL}
    return {"type": "image_url", "image_url": inner}


def _is_spelling(spelling: Any, part: TextPart | ImagePart) -> bool:
    """Tell whether an entry of ``layout`` fits the part: it may come from a stash of any shape."""
    if isinstance(part, TextPart) and spelling == "":
        return True
    if not isinstance(spelling, Mapping):
        return False
    if isinstance(part, TextPart):
        return _is_text(spelling)
    return isinstance(spelling.get("image_url") or {}, Mapping)


def _respell(part: TextPart | ImagePart, spelling: Any) -> Any:
    """Write a part as ``layout`` says that it was spelled."""
    if isinstance(part, TextPart):
        return part.text if spelling == "" else {**spelling, "text": part.text}
    inner = spelling.get("image_url")
    return {**spelling, "image_url": {**(inner or {}), "url": part.url}}


def lower(parts: list[Part], layout: Any) -> dict[str, Any]:
    """Write ``content``; ``layout`` (one entry a part) tells of unusual spellings."""
    fits = isinstance(layout, list) and len(layout) == len(parts)
    spellings = layout if fits else [None] * len(parts)
    content: list[Any] = []
    for part, spelling in _rejoined(zip(parts, spellings, strict=True)):
        if isinstance(part, OtherPart):
            if part.kind == HELD:
                content.append(part.value)
        else:
            known = _is_spelling(spelling, part)
            content.append(_respell(part, spelling) if known else _write(part))
    return {"content": content}


def _rejoined(spelled: Iterable[tuple[Part, Any]]) -> list[tuple[Part, Any]]:
    """Join the pieces that were one text; `split_texts` says how the layout tells."""
    out: list[tuple[Part, Any]] = []
    pieces: list[str] | None = None
    for part, spelling in spelled:
        if isinstance(part, OtherPart) or not isinstance(spelling, list):
            pieces = None
            out.append((part, spelling))
            continue
        piece = part.text if isinstance(part, TextPart) else raw_payload(part)
        if pieces is None or spelling:
            pieces = []
            out.append((TextPart(""), spelling[0] if spelling else None))
        pieces.append(piece)
        out[-1] = TextPart(join(pieces)), out[-1][1]
    return out


def split_texts(
    entries: list[Any] | tuple[Any, ...],
    parts: list[Part],
    read: Callable[[str], list[TextPart | ImagePart]],
) -> tuple[list[Part], list[Any]] | None:
    """Take the images out of text parts; None where there are none.

    The layout has a list for each piece of a text: the text's spelling is in that of the first.
    """
    out: list[Part] = []
    layout: list[Any] = []
    for entry, part in zip(entries, parts, strict=True):
        pieces = read(part.text) if isinstance(part, TextPart) else []
        if any(isinstance(piece, ImagePart) for piece in pieces):
            layout += [[_spelling(entry, part)], *([] for _ in pieces[1:])]
            out += pieces
        else:
            layout.append(_spelling(entry, part))
            out.append(part)
    return (out, layout) if len(out) > len(parts) or _differ(out, parts) else None


def joins_texts(layout: Any) -> bool:
    """Tell whether images stood in text parts, by the layout."""
    return isinstance(layout, list) and any(isinstance(entry, list) for entry in layout)


def _differ(out: list[Part], parts: list[Part]) -> bool:
    return any(new is not old for new, old in zip(out, parts, strict=True))


def layout_of(value: list[Any] | tuple[Any, ...], parts: list[Part]) -> list[Any] | None:
    """Describe the parts that are not spelled as :func:`lower` would spell them."""
    layout = [_spelling(entry, part) for entry, part in zip(value, parts, strict=False)]
    return layout if any(spelling is not None for spelling in layout) else None


def _spelling(entry: Any, part: Part) -> Any:
    if isinstance(part, OtherPart) or not isinstance(entry, (str, Mapping)):
        return None
    if isinstance(entry, str):
        return ""
    if isinstance(part, TextPart):
        usual = tuple(entry) == ("type", "text") and entry["type"] == "text"
        return None if usual else template(entry, "text")
    inner = entry.get("image_url")
    if not isinstance(inner, Mapping) or inner.get("url") is not part.url:
        return None  # a dialect is read, never written
    usual = tuple(entry) == ("type", "image_url") and entry["type"] == "image_url"
    return None if usual and "detail" in inner else template(entry, "image_url", "url")
