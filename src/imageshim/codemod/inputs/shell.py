"""Shell commands that read old formats: ``curl … | jq .choices[0].message.image.url``.

They are found in scripts and in the commands of documents, and never rewritten: what a pipeline
does with its input cannot be proven. A command is the lines up to the next empty one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatch

from imageshim.codemod.findings import Finding
from imageshim.codemod.project.settings import Settings
from imageshim.codemod.text.suppression import is_ignored_by

from .discovery import Kind, kind_of
from .document_parts import commands_of

__all__ = ["CODE", "may_read", "shell_reads"]

CODE = "IMG201"

_PARAGRAPH = re.compile(rb"(?:[^\r\n]*[^\s][^\r\n]*(?:\r\n|\r|\n|\Z))+")
_IMAGE = re.compile(
    rb"""\.(?:message|delta)\??(?:\.image\b|\.?\[\s*\\?["']image\\?["']\s*\])"""
    rb"""|\[["']message["']\]\s*\[["']image["']\]"""
)
_CONTENT = re.compile(rb"""\.message\??\.content\b|\[["']message["']\]\s*\[["']content["']\]""")
# What is done to text that holds a data URI, and to no other.
_DECODED = re.compile(
    rb"base64\s+(?:-d|-D|--decode)|@base64d|data:image|b64decode|cut\s+-d\s*['\"]?,|split\(['\"],['\"]\)"
)
_READER = re.compile(rb"\b(?:jq|yq|gojq|jaq|python3?)\b")
_URL = re.compile(rb"https?://[^\s\"'\\)>]+")
# The port on which LiteLLM's proxy listens unless it is told otherwise.
_EVIDENCE = re.compile(rb"litellm|:4000\b", re.IGNORECASE)

_MESSAGES = {
    "image": "reads `message.image`, where LiteLLM 1.76.1 – 1.76.3 put the image; from 1.77.0 on "
    "it is in .choices[0].message.images[0].image_url.url",
    "content": "decodes an image from `message.content`, where LiteLLM up to 1.76.0 put it; from "
    "1.77.0 on it is in .choices[0].message.images[0].image_url.url",
}


def may_read(data: bytes) -> bool:
    """Whether it is worth while to look for commands in a file."""
    return (b"message" in data or b"delta" in data) and _READER.search(data) is not None


def shell_reads(path: str, data: bytes, settings: Settings) -> list[Finding]:
    """Return what the commands of a script or of a document read of old formats."""
    known = bool(_EVIDENCE.search(data)) or _is_assumed(path, settings)
    commands = commands_of(path, data) if kind_of(path) is Kind.DOCUMENT else data
    found = _reads(commands, settings, known=known)
    return [one for start, one in found if not _is_ignored(data, start)]


def _is_assumed(name: str, settings: Settings) -> bool:
    return any(fnmatch(name, pattern) for pattern in settings.assume_litellm)


def _reads(data: bytes, settings: Settings, *, known: bool) -> Iterator[tuple[int, Finding]]:
    for paragraph in _PARAGRAPH.finditer(data):
        text = paragraph[0]
        if not _READER.search(text):
            continue
        found = [(match, "image") for match in _IMAGE.finditer(text)]
        if _DECODED.search(text):
            found += [(match, "content") for match in _CONTENT.finditer(text)]
        urls = [match[0].decode("utf-8", "replace") for match in _URL.finditer(text)]
        proven = known or any(_is_assumed(url, settings) for url in urls)
        for match, read in sorted(found, key=lambda one: one[0].start()):
            start = paragraph.start() + match.start()
            yield start, _finding(data, start, match, read, None if proven else urls)


def _finding(
    data: bytes, start: int, match: re.Match[bytes], read: str, unproven: list[str] | None
) -> Finding:
    line = len(re.findall(rb"\r\n|\r|\n", data[:start])) + 1
    column = start - max(data.rfind(b"\n", 0, start), data.rfind(b"\r", 0, start)) - 1
    missing = None
    if unproven is not None:
        origin = f"the reply comes from {unproven[0]}" if unproven else "nothing names LiteLLM"
        missing = f"{origin}: pass --assume-litellm if that is LiteLLM"
    end = column + len(match[0])
    return Finding(CODE, _MESSAGES[read], line, column, line, end, missing=missing)


def _is_ignored(data: bytes, start: int) -> bool:
    """Whether the line at ``start``, or the one above it, says so."""
    before = data.rfind(b"\n", 0, start) + 1
    above = data.rfind(b"\n", 0, max(before - 1, 0)) + 1
    end = data.find(b"\n", start)
    return is_ignored_by(data[above : end if end >= 0 else None].decode("utf-8", "replace"), CODE)
