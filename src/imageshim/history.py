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

import operator
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from .errors import LossyConversionWarning, MalformedReplyError, warn_caller
from .messages import carriers
from .messages.formats import image as image_format
from .messages.formats import images as images_format
from .messages.options import ReadOptions, check_keep_images
from .messages.other_bodies import refuse_other_bodies
from .messages.outgoing import Outgoing, image_part, outgoing
from .messages.receivers import Receiver, receiver
from .messages.thinking_blocks import BLOCKS
from .messages.walk import message_of, refuse_scalars
from .timeline import SENDS_IMAGES_SINCE, Format, source_format

__all__ = ["prepare_messages", "to_message"]

M = TypeVar("M")

_HOW = ReadOptions(markdown=True, drafts=True)
_ASSISTANT = ("assistant", None)
"""LiteLLM takes a message without a role for the assistant's."""
_RESULTS = ("tool", "function")
_SAYS = (
    "content", "tool_calls", "function_call", "refusal", "audio", "reasoning_content", BLOCKS,
    images_format.FIELD, image_format.FIELD,
)  # fmt: skip
"""The fields that make a message of the assistant worth sending."""
_BELOW = "[The image of this result is in the next message of the user.]"
"""What is left of a tool's result that was an image and nothing else."""


def _says_something(fields: Mapping[str, Any]) -> bool:
    return any(fields.get(name) for name in _SAYS)


def _outgoing(message: Any, source: Format | None) -> Outgoing | None:
    """Take a message apart; None where it has no image that is ours to bring to the model."""
    role = carriers.get(message, "role")
    if role in _ASSISTANT:
        return outgoing(message, _HOW._replace(source=source))
    return outgoing(message, _HOW) if role in _RESULTS else None


def _leave_out(messages: Sequence[Any], found: Sequence[Outgoing | None], keep_images: int) -> None:
    """Leave out all images of the assistant but the last ones."""
    left = keep_images
    for message, going in zip(reversed(messages), reversed(found), strict=True):
        if going is not None and carriers.get(message, "role") in _ASSISTANT:
            count = len(going.images)
            going.leave_out(max(count - left, 0))
            left = max(left - count, 0)


class _Turns:
    """The messages of a request, as they are written one after another."""

    def __init__(self, to: Receiver) -> None:
        self._to = to
        self._out: list[Any] = []
        self._waiting: list[dict[str, Any]] = []
        """Images for the next message of the user."""

    def add(self, message: Any, going: Outgoing | None) -> None:
        """Write a message; ``going`` is what it is with its images taken out."""
        role = carriers.get(message, "role")
        if role not in _RESULTS and self._waiting:
            if role == "user":
                self._out += self._behind_images(message)
                return
            self.finish()
        if going is None:
            self._out.append(message)
        elif role in _RESULTS:
            self._out.append(self._result(message, going))
        else:
            self._out += self._reply(message, going)

    def finish(self) -> list[Any]:
        """Write the images that wait as a message of their own; return all messages."""
        if self._waiting:
            self._out.append({"role": "user", "content": self._taken()})
        return self._out

    def _taken(self) -> list[dict[str, Any]]:
        waiting, self._waiting = self._waiting, []
        return waiting

    def _behind_images(self, message: Any) -> list[Any]:
        """Put what the user says behind the images, in one message where that can be.

        Some servers want users and assistants to take turns. A message with a ``name`` stays what
        that person said.
        """
        images = self._taken()
        said = _content_parts(message.get("content")) if type(message) is dict else None
        if said is None or message.get("name"):
            return [{"role": "user", "content": images}, message]
        return [{**message, "content": [*images, *said]}]

    def _reply(self, message: Any, going: Outgoing) -> list[Any]:
        if self._to.own_turn:
            if going.is_sent_in_images(message):
                return [message]
            return [carriers.rebuilt(message, going.with_items())]
        self._waiting += map(image_part, going.images)
        fields = going.without_images()
        return [carriers.rebuilt(message, fields)] if _says_something(fields) else []

    def _result(self, message: Any, going: Outgoing) -> Any:
        if self._to.tool_results:
            if going.is_sent_in_parts(message):
                return message
            return carriers.rebuilt(message, going.with_parts())
        self._waiting += map(image_part, going.images)
        fields = going.without_images()
        return carriers.rebuilt(message, {**fields, "content": fields.get("content") or _BELOW})


def _content_parts(content: Any) -> list[Any] | None:
    """Spell a ``content`` as a list of parts; None where it is neither text nor such a list."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return content if isinstance(content, list) else None


def prepare_messages(
    messages: M,
    *,
    version: str | None = None,
    model: str | None = None,
    source: str | Format | None = None,
    keep_images: int | None = None,
) -> M:
    """Rewrite the messages of a request so that the model gets the images of earlier replies.

    For a client without :func:`imageshim.wrap`, which does this by itself::

        messages.append(response.choices[0].message)
        messages.append({"role": "user", "content": "Now in blue."})
        litellm.completion(model, prepare_messages(messages), …)

    Images are found in messages of the assistant and in results of tools, in any format and on
    any carrier: dicts, LiteLLM and OpenAI SDK objects. They are sent with the media type that
    their bytes have. What a message holds beside them stays: text, tool calls, reasoning and its
    signatures; a message that held nothing but images is left out.

    Args:
        messages: a list or tuple of messages; neither it nor a message is changed.
        version: the LiteLLM version that sends the request. From 1.81.10 on, images of the
            assistant stay with the assistant, in ``images``, for Gemini models up to 2.5; those of
            tools stay with the tool for Claude (``anthropic/``, Vertex; Bedrock from 1.80.5 on)
            and Gemini (from 1.80.13 on). None: not known, or another client.
        model: the model that is asked, as LiteLLM names it. None: any Gemini model.
        source: where the earlier replies came from, as in :func:`imageshim.convert`.
        keep_images: how many images of the assistant are sent, the last ones. In place of each
            earlier one the text says that it stood there. What users attached and tools returned
            stays. None: all.

    Returns:
        ``messages`` itself where there is nothing to do.

    Raises:
        UnknownFormatError: ``version`` is no version, or ``source`` neither a format nor a version.
        ImageShimError: ``keep_images`` is neither a number of images nor None.

    """
    check_keep_images(keep_images)
    to = receiver(version, model)
    source = source_format(source)
    if not isinstance(messages, (list, tuple)):
        return messages
    found = [_outgoing(message, source) for message in messages]
    if not any(found):
        return messages
    if keep_images is not None:
        _leave_out(messages, found, keep_images)
    turns = _Turns(to)
    for message, going in zip(messages, found, strict=True):
        turns.add(message, going)
    out = turns.finish()
    if len(out) == len(messages) and all(map(operator.is_, out, messages)):
        return messages
    return type(messages)(out)


def to_message(
    reply: Any,
    *,
    version: str | None = None,
    model: str | None = None,
    source: str | Format | None = None,
    images: bool = True,
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
        source: where the reply came from, as in :func:`imageshim.convert`.
        images: False leaves the images out, for clients that refuse them in history (DSPy does)
            and for models that only read.

    Warns:
        LossyConversionWarning: a reply with tool calls has images, which one message cannot bring
            to the model unless ``version`` can; they stay in ``images``, where
            :func:`prepare_messages` finds them.

    Raises:
        MalformedReplyError: ``reply`` is no reply, or it has no message, as one that was blocked.
        UnknownFormatError: ``version`` is no version, or ``source`` neither a format nor a version.

    """
    refuse_scalars(reply, "to_message")
    refuse_other_bodies(reply, "to_message")
    native = receiver(version, model).own_turn
    message = message_of(reply)
    view = carriers.fields(message)
    if view is None:
        raise MalformedReplyError("to_message(): the reply has no message; was it blocked?")
    going = outgoing(message, _HOW._replace(source=source_format(source)))
    fields = view if going is None else going.without_images()
    fields = {"role": "assistant", "content": None, **fields}
    if going is not None and images:
        if not native and not fields.get("tool_calls") and not fields.get("function_call"):
            said = _content_parts(_plain(fields["content"])) or []
            return {"role": "user", "content": [*said, *map(image_part, going.images)]}
        if not native:
            warn_caller(
                "one message cannot bring tool calls and images to the model "
                f"(only LiteLLM from {SENDS_IMAGES_SINCE} on sends both); use wrap(), "
                "or prepare_messages() on the whole list of messages",
                LossyConversionWarning,
            )
        fields[images_format.FIELD] = going.items()
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
