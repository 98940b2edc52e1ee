"""Which URL asks for what."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qs, urlsplit

__all__ = ["TOKEN_PATH", "Protocol", "Route", "route"]

Protocol = Literal["gemini", "openai", "models", "token", "about"]


@dataclass(frozen=True)
class Route:
    """What a URL asks for."""

    protocol: Protocol
    model: str | None = None
    """The model that the URL names; LiteLLM up to 1.77.1 names none."""
    verb: str = ""
    sse: bool = False


# Whatever stands before is the client's: LiteLLM appends ":verb" to api_base up to 1.77.1 and
# "/models/NAME:verb" since; Vertex AI has "/v1/projects/P/locations/L/publishers/google" there.
_GEMINI = re.compile(r"(?:.*/models/(?P<model>[^/:]+)|.*?):(?P<verb>(?:stream)?[gG]enerateContent)")
_CHAT = re.compile(r"(?:.*/deployments/(?P<model>[^/]+)|.*)?/chat/completions")
_MODELS = re.compile(r".*/models(?:/(?P<model>[^/:]+))?")
TOKEN_PATH = "/token"  # noqa: S105  # a path, no secret


def route(method: str, target: str) -> Route | None:
    """Tell what a request asks for; None where nothing is served there."""
    try:
        url = urlsplit(target)
    except ValueError:  # "http://[::1"
        return None
    if method == "POST":
        if found := _GEMINI.fullmatch(url.path):
            sse = parse_qs(url.query).get("alt") == ["sse"]
            return Route("gemini", found["model"], found["verb"], sse)
        if found := _CHAT.fullmatch(url.path):
            return Route("openai", found["model"])
        return Route("token") if url.path == TOKEN_PATH else None
    if found := _MODELS.fullmatch(url.path):
        return Route("models", found["model"])
    return Route("about") if url.path in {"", "/"} else None
