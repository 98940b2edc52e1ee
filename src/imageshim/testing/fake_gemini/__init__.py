"""A Gemini on loopback, for tests without a key and without the internet.

It speaks ``generateContent`` and ``streamGenerateContent``, and answers as an OpenAI-compatible
server too, from a script of ordered parts. It needs nothing but the standard library::

    from imageshim.testing.fake_gemini import Image, Reply, Text, fake_gemini

    with fake_gemini(Reply([Text("Here: "), Image("png")], cut="whole")) as server:
        ...
        assert server.requests[0].texts == ["Draw a cat."]
"""

from __future__ import annotations

from .faults import Drop, Fault, HalfJSON, HTTPFault, Stall
from .image_fields import FORMATS
from .parts import PICTURES, FunctionCall, Image, Part, Text, Thought
from .request import Request
from .script import Answer, Blocked, Candidate, Reply, Usage
from .server import DEFAULT_REPLY, FakeGemini, fake_gemini

__all__ = [
    "DEFAULT_REPLY",
    "FORMATS",
    "PICTURES",
    "Answer",
    "Blocked",
    "Candidate",
    "Drop",
    "FakeGemini",
    "Fault",
    "FunctionCall",
    "HTTPFault",
    "HalfJSON",
    "Image",
    "Part",
    "Reply",
    "Request",
    "Stall",
    "Text",
    "Thought",
    "Usage",
    "fake_gemini",
]
