"""Which methods of LiteLLM's own handlers are wrapped."""

from __future__ import annotations

import contextlib

import litellm
import openai
from litellm.llms.base_llm.base_model_iterator import BaseModelResponseIterator
from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler, HTTPHandler

import imageshim
from imageshim.wrapping.functions import WrappedFunction

METHODS = (
    (HTTPHandler, "post"),
    (AsyncHTTPHandler, "post"),
    (BaseModelResponseIterator, "_string_to_dict_parser"),
)


def _are_wrapped() -> bool:
    found = {isinstance(vars(cls)[name], WrappedFunction) for cls, name in METHODS}
    assert len(found) == 1
    return found.pop()


def watched() -> list[bool]:
    """Before an installation and its first call, within, and after."""
    installation = imageshim.install()
    installation.uninstall()
    states = [_are_wrapped()]
    with imageshim.install():
        with contextlib.suppress(openai.OpenAIError):
            litellm.completion(model="openrouter/m", messages=[], api_base="http://127.0.0.1:1")
        states.append(_are_wrapped())
    return [*states, _are_wrapped()]
