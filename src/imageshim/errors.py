"""Every exception and warning class of imageshim."""

from __future__ import annotations

import sys
import warnings

from . import warning_options

__all__ = [
    "EarlyImportWarning",
    "FormatRequestError",
    "ImageShimError",
    "LegacyImageFormatWarning",
    "LossyConversionError",
    "LossyConversionWarning",
    "MalformedImageError",
    "MalformedReplyError",
    "MissingExtraError",
    "RemoteImageError",
    "ReplyUnchangedWarning",
    "RulesFileError",
    "UnknownFormatError",
    "UnreadableImageWarning",
    "warn_caller",
]


class ImageShimError(ValueError):
    """The base of everything that imageshim raises."""


class UnknownFormatError(ImageShimError):
    """An unknown name of a format, or a malformed version of LiteLLM."""


class FormatRequestError(UnknownFormatError):
    """A client asked a server for an unknown format.

    ``param`` is where it did: ``"X-Image-Format"`` or ``"metadata.image_format"``.
    """

    def __init__(self, message: str, param: str) -> None:
        super().__init__(message)
        self.param = param


class RulesFileError(ImageShimError):
    """A server's rules file is wrong; the message names the file and each line and key."""


class LossyConversionError(ImageShimError):
    """The target format cannot hold all of the reply (raised with ``on_loss="raise"`` only)."""


class MalformedImageError(ImageShimError):
    """An image of a reply cannot be read; the message names the choice, the field and the fault."""


class MalformedReplyError(ImageShimError):
    """What was given is not a reply, or its bytes are not JSON.

    ``offset`` is the byte at which reading stopped, or None where that is not known.
    """

    def __init__(self, message: str, *, offset: int | None = None) -> None:
        super().__init__(message)
        self.offset = offset


class RemoteImageError(ImageShimError):
    """The bytes were asked for of an image that is a URL or a reference: nothing is fetched."""


class MissingExtraError(ImageShimError, ImportError):
    """A feature needs an optional dependency; the message names the extra that brings it."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f"{feature} needs the extra {extra!r}: pip install 'imageshim[{extra}]'")
        self.extra = extra


class LossyConversionWarning(UserWarning):
    """A conversion left something out (with ``on_loss="drop"``); the text says what."""


class UnreadableImageWarning(UserWarning):
    """Something looks like an image but cannot be read as one; it stayed where it was."""


class ReplyUnchangedWarning(UserWarning):
    """The shim failed and left a reply, a stream or a request as it was; the log has the traceback.

    With ``strict=True`` the failure is raised instead.
    """


class EarlyImportWarning(UserWarning):
    """A name was imported from a library before ``install()`` and cannot be replaced.

    Calls through it are not converted; the text names it.
    """


class LegacyImageFormatWarning(DeprecationWarning):
    """Code reads images where older LiteLLM versions put them; the text says what to write now."""


def warn_caller(message: str, category: type[Warning]) -> None:
    """Warn at the line that called into imageshim."""
    frame, depth = sys._getframe(1), 2  # noqa: SLF001  # the documented way to a frame
    package = __name__.partition(".")[0]
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] == package:
        frame, depth = frame.f_back, depth + 1
    warnings.warn(message, category, stacklevel=depth)


warning_options.obey(__name__.partition(".")[0], globals())
