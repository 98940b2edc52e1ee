"""A reply that goes back to the model as history, so that the model gets its images.

What LiteLLM makes of an assistant message with images depends on its version: up to 1.76.0 the
base64 goes as text, from 1.76.1 to 1.81.9 the images are dropped without a word, since 1.81.10
``images`` is sent to Gemini as ``inline_data`` (and ``image``, and data URIs in ``content``, still
are not). One form works on all of them, with every provider and with the OpenAI SDK: an
``image_url`` part in a **user** message. So that is what is written unless the version at hand is
known to do better: the assistant keeps its text, and its images stand in the user message that
follows, behind the results of tool calls, which have to stay beside their call.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

from .errors import LossyConversionWarning, MalformedReplyError, warn_caller
from .messages import carriers
from .messages.formats import image as image_format
from .messages.formats import images as images_format
from .messages.formats import parts as parts_format
from .messages.formats.dialects import canonical_item
from .messages.lifting import Lifted, lift
from .messages.options import ReadOptions
from .messages.other_bodies import refuse_other_bodies
from .messages.parts import DEFAULT_DETAIL, ImagePart, OtherPart, Part, text_of
from .messages.stash import FIELD
from .messages.thinking_blocks import BLOCKS, blocks_without_images, with_signed
from .messages.walk import may_have_images, message_of, refuse_scalars
from .timeline import SENDS_IMAGES_SINCE, Format, sends_images

__all__ = ["prepare_messages", "to_message"]

M = TypeVar("M")

_HOW = ReadOptions(any_dialect=True, drafts=True)
_ASSISTANT = ("assistant", None)
"""LiteLLM takes a message without a role for the assistant's."""
_RESULTS = ("tool", "function")
_GEMINI = re.compile(r"(?:gemini/|vertex_ai(?:_beta)?/)?gemini-(?!3)[\w.@-]+")
"""The models to which LiteLLM sends ``images`` of the assistant.

Others are other transformations, or names of a router that may mean any model. Gemini 3 refuses
images in its own turn that come without their signatures, and LiteLLM sends them without (up to
1.109.1, measured): "Image part is missing a thought_signature" (langchain-ai/langchain-google
issue #1431, vercel/ai PR #10462).
"""
_SAYS = (
    "content", "tool_calls", "function_call", "refusal", "audio", "reasoning_content", BLOCKS,
    images_format.FIELD, image_format.FIELD,
)  # fmt: skip
"""The fields that make a message of the assistant worth sending."""
_BLOCKS = "content_blocks"


class _Split(NamedTuple):
    """A message of the assistant, its images taken out."""

    fields: dict[str, Any]
    images: list[ImagePart]


def _split(message: Any) -> _Split | None:
    """Take the images out of a message; None where it has none."""
    blocks = carriers.items_of(carriers.get(message, BLOCKS))
    if not blocks and not may_have_images(message, _HOW):
        return None
    view = carriers.fields(message) or {}
    lifted = lift(dict(view), _HOW)
    parts = with_signed(lifted.parts if lifted else [], message)
    images = [part for part in parts if isinstance(part, ImagePart)]
    if not images:
        return None
    fields = _without_images(lifted) if lifted else view
    if blocks:
        _put(fields, BLOCKS, blocks_without_images(blocks))
    return _Split(fields, images)


def _put(fields: dict[str, Any], name: str, value: Any) -> None:
    """Set a field, or take it away where nothing is left of it."""
    if value:
        fields[name] = value
    else:
        fields.pop(name, None)


def _without_images(lifted: Lifted) -> dict[str, Any]:
    """Write the fields of a message without its images; what is unreadable stays."""
    fields, parts = lifted.fields, lifted.parts
    if any(isinstance(part, OtherPart) and part.kind == parts_format.HELD for part in parts):
        rest: list[Part] = [part for part in parts if not isinstance(part, ImagePart)]
        fields.update(parts_format.lower(rest, None))
    elif "content" in fields:
        fields["content"] = text_of(parts)
    unread = [
        part.value
        for part in parts
        if isinstance(part, OtherPart) and part.kind == images_format.HELD
    ]
    for name in lifted.owned:
        _put(fields, name, unread if name == images_format.FIELD else None)
    if lifted.specific is not None:
        _put(fields, FIELD, lifted.specific)
    if lifted.format is Format.PARTS:
        fields.pop(_BLOCKS, None)
    return fields


def _is_sent(message: Any, split: _Split) -> bool:
    """Tell whether LiteLLM from 1.81.10 on sends all images of the message as it is."""
    listed = carriers.items_of(carriers.get(message, images_format.FIELD)) or ()
    urls = [carriers.get(carriers.get(item, "image_url"), "url") for item in listed]
    return urls == [image.url for image in split.images]


def _image_part(image: ImagePart) -> dict[str, Any]:
    """Write the ``image_url`` part of a user message."""
    inner = image.item["image_url"] if image.item else {}
    detail = inner.get("detail") or DEFAULT_DETAIL
    told = {} if detail == DEFAULT_DETAIL else {"detail": detail}
    return {"type": "image_url", "image_url": {"url": image.url, **told}}


def _says_something(fields: Mapping[str, Any]) -> bool:
    return any(fields.get(name) for name in _SAYS)


def _behind(images: list[dict[str, Any]], message: Any) -> list[Any]:
    """Put the images before what the user says next, in one message where that can be.

    Some servers want users and assistants to take turns. A message with a ``name`` stays what
    that person said.
    """
    said = _content_parts(message.get("content")) if type(message) is dict else None
    if said is None or message.get("name"):
        return [{"role": "user", "content": images}, message]
    return [{**message, "content": [*images, *said]}]


def _content_parts(content: Any) -> list[Any] | None:
    """Spell a ``content`` as a list of parts; None where it is neither text nor such a list."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return content if isinstance(content, list) else None


def _is_native(version: str | None, model: str | None) -> bool:
    if version is None or not sends_images(version):
        return False
    return model is None or _GEMINI.fullmatch(model) is not None


def prepare_messages(messages: M, *, version: str | None = None, model: str | None = None) -> M:
    """Rewrite the messages of a request so that the model gets the images of earlier replies.

    For a client without :func:`imageshim.wrap`, which does this by itself::

        messages.append(response.choices[0].message)
        messages.append({"role": "user", "content": "Now in blue."})
        litellm.completion(model, prepare_messages(messages), …)

    Images are found in messages of the assistant, in any format and on any carrier: dicts,
    LiteLLM and OpenAI SDK objects. What a message holds beside them stays: text, tool calls,
    reasoning and its signatures; a message that held nothing but images is left out.

    Args:
        messages: a list or tuple of messages; neither it nor a message is changed.
        version: the LiteLLM version that sends the request. From 1.81.10 on, images of the
            assistant stay with the assistant, in ``images``. None: not known, or another client.
        model: the model that is asked, as LiteLLM names it. None: any Gemini model.

    Returns:
        ``messages`` itself where there is nothing to do.

    Raises:
        UnknownFormatError: ``version`` is no version.

    """
    native = _is_native(version, model)
    if not isinstance(messages, (list, tuple)):
        return messages
    out: list[Any] = []
    waiting: list[dict[str, Any]] = []
    changed = False
    for message in messages:
        role = carriers.get(message, "role")
        split = _split(message) if role in _ASSISTANT else None
        if waiting and role not in _RESULTS:
            if role == "user":
                out += _behind(waiting, message)
                waiting = []
                continue
            out.append({"role": "user", "content": waiting})
            waiting = []
        if split is None or (native and _is_sent(message, split)):
            out.append(message)
            continue
        changed = True
        fields = dict(split.fields)
        if native:
            fields[images_format.FIELD] = _items(split)
        else:
            waiting = [_image_part(image) for image in split.images]
        if _says_something(fields):
            out.append(carriers.rebuilt(message, fields))
    if waiting:
        out.append({"role": "user", "content": waiting})
    return type(messages)(out) if changed else messages


def _items(split: _Split) -> list[Any]:
    items = [canonical_item(image, place) for place, image in enumerate(split.images)]
    return [*items, *split.fields.get(images_format.FIELD, ())]


def to_message(
    reply: Any, *, version: str | None = None, model: str | None = None, images: bool = True
) -> dict[str, Any]:
    """Return a reply as one message of the next request: a new dict, ready for JSON.

    ::

        messages.append(to_message(response))
        messages.append({"role": "user", "content": "Now in blue."})

    Its images reach the model on every LiteLLM version, with every provider and with the OpenAI
    SDK. Only a message of the user brings them there, so this is one, with the text before the
    images, unless ``version`` can do better; :func:`prepare_messages` leaves the text to the
    assistant. A reply without images, and one with tool calls, is the assistant's.

    Args:
        reply: a whole reply (its first choice counts), a choice or a message, in any format.
        version: the LiteLLM version that will send it: from 1.81.10 on the message is the
            assistant's, with ``images``. None: not known.
        model: the model that will be asked; see :func:`prepare_messages`.
        images: False leaves the images out, for clients that refuse them in history (DSPy does)
            and for models that only read.

    Warns:
        LossyConversionWarning: a reply with tool calls has images, which one message cannot bring
            to the model unless ``version`` can; they stay in ``images``, where
            :func:`prepare_messages` finds them.

    Raises:
        MalformedReplyError: ``reply`` is no reply, or it has no message, as one that was blocked.
        UnknownFormatError: ``version`` is no version.

    """
    refuse_scalars(reply, "to_message")
    refuse_other_bodies(reply, "to_message")
    native = _is_native(version, model)
    message = message_of(reply)
    view = carriers.fields(message)
    if view is None:
        raise MalformedReplyError("to_message(): the reply has no message; was it blocked?")
    split = _split(message)
    fields = view if split is None else split.fields
    fields = {"role": "assistant", "content": None, **fields}
    if split is not None and images:
        if not native and not fields.get("tool_calls") and not fields.get("function_call"):
            said = _content_parts(_plain(fields["content"])) or []
            return {"role": "user", "content": [*said, *map(_image_part, split.images)]}
        if not native:
            warn_caller(
                "one message cannot bring tool calls and images to the model "
                f"(only LiteLLM from {SENDS_IMAGES_SINCE} on sends both); use wrap(), "
                "or prepare_messages() on the whole list of messages",
                LossyConversionWarning,
            )
        fields[images_format.FIELD] = _items(split)
    written = {name: _plain(value) for name, value in fields.items() if not _is_nothing(value)}
    if not _says_something(written):
        written["content"] = ""
    return written


def _is_nothing(value: Any) -> bool:
    """Tell whether a field says nothing: LiteLLM's replies are full of those."""
    return value is None or (isinstance(value, (list, dict)) and not value)


def _plain(value: Any) -> Any:
    """Make plain data of what a message holds, such as the objects of tool calls."""
    if isinstance(value, (str, int, float, bool)) or value is None:
        return value
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    fields = carriers.fields(value)
    if fields is None:
        return value
    return {name: _plain(item) for name, item in fields.items() if item is not None}
