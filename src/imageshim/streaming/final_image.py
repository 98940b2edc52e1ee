"""The format that holds one image, where that is to be the final one: the drafts before it wait.

What has been sent cannot be taken back. So an image waits until the next one of its choice shows
that it was a draft, or until the choice ends; text flows meanwhile.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from imageshim.messages.parts import ImagePart, Part

__all__ = ["NOTHING", "Waiting"]


class Waiting(NamedTuple):
    """What waits in one choice."""

    image: ImagePart | None = None
    own: dict[str, Any] = {}  # noqa: RUF012  # never changed
    """The gateway's field that the image came from."""
    is_over: bool = False
    """Whether the final image has been sent: any after it count as drafts."""

    def after(
        self, parts: list[Part], own: dict[str, Any], *, ends: bool
    ) -> tuple[list[Part], dict[str, Any], Waiting]:
        """Take parts; returns what goes out, with its gateway's field, and what waits then.

        Of the images that go out all are marked as drafts but the final one.
        """
        out: list[Part] = []
        image, of_image = self.image, self.own
        for part in parts:
            if isinstance(part, ImagePart):
                out += [] if image is None else [replace(image, draft=True)]
                image = part
            else:
                out.append(part)
        if image is None:
            return out, own, self
        if self.is_over:
            return [*out, replace(image, draft=True)], own, self
        is_new = image is not self.image
        if ends:
            return [*out, image], {**of_image, **own}, Waiting(is_over=True)
        if is_new:
            return out, of_image, Waiting(image, own)
        return out, own, self


NOTHING = Waiting()
