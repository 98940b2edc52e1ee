"""Read a reply for people: its text, its images as bytes and files, in the order of the model."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from .errors import ImageShimError, MalformedImageError, RemoteImageError
from .messages import carriers
from .messages.generated_image import GeneratedImage
from .messages.lifting import lift
from .messages.options import ReadOptions as How
from .messages.options import read_options
from .messages.other_bodies import error_text, refuse_other_bodies
from .messages.parts import ImagePart, Part, TextPart
from .messages.thinking_blocks import with_signed
from .messages.walk import message_of, plain_text, refuse_scalars
from .timeline import Format

__all__ = ["GeneratedImage", "Reading", "read", "read_all"]


class Reading:
    """The text and the images of one choice.

    ``parts`` has both in the order in which the model gave them, as far as the format keeps it;
    ``text`` is the text alone, joined. Why there is no image, ``finish_reason``, ``refusal`` and
    ``error`` may tell.
    """

    __slots__ = ("error", "finish_reason", "images", "parts", "refusal", "text")

    text: str
    images: tuple[GeneratedImage, ...]
    parts: tuple[str | GeneratedImage, ...]
    finish_reason: str | None
    """Why the model stopped, such as ``content_filter``; None where a message alone was read."""
    refusal: str | None
    """What the model said in place of an answer."""
    error: str | None
    """What the error of the choice, or else of the reply, says."""

    def __init__(
        self,
        parts: Iterable[str | GeneratedImage],
        *,
        finish_reason: str | None = None,
        refusal: str | None = None,
        error: str | None = None,
    ) -> None:
        self.finish_reason = finish_reason
        self.refusal = refusal
        self.error = error
        self.parts = tuple(parts)
        self.images = tuple(part for part in self.parts if isinstance(part, GeneratedImage))
        self.text = "".join(part for part in self.parts if isinstance(part, str))

    @property
    def final_image(self) -> GeneratedImage | None:
        """The last image that is not known to be a draft; None where there is none."""
        final = [image for image in self.images if not image.is_draft]
        return final[-1] if final else None

    def _repr_html_(self) -> str:
        """Show text and pictures in a notebook, in the order of the model."""
        shown = "".join(
            f'<div style="white-space: pre-wrap">{escape(part)}</div>'
            if isinstance(part, str)
            else _picture(part)
            for part in self.parts
        )
        return f"<div>{shown}</div>" if shown else f"<div>{escape(repr(self))}</div>"

    def __repr__(self) -> str:
        told = f"{len(self.text)} characters of text, images {list(self.images)}"
        if not self.images:
            why = {"finish_reason": self.finish_reason, "refusal": self.refusal}
            why["error"] = self.error
            told += "".join(f", {name} {said!r}" for name, said in why.items() if said)
        return f"<Reading: {told}>"


def _picture(image: GeneratedImage) -> str:
    told = escape(repr(image))
    # A URL is never fetched, not by a notebook either.
    try:
        url = image.plain_uri
    except (RemoteImageError, MalformedImageError):
        return f"<div>{told}</div>"
    return f'<img alt="{told}" title="{told}" style="max-width: 100%" src="{escape(url)}">'


def _choice_of(reply: Any, choice: int) -> Any:
    """Return one choice of a whole reply; what is not a whole reply is itself."""
    choices = carriers.items_of(carriers.get(reply, "choices"))
    if choices is None:
        return reply
    return choices[choice] if choice < len(choices) else None


def _read_choice(reply: Any, place: int, how: How) -> Reading:
    choice, message = _choice_of(reply, place), message_of(reply, place)
    return Reading(
        _parts_of(message, how),
        finish_reason=carriers.text_of(choice, "finish_reason"),
        refusal=carriers.text_of(message, "refusal"),
        error=error_text(choice) or error_text(reply),
    )


def _parts_of(message: Any, how: How) -> list[str | GeneratedImage]:
    view = carriers.fields(message) or {}
    lifted = lift(dict(view), how)
    if lifted is None:
        text = plain_text(view.get("content"))
        parts: list[Part] = [TextPart(text)] if text else []
    else:
        parts = lifted.parts
    parts = with_signed(parts, message)
    out: list[str | GeneratedImage] = []
    count = 0
    for part in parts:
        if isinstance(part, TextPart):
            out.append(part.text)
        elif isinstance(part, ImagePart):
            out.append(_image(part, count))
            count += 1
    return out


def _image(part: ImagePart, index: int) -> GeneratedImage:
    return GeneratedImage(part.url, index, is_draft=part.draft, found_in=part.place)


def read(
    reply: Any,
    *,
    source: str | Format | None = None,
    markdown: bool = True,
    choice: int = 0,
) -> Reading:
    """Read the text and the images of one choice, from any format and any carrier.

    Args:
        reply: a whole reply, a choice or a message.
        source: where the reply comes from, as in :func:`imageshim.convert`.
        markdown: read images in Markdown, ``![…](data:…)``, too, which
            :func:`imageshim.convert` leaves in the text unless it is asked for them.
        choice: which choice of a whole reply, from 0. A blocked reply has none: reading choice 0
            of it gives no text and no images.

    Raises:
        ImageShimError: the reply has choices, but not that one.
        MalformedReplyError: it is none: an error, or what another API answers.

    """
    refuse_scalars(reply, "read")
    refuse_other_bodies(reply, "read")
    how = read_options(source, markdown=markdown, drafts="images")
    if choice != 0 and message_of(reply, choice) is None:
        choices = carriers.items_of(carriers.get(reply, "choices")) or ()
        raise ImageShimError(f"the reply has {len(choices)} choices; there is no choice {choice}")
    return _read_choice(reply, choice, how)


def read_all(
    reply: Any, *, source: str | Format | None = None, markdown: bool = True
) -> tuple[Reading, ...]:
    """Read every choice of a reply, in order; see :func:`read`."""
    refuse_scalars(reply, "read_all")
    refuse_other_bodies(reply, "read_all")
    how = read_options(source, markdown=markdown, drafts="images")
    choices = carriers.items_of(carriers.get(reply, "choices"))
    count = 1 if choices is None else len(choices)
    return tuple(_read_choice(reply, place, how) for place in range(count))
