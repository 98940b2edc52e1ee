"""Replies as a page to look at: one HTML file that needs nothing else and loads nothing.

May import the core. The page is written reply by reply, so memory does not grow with it.
"""

from .entries import Entry, Shown, entries_of
from .writing import PageWriter

__all__ = ["Entry", "PageWriter", "Shown", "entries_of"]
