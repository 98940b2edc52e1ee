"""One chunk as the several that it becomes."""

from __future__ import annotations

from typing import Any

from imageshim.messages import carriers

__all__ = ["says_more", "spread"]


def says_more(carrier: Any, usual: frozenset[str]) -> bool:
    """Tell whether a chunk, a choice or a delta says more than the usual fields."""
    found = carriers.fields(carrier) or {}
    return any(found[name] for name in found.keys() - usual)


def spread(chunk: Any, new: list[list[Any]]) -> list[Any]:
    """Return the chunks for the choices that each choice of a chunk has become."""
    flat = [choice for choices in new for choice in choices]
    if all(len(choices) < 2 for choices in new):
        groups = [flat] if flat else []
    else:
        groups = [[choice] for choice in flat]
    usage = carriers.get(chunk, "usage")
    chunks = []
    for place, group in enumerate(groups):
        made = carriers.replaced(chunk, "choices", group)
        if usage is not None and place < len(groups) - 1:
            made = carriers.replaced(made, "usage", None)  # clients add them up
        chunks.append(made)
    return chunks
