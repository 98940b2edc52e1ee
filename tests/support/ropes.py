"""Ropes of a few characters, so that small replies go the way of large ones."""

from contextlib import contextmanager
from unittest import mock

from imageshim.long_json import payloads, rope


@contextmanager
def long_is(length, *, block=8):
    """Let text of so many characters be long, and cut it whatever is left."""
    with (
        mock.patch.object(rope, "LONG", length),
        mock.patch.object(payloads, "LONG", length),
        mock.patch.object(payloads, "_SMALLEST_BLOCK", block),
        mock.patch.object(payloads, "_LARGEST_BLOCK", block * 4),
        mock.patch.object(payloads, "_WORTH", 0),
    ):
        yield


@contextmanager
def no_ropes():
    """Let no text be long."""
    with mock.patch.object(payloads, "LONG", 1 << 60):
        yield
