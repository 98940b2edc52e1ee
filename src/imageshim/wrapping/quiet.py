"""Most replies have no image: they are told at a look, before anything else is done."""

from __future__ import annotations

from typing import Any

from imageshim.messages import carriers
from imageshim.messages.options import ReadOptions
from imageshim.messages.walk import may_have_images

__all__ = ["has_no_image"]

_ANY_SOURCE = ReadOptions()


def has_no_image(reply: Any) -> bool:
    """Tell that a whole reply surely has no image; False where it is not known, or no reply."""
    choices = carriers.get(reply, "choices")
    if type(choices) is not list:
        return False
    for choice in choices:
        message = carriers.get(choice, "message")
        if message is None or may_have_images(message, _ANY_SOURCE):
            return False
    return True
