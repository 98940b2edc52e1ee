"""What a model says: the ordered parts of a candidate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Union

from imageshim.errors import ImageShimError
from imageshim.image_data.structure import sniff_bytes
from imageshim.testing.pictures import KINDS, Picture, png

__all__ = ["PARTS", "PICTURES", "FunctionCall", "Image", "Part", "Text", "Thought"]

PICTURES: Mapping[str, Picture] = MappingProxyType(
    {
        **{name: make() for name, make in KINDS.items()},
        "png-other": png(grey=40),
        # Without padding nothing marks the end of the base64 but the image itself.
        "png-unpadded": png(filling=2),
    }
)
"""Small real pictures by name: png, jpeg, gif, webp, svg, png-other, png-unpadded."""


@dataclass(frozen=True)
class Text:
    """A run of text."""

    text: str
    signature: str | None = field(default=None, kw_only=True)
    """Gemini's ``thoughtSignature`` of the part, base64."""


@dataclass(frozen=True)
class Image:
    """A picture, or any other file that a model sends inline.

    ``picture`` is the name of one of :data:`PICTURES`, bytes, or a
    :class:`~imageshim.testing.pictures.Picture`; ``mime_type`` is found in the picture where it is
    not given.
    """

    picture: str | bytes | Picture = "png"
    mime_type: str | None = None
    signature: str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if isinstance(self.picture, str) and self.picture not in PICTURES:
            known = ", ".join(PICTURES)
            raise ImageShimError(f"Image: there is no picture {self.picture!r:.80}, only {known}")
        if self.mime_type is None and isinstance(self.picture, bytes) and not self._sniffed():
            raise ImageShimError(
                "Image: these bytes are not an image of a known type: pass mime_type"
            )

    def _sniffed(self) -> str | None:
        found = sniff_bytes(self.data)
        return found and found.media_type

    @property
    def data(self) -> bytes:
        """The bytes."""
        picture = PICTURES[self.picture] if isinstance(self.picture, str) else self.picture
        return picture if isinstance(picture, bytes) else picture.data

    @property
    def media_type(self) -> str:
        """The media type that is sent."""
        if self.mime_type is not None:
            return self.mime_type
        picture = PICTURES[self.picture] if isinstance(self.picture, str) else self.picture
        return (self._sniffed() or "") if isinstance(picture, bytes) else picture.media_type


@dataclass(frozen=True)
class FunctionCall:
    """A call of one of the caller's tools."""

    name: str
    args: Mapping[str, Any] = field(default_factory=dict)
    signature: str | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class Thought:
    """A part of the model's thinking: a text, or a draft of the picture."""

    part: Text | Image


Part = Union[Text, Image, FunctionCall, Thought]  # noqa: UP007  # isinstance() wants a type, 3.10
PARTS = (Text, Image, FunctionCall, Thought)
