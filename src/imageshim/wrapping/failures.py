"""What happens when the shim itself fails: the caller gets the reply as it came."""

from __future__ import annotations

import warnings

from imageshim.errors import LegacyImageFormatWarning, LossyConversionWarning, ReplyUnchangedWarning

from .call_site import Place

__all__ = ["ASKED_FOR", "failed", "warn_at"]

ASKED_FOR = (LegacyImageFormatWarning, LossyConversionWarning, FutureWarning)
"""Warnings that the user's filters make errors of: no failures, and never held back."""


def failed(what: str, error: Exception, place: Place | None, *, strict: bool) -> None:
    """Log a failure with its traceback and warn at the user's line; raise it where that is asked.

    To be called while ``error`` is being handled.
    """
    if strict:
        raise error
    import logging  # noqa: PLC0415  # `install` would take twice as long with it

    logging.getLogger("imageshim").warning("%s", what, exc_info=error)
    text = f"{what}: {type(error).__name__}: {error}"
    warn_at(place, text, ReplyUnchangedWarning)


def warn_at(place: Place | None, text: str, category: type[Warning]) -> None:
    """Warn at the user's line, where it is known."""
    if place is None:
        warnings.warn(text, category, stacklevel=3)
        return
    warnings.warn_explicit(
        text,
        category,
        place.code.co_filename,
        place.line,
        module=str(place.module.get("__name__", "<unknown>")),
        registry=place.module.setdefault("__warningregistry__", {}),
    )
