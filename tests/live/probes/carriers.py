"""What the core makes of the objects of LiteLLM and of the OpenAI SDK."""

from __future__ import annotations

import copy
import json
import pickle
import warnings
from typing import Any

import imageshim
from imageshim import Format

# OpenAI's classes warn of values that are not of their declared types; that is not ours.
warnings.simplefilter("ignore")


def litellm(url: str) -> list[str]:
    """Make a real call, and check the reply; gives what is wrong."""
    import litellm
    from replies import request

    return faults(litellm.completion(**request(url)))


def openai(reply: dict[str, Any]) -> list[str]:
    """Check the reply as the SDK's client makes it of JSON: it validates nothing."""
    from openai.types.chat import ChatCompletion

    return faults(ChatCompletion.construct(**reply))


def version() -> str:
    from importlib.metadata import version as installed

    return installed("openai")


def _seen(reply: Any, **how: Any) -> list[tuple[str, list[str]]]:
    readings = imageshim.read_all(reply, **how)
    return [(reading.text, [image.url for image in reading.images]) for reading in readings]


def faults(reply: Any) -> list[str]:
    """Hold the object against its own dict, in every format, and there and back."""
    found: list[str] = []

    def hold(what: str, one: Any, other: Any) -> None:
        if one != other:
            found.append(f"{what}: {str(one)[:300]} is not {str(other)[:300]}")

    plain = reply.model_dump()
    dumped = json.dumps(plain)
    own = imageshim.detect(reply)
    hold("detect", own, imageshim.detect(plain))
    hold("read", _seen(reply), _seen(plain))
    for to in Format:
        there = imageshim.convert(reply, to)
        hold(f"{to}: its class", type(there), type(reply))
        hold(f"{to}: the caller's object", json.dumps(reply.model_dump()), dumped)
        if own is None:
            hold(f"{to}: the same object", there is reply, True)
            continue
        hold(f"{to}: as a dict's", *_messages(there, imageshim.convert(plain, to)))
        hold(f"{to}: detected", imageshim.detect(there, to), to)
        _hold_as_objects(there, to, hold)
        if own in {Format.CONTENT, Format.IMAGE, Format.PARTS}:
            back = imageshim.convert(there, own)
            hold(f"{to}: and back", back.model_dump(), plain)
            hold(f"{to}: and back, ==", back == reply, True)
        else:
            canonical = imageshim.normalize(reply)
            back = imageshim.normalize(there)
            hold(f"{to}: and back", back.model_dump(), canonical.model_dump())
    _hold_pieces(reply, plain, hold)
    return found


def _messages(there: Any, as_dict: dict[str, Any]) -> tuple[Any, Any]:
    """The fields that carry text and images, of the object and of the dict."""
    names = ("content", "image", "images")
    objects = [choice.message.model_dump() for choice in there.choices]
    dicts = [choice["message"] for choice in as_dict["choices"]]
    return (
        [[fields.get(name) for name in names] for fields in objects],
        [[fields.get(name) for name in names] for fields in dicts],
    )


def _without_nulls(value: Any) -> Any:
    """Some releases leave nulls out of ``model_dump()``, but not out of the JSON."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _hold_as_objects(there: Any, to: Format, hold: Any) -> None:
    """What objects can do before a conversion, they can do after it."""
    as_json = json.loads(there.model_dump_json())
    hold(f"{to}: model_dump_json", _without_nulls(as_json), _without_nulls(there.model_dump()))
    for name, again in (
        ("copy", copy.copy(there)),
        ("deepcopy", copy.deepcopy(there)),
        ("model_copy", there.model_copy(deep=True)),
        ("pickle", pickle.loads(pickle.dumps(there))),  # noqa: S301  # made here
    ):
        hold(f"{to}: {name}", again == there, True)
        hold(f"{to}: {name} of a class", type(again), type(there))
        hold(f"{to}: {name} dumped", again.model_dump(), there.model_dump())
    as_images = imageshim.normalize(there, source=to)
    for choice, canonical in zip(there.choices, as_images.choices, strict=True):
        message, text = choice.message, canonical.message.content or ""
        items = getattr(canonical.message, "images", None) or []
        urls = [item["image_url"]["url"] for item in items]
        if to is Format.IMAGES and urls:
            hold("images", [item["image_url"]["url"] for item in message.images], urls)
            hold("index", [item["index"] for item in message.images], list(range(len(urls))))
        elif to is Format.IMAGE and urls:
            hold("image", message.image["url"], urls[0])
        elif to is Format.CONTENT and urls:
            hold("content", all(url in message.content for url in urls), True)
        elif urls:
            texts = [part["text"] for part in message.content if part["type"] == "text"]
            hold("parts", "".join(texts), text)


def _hold_pieces(reply: Any, plain: dict[str, Any], hold: Any) -> None:
    """A bare choice, a bare message, and the accessors of migrated code."""
    for choice, fields in zip(reply.choices, plain["choices"], strict=True):
        message = choice.message
        for piece, other in ((choice, fields), (message, fields["message"])):
            hold("a piece read", _seen(piece), _seen(other))
            hold("a piece detected", imageshim.detect(piece), imageshim.detect(other))
            converted = imageshim.normalize(piece)
            hold("a piece's class", type(converted), type(piece))
            hold("a piece converted", _seen(converted), _seen(imageshim.normalize(other)))
            for accessor in (
                imageshim.legacy_content,
                imageshim.first_image,
                imageshim.first_image_url,
            ):
                hold(accessor.__name__, accessor(piece), accessor(other))
