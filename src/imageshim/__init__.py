"""Generated images in chat-completion replies, in any format.

A reply that carries generated images reads the same, whichever LiteLLM version, gateway, SDK or
cache it came from, and old code keeps getting the old format until it is migrated.
"""

from __future__ import annotations

from .conversion import convert, detect, normalize
from .errors import (
    ImageShimError,
    LegacyImageFormatWarning,
    LossyConversionError,
    LossyConversionWarning,
    MalformedImageError,
    MalformedReplyError,
    MissingExtraError,
    RemoteImageError,
    UnknownFormatError,
)
from .history import prepare_messages, to_message
from .legacy import first_image, first_image_url, legacy_content
from .reading import GeneratedImage, Reading, read, read_all
from .timeline import Format, format_of
from .wire import convert_bytes

__all__ = [
    "Format",
    "GeneratedImage",
    "ImageShimError",
    "LegacyImageFormatWarning",
    "LossyConversionError",
    "LossyConversionWarning",
    "MalformedImageError",
    "MalformedReplyError",
    "MissingExtraError",
    "Reading",
    "RemoteImageError",
    "UnknownFormatError",
    "__version__",
    "convert",
    "convert_bytes",
    "detect",
    "first_image",
    "first_image_url",
    "format_of",
    "legacy_content",
    "normalize",
    "prepare_messages",
    "read",
    "read_all",
    "to_message",
]

__version__ = "0.1.0"
