"""Pydantic models and JSON Schemas of replies in each format; they check JSON that comes in.

The models say what a well-formed reply of a format looks like and allow every other key. They are
imported on demand: the conversions need no pydantic model and take much that is malformed.
"""

from __future__ import annotations

from typing import Annotated, Any, Generic, Literal, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError

from .messages import carriers
from .messages.options import FormatLike
from .timeline import Format, target_format

__all__ = [
    "MODELS",
    "ContentMessage",
    "ImageItem",
    "ImageMessage",
    "ImagePart",
    "ImageURL",
    "ImagesMessage",
    "PartsMessage",
    "Problem",
    "Reply",
    "TextPart",
    "json_schema",
    "problems",
]


class _Open(BaseModel):
    """Other keys are allowed, and strict types keep ``"0"`` from being taken for a number."""

    model_config = ConfigDict(extra="allow", strict=True)


class ImageURL(_Open):
    """Where the image is: a data URI as a rule."""

    url: str = Field(min_length=1)
    detail: str | None = "auto"


class ImageItem(_Open):
    """An entry of ``message.images``."""

    image_url: ImageURL
    index: int = Field(ge=0)
    type: Literal["image_url"]


class TextPart(_Open):
    """A text part of a ``content`` list."""

    type: Literal["text"]
    text: str


class ImagePart(_Open):
    """An image part of a ``content`` list."""

    type: Literal["image_url"]
    image_url: ImageURL


class OtherPart(_Open):
    """Any other part of a ``content`` list."""

    type: str = Field(json_schema_extra={"not": {"enum": ["text", "image_url"]}})


def _kind(part: Any) -> str:
    """Tell which model a part is for, so that its faults are those of one model only."""
    kind = carriers.get(part, "type")
    return f"<{kind}>" if kind in ("text", "image_url") else "<other>"


def _shape(content: Any) -> str:
    return "<text>" if isinstance(content, str) else "<list>"


_Part = Annotated[
    Annotated[TextPart, Tag("<text>")]
    | Annotated[ImagePart, Tag("<image_url>")]
    | Annotated[OtherPart, Tag("<other>")],
    Discriminator(_kind),
]
_Content = Annotated[
    Annotated[list[_Part], Tag("<list>")] | Annotated[str, Tag("<text>")], Discriminator(_shape)
]


class _Message(_Open):
    role: str | None = "assistant"


class ContentMessage(_Message):
    """LiteLLM up to 1.76.0: data URIs in the text."""

    content: str | None = None


class ImageMessage(_Message):
    """LiteLLM 1.76.1 to 1.76.3: one image."""

    content: str | None = None
    image: ImageURL | None = None


class ImagesMessage(_Message):
    """LiteLLM from 1.77.0 on, OpenRouter: a list of images. The canonical format."""

    content: str | None = None
    images: list[ImageItem] | None = None


class PartsMessage(_Message):
    """A list of text and image parts."""

    content: _Content | None = None


M = TypeVar("M", bound=_Message)


class Choice(_Open, Generic[M]):
    """One of the choices of a reply."""

    index: int = 0
    message: M


class Reply(_Open, Generic[M]):
    """A whole chat completion."""

    choices: list[Choice[M]]


MODELS: dict[Format, type[Reply[Any]]] = {
    Format.CONTENT: Reply[ContentMessage],
    Format.IMAGE: Reply[ImageMessage],
    Format.IMAGES: Reply[ImagesMessage],
    Format.PARTS: Reply[PartsMessage],
}


class Problem(NamedTuple):
    """One fault of a reply."""

    choice: int | None
    """Which choice, from 0; None where the fault is above the choices."""
    field: str
    """The path to the field, such as ``message.images[1].image_url.url``; empty for a choice."""
    message: str

    def __str__(self) -> str:
        place = [] if self.choice is None else [f"choice {self.choice}"]
        return f"{', '.join([*place, *filter(None, [self.field])])}: {self.message}"


def json_schema(name: FormatLike) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a reply in a format.

    Raises:
        UnknownFormatError: there is no such format.

    """
    schema = MODELS[target_format(name)].model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": f"Chat completion with images in the format {target_format(name)}",
    }


def problems(reply: Any, name: FormatLike) -> list[Problem]:
    """Check parsed JSON against a format; an empty list where it is well-formed."""
    try:
        MODELS[target_format(name)].model_validate(reply)
    except ValidationError as error:
        return [_problem(fault["loc"], fault["msg"]) for fault in error.errors(include_url=False)]
    return []


def _problem(location: tuple[int | str, ...], message: str) -> Problem:
    choice = None
    if len(location) > 1 and location[0] == "choices" and isinstance(location[1], int):
        choice, location = location[1], location[2:]
    steps = [step for step in location if not str(step).startswith("<")]  # the tags of unions
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return Problem(choice, path.lstrip(".") or ("reply" if choice is None else ""), message)
