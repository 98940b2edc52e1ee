"""From a message's fields to its parts: which field holds the images, and in what order they came.

The evidence is weighed in this order (see also ``data_uri``): the stash; a field ``images`` or
``image``, even an empty one, which makes ``content`` plain text; what the caller said of the
source; and last, for ``content`` of unknown origin, the image's own structure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from imageshim.image_data.quotation import TextBefore
from imageshim.long_json.rope import join
from imageshim.timeline import Format

from . import carriers, stash
from .complement import arranged, with_stashed, without_drafts
from .formats import content as content_format
from .formats import image as image_format
from .formats import images as images_format
from .formats import own_fields
from .formats import parts as parts_format
from .options import ReadOptions
from .parts import ITEM, ImagePart, OtherPart, Part, TextPart
from .stash import Stash

__all__ = ["MANAGED", "REASONING", "Lifted", "lift", "says_that_content_is_text"]

REASONING = "reasoning_content"
MANAGED = ("content", image_format.FIELD, images_format.FIELD, stash.FIELD)
"""The fields that a conversion may make, change or take away."""


@dataclass(slots=True)
class Lifted:
    """A message with images, taken apart."""

    format: Format
    """The format the message is in."""
    parts: list[Part]
    fields: dict[str, Any]
    """All fields; what becomes of those in ``MANAGED`` is for the target format to say."""
    specific: dict[str, Any] | None
    """``provider_specific_fields`` without stash and images; None where it is absent or null."""
    was: Format
    """The format the message came in first, before conversions that left a stash."""
    at: dict[str, int]
    null: frozenset[str]
    empty: dict[str, Any]
    """What else stood in fields for images and holds none, such as an empty list."""
    layout: Any
    stashed: bool
    """Whether the message had a stash."""
    owned: frozenset[str]
    """Which of the fields ``image`` and ``images`` the parts came from."""
    own_field: str | None = None
    """The gateway's field that the images came from; it stays."""
    in_texts: bool = False
    """Whether the images stood in text parts of a list."""
    unread: Any = None
    """The stash, where it holds images that are not among the parts."""


class _Found(NamedTuple):
    format: Format
    parts: list[Part]
    text: str | None = None
    """Text that stands beside the images, where the format keeps no order."""
    owned: frozenset[str] = frozenset()
    """The fields ``image`` and ``images`` of the message that were read."""
    in_specific: bool = False
    """Whether fields of that name in ``provider_specific_fields`` were."""
    own_field: str | None = None
    layout: list[Any] | None = None
    """How a list of content was spelled, where images stood in its text parts."""


def _has_image(parts: list[Part]) -> bool:
    return any(isinstance(part, ImagePart) for part in parts)


_Named = tuple[Format, list[Part], frozenset[str]]


def _named(holder: Any) -> _Named | None:
    """Read the fields ``images`` and ``image`` of a message or of its provider's fields."""
    items = carriers.items_of(carriers.get(holder, images_format.FIELD))
    parts = images_format.lift(items) if items else []
    urls = [part.url for part in parts if isinstance(part, ImagePart)]
    one = carriers.get(holder, image_format.FIELD)
    single = image_format.lift(one) if one else []
    if not (urls or single):
        return None
    if not parts:
        return Format.IMAGE, [*single], frozenset({image_format.FIELD})
    owned = [images_format.FIELD] + [image_format.FIELD] * bool(single)
    # A field for old readers beside the list repeats one of its images. To compare is cheaper than
    # to hash megabytes, but for many.
    known = urls if len(single) < 2 else frozenset(urls)
    more = [image for image in single if image.url not in known]
    return Format.IMAGES, [*parts, *more], frozenset(owned)


def _from_text(text: str, how: ReadOptions) -> list[TextPart | ImagePart]:
    trusted = how.source is Format.CONTENT
    if not how.markdown:
        return content_format.lift(text, trusted=trusted)
    parts: list[TextPart | ImagePart] = []
    context = TextBefore()
    for part in content_format.lift_markdown(text):
        if isinstance(part, TextPart):
            parts += content_format.lift(part.text, trusted=trusted, context=context)
        else:
            context.image()
            parts.append(part)
    return parts


def says_that_content_is_text(view: Mapping[str, Any]) -> bool:
    """Tell whether there is a field that makes ``content`` plain text, even an empty one."""
    if carriers.items_of(view.get(images_format.FIELD)) is not None:
        return True
    one = view.get(image_format.FIELD)
    return one is not None and isinstance(one, Mapping)  # to ask None what it is takes longest


def _is_plain_text(view: Mapping[str, Any], how: ReadOptions) -> bool:
    """Tell whether ``content`` is known to be text, whatever stands in it."""
    return how.source not in {None, Format.CONTENT} or says_that_content_is_text(view)


def _find(view: Mapping[str, Any], how: ReadOptions, kept: Stash | None) -> _Found | None:
    """Find the images of a message and tell the format that they are in."""
    named = _named(view)
    # Cache hits of an older version; a LiteLLM client behind a LiteLLM proxy of another format;
    # OpenRouter through LiteLLM 1.76.0 to 1.76.3. Read where the message has no image of its own.
    provided = _named(view.get(stash.FIELD)) if named is None else None
    content = view.get("content")
    listed = carriers.items_of(content)
    text = content if isinstance(content, str) else None
    found: _Found | None = None
    if listed is not None:
        is_unsaid = named is None and provided is None and kept is None
        is_read = is_unsaid and not _is_plain_text(view, how)
        found = _in_list(listed, how if is_read else None)
        if named is not None:
            return _Found(Format.PARTS, [*found.parts, *named[1]], None, named[2])
    elif named is not None:
        return _Found(named[0], named[1], text, named[2])
    elif text:
        found = _in_text(view, text, how, kept, is_plain=provided is not None)
    if found is not None and _has_image(found.parts):
        return found
    others = [] if listed is None or found is None else found.parts
    if provided is not None:
        name = provided[0] if listed is None else Format.PARTS
        return _Found(name, [*others, *provided[1]], text, in_specific=True)
    return _in_own_field(view, others, text)


def _with_others(view: Mapping[str, Any], found: _Found) -> _Found:
    """Put images that stand elsewhere behind what a list without an image holds."""
    if images_format.FIELD in found.owned:
        return found
    others = images_format.lift(carriers.items_of(view.get(images_format.FIELD)) or ())
    if not others:
        return found
    places = (at for at, part in enumerate(found.parts) if isinstance(part, ImagePart))
    at = next(places, len(found.parts))
    parts = [*found.parts[:at], *others, *found.parts[at:]]
    return found._replace(parts=parts, owned=found.owned | {images_format.FIELD})


def _in_list(listed: list[Any] | tuple[Any, ...], how: ReadOptions | None) -> _Found:
    """Read a list of content; as ``how`` says also its text, where no part of it is an image."""
    parts = parts_format.lift(listed)
    layout = None
    if how is not None and not _has_image(parts):
        split = parts_format.split_texts(listed, parts, lambda text: _from_text(text, how))
        if split is not None:
            parts, layout = split
    return _Found(Format.PARTS, parts, layout=layout)


def _in_text(
    view: Mapping[str, Any], text: str, how: ReadOptions, kept: Stash | None, *, is_plain: bool
) -> _Found | None:
    """Read a text in which there may be images; of a plain one that is for the stash to say."""
    if kept is None and (is_plain or _is_plain_text(view, how)):
        return None
    cut = content_format.lift_spans(text, kept.parts) if kept else None
    if cut is None:
        if is_plain:
            return None
        # A stash from another format means that the text was written in this one.
        if kept is not None and kept.was is not Format.CONTENT:
            how = how._replace(source=Format.CONTENT)
        cut = list[Part](_from_text(text, how))
    return _Found(Format.CONTENT, cut)


def _in_own_field(view: Mapping[str, Any], parts: list[Part], text: str | None) -> _Found | None:
    """Read a field that a gateway has for images."""
    for holder in (view, view.get(stash.FIELD)):
        own = own_fields.lift(holder)
        if own is not None:
            name, images = own
            field = name if holder is view else stash.FIELD
            return _Found(Format.IMAGES, [*parts, *images], text, own_field=field)
    return None


def _drafts(
    view: Mapping[str, Any], how: ReadOptions, kept: Stash | None
) -> tuple[list[Part], str]:
    """Take the drafts out of the reasoning text, where LiteLLM 1.70.0 to 1.76.0 put them.

    A message that came from those versions still has them there after a conversion that kept them.
    """
    reasoning = view.get(REASONING)
    source = Format.CONTENT if kept is not None and kept.was is Format.CONTENT else how.source
    if not how.drafts or not isinstance(reasoning, str) or source not in {None, Format.CONTENT}:
        return [], ""
    drafts: list[Part] = []
    rest: list[str] = []
    length = 0
    for part in content_format.lift(reasoning, trusted=how.source is Format.CONTENT):
        if isinstance(part, ImagePart):
            part.draft, part.offset, part.place = True, length, "reasoning"
            drafts.append(part)
        else:
            rest.append(part.text)
            length += len(part.text)
    return drafts, join(rest)


def _ordered(found: _Found, kept: Stash | None, drafts: list[Part]) -> list[Part]:
    loose = [] if found.text is None else [TextPart(found.text)]
    if kept is None:
        return [*loose, *found.parts]
    if found.format is Format.CONTENT:
        kept, items = without_drafts(kept)
        with_stashed(drafts, replace(kept, items=items), only_one=False)
    parts = with_stashed(found.parts, kept, only_one=found.format is Format.IMAGE)
    in_order = arranged(parts, found.text, kept)
    if in_order is None:
        others = (OtherPart(value, parts_format.HELD) for value in kept.others)
        # What the stash says of a draft is right, also where it does not fit the text any more.
        in_order = sorted([*loose, *parts, *others], key=lambda part: not _is_draft(part))
    return in_order


def _is_draft(part: Part) -> bool:
    return isinstance(part, ImagePart) and part.draft


def _keep_within(text: Any, parts: list[Part]) -> None:
    """Let no draft stand behind the end of a text that somebody has shortened."""
    length = len(text) if isinstance(text, str) else 0
    for part in parts:
        if isinstance(part, ImagePart):
            part.offset = min(part.offset, length)


def lift(view: dict[str, Any], how: ReadOptions) -> Lifted | None:
    """Take a message's fields apart; None where it has no image that is read.

    ``view`` is a dict of the message's fields of its own (it is kept and changed).
    """
    kept = stash.load(view)
    found = _find(view, how, kept)
    drafts, reasoning = _drafts(view, how, kept)
    if found is None:
        if not drafts:
            return None
        text = view.get("content")
        found = _Found(Format.CONTENT, [TextPart(text)] if isinstance(text, str) else [])
    found = _with_others(view, found)
    parts = [*drafts, *_ordered(found, kept, drafts)]
    held = view.get(stash.FIELD)
    specific = carriers.fields(held)
    if specific is not None:
        specific.pop(stash.KEY, None)
        if found.in_specific:
            specific.pop(images_format.FIELD, None)
            specific.pop(image_format.FIELD, None)
    if kept is not None:
        origin = kept.was, kept.at, kept.null, kept.empty, kept.layout
    else:
        origin = _origin(view, found, parts)
    if drafts:
        view[REASONING] = reasoning
    if any(map(_is_draft, parts)):
        _keep_within(view.get(REASONING), parts)
    return Lifted(
        found.format, parts, view, specific, *origin, kept is not None, found.owned,
        found.own_field, found.layout is not None, _unread(held, kept, parts),
    )  # fmt: skip


def _unread(specific: Any, kept: Stash | None, parts: list[Part]) -> Any:
    """Return a stash of a newer version, or one that does not fit, if it alone holds an image."""
    raw = carriers.get(specific, stash.KEY) if specific else None
    if kept is not None and kept.kept is not None:
        return kept.kept
    urls = stash.held_images(raw if kept is None else kept.items)
    if not urls:
        return None
    return None if urls <= {part.url for part in parts if isinstance(part, ImagePart)} else raw


def _origin(
    view: dict[str, Any], found: _Found, parts: list[Part]
) -> tuple[Format, dict[str, int], frozenset[str], dict[str, Any], Any]:
    """Describe how the message's fields stood and were spelled."""
    at = {name: place for place, name in enumerate(view) if name in MANAGED}
    null = frozenset(name for name in at if name != "content" and view[name] is None)
    empty = {
        name: view[name]
        for name in (image_format.FIELD, images_format.FIELD)
        if name in at and view[name] is not None and not view[name]
    }
    layout: Any = None
    listed = carriers.items_of(view.get("content"))
    if found.format is Format.PARTS and listed is not None:
        layout = _layout(listed, found, parts)
    elif found.owned == {image_format.FIELD}:
        layout = image_format.layout_of(view[image_format.FIELD])
    return found.format, at, null, empty, layout


def _layout(listed: list[Any] | tuple[Any, ...], found: _Found, parts: list[Part]) -> Any:
    """Describe the parts of a list, also where parts from elsewhere stand among them."""
    own = [
        part
        for part in parts
        if not (_is_draft(part) or (isinstance(part, OtherPart) and part.kind == ITEM))
    ]
    layout = found.layout or parts_format.layout_of(listed, own)
    spelled = {id(part): spelling for part, spelling in zip(own, layout or (), strict=False)}
    return layout and [spelled.get(id(part)) for part in parts]
