"""Generated images in chat-completion replies, in any format.

A reply that carries generated images reads the same, whichever LiteLLM version, gateway, SDK or
cache it came from, and old code keeps getting the old format until it is migrated.

Public are the names in ``imageshim.__all__``, and what ``imageshim.archive``,
``imageshim.server.*`` and ``imageshim.testing.*`` list in theirs; everything else may change in any
release.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .conversion import convert, detect, normalize
    from .errors import (
        EarlyImportWarning,
        FormatRequestError,
        ImageShimError,
        LegacyImageFormatWarning,
        LossyConversionError,
        LossyConversionWarning,
        MalformedImageError,
        MalformedReplyError,
        MissingExtraError,
        RemoteImageError,
        ReplyUnchangedWarning,
        RulesFileError,
        UnknownFormatError,
        UnreadableImageWarning,
    )
    from .history import prepare_messages, to_message
    from .legacy import (
        final_image,
        final_image_url,
        first_image,
        first_image_url,
        legacy_content,
    )
    from .reading import GeneratedImage, Reading, read, read_all
    from .streaming import SSEConverter, StreamConverter, collect, convert_stream
    from .timeline import Format, format_of
    from .wire import convert_bytes
    from .wrapping.call_sites import Site, sites
    from .wrapping.capture import CapturedImages, capture_images
    from .wrapping.captured import CallSite, CapturedImage
    from .wrapping.installation import Installation, install
    from .wrapping.wrap import wrap

__all__ = [
    "CallSite",
    "CapturedImage",
    "CapturedImages",
    "EarlyImportWarning",
    "Format",
    "FormatRequestError",
    "GeneratedImage",
    "ImageShimError",
    "Installation",
    "LegacyImageFormatWarning",
    "LossyConversionError",
    "LossyConversionWarning",
    "MalformedImageError",
    "MalformedReplyError",
    "MissingExtraError",
    "Reading",
    "RemoteImageError",
    "ReplyUnchangedWarning",
    "RulesFileError",
    "SSEConverter",
    "Site",
    "StreamConverter",
    "UnknownFormatError",
    "UnreadableImageWarning",
    "__version__",
    "capture_images",
    "collect",
    "convert",
    "convert_bytes",
    "convert_stream",
    "detect",
    "final_image",
    "final_image_url",
    "first_image",
    "first_image_url",
    "format_of",
    "install",
    "legacy_content",
    "normalize",
    "prepare_messages",
    "read",
    "read_all",
    "sites",
    "to_message",
    "wrap",
]

__version__ = "0.2.0"

# Each public name is loaded when it is first asked for: the command line and the codemod need few
# of them, and start several times as fast.
_HOMES = {
    "conversion": ("convert", "detect", "normalize"),
    "errors": (
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
    ),
    "history": ("prepare_messages", "to_message"),
    "legacy": (
        "final_image",
        "final_image_url",
        "first_image",
        "first_image_url",
        "legacy_content",
    ),
    "reading": ("GeneratedImage", "Reading", "read", "read_all"),
    "streaming": ("SSEConverter", "StreamConverter", "collect", "convert_stream"),
    "timeline": ("Format", "format_of"),
    "wire": ("convert_bytes",),
    "wrapping.call_sites": ("Site", "sites"),
    "wrapping.capture": ("CapturedImages", "capture_images"),
    "wrapping.captured": ("CallSite", "CapturedImage"),
    "wrapping.installation": ("Installation", "install"),
    "wrapping.wrap": ("wrap",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOME_OF[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
