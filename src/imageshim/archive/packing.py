"""Compressed files: read as far as they go, and written the same in every run."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from pathlib import PurePath
from typing import IO, Any

from imageshim.errors import MissingExtraError

__all__ = ["PACKED", "Salvaged", "unpacked", "writing"]

_GZIP, _ZSTD = frozenset({".gz", ".gzip"}), frozenset({".zst", ".zstd"})
PACKED = _GZIP | _ZSTD
"""The endings of compressed files."""
_READ = 1 << 14


class _Frames:
    """Reads the frames of zstd; the library's own reader takes a cut one for the end."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self._decompressor = _zstandard().ZstdDecompressor()
        self._frame: Any = None
        self._packed = b""
        self._left = io.BytesIO()

    def read1(self, size: int) -> bytes:
        """Read up to as many bytes; none at the end."""
        while not (out := self._left.read(size)):
            data = self._packed or self._raw.read(_READ)
            if not data:
                if self._frame is not None:
                    raise EOFError("the last frame has no end")
                return b""
            frame = self._frame or self._decompressor.decompressobj()
            self._left = io.BytesIO(frame.decompress(data))
            self._packed = frame.unused_data if frame.eof else b""
            self._frame = None if frame.eof else frame
        return out

    def close(self) -> None:
        """Do nothing: the file is closed by itself."""


class Salvaged(io.RawIOBase):
    """Reads what can be read; ``fault`` says what ended it before its time."""

    def __init__(self, stream: Any, raw: IO[bytes]) -> None:
        super().__init__()
        self._stream = stream
        self._raw = raw
        self.fault: str | None = None
        self.is_empty = True
        """Whether nothing could be read yet."""

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Read bytes; none where the data breaks off."""
        try:
            data = self._stream.read1(len(buffer))
        except Exception as error:
            if not isinstance(error, _damages()):
                raise
            nothing = "; nothing of it can be read" if self.is_empty else ""
            self.fault = f"the file breaks off, or is damaged, or not packed: {error}{nothing}"
            return 0
        self.is_empty = self.is_empty and not data
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close the file."""
        self._stream.close()
        self._raw.close()
        super().close()


def _zstandard() -> Any:
    try:
        import zstandard  # noqa: PLC0415  # an extra, for such files only
    except ImportError:
        raise MissingExtraError("a file that is compressed with zstd", "archive") from None
    return zstandard


def _damages() -> tuple[type[Exception], ...]:
    """List what readers raise for damaged data."""
    module: Any = sys.modules.get("zstandard")
    more = (module.ZstdError,) if module is not None else ()
    return (EOFError, OSError, zlib.error, *more)


def unpacked(name: str, raw: IO[bytes]) -> Salvaged | None:
    """Read a file as its name says that it is compressed; None where it is not."""
    suffix = PurePath(name).suffix.lower()
    if suffix in _GZIP:
        return Salvaged(gzip.GzipFile(fileobj=raw), raw)
    return Salvaged(_Frames(raw), raw) if suffix in _ZSTD else None


def writing(name: str, raw: IO[bytes]) -> IO[bytes]:
    """Compress what is written as the name says; the same bytes in every run."""
    suffix = PurePath(name).suffix.lower()
    if suffix in _GZIP:
        return gzip.GzipFile("", "wb", 6, raw, mtime=0)  # type: ignore[return-value]
    if suffix in _ZSTD:
        writer: IO[bytes] = _zstandard().ZstdCompressor().stream_writer(raw, closefd=False)
        return writer
    return raw
