"""What says that a text is an image: who takes it, what it is compared with or searched for."""

from __future__ import annotations

import re

from imageshim.codemod.flow import values as v
from imageshim.codemod.flow.hooks import Given
from imageshim.codemod.flow.interpreter import Interpreter
from imageshim.codemod.flow.labels import labelled

from .library import Library

__all__ = ["DECODERS", "LIBRARY", "SHOWING", "SHOWN", "SHOWS", "cut", "is_shown", "says_image"]

DECODERS = frozenset(
    {"base64.b64decode", "base64.standard_b64decode", "base64.decodebytes", "b64decode",
     "binascii.a2b_base64", "pybase64.b64decode", "base64.urlsafe_b64decode"}
)  # fmt: skip
"""Functions that decode base64."""

SHOWN = frozenset(
    {"PIL.Image.open", "streamlit.image", "IPython.display.Image", "urllib.request.urlopen",
     "urllib.request.urlretrieve", "matplotlib.pyplot.imread", "imageio.imread", "cv2.imread",
     "imageio.v2.imread", "imageio.v3.imread", "gradio.Image", "nicegui.ui.image", "marimo.image",
     "rich_pixels.Pixels.from_image", "webbrowser.open"}
)  # fmt: skip
"""Functions that show an image, or open a data URI: a text that goes there is one."""

SHOWING = re.compile(
    r"image|(?!\w*encode)\w*(?:base64|b64|data_?ur[il])\w*"
    r"|(?:save|show|display|send|reply|decode|open|load|store|upload|write|render|post|put)_"
    r"(?:\w+_)?(?:image|photo|picture|png)s?",
    re.IGNORECASE,
)
"""Names of functions that are not known, and take an image (``col.image``, ``send_photo``).

What is encoded as base64 is not that yet: a drawing in SVG, say.
"""

# What stands before a text, or around its place, that is shown as an image.
SHOWS = re.compile(r"""(?:\bsrc\s*=\s*["']?|\burl\(["']?|!\[[^]]*\]\()(?:%s|\{\w*\}|$)""")
# "data:", and what the base64 of PNG, JPEG, GIF and WebP begins with.
_BEGINNINGS = ("iVBOR", "/9j/", "R0lGOD", "UklGR")


# A prefix of a data URI is shorter; more of a pattern tells nobody anything.
_LONGEST = 24


def cut(text: str) -> str:
    """Return a string as it is told to people, with a sign where it is cut."""
    return repr(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")


def says_image(text: str) -> bool:
    """Whether a string that a text is searched for says that it may be a data URI."""
    named = "data:image" in text or "base64," in text or ";base64" in text
    return named or text in ("data:", "base64") or text.startswith(_BEGINNINGS)


def is_shown(function: str) -> bool:
    """Whether a function, by its dotted name, takes an image rather than a text."""
    return function in SHOWN or SHOWING.fullmatch(function.rpartition(".")[2]) is not None


def _call(at: Interpreter, name: str, given: Given) -> v.Value | None:
    if name not in DECODERS and name not in SHOWN:
        return None
    for value in given.all():
        at.watcher.shown(value, given.node.lineno, "decoded" if name in DECODERS else f"{name}()")
    return labelled(at, given.node, given) if at.tracks else v.UNKNOWN


LIBRARY = Library(call=_call)
