"""One message of a request, its images taken out, and the image as providers take it.

May import what stands in ``messages``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from imageshim.image_data import data_uri

from . import carriers
from .formats import images as images_format
from .formats import own_fields
from .formats import parts as parts_format
from .formats.dialects import canonical_item
from .lifting import Lifted, lift
from .options import ReadOptions
from .parts import DEFAULT_DETAIL, ImagePart, OtherPart, Part, TextPart, text_of
from .stash import FIELD
from .thinking_blocks import BLOCKS, blocks_without_images, with_signed
from .walk import may_have_images

__all__ = ["LEFT_OUT", "Outgoing", "image_part", "outgoing"]

LEFT_OUT = "[A generated image stood here.]"
"""What the text says in place of an image that is not sent again."""


@dataclass(slots=True)
class Outgoing:
    """A message with images that goes to a provider."""

    fields: dict[str, Any]
    lifted: Lifted | None
    parts: list[Part]
    """Its text and images; the media types are those of the bytes."""
    noted: bool = False
    """Whether the text says that images stood there."""

    @property
    def images(self) -> list[ImagePart]:
        """The images, in the order of the message."""
        return [part for part in self.parts if isinstance(part, ImagePart)]

    def leave_out(self, count: int) -> None:
        """Put a note into the text in place of each of the first images."""
        if not count:
            return
        self.noted = True
        first = {id(image) for image in self.images[:count]}
        noted = [TextPart(LEFT_OUT) if id(part) in first else part for part in self.parts]
        self.parts = list(_spaced(noted))

    def is_sent_in_images(self, message: Any) -> bool:
        """Tell whether ``images`` of the message are its images, as providers take them."""
        if self.noted or own_fields.lift(message) is not None:
            return False
        return _urls(carriers.get(message, images_format.FIELD)) == self._urls

    def is_sent_in_parts(self, message: Any) -> bool:
        """Tell whether the parts of ``content`` have its images, as providers take them."""
        listed = carriers.items_of(carriers.get(message, "content")) or ()
        shown = [part for part in listed if carriers.get(part, "type") == "image_url"]
        return _urls(shown) == self._urls

    @property
    def _urls(self) -> list[str]:
        return [image.url for image in self.images]

    def without_images(self) -> dict[str, Any]:
        """Write the fields of the message without its images; what is unreadable stays."""
        fields = dict(self.fields)
        if self.lifted is not None:
            _write_rest(fields, self.lifted, self.parts)
        elif any(isinstance(part, TextPart) for part in self.parts):
            fields["content"] = _noted(fields.get("content"), self.parts)
        blocks = carriers.items_of(fields.get(BLOCKS))
        if blocks:
            _put(fields, BLOCKS, blocks_without_images(blocks))
        return own_fields.without_images(fields)

    def items(self) -> list[Any]:
        """Write the images as items of ``images``, before those that are unreadable."""
        items = [canonical_item(image, place) for place, image in enumerate(self.images)]
        unread = carriers.items_of(self.without_images().get(images_format.FIELD))
        return [*items, *(unread or ())]

    def with_items(self) -> dict[str, Any]:
        """Write the fields of the message with all images in ``images``."""
        fields = self.without_images()
        _put(fields, images_format.FIELD, self.items())
        return fields

    def with_parts(self) -> dict[str, Any]:
        """Write the fields of the message with text and images as the parts of ``content``."""
        return {**self.without_images(), "content": [_part(part) for part in self.parts]}


def outgoing(message: Any, how: ReadOptions) -> Outgoing | None:
    """Take a message apart; None where it has no image."""
    blocks = carriers.items_of(carriers.get(message, BLOCKS))
    if not blocks and not may_have_images(message, how):
        return None
    view = carriers.fields(message) or {}
    lifted = lift(dict(view), how)
    parts = with_signed(lifted.parts if lifted else [], message)
    if not any(isinstance(part, ImagePart) for part in parts):
        return None
    fields = lifted.fields if lifted else view
    return Outgoing(fields, lifted, [_truly_typed(part) for part in parts])


def image_part(image: ImagePart) -> dict[str, Any]:
    """Write the ``image_url`` part of a message of the user."""
    inner = image.item["image_url"] if image.item else {}
    detail = inner.get("detail") or DEFAULT_DETAIL
    told = {} if detail == DEFAULT_DETAIL else {"detail": detail}
    return {"type": "image_url", "image_url": {"url": image.url, **told}}


def _truly_typed(part: Part) -> Part:
    if not isinstance(part, ImagePart):
        return part
    url = data_uri.truly_typed(part.url)
    if url is part.url:
        return part
    item = part.item and {**part.item, "image_url": {**part.item["image_url"], "url": url}}
    return replace(part, url=url, item=item)


def _part(part: Part) -> Any:
    if isinstance(part, ImagePart):
        return image_part(part)
    return {"type": "text", "text": part.text} if isinstance(part, TextPart) else part.value


def _urls(items: Any) -> list[Any]:
    listed = carriers.items_of(items) or ()
    return [carriers.get(carriers.get(item, "image_url"), "url") for item in listed]


def _put(fields: dict[str, Any], name: str, value: Any) -> None:
    """Set a field, or take it away where nothing is left of it."""
    if value:
        fields[name] = value
    else:
        fields.pop(name, None)


def _write_rest(fields: dict[str, Any], lifted: Lifted, parts: list[Part]) -> None:
    """Write what a message says beside its images."""
    if any(isinstance(part, OtherPart) and part.kind == parts_format.HELD for part in parts):
        rest: list[Part] = [part for part in parts if not isinstance(part, ImagePart)]
        fields.update(parts_format.lower(rest, None))
    else:
        text = text_of(parts)
        if text is not None or "content" in fields:
            fields["content"] = text
    unread = [
        part.value
        for part in parts
        if isinstance(part, OtherPart) and part.kind == images_format.HELD
    ]
    for name in lifted.owned:
        _put(fields, name, unread if name == images_format.FIELD else None)
    if lifted.specific is not None:
        _put(fields, FIELD, own_fields.without_images(lifted.specific))


def _noted(content: Any, notes: list[Part]) -> Any:
    """Put notes behind a ``content`` that holds no image."""
    if isinstance(content, (list, tuple)):
        return [*content, *(_part(note) for note in notes if isinstance(note, TextPart))]
    said: list[Part] = [TextPart(content)] if isinstance(content, str) else []
    return text_of(list(_spaced([*said, *notes])))


def _spaced(parts: list[Part]) -> Iterator[Part]:
    """Put a blank between a note and text that it would touch."""
    last = " "
    for part in parts:
        if isinstance(part, TextPart) and part.text:
            is_glued = LEFT_OUT in {part.text, last} and not (
                last[-1].isspace() or part.text[0].isspace()
            )
            yield TextPart(f" {part.text}") if is_glued else part
            last = part.text
        else:
            yield part
