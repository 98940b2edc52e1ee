"""What replies are made of, and which calls give them: tables.

Sources: ``litellm/__init__.py`` and ``litellm/types/utils.py`` of 1.65.4 to 1.109.1.
"""

from __future__ import annotations

import re

__all__ = [
    "CALLS",
    "CONSTRUCTORS",
    "DUMPS",
    "ELEMENTS",
    "FIELDS",
    "HANDLERS",
    "IMAGE_MODEL",
    "READS",
    "SAME",
    "TRANSPARENT",
    "TYPES",
]

FIELDS: dict[tuple[str, str], str] = {
    ("reply", "choices"): "choices",
    ("chunk", "choices"): "chunk_choices",
    ("choice", "message"): "message",
    ("chunk_choice", "delta"): "delta",
    ("message", "content"): "content",
    ("message", "image"): "image",
    ("message", "images"): "images",
    ("message", "model_extra"): "extra",
    ("delta", "content"): "content",
    ("delta", "image"): "image",
    ("delta", "images"): "images",
    ("delta", "model_extra"): "extra",
    ("extra", "images"): "images",
    ("item", "image_url"): "image_url",
    ("image_url", "url"): "url",
    ("image", "url"): "url",
}
"""The kind of a field, by the kind of what holds it; any other field is unknown."""

ELEMENTS: dict[str, str] = {
    "choices": "choice",
    "chunk_choices": "chunk_choice",
    "images": "item",
    "stream": "chunk",
}
"""The kind of an item of a list or a stream."""

READS: frozenset[tuple[str, str]] = frozenset(
    {(holder, name) for holder in ("message", "delta") for name in ("content", "image", "images")}
    | {("extra", "images"), ("item", "image_url"), ("item", "index"), ("image_url", "url")}
)
"""The fields whose reads the rules are told of."""

# What a call gives: "reply" or, with stream=True, "stream".
_COMPLETIONS = ("completion", "acompletion", "completion_with_retries", "acompletion_with_retries")
CALLS: dict[str, str] = {
    **dict.fromkeys(_COMPLETIONS, "reply"),
    "batch_completion": "replies",
    "batch_completion_models": "reply",
    "batch_completion_models_all_responses": "replies",
    "abatch_completion": "replies",
    "mock_completion": "reply",
    "stream_chunk_builder": "built",
    "Router": "router",
    "LiteLLM": "client",
    "AsyncLiteLLM": "client",
}
"""Functions of ``litellm`` and what they return."""

ROUTER: dict[str, str] = {
    "completion": "reply",
    "acompletion": "reply",
    "schedule_acompletion": "reply",
    "abatch_completion": "replies",
    "abatch_completion_one_model_multiple_requests": "replies",
}
"""Methods of a ``litellm.Router``."""

ASYNC = frozenset(
    name for table in (CALLS, ROUTER) for name in table if name.startswith(("a", "schedule_a"))
)

CONSTRUCTORS: dict[str, str] = {
    "ModelResponse": "reply",
    "ModelResponseStream": "chunk",
    "Choices": "choice",
    "StreamingChoices": "chunk_choice",
    "Message": "message",
    "Delta": "delta",
}
"""LiteLLM's types: what an instance is, and what a parameter with that annotation is."""

TYPES: dict[str, str] = {**CONSTRUCTORS, "CustomStreamWrapper": "stream", "Router": "router"}

DUMPS = frozenset({"model_dump", "dict", "to_dict", "json"})
"""Methods that give a message as a dict (LiteLLM's ``json()`` does too)."""

SAME = frozenset({"copy", "model_copy", "__copy__", "parse", "__aiter__", "__iter__", "__enter__"})
"""Methods that give the same thing again."""

TEXT = frozenset(
    {"strip", "lstrip", "rstrip", "removeprefix", "removesuffix", "replace", "encode", "decode",
     "format", "join", "splitlines", "rsplit", "split", "partition", "rpartition"}
)  # fmt: skip
"""Methods of a string whose result still is (part of) that string."""

HANDLERS = frozenset(
    {"read", "read_all", "normalize", "legacy_content", "first_image", "first_image_url",
     "to_message", "detect"}
)  # fmt: skip
"""Functions of imageshim that take replies of any format."""

IMAGE_MODEL = re.compile(r"image|banana", re.IGNORECASE)
"""What the names of models that draw have in common (gemini-2.5-flash-image, nano-banana, …)."""

TEXT_MODEL = re.compile(
    r"\b(?:gpt-[345]|o[134]\b|claude|llama|mi[sx]tral|command-|deepseek|qwen|sonar|grok-\d)",
    re.IGNORECASE,
)
"""Models that are known to write text only, unless their name says otherwise."""

IDENTITY: dict[str, int] = {
    "copy.copy": 0, "copy.deepcopy": 0, "typing.cast": 1, "cast": 1, "typing.assert_type": 0,
    "list": 0, "tuple": 0, "iter": 0, "aiter": 0, "reversed": 0, "sorted": 0, "set": 0,
    "asyncio.wait_for": 0, "asyncio.shield": 0, "asyncio.create_task": 0, "asyncio.run": 0,
    "asyncio.ensure_future": 0, "asyncio.timeout": 0, "anyio.run": 0, "asyncio.as_completed": 0,
    "tqdm.tqdm": 0, "contextlib.closing": 0, "contextlib.aclosing": 0, "str": 0,
}  # fmt: skip
"""Functions that hand on one of their arguments, and its place."""

AWAITED = frozenset({"asyncio.run", "anyio.run", "asyncio.as_completed"})
"""Those of them that wait for it."""

TRANSPARENT = frozenset(
    {"retry", "tenacity.retry", "backoff.on_exception", "backoff.on_predicate", "functools.cache",
     "functools.lru_cache", "functools.wraps", "staticmethod", "classmethod", "property",
     "override",
     "typing.override", "abc.abstractmethod", "functools.cached_property", "traceable",
     "langsmith.traceable", "observe", "langfuse.observe", "typing.overload",
     "langfuse.decorators.observe", "asyncio.coroutine", "contextlib.contextmanager",
     "contextlib.asynccontextmanager", "typing.final", "pytest.fixture", "pytest.mark.asyncio"}
)  # fmt: skip
"""Decorators behind which a function takes and returns what it did (called or not)."""

DECODERS = frozenset(
    {"base64.b64decode", "base64.standard_b64decode", "base64.decodebytes", "b64decode",
     "binascii.a2b_base64", "pybase64.b64decode", "base64.urlsafe_b64decode"}
)  # fmt: skip

SHOWN = frozenset(
    {"PIL.Image.open", "streamlit.image", "IPython.display.Image", "urllib.request.urlopen",
     "urllib.request.urlretrieve", "matplotlib.pyplot.imread", "imageio.imread", "cv2.imread",
     "imageio.v2.imread", "imageio.v3.imread", "gradio.Image", "nicegui.ui.image", "marimo.image",
     "rich_pixels.Pixels.from_image", "webbrowser.open"}
)  # fmt: skip
"""Functions that show an image, or open a data URI: a text that goes there is one."""

SHOWING = re.compile(
    r"image|\w*(?:base64|b64|data_?ur[il])\w*"
    r"|(?:save|show|display|send|reply|decode|open|load|store|upload|write|render|post|put)_"
    r"(?:\w+_)?(?:image|photo|picture|png)s?",
    re.IGNORECASE,
)
"""Names of functions that are not known, and take an image (``col.image``, ``send_photo``)."""

SCANNERS = frozenset(
    {"re.search", "re.match", "re.fullmatch", "re.findall", "re.finditer", "re.split", "re.sub",
     "regex.search", "regex.match", "regex.findall", "regex.finditer"}
)  # fmt: skip

STARRED = ("completion", "acompletion", "stream_chunk_builder", "ModelResponse", "Router")
"""What ``from litellm import *`` brings, of all this."""
