"""Run in a framework's environment: what it hands out of replies with images, as JSON.

``drive.py NAME`` asks the driver of that name for whole replies, streams and agents with a tool,
with nothing installed, with each format installed, and in blocks of `capture_images`.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import json
import os
import sys
import traceback
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

os.environ.update(
    {
        "AGNO_TELEMETRY": "false",
        "ANONYMIZED_TELEMETRY": "False",
        "CREWAI_DISABLE_TELEMETRY": "true",
        "CREWAI_TRACING_ENABLED": "false",
        "DSPY_CACHEDIR": str(Path.cwd() / "dspy"),
        "HAYSTACK_TELEMETRY_ENABLED": "False",
        "OPENAI_AGENTS_DISABLE_TRACING": "1",
        "OTEL_SDK_DISABLED": "true",
    }
)

import imageshim
from imageshim.testing.fake_gemini import FunctionCall, Image, Reply, Request, Text, fake_gemini

FORMATS = ("off", "content", "parts")
HERE = Path(__file__).parent


def answers(text: str) -> Callable[[Request], Reply]:
    """Call the tool where there is one, once; else two pictures, with text around them."""

    def answer(request: Request) -> Reply:
        body = request.body
        said = json.dumps(body.get("messages") or body["contents"][1:])
        if any(word in said for word in _RESULTS):
            return Reply([Text("Done. "), Image("jpeg")])
        if body.get("tools"):
            return Reply([Image("png"), FunctionCall("add", {"a": 2, "b": 3})])
        return Reply([Text(text), Image("png"), Text(" "), Image("jpeg")])

    return answer


_RESULTS = ("functionResponse", "function_response", '"tool"', "Observation")
"""What tells that a tool has answered, in Gemini's, OpenAI's and smolagents' words."""


def add(a: int, b: int) -> int:
    """Add two numbers.

    Args:
        a: one number.
        b: the other number.

    """
    return a + b


class Place:
    """Where the fake provider listens, and a loop for what is asynchronous."""

    gemini = "gemini/gemini-2.5-flash-image"

    def __init__(self, openai: str) -> None:
        self.openai = openai
        self._loop = asyncio.new_event_loop()

    def run(self, coroutine: Any) -> Any:
        return self._loop.run_until_complete(coroutine)


def outcome(given: dict[str, Any]) -> str:
    """Name what the user gets: native, text, list, or lost."""
    if given["native"]:
        return "native" if len(given["native"]) == 2 else "one of two"
    text = given["text"]
    if isinstance(text, str):
        return "text" if text.count("data:image/") == 2 else "lost"
    return "list" if "image_url" in str(text) else "lost"


def attempt(ask: Any, *arguments: Any) -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ask(*arguments)
        except BaseException as error:  # noqa: BLE001  # what it is, is the finding
            trace = traceback.format_exc()[-1500:]
            return {"crash": f"{type(error).__name__}: {error}"[:300], "trace": trace}


def table(driver: Any, place: Place) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for emit in FORMATS:
        installed = contextlib.nullcontext() if emit == "off" else imageshim.install(emit=emit)
        with installed:
            for way in ("whole", "streamed"):
                if not hasattr(driver, way):
                    continue
                given = attempt(getattr(driver, way), place, f"Draw two. {emit} {way}")
                said = "crash" if "crash" in given else outcome(given)
                found.setdefault(way, {})[emit] = said
    return found


def captured(driver: Any, place: Place) -> dict[str, Any]:
    """What `capture_images` has of each way of asking, with and without an installation."""
    found: dict[str, Any] = {}
    for name in ("whole", "streamed", "agent"):
        if not hasattr(driver, name):
            continue
        more = (add,) if name == "agent" else ()
        for how in ("alone", "installed"):
            installed = imageshim.install() if how == "installed" else contextlib.nullcontext()
            with installed, imageshim.capture_images() as images:
                given = attempt(getattr(driver, name), place, f"Draw. {name} {how}", *more)
            kinds = [image.mime_type for image in images]
            found[f"{name} {how}"] = {"images": kinds, "crash": given.get("trace")}
    return found


def raw(driver: Any, place: Place) -> dict[str, Any]:
    """What `read` gives of the raw reply that a framework keeps."""
    found = {}
    for way in ("whole", "streamed"):
        given = (
            attempt(getattr(driver, way), place, f"Draw. raw {way}") if hasattr(driver, way) else {}
        )
        if given.get("raw") is not None:
            reply = imageshim.collect(given["raw"]) if way == "streamed" else given["raw"]
            found[way] = [image.mime_type for image in imageshim.read(reply).images]
    return found


def recipe(driver: Any, code: str, place: Place) -> Any:
    """Run the page's code; how many images its user then has, of each reply."""
    page: dict[str, Any] = {"__name__": "recipe"}
    exec(compile(code, "docs/frameworks.md", "exec"), page)  # noqa: S102  # our own page
    given = attempt(driver.recipe, page, place)
    return given if isinstance(given, dict) else [len(one) for one in given]


def main(name: str, code: str = "") -> None:
    sys.path.insert(0, str(HERE))
    driver = importlib.import_module(f"drivers.{name}")
    with fake_gemini(answers(getattr(driver, "TEXT", "Here: "))) as server:
        os.environ.update(server.environment())
        os.environ.update({"GEMINI_API_KEY": "any", "OPENAI_API_KEY": "any"})
        place = Place(server.openai_url)
        package, cls = driver.REPORT
        done = {
            "framework": package,
            "class": cls,
            "version": version(package if package != "pydantic-ai" else "pydantic-ai-slim"),
            "captured": captured(driver, place),
            "table": table(driver, place),
            "raw": raw(driver, place),
            "recipe": recipe(driver, code, place) if code else None,
        }
    sys.stdout.write("\n@@" + json.dumps(done) + "\n")
    sys.stdout.flush()
    os._exit(0)  # threads of telemetry and the like keep some of them alive


if __name__ == "__main__":
    main(*sys.argv[1:])
