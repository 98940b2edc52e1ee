"""The replies that everybody must read, as a table from plain to odd.

Each is the smallest of its kind, with a sentence that says why such a reply comes. LiteLLM's
spellings and their versions stand in :mod:`imageshim.timeline`; OpenRouter's in its documentation
of image generation (no ``index``, no ``detail``, no ``images`` where there is none).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from imageshim.timeline import Format

from .pictures import Picture, jpeg, png, webp
from .scripted import Part, write_delta, write_message

__all__ = ["FURTHER", "Case", "cases"]


_Deltas = tuple[dict[str, Any], ...]


class Case(NamedTuple):
    """One reply, and what a reader must find in it."""

    format: Format
    reason: str
    """Why such a reply comes, as a sentence."""
    messages: tuple[dict[str, Any], ...]
    """Of each choice, of which there is one but where they are asked for."""
    images: tuple[str, ...]
    """The URLs, in order."""
    streams: tuple[_Deltas, ...]
    """The same as a stream, by choice."""
    source: str = ""
    """A LiteLLM version that gives it."""
    by_litellm: bool = True
    """Whether LiteLLM gives it; a gateway or another server does otherwise."""


class _Row(NamedTuple):
    reason: str
    parts: tuple[Part, ...]
    spell: Callable[[dict[str, Any]], dict[str, Any]] = dict
    by_litellm: bool = True


def _unpadded() -> Picture:
    return next(made for n in range(3) if not (made := png(filling=n)).url.endswith("="))


def _padded() -> Picture:
    return next(made for n in range(3) if (made := png(filling=n)).url.endswith("="))


_PNG, _JPEG, _WEBP = png(), jpeg(), webp()
_ALIKE = tuple(png(filling=20, grey=grey) for grey in (100, 101))
"""Of one size and one length; the first sixty characters agree."""

_SIDE_BY_SIDE = "pictures can stand side by side, and base64 without '=' runs into the next 'data:'"
_ONE = (
    _Row("a model can answer with a picture alone", (_PNG,)),
    _Row("a model can write text before the picture", ("Here is your cat:", _PNG)),
    _Row("a model can answer without a picture", ("I cannot draw that.",)),
    _Row(
        "a model that is stopped gives no content", (), lambda message: {**message, "content": None}
    ),
    _Row("pictures are JPEG too", (_JPEG,)),
    _Row("pictures are WebP too", (_WEBP,)),
)
_SEVERAL = (
    _Row("a model can send several pictures", (_PNG, _JPEG)),
    _Row("text can stand between pictures", ("First: ", _PNG, " Second: ", _JPEG)),
    _Row("two pictures of one size begin alike; only all of it tells them apart", _ALIKE),
)


def _each(items: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    def spell(message: dict[str, Any]) -> dict[str, Any]:
        return {**message, items: [change(item) for item in message[items]]}

    return spell


def _as_openrouter(message: dict[str, Any]) -> dict[str, Any]:
    items = [
        {"type": "image_url", "image_url": {"url": item["image_url"]["url"]}}
        for item in message["images"]
    ]
    rest = {key: value for key, value in message.items() if key != "images"}
    return {**rest, "images": items} if items else rest


_BY_FORMAT: dict[Format, tuple[_Row, ...]] = {
    Format.CONTENT: (
        *_ONE,
        _Row("text before a picture can hold a comma", ("Sure, here it is: ", _PNG)),
        _Row(_SIDE_BY_SIDE, (_unpadded(), _JPEG)),
        *_SEVERAL,
        _Row("text can follow a picture with nothing in between", (_padded(), "Here you are")),
        _Row(
            "base64 need not end in '=', and letters that follow are not part of the picture",
            (_unpadded(), "Here you are"),
        ),
    ),
    Format.IMAGE: _ONE,
    Format.IMAGES: (
        *_ONE,
        *_SEVERAL,
        _Row(
            "LiteLLM gives every picture the index 0",
            (_PNG, _JPEG),
            _each("images", lambda item: {**item, "index": 0}),
        ),
        _Row("OpenRouter's items have no index and no detail", (_PNG,), _as_openrouter, False),
        _Row("without a picture, OpenRouter sends no images", ("No.",), _as_openrouter, False),
        _Row(
            "beside images, content can be an empty text",
            (_PNG,),
            lambda said: {**said, "content": ""},
            False,
        ),
    ),
    Format.PARTS: (
        *_ONE[:3],
        *_ONE[4:],
        *_SEVERAL,
        _Row(
            "an image part can do without detail",
            (_PNG,),
            _each("content", lambda item: {**item, "image_url": {"url": item["image_url"]["url"]}}),
        ),
    ),
}

_SOURCES = {Format.CONTENT: "1.75.9", Format.IMAGE: "1.76.3", Format.IMAGES: "1.80.0"}
"""A version of each format that LiteLLM has had."""


def cases(formats: Iterable[Format], options: frozenset[str]) -> Iterator[Case]:
    """Give the cases of some formats, the plain ones of all formats before the odd ones.

    Args:
        formats: which.
        options: which of the further kinds, as :data:`FURTHER` names them.

    """
    tables = [
        [
            *(_case(form, row) for row in _BY_FORMAT[form]),
            *(case for name in sorted(options) for case in _FURTHER[name] if case.format is form),
        ]
        for form in formats
    ]
    for place in range(max(map(len, tables), default=0)):
        yield from (table[place] for table in tables if place < len(table))


def _case(form: Format, row: _Row) -> Case:
    message = row.spell(write_message(row.parts, form))
    urls = tuple(part.url for part in row.parts if isinstance(part, Picture))
    deltas = _deltas(form, row, message)
    source = _SOURCES.get(form, "")
    return Case(form, row.reason, (message,), urls, (deltas,), source, row.by_litellm)


def _deltas(form: Format, row: _Row, message: dict[str, Any]) -> _Deltas:
    """Cut a message as streams are: a data URI anywhere, other images each in a delta."""
    if form is Format.CONTENT:
        text = message["content"] or ""
        step = max(len(text) // 3, 1)
        return tuple({"content": text[at : at + step]} for at in range(0, len(text), step))
    made = []
    items = iter(message.get("images", ()))
    for part in row.parts:
        delta = write_message((part,), form)
        if isinstance(part, str):
            made.append({"content": delta["content"]})
        elif form is Format.IMAGES:
            made.append({"images": [next(items)]})
        else:
            made.append({key: delta[key] for key in ("image", "content") if delta.get(key)})
    return tuple(made)


def _further(
    form: Format, reason: str, message: dict[str, Any], *urls: str, deltas: Any = None
) -> Case:
    whole = {"role": "assistant", "content": None, **message}
    return Case(form, reason, (whole,), urls, (deltas or (message,),), by_litellm=False)


def _at_once(form: Format, reason: str, *parts: Part) -> Case:
    """Send all of a reply in one delta."""
    return _case(form, _Row(reason, parts))._replace(streams=((write_delta(parts, form),),))


def _two_choices(form: Format) -> Case:
    first, second = (_case(form, _Row("", parts)) for parts in ((_PNG,), ("Or: ", _JPEG)))
    return first._replace(
        reason="a reply to a request with n=2 has two choices, and pictures in both",
        messages=first.messages + second.messages,
        images=first.images + second.images,
        streams=first.streams + second.streams,
    )


_URL, _BARE = _PNG.url, _PNG.url.partition(",")[2]
_REMOTE = "https://pictures.example/cat.png"

_TOGETHER = "a chunk can carry several pictures"
_WITH_TEXT = "a chunk can carry text and a picture"

_FURTHER: dict[str, tuple[Case, ...]] = {
    "streamed": (
        _at_once(Format.IMAGE, _WITH_TEXT, "Here: ", _PNG),
        _at_once(Format.IMAGES, _WITH_TEXT, "Here: ", _PNG),
        _at_once(Format.IMAGES, _TOGETHER, _PNG, _JPEG),
        _at_once(Format.PARTS, _TOGETHER, _PNG, _JPEG),
    ),
    "choices": tuple(map(_two_choices, Format)),
    "drafts": (
        _further(
            Format.CONTENT,
            "a picture in the reasoning is a draft, and not the answer",
            {"reasoning_content": f"A sketch: {_URL}", "content": _JPEG.url},
            _JPEG.url,
        ),
    ),
    "markdown": (
        _further(
            Format.CONTENT,
            "gateways such as new-api write a picture as Markdown",
            {"content": f"Here: ![image]({_URL})"},
            _URL,
        ),
    ),
    "http": (
        _further(
            Format.IMAGES,
            "an item can hold the address of a picture",
            {"images": [{"type": "image_url", "image_url": {"url": _REMOTE}}]},
            _REMOTE,
        ),
        _further(
            Format.PARTS,
            "a part can hold the address of a picture",
            {"content": [{"type": "image_url", "image_url": {"url": _REMOTE}}]},
            _REMOTE,
        ),
    ),
    "dialects": (
        _further(
            Format.IMAGES,
            "a client for TypeScript writes imageUrl",
            {"images": [{"type": "image_url", "imageUrl": {"url": _URL}}]},
            _URL,
        ),
        _further(
            Format.IMAGES,
            "an item can hold base64 without data:",
            {"images": [{"b64_json": _BARE}]},
            _URL,
        ),
        _further(
            Format.IMAGES,
            "Portkey writes content_blocks",
            {"content_blocks": [{"type": "image_url", "image_url": {"url": _URL}}]},
            _URL,
        ),
        _further(
            Format.IMAGES,
            "LiteLLM 1.76.0 to 1.76.3 keep OpenRouter's images in provider_specific_fields",
            {
                "provider_specific_fields": {
                    "images": [{"type": "image_url", "image_url": {"url": _URL}}]
                }
            },
            _URL,
        ),
    ),
    "unknown_source": (
        _further(
            Format.CONTENT,
            "a model that quotes a data URI in code has drawn nothing",
            {"content": f'```html\n<img src="{_URL}">\n```'},
        ),
        _further(
            Format.CONTENT,
            "a data URI that runs through a sentence is part of its text",
            {"content": f'Use src="{_URL}" in your page.'},
        ),
    ),
}
"""What is drawn when it is asked for."""

FURTHER = tuple(_FURTHER)
