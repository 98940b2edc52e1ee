"""Fields of their own in which gateways put images, beside the message that LiteLLM knows.

``content_blocks`` (Portkey), ``multi_mod_content`` (AiHubMix, Yunwu) and ``attachments`` in
``custom_content`` (DIAL). They are read where nothing else of the message is an image. Programs
read them, so they stay in a reply; in a request's history they would be megabytes that no provider
takes. What else they hold, such as the text once more, stands in ``content``, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from imageshim.messages import carriers
from imageshim.messages.parts import DEFAULT_DETAIL, ImagePart

from .dialects import read_item

__all__ = ["OWN_FIELDS", "entries", "lift", "without_images"]

_ATTACHMENTS = {"custom_content": "attachments"}
OWN_FIELDS = frozenset({"content_blocks", "multi_mod_content", *_ATTACHMENTS})


def entries(name: str, value: Any) -> Sequence[Any]:
    """Return the entries of such a field, by its name and its value."""
    inner = _ATTACHMENTS.get(name)
    return carriers.items_of(value if inner is None else carriers.get(value, inner)) or ()


def lift(holder: Any) -> tuple[str, list[ImagePart]] | None:
    """Read the first such field that has images; None where there is none."""
    for name in sorted(OWN_FIELDS):
        value = carriers.get(holder, name)
        found = [read_item(entry, among_images=False) for entry in entries(name, value)]
        images = [_bare(image) for image in found if image is not None]
        if images:
            return name, images
    return None


def _bare(image: ImagePart) -> ImagePart:
    """Leave an entry's other keys, such as the text beside an image, to the field, which stays."""
    inner = image.item["image_url"] if image.item is not None else {}
    is_default = inner.keys() <= {"url", "detail"} and inner.get("detail") in (None, DEFAULT_DETAIL)
    item = None if is_default else {"image_url": inner, "index": 0, "type": "image_url"}
    return ImagePart(image.url, item)


def without_images(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a message without those that have images; they themselves if none has.

    ``custom_content`` keeps what else is in it: DIAL's ``state`` has to go back.
    """
    changed = {}
    for name in OWN_FIELDS & fields.keys():
        listed = entries(name, fields[name])
        others = [entry for entry in listed if read_item(entry, among_images=False) is None]
        if len(others) < len(listed):
            inner = {**(carriers.fields(fields[name]) or {}), _ATTACHMENTS.get(name, ""): others}
            changed[name] = {key: value for key, value in inner.items() if key and value}
    if not changed:
        return fields
    return {
        name: changed.get(name, value) for name, value in fields.items() if changed.get(name, True)
    }
