"""What is known about libraries: the calls that give replies, and what hands values on.

One library a file. To add one, write a module with a ``LIBRARY`` in this folder: a
:class:`.library.Library` that says what calls of its package give. Nothing else has to name it.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .libraries import Known

__all__ = ["known"]


@cache
def known() -> Known:
    """Return all of it."""
    from .libraries import Known  # noqa: PLC0415  # it stands on the flow

    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    return Known([module.LIBRARY for module in modules if hasattr(module, "LIBRARY")], known)
