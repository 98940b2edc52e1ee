"""Scripts as JSON, for the command line.

A file is a list of answers, or ``{"answers": […], "models": {NAME: ANSWER}, "format": NAME}``.
An answer is a list of parts, or an object: ``{"parts": […]}`` or ``{"candidates": [{"parts",
"finish_reason"}]}`` or ``{"blocked": REASON}``, with :class:`Reply`'s other words beside it, and
``"fault"``: ``{"http": 429, "message": …}``, ``{"drop": {"after_chunks": 1}}``, ``"half_json"``,
``{"stall": {"after_chunks": 1}}``. A part is ``{"text": …}``, ``{"image": NAME}``,
``{"image": {"file": PATH}}`` (relative to the script), ``{"image": {"base64", "mime_type"}}``,
``{"function_call": {"name", "args"}}``, ``{"thought": PART}``; or a part as Gemini writes it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from imageshim.errors import ImageShimError

from .faults import Drop, Fault, HalfJSON, HTTPFault, Stall
from .parts import FunctionCall, Image, Part, Text, Thought
from .script import Answer, Blocked, Candidate, Reply, Usage, check_format

__all__ = ["Script", "read_script"]

_REPLY_WORDS = ("cut", "finish", "delay", "chunk_delay", "format")
_CONTENTS = ("parts", "candidates", "blocked")
_SCRIPT_WORDS = ("answers", "models", "format")


class Script(NamedTuple):
    """What a file says; the arguments of :func:`fake_gemini`."""

    answers: list[Answer]
    models: dict[str, Answer]
    format: str | None


class _Reader:
    """Reads one file, and knows where it is."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def image(self, value: Any, signature: str | None) -> Image:
        if isinstance(value, str):
            return Image(value, signature=signature)
        keys = _object(value, "an image", ("file", "base64", "mime_type"))
        mime_type = keys.get("mime_type")
        if "file" in keys:
            data = (self.folder / keys["file"]).read_bytes()
        else:
            data = base64.b64decode(keys["base64"], validate=True)
        return Image(data, mime_type, signature=signature)

    def part(self, value: Any) -> Part:
        """Read a part in our words or in Gemini's."""
        kinds = ("text", "image", "function_call", "thought", "inlineData", "functionCall")
        keys = _object(value, "a part", (*kinds, "signature", "thoughtSignature"))
        signature = keys.get("signature") or keys.get("thoughtSignature")
        part: Part
        if "inlineData" in keys:
            inline = keys["inlineData"]
            found = {"base64": inline["data"], "mime_type": inline["mimeType"]}
            part = self.image(found, signature)
        elif "image" in keys:
            part = self.image(keys["image"], signature)
        elif call := keys.get("function_call") or keys.get("functionCall"):
            return FunctionCall(call["name"], call.get("args") or {}, signature=signature)
        elif isinstance(keys.get("text"), str):
            part = Text(keys["text"], signature=signature)
        elif isinstance(keys.get("thought"), dict):
            inner = self.part(keys["thought"])
            if isinstance(inner, (Text, Image)):
                return Thought(inner)
            raise ImageShimError("a thought is a text or an image")
        else:
            raise ImageShimError(f"a part has one of {', '.join(kinds)}")
        return Thought(part) if keys.get("thought") is True else part

    def parts(self, value: Any) -> list[Part]:
        if not isinstance(value, list):
            raise ImageShimError(f"parts are a list, not {type(value).__name__}")
        return [_at(f"parts[{place}]", self.part, part) for place, part in enumerate(value)]

    def candidate(self, value: Any) -> Candidate:
        keys = _object(value, "a candidate", ("parts", "finish_reason"))
        parts = None if keys.get("parts") is None else self.parts(keys["parts"])
        return Candidate(parts, keys.get("finish_reason", "STOP"))

    def content(self, keys: Mapping[str, Any]) -> Any:
        if "candidates" in keys:
            return [
                _at(f"candidates[{place}]", self.candidate, candidate)
                for place, candidate in enumerate(keys["candidates"])
            ]
        if "blocked" in keys:
            return Blocked(keys["blocked"])
        if "parts" in keys:
            return self.parts(keys["parts"])
        if "fault" in keys:
            return ()
        raise ImageShimError(f"an answer has one of {', '.join(_CONTENTS)}, fault")

    def answer(self, value: Any) -> Answer:
        if isinstance(value, list):
            return self.parts(value)
        keys = _object(value, "an answer", (*_CONTENTS, "usage", "fault", *_REPLY_WORDS))
        words = {word: keys[word] for word in _REPLY_WORDS if word in keys}
        if "usage" in keys:
            words["usage"] = Usage(**keys["usage"])
        return Reply(self.content(keys), fault=_fault(keys.get("fault")), **words)


def _fault(value: Any) -> Fault | None:
    if value is None:
        return None
    if value == "half_json":
        return HalfJSON()
    keys = _object(value, "a fault", ("http", "message", "headers", "drop", "stall"))
    if "http" in keys:
        more = {name: keys[name] for name in ("message", "headers") if name in keys}
        return HTTPFault(keys["http"], **more)
    if "drop" in keys:
        return Drop(**keys["drop"])
    if "stall" in keys:
        return Stall(**keys["stall"])
    raise ImageShimError('a fault is one of "half_json", {"http"}, {"drop"}, {"stall"}')


def _object(value: Any, what: str, known: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ImageShimError(f"{what} is an object, not {type(value).__name__}")
    unknown = sorted(value.keys() - set(known))
    if unknown:
        raise ImageShimError(f"{what} has no {unknown[0]!r}; choose one of {', '.join(known)}")
    return value


def _at(where: str, read: Callable[..., Any], *arguments: Any) -> Any:
    """Read, and say where in the file the fault is."""
    try:
        return read(*arguments)
    except KeyError as fault:
        raise ImageShimError(f"{where}: {fault} is missing") from None
    except (ImageShimError, TypeError, ValueError, OSError) as fault:
        raise ImageShimError(f"{where}: {fault}") from None


def read_script(path: str | Path) -> Script:
    """Read a script file; see the module's docstring for what it holds.

    Raises:
        ImageShimError: it cannot be read; the message names the file and the place in it.

    """
    file = Path(path)
    value = _at(str(file), lambda: json.loads(file.read_bytes()))
    found: Script = _at(str(file), _read, value, _Reader(file.parent))
    return found


def _read(value: Any, reader: _Reader) -> Script:
    whole = {"answers": value} if isinstance(value, list) else value
    keys = _object(whole, "a script", _SCRIPT_WORDS)
    answers = [
        _at(f"answers[{place}]", reader.answer, answer)
        for place, answer in enumerate(keys.get("answers", ()))
    ]
    models = {
        name: _at(f"models.{name}", reader.answer, answer)
        for name, answer in keys.get("models", {}).items()
    }
    image_format = keys.get("format")
    return Script(answers, models, image_format and check_format(image_format))
