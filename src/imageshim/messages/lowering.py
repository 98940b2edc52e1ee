"""From parts back to a message's fields, in the format that was asked for."""

from __future__ import annotations

from typing import Any

from imageshim.errors import (
    LossyConversionError,
    LossyConversionWarning,
    MalformedImageError,
    UnreadableImageWarning,
    warn_caller,
)
from imageshim.long_json.rope import join
from imageshim.timeline import Format

from . import stash
from .complement import entries_of, is_held, items_for
from .formats import image as image_format
from .formats import images as images_format
from .formats import parts as parts_format
from .formats.content import only_images, set_apart
from .formats.table import TARGETS, Target
from .lifting import MANAGED, REASONING, Lifted, says_that_content_is_text
from .options import OnLoss, Pick
from .parts import ImagePart, OtherPart, Part, default_order
from .stash import Stash

__all__ = ["lower"]


_SWAPPED = {Format.IMAGE, Format.IMAGES}
"""The formats that differ in one field only, so that the way back needs no stash."""


def lower(
    lifted: Lifted, to: Format, on_loss: OnLoss, where: str, pick: Pick | ImagePart = "first"
) -> dict[str, Any]:
    """Write the fields of the message in the format ``to``.

    ``pick`` is which image a format gets that holds one; or that image itself.

    Raises:
        LossyConversionError: something is lost, and ``on_loss`` is ``"raise"``.
        MalformedImageError: a field that must be written holds something that is not ours.

    """
    target = TARGETS[to]
    back = to is lifted.was
    parts = lifted.parts
    only = _picked(parts, pick) if target.only_first else None
    shown = _shown(parts, only)
    values = target.write(shown, lifted.layout if back else None)
    if values["content"] is None and target.field and "content" not in lifted.at:
        del values["content"]
    kept = _complement(lifted, to, target, only)
    if to is Format.PARTS and any(kept.items):
        kept.items = _unsaid(kept.items, _images(parts), values["content"])
    is_exact = _is_exact_without(kept, lifted, to)
    if back and not is_exact and parts_format.joins_texts(lifted.layout):
        # Beside a stash, or an image part, nobody looks for images in text parts.
        values = target.write(shown, None)
    if on_loss != "stash":
        _report(_losses(kept, lifted, to, values.get("content")), to, on_loss, where)
    complement = kept if on_loss == "stash" and not is_exact else None
    _check_free(lifted, target, where, needs_specific=complement is not None)
    specific = lifted.specific
    if lifted.unread is not None:
        specific = _keep_unread(lifted, complement, where)
    if complement is not None:
        specific = {**(specific or {}), stash.KEY: stash.dump(complement)}
    held = lifted.fields.get(stash.FIELD)
    if specific is None and held is not None:
        values[stash.FIELD] = held  # no object: not ours to change
    elif specific or stash.FIELD in lifted.at:
        values[stash.FIELD] = specific or (None if stash.FIELD in lifted.null else {})
    if to is Format.CONTENT and any(isinstance(part, ImagePart) and part.draft for part in parts):
        values[REASONING] = _with_drafts(lifted, where)
    return _placed(lifted, target, values)


def _keep_unread(lifted: Lifted, complement: Stash | None, where: str) -> dict[str, Any] | None:
    """Keep a stash that holds images which are nowhere else."""
    warn_caller(
        f"{where}.{stash.FIELD}.{stash.KEY} holds images that this version cannot put in their "
        "place; it is kept as it is",
        UnreadableImageWarning,
    )
    if complement is None:
        return {**(lifted.specific or {}), stash.KEY: lifted.unread}
    complement.kept = lifted.unread
    return lifted.specific


def _shown(parts: list[Part], only: ImagePart | None) -> list[Part]:
    """Leave out the images for which there is no room."""
    return [
        part for part in parts if only is None or part is only or not isinstance(part, ImagePart)
    ]


def _images(parts: list[Part]) -> list[ImagePart]:
    return [part for part in parts if isinstance(part, ImagePart)]


def _picked(parts: list[Part], pick: Pick | ImagePart) -> ImagePart:
    """Pick the image that a format gets that holds one."""
    if isinstance(pick, ImagePart):
        return pick
    images = _images(parts)
    if pick == "first":
        return images[0]
    return next((image for image in reversed(images) if not image.draft), images[-1])


def _complement(lifted: Lifted, to: Format, target: Target, only: ImagePart | None) -> Stash:
    """Say what the format does not hold, and how the message was."""
    parts = lifted.parts
    images = _images(parts)
    kept = Stash(lifted.was, lifted.at, lifted.null, layout=lifted.layout, empty=lifted.empty)
    laid_out = set_apart(parts) if to is Format.CONTENT else parts
    if to is Format.CONTENT or not (target.holds_order or default_order(parts)):
        kept.parts = entries_of(laid_out)
    if target.holds_of_item is not None:
        kept.items = items_for(images, target.holds_of_item, only=only)
    others = [part for part in parts if isinstance(part, OtherPart)]
    kept.others = [part.value for part in others if part.kind != target.holds_other]
    if kept.others or any(image.draft or (image.raw and to is not lifted.was) for image in images):
        kept.parts = entries_of(laid_out)
    return kept


def _is_exact_without(kept: Stash, lifted: Lifted, to: Format) -> bool:
    """Tell whether the way back is exact without a stash."""
    if kept.others or any(item is not None for item in kept.items):
        return False
    if to is lifted.was:
        left = {name: lifted.fields[name] for name in lifted.fields.keys() - lifted.owned}
        return not kept.parts or (to is Format.CONTENT and not says_that_content_is_text(left))
    return (
        not lifted.stashed
        and {to, lifted.was} == _SWAPPED
        and not kept.parts
        and kept.layout is None
        and not (kept.null - {stash.FIELD} or kept.empty)
    )


def _unsaid(items: list[Any], images: list[ImagePart], content: Any) -> list[Any]:
    """Leave out what the parts say themselves: those that are spelled as they came say all."""
    again = [part for part in parts_format.lift(content) if isinstance(part, ImagePart)]
    if [part.url for part in again] != [image.url for image in images]:
        return items
    return [
        None if _members(part) == _members(image) else item
        for item, part, image in zip(items, again, images, strict=True)
    ]


def _members(image: ImagePart) -> list[tuple[str, Any]]:
    return list({**(image.item or {}), "index": 0}.items())


def _losses(kept: Stash, lifted: Lifted, to: Format, content: Any) -> list[str]:
    images = len(_images(lifted.parts))
    losses = []
    if not TARGETS[to].holds_order and not default_order(lifted.parts):
        losses.append("the order of text and images")
    if TARGETS[to].only_first and images > 1:
        losses.append(f"{images - 1} of {images} images")
    if any(item is not None and is_held(item) for item in kept.items):
        losses.append("the detail or unknown keys of an image")
    if kept.others:
        several = len(kept.others) > 1
        entries = "entries that are not images" if several else "entry that is not an image"
        losses.append(f"{len(kept.others)} {entries}")
    if to is not lifted.was and _says_more(lifted.layout):
        losses.append("the other keys of text and image parts")
    if to is Format.CONTENT and not only_images(content, lifted.parts):
        losses.append("where its images begin and end: text beside them reads as one")
    return losses


def _report(losses: list[str], to: Format, on_loss: OnLoss, where: str) -> None:
    if not losses:
        return
    message = f"{where}: the format {to.value!r} cannot hold {', '.join(losses)}"
    if on_loss == "raise":
        raise LossyConversionError(message)
    warn_caller(message, LossyConversionWarning)


def _says_more(layout: Any) -> bool:
    """Tell whether parts had other keys; a list is only that images stood in a text part."""
    entries = layout if isinstance(layout, list) else []
    told = [entry[0] if isinstance(entry, list) and entry else entry for entry in entries]
    return any(entry not in (None, []) for entry in told)


def _check_free(lifted: Lifted, target: Target, where: str, *, needs_specific: bool) -> None:
    """Refuse to overwrite what is not ours."""
    if needs_specific and lifted.specific is None:
        held = lifted.fields.get(stash.FIELD)
        if held is not None:
            raise MalformedImageError(
                f"{where}.{stash.FIELD} should be an object, not {type(held).__name__}"
            )
    if target.field is None or target.field in lifted.owned:
        return
    held = lifted.fields.get(target.field)
    if held:
        raise MalformedImageError(
            f"{where}.{target.field} is of type {type(held).__name__}, which holds no image; "
            f"the format {target.field!r} would overwrite it"
        )


def _with_drafts(lifted: Lifted, where: str) -> str:
    text = lifted.fields.get(REASONING) or ""
    if not isinstance(text, str):
        raise MalformedImageError(
            f"{where}.{REASONING} should be text to hold a draft, not {type(text).__name__}"
        )
    drafts = [part for part in lifted.parts if isinstance(part, ImagePart) and part.draft]
    pieces, done = list[str](), 0
    for draft in sorted(drafts, key=lambda part: part.offset):
        pieces += [text[done : draft.offset], draft.url]
        done = max(done, draft.offset)
    return join([*pieces, text[done:]])


def _placed(lifted: Lifted, target: Target, values: dict[str, Any]) -> dict[str, Any]:
    """Order the fields as they were in the message as it came first."""
    at = dict(lifted.at)
    slots = [at[name] for name in _SLOTS if name in at]
    if target.field is not None and target.field not in at and slots:
        at[target.field] = slots[0]
    for name in _SLOTS:
        if name in lifted.null and name not in values:
            values[name] = None
        elif name in lifted.empty and name not in values:
            values[name] = lifted.empty[name]
        elif name in lifted.fields and name not in lifted.owned and name not in values:
            values[name] = lifted.fields[name]
    fields = {
        name: values[name] if name == REASONING and name in values else value
        for name, value in lifted.fields.items()
        if name not in MANAGED
    }
    inserted = sorted((at[name], name) for name in MANAGED if name in values and name in at)
    names = list(fields)
    for place, name in inserted:
        names.insert(place, name)
    names += [name for name in (REASONING, *MANAGED) if name in values and name not in names]
    return {name: values[name] if name in values else fields[name] for name in names}


_SLOTS = (image_format.FIELD, images_format.FIELD)
