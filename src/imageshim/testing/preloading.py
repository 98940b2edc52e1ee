"""Everything that a test may call, loaded before the test runs.

imageshim imports most of itself, and its optional libraries, when they are first needed. In a
property test that is the first example, which then takes a quarter of a second of its own.
"""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module

import imageshim

__all__ = ["load"]

_NEEDED_LATER = (
    "imageshim.wrapping.calls",
    "imageshim.wrapping.chunk_builder",
    "imageshim.wrapping.early_imports",
    "imageshim.wrapping.functions",
    "imageshim.wrapping.patching",
    "mimetypes",
    "pydantic_core",
)
_EXTRAS = ("PIL.Image", "pybase64")


def load() -> None:
    """Import the public names, and what their functions import when they are called."""
    for name in imageshim.__all__:
        getattr(imageshim, name)
    for module in _NEEDED_LATER:
        import_module(module)
    for module in _EXTRAS:
        with suppress(ImportError):
            import_module(module)
