"""What the page shows of a reply: one entry for each of its choices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from imageshim.conversion import convert, detect
from imageshim.errors import ImageShimError, MalformedImageError
from imageshim.messages import carriers
from imageshim.messages.generated_image import where_images_are
from imageshim.reading import GeneratedImage, Reading, read, read_all
from imageshim.timeline import Format

__all__ = ["Entry", "Shown", "entries_of"]


class Shown(NamedTuple):
    """One image as the page shows it."""

    number: int
    """Its place among the images of the message, from 0."""
    uri: str | None
    """A data URI that a browser can take; None for what the reply does not hold whole."""
    media_type: str
    width: int | None
    height: int | None
    size: int | None
    """How many bytes it has; None for a remote image."""
    is_draft: bool
    problem: str | None = None
    """Why there is nothing to show."""


class Entry(NamedTuple):
    """One choice of a reply."""

    place: str
    """Where the reply stands: ``FILE:LINE`` as a rule."""
    choice: int
    format: str
    """A format's name, or where its images stand; ``none`` without an image."""
    model: str | None
    reasons: dict[str, str]
    """What the reply says of its end: ``finish_reason``, ``refusal``, ``error``."""
    losses: dict[str, str]
    """Formats that cannot hold all of it without a stash, and what they would lose."""
    parts: tuple[str | Shown, ...]

    @property
    def images(self) -> tuple[Shown, ...]:
        """The images among the parts."""
        return tuple(part for part in self.parts if isinstance(part, Shown))


def entries_of(reply: Any, place: str, source: str | None = None) -> Iterator[Entry]:
    """Yield an entry for each choice of a reply.

    Args:
        reply: a whole reply, a choice or a message, in any carrier.
        place: where it stands, for people.
        source: where it comes from, as in :func:`imageshim.convert`.

    Raises:
        ImageShimError: it is no reply, or ``source`` is neither a format nor a version.

    """
    # A blocked reply has no choice, and is shown all the same.
    readings = read_all(reply, source=source) or (read(reply, source=source),)
    found = detect(reply, source)
    losses = dict(_losses(reply, source)) if found else {}
    model = carriers.get(reply, "model")
    for choice, reading in enumerate(readings):
        yield Entry(
            place,
            choice,
            where_images_are(reading.images, found if reading.images else None),
            model if isinstance(model, str) else None,
            dict(_reasons(reading)),
            losses,
            tuple(part if isinstance(part, str) else _shown(part) for part in reading.parts),
        )


def _reasons(reading: Reading) -> Iterator[tuple[str, str]]:
    for name in ("finish_reason", "refusal", "error"):
        said = getattr(reading, name)
        if said:
            yield name, said


def _losses(reply: Any, source: str | None) -> Iterator[tuple[str, str]]:
    for format_ in Format:
        loss = _loss(reply, format_, source)
        if loss is not None:
            yield format_.value, loss


def _loss(reply: Any, to: Format, source: str | None) -> str | None:
    try:
        convert(reply, to, source=source, on_loss="raise")
    except ImageShimError as error:  # a loss as a rule; else why it cannot be converted at all
        return str(error)
    return None


def _shown(image: GeneratedImage) -> Shown:
    uri = problem = None
    media_type = image.mime_type or ""
    if image.is_remote:
        problem = f"The reply holds a reference only: {image.url}"
    else:
        try:
            uri = image.plain_uri
        except MalformedImageError as error:
            problem = f"The image is damaged: {error}"
    return Shown(
        image.index, uri, media_type or "remote", image.width, image.height,
        None if problem else image.size_in_bytes, image.is_draft, problem,
    )  # fmt: skip
