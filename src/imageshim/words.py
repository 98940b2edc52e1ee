"""The words that conversions take beside formats, checked."""

from __future__ import annotations

from .errors import ImageShimError

__all__ = ["DIALECTS", "DRAFTS", "ON_LOSS", "check_word"]

ON_LOSS = ("stash", "drop", "raise")
DIALECTS = ("litellm", "any")
DRAFTS = ("keep", "images")


def check_word(name: str, value: object, allowed: tuple[str, ...]) -> None:
    """Refuse a word that is none of those that are known.

    Raises:
        ImageShimError: it is not among ``allowed``.

    """
    if value not in allowed:
        raise ImageShimError(f"{name} is {value!r:.80}; there are {', '.join(map(repr, allowed))}")
