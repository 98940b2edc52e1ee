"""One delta: its fields to parts, and parts to the fields of as many deltas as they need.

A delta cannot hold the stash of a whole message: clients merge deltas by adding numbers, joining
strings and lists (``openai.lib.streaming``). So each image brings its own, under its number in the
choice, and merging puts them side by side::

    delta["provider_specific_fields"]["imageshim"] = {"images": {"1": template}}

``template`` is the image's canonical item with null for what the delta holds itself; null where
that is all; or the whole item where the delta holds nothing of it (``image``, from the second
image on).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from imageshim.errors import (
    LossyConversionError,
    LossyConversionWarning,
    MalformedImageError,
    warn_caller,
)
from imageshim.image_data.data_uri import find_images
from imageshim.messages import carriers
from imageshim.messages.complement import items_for, with_stashed
from imageshim.messages.formats import image as image_format
from imageshim.messages.formats import images as images_format
from imageshim.messages.formats import parts as parts_format
from imageshim.messages.formats.content import image_entry, raw_payload
from imageshim.messages.formats.dialects import canonical_item, is_canonical, read_item
from imageshim.messages.formats.own_fields import OWN_FIELDS
from imageshim.messages.lifting import lift
from imageshim.messages.options import OnLoss, ReadOptions
from imageshim.messages.parts import ImagePart, OtherPart, Part, TextPart
from imageshim.messages.stash import FIELD, KEY, Stash
from imageshim.timeline import Format

__all__ = [
    "Read",
    "Writer",
    "choice_key",
    "compose",
    "is_done",
    "may_have_parts",
    "nulls_in",
    "quotes",
    "read_delta",
    "with_evidence",
]

IMAGES = "images"
"""The key of the stash in a delta."""


def choice_key(choice: Any, place: int) -> int | str:
    """Tell which choice of the reply one of a chunk goes on with: by ``index``, or by its place."""
    index = carriers.get(choice, "index")
    return index if isinstance(index, (int, str)) else place


class Read(NamedTuple):
    """A delta, taken apart."""

    parts: list[Part]
    rest: dict[str, Any]
    """The other fields; ``content`` is among them, where it was, for its place."""
    format: Format
    """The format that the parts are in."""
    has_stash: bool
    own: dict[str, Any]
    """Gateways' fields with images, which stand beside the images from now on."""
    is_own: bool
    """Whether the images came from such a field."""

    @property
    def is_texts(self) -> bool:
        """Whether it is a list of parts, none of which is an image."""
        if self.format is not Format.PARTS or self.has_stash:
            return False
        return not any(isinstance(part, ImagePart) for part in self.parts)


def _numbered(view: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the stash of a delta; None where there is none."""
    held = view.get(FIELD)
    held = carriers.get(held, KEY) if held else None
    images = held.get(IMAGES) if isinstance(held, Mapping) else None
    return dict(images) if images and isinstance(images, Mapping) else None


def may_have_parts(view: Mapping[str, Any]) -> bool:
    """Rule out deltas of text, and those that say nothing."""
    content = view.get("content")
    return bool(any(map(view.get, _NAMES)) or (content and not isinstance(content, str)))


_NAMED = frozenset({images_format.FIELD, image_format.FIELD})
_NAMES = (images_format.FIELD, image_format.FIELD, FIELD, *OWN_FIELDS)


def read_delta(view: dict[str, Any], how: ReadOptions, *, own_fields: bool) -> Read | None:
    """Take apart a delta that has images, or a list of parts; None where it has neither.

    ``content`` that is text is not looked into: it may go on in the next delta. ``own_fields``:
    a gateway's own field is read, if nothing else in the delta is an image.
    """
    if not may_have_parts(view):
        return None
    kept = _numbered(view)
    listed = carriers.items_of(view.get("content"))
    is_url = kept is not None and _is_url(view.get("content"))
    # The provider's fields may only repeat the image that is told of.
    lifted = None if is_url else lift(dict(view), how._replace(source=Format.IMAGES))
    own: dict[str, Any] = {}
    if lifted is not None and lifted.own_field is not None:
        if own_fields and kept is None and not _has_image_in_text(view, how):
            name = lifted.own_field
            own[name] = lifted.specific if name == FIELD else view[name]
        else:
            lifted = None
    is_own = bool(own)
    if lifted is not None:
        own.update((name, view[name]) for name in OWN_FIELDS & view.keys())
        parts, fields, found = lifted.parts, lifted.fields, lifted.format
        if lifted.specific is not None:
            fields[FIELD] = lifted.specific
            if not _NAMED.isdisjoint(lifted.specific):
                own[FIELD] = lifted.specific  # it may repeat the image, so it goes with it
        for name in [*lifted.owned, *own]:
            del fields[name]
    elif kept is None and listed is None:
        return None
    else:
        fields = dict(view)
        parts, found = _unnamed(view, listed)
    if kept is not None:
        parts = _with_kept(parts, fields, kept)
    return Read(parts, fields, found, kept is not None, own, is_own)


def _with_kept(parts: list[Part], fields: dict[str, Any], kept: dict[str, Any]) -> list[Part]:
    """Append what the stash holds of images that the delta does not; take it out of the fields."""
    specific = carriers.fields(fields.pop(FIELD, None)) or {}
    specific.pop(KEY, None)
    if specific:
        fields[FIELD] = specific
    items = Stash(Format.IMAGES, {}, items=list(kept.values()))
    return with_stashed(parts, items, only_one=True)


def _is_url(content: Any) -> bool:
    return isinstance(content, str) and image_entry(content.strip("\n"))[0] == "image"


def _has_image_in_text(view: Mapping[str, Any], how: ReadOptions) -> bool:
    if how.source not in {None, Format.CONTENT}:
        return False
    content = view.get("content")
    parts = parts_format.lift(carriers.items_of(content) or (content,))
    return any(
        find_images(part.text, trusted=how.source is Format.CONTENT)
        for part in parts
        if isinstance(part, TextPart)
    )


def _unnamed(view: dict[str, Any], listed: Any) -> tuple[list[Part], Format]:
    """Read the content of a delta that has no field for images."""
    if listed is not None:
        return parts_format.lift(listed), Format.PARTS
    content = view.get("content")
    if isinstance(content, str) and content:
        return [ImagePart(content.strip("\n"))], Format.CONTENT
    return [], Format.IMAGE


class Writer(NamedTuple):
    """Writes parts as the fields of deltas in one format."""

    to: Format
    on_loss: OnLoss
    final: bool = False
    """Whether the format ``image`` gets the image that is no draft, instead of the first."""

    def write(
        self, parts: list[Part], number: int, where: str, own: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Write parts in order; ``number`` is that of the first image in its choice.

        ``own`` is a gateway's field that the images came from.
        """
        deltas: list[dict[str, Any]] = []
        for part in parts:
            if isinstance(part, TextPart):
                deltas.append({"content": part.text})
            elif isinstance(part, OtherPart):
                name = "content" if part.kind == parts_format.HELD else images_format.FIELD
                deltas.append({name: [part.value]})
                number += self.numbers([part])
            else:
                deltas.append(self._write_image(part, number, where))
                number += 1
        grouped: list[dict[str, Any]] = []
        for delta in filter(None, deltas):
            if not (grouped and _joined(grouped[-1], delta)):
                grouped.append(delta)
        if own:
            _put_own(own, grouped)
        return grouped

    def numbers(self, parts: list[Part]) -> int:
        """How many numbers parts take: ``index`` is the place in the list of images."""
        return sum(
            isinstance(part, ImagePart)
            or (
                self.to is Format.IMAGES and isinstance(part, OtherPart) and part.kind == _IN_IMAGES
            )
            for part in parts
        )

    def _write_image(self, image: ImagePart, number: int, where: str) -> dict[str, Any]:
        if self.to is Format.IMAGES:
            return {images_format.FIELD: [canonical_item(image, number)]}
        if self.to is Format.IMAGE and (image.draft if self.final else number):
            self._report(f"more than one image: image {number}", where)
            item = canonical_item(image, number)
            return {FIELD: _stash(number, item)} if self.on_loss == "stash" else {}
        only = image if self.to is Format.IMAGE else None
        (kept,) = items_for([image], _HELD_OF_ITEM[self.to], only=only)
        if self.to is Format.CONTENT:
            url = raw_payload(image)
            is_apart = not image.raw and url[:5].lower() != "data:"
            written: dict[str, Any] = {"content": f"\n{url}\n" if is_apart else url}
        elif self.to is Format.IMAGE:
            written = image_format.lower([image], None)
            del written["content"]
        else:
            written = parts_format.lower([image], None)
        if kept is not None:
            self._report("the detail or unknown keys of an image", where)
        # In text nothing else says where an image is, nor that it is one.
        if self.on_loss == "stash" and (kept is not None or self.to is Format.CONTENT):
            written[FIELD] = _stash(number, kept)
        return written

    def _report(self, loss: str, where: str) -> None:
        message = f"{where}: the format {self.to.value!r} cannot hold {loss}"
        if self.on_loss == "raise":
            raise LossyConversionError(message)
        if self.on_loss == "drop":
            warn_caller(message, LossyConversionWarning)


def with_evidence(written: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave a first text and the images behind it in one delta, as they were.

    The field for images, or the part, beside it tells who reads the stream again that a text is
    text. An empty field does where the image waits.
    """
    is_text = (isinstance(values.get("content"), str) for values in written)
    place = next((place for place, found in enumerate(is_text) if found), len(written))
    before, behind = written[:place], [*written[place:], {}, {}]
    first, second, others = behind[0], behind[1], behind[2:]
    text, listed = first.get("content"), second.get("content")
    if text is None or first.keys() != {"content"}:
        return written
    if isinstance(listed, list):
        both = {**second, "content": [{"type": "text", "text": text}, *listed]}
    elif not _NAMED.isdisjoint(second):
        both = {**first, **second}
    elif quotes(text):
        return [*before, {**first, images_format.FIELD: []}, *written[place + 1 :]]
    else:
        return written
    return [*before, both, *filter(None, others)]


def quotes(text: str) -> bool:
    """Tell whether a text that is known to be text may be taken for an image later."""
    return "data:" in text.lower()


def _put_own(own: dict[str, Any], written: list[dict[str, Any]]) -> None:
    """Put a gateway's own field to the first delta that has an image.

    Who reads the stream once more sees there that the field has been read.
    """
    with_image = (place for place, values in enumerate(written) if _holds_image(values))
    place = next(with_image, len(written) - 1)
    for values in written[place : place + 1]:
        both = {**(own.get(FIELD) or {}), **(values.get(FIELD) or {})}
        values.update({**own, **values, **({FIELD: both} if both else {})})


def _holds_image(values: dict[str, Any]) -> bool:
    parts = carriers.items_of(values.get("content")) or ()
    return (
        not _SAYS_IMAGE.isdisjoint(values)
        or any(map(read_item, values.get(images_format.FIELD, ())))
        or any(read_item(part, among_images=False) for part in parts)
    )


_SAYS_IMAGE = frozenset({image_format.FIELD, FIELD})
_IN_IMAGES = images_format.HELD
_HELD_OF_ITEM = {
    Format.CONTENT: ("image_url", "url"),
    Format.IMAGE: ("image_url",),
    Format.PARTS: ("image_url",),
}


def _stash(number: int, item: Any) -> dict[str, Any]:
    return {KEY: {IMAGES: {str(number): item}}}


def _joined(last: dict[str, Any], delta: dict[str, Any]) -> bool:
    """Join a delta with the one before it, if each holds a list, or each text, in one field."""
    (name, value), *more = delta.items()
    joins = not more and last.keys() == {name} and type(last[name]) is type(value)
    if joins and isinstance(value, (list, str)):
        last[name] += value
        return True
    return False


def is_done(view: Mapping[str, Any], read: Read, to: Format, number: int) -> bool:
    """Tell whether a delta is in the format already, and its images numbered from ``number``."""
    if read.format is not to or to is Format.CONTENT:
        return read.format is to
    images, image = view.get(images_format.FIELD), view.get(image_format.FIELD)
    listed = carriers.items_of(view.get("content"))
    if to is Format.IMAGES:
        return bool(images and not image and listed is None) and is_canonical(images or (), number)
    if to is Format.IMAGE:
        return not images and (image is not None or _numbered(view) is not None)
    return listed is not None and len(listed) == len(read.parts)


_STANDARD = frozenset({"content", "role", "function_call", "tool_calls", "refusal", "audio", FIELD})
"""The fields that a delta has even where they say nothing, on carriers that write nulls."""


def nulls_in(delta: Any, fields: Mapping[str, Any]) -> bool:
    """Tell whether the carrier of a delta writes the fields that say nothing."""
    return not isinstance(delta, Mapping) or any(value is None for value in fields.values())


def compose(
    rest: Mapping[str, Any], values: Mapping[str, Any], *, first: bool, nulls: bool, where: str
) -> dict[str, Any]:
    """Build the fields of a delta: the first of several has the ``rest`` of the original's.

    ``nulls``: the carrier writes the fields that say nothing.
    """
    fields: dict[str, Any] = {}
    for name, value in rest.items():
        if name in values and name != FIELD:
            fields[name] = values[name]
        elif name == "content" or not first:
            if nulls and name in _STANDARD:
                fields[name] = None
        else:
            fields[name] = value
    for name, value in values.items():
        if name == FIELD and fields.get(FIELD) is not None:
            held = carriers.fields(fields[FIELD])
            if held is None:
                raise MalformedImageError(
                    f"{where}.{FIELD} should be an object, not {type(fields[FIELD]).__name__}"
                )
            fields[FIELD] = {**held, **value}
        else:
            fields[name] = value
    return fields
