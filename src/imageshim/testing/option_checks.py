"""What is asked of a strategy, checked where it is made: Hypothesis would tell it at the draw."""

from __future__ import annotations

from imageshim.errors import ImageShimError

__all__ = ["check_counts"]


def check_counts(least: int = 0, /, **counts: object) -> None:
    """See that options are whole numbers, and not less than they can be.

    Raises:
        ImageShimError: one is not.

    """
    for name, count in counts.items():
        if not isinstance(count, int) or count < least:
            raise ImageShimError(f"{name} is {count!r:.80}; here it is a whole number from {least}")
