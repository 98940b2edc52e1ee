"""The same conversions over chunks and over the bytes of event streams, as state machines.

Nothing here reads from anywhere or waits for anything: chunks or bytes go in, chunks or bytes come
out (`StreamConverter`, `SSEConverter`); `convert_stream` and `collect` put iterators over that.
"""

from __future__ import annotations

from .collecting import collect
from .iterators import AsyncConvertedStream, ConvertedStream, convert_stream
from .sse_converter import SSEConverter
from .stream_converter import StreamConverter

__all__ = [
    "AsyncConvertedStream",
    "ConvertedStream",
    "SSEConverter",
    "StreamConverter",
    "collect",
    "convert_stream",
]
