"""Runs programs before and after a rewrite, on LiteLLM's own objects in the old and new format."""

from __future__ import annotations

import asyncio
import sys
import types
import warnings

import litellm

import imageshim

PNG = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWj"
    "R9awAAAABJRU5ErkJggg=="
)
GIF = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"


def _items(*urls: str) -> list[dict]:
    return [
        {"image_url": {"url": url, "detail": "auto"}, "index": place, "type": "image_url"}
        for place, url in enumerate(urls)
    ]


# Everything that a reply can be: `images` is None where LiteLLM gives no such field.
REPLIES: dict[str, tuple] = {
    "an image": (None, _items(PNG)),
    "text and an image": ("Here it is: ", _items(PNG)),
    "two images": (None, _items(PNG, GIF)),
    "text and two images": ("Two. ", _items(PNG, GIF)),
    "text, images == []": ("Sorry.", []),
    "text, no images": ("Sorry.", None),
    "nothing": (None, None),
}
BLOCKED = "blocked"


def _reply(kind: str) -> litellm.ModelResponse:
    if kind == BLOCKED:
        reply = litellm.ModelResponse()
        reply.choices = []
        return reply
    text, images = REPLIES[kind]
    message = litellm.Message(role="assistant", content=text, images=images)
    return litellm.ModelResponse(choices=[litellm.Choices(message=message)])


def _chunks(kind: str, format_name: str) -> list:
    if kind == BLOCKED:
        return []
    text, images = REPLIES[kind]
    deltas = [{"role": "assistant", "content": text}] if text else []
    if images and format_name == "images":
        deltas.append({"content": None, "images": images})
    elif images and format_name == "image":
        deltas.append({"content": None, "image": images[0]["image_url"]})
    elif images:
        deltas += [{"content": item["image_url"]["url"]} for item in images]
    deltas.append({"content": None})
    made = []
    for delta in deltas:
        choice = litellm.utils.StreamingChoices(delta=litellm.utils.Delta(**delta))
        made.append(litellm.ModelResponseStream(choices=[choice]))
    return made


class _Service:
    """LiteLLM's functions, which answer with one reply in one format."""

    def __init__(self, kind: str, format_name: str) -> None:
        self.kind = kind
        self.format = format_name

    def _in_format(self, reply: object) -> object:
        if self.format == "images":
            return reply
        return imageshim.convert(reply, self.format)

    def completion(self, model: str = "", messages: object = None, **kwargs: object) -> object:
        del model, messages
        if kwargs.get("stream"):
            return iter(_chunks(self.kind, self.format))
        return self._in_format(_reply(self.kind))

    async def acompletion(self, *args: object, **kwargs: object) -> object:
        if not kwargs.get("stream"):
            return self.completion(*args, **kwargs)

        async def stream() -> object:
            for chunk in self.completion(*args, **kwargs):
                yield chunk

        return stream()


def _run(program: str, kind: str, format_name: str) -> dict:
    service = _Service(kind, format_name)

    class Router:
        def __init__(self, **_: object) -> None:
            self.completion = service.completion
            self.acompletion = service.acompletion

    class Response:
        def json(self) -> dict:
            return service.completion("x").model_dump()

    class Client:
        def __init__(self, **_: object) -> None:
            self.chat = types.SimpleNamespace(
                completions=types.SimpleNamespace(create=service.completion)
            )

    requests = types.ModuleType("requests")
    requests.post = lambda *_, **__: Response()
    openai = types.ModuleType("openai")
    openai.OpenAI = Client
    shown: list[str] = []

    def show(*values: object) -> None:
        shown.append(repr(values))

    names = {"__name__": "program", "show": show, "print": show}
    replaced = {"completion": service.completion, "acompletion": service.acompletion}
    modules = {"requests": requests, "openai": openai}
    before = {name: sys.modules.get(name) for name in modules}
    saved = {name: getattr(litellm, name) for name in (*replaced, "Router")}
    error = None
    sys.modules.update(modules)
    for name, function in replaced.items():
        setattr(litellm, name, function)
        setattr(litellm.main, name, function)
    litellm.Router = Router
    asyncio.set_event_loop(asyncio.new_event_loop())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(compile(program, "program.py", "exec"), names)  # noqa: S102
    except Exception as problem:  # noqa: BLE001  # what the program does is the result
        error = f"{type(problem).__name__}: {problem}"
    finally:
        for name, value in saved.items():
            setattr(litellm, name, value)
            setattr(litellm.main, name, value)
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
    return {"shown": shown, "error": error}


def run(programs: list[dict]) -> list[dict]:
    """Run each program before on its old format and after on ``images``, on every reply."""
    return [
        {
            kind: {
                "before": _run(one["before"], kind, one["format"]),
                "after": _run(one["after"], kind, "images"),
            }
            for kind in (*REPLIES, BLOCKED)
        }
        for one in programs
    ]
