"""Content codings of bodies (RFC 9110, 8.4): gzip and deflate; br and zstd where installed.

A decoder gives what it is fed a window at a time, so that a small body that unpacks to gigabytes is
refused before it does, and one that unpacks to megabytes can be unpacked elsewhere.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple, Protocol

from imageshim.errors import ImageShimError

from .pieces import WINDOW

__all__ = [
    "CodingError",
    "Decoder",
    "Encoder",
    "UnpackedTooLargeError",
    "Unpacking",
    "acceptable",
    "coding",
    "decode",
    "encode",
    "unpacking",
]


class CodingError(ImageShimError):
    """A body is not in the coding that it claims, or unpacks to more than is allowed."""


class UnpackedTooLargeError(CodingError):
    """A body unpacks to more than is allowed."""

    def __init__(self) -> None:
        super().__init__("the body unpacks to more than is allowed")


class Decoder(Protocol):
    """Unpacks a body piece by piece."""

    @property
    def finished(self) -> bool:
        """Whether the end was seen, and nothing was behind it."""
        ...

    def windows(self, data: bytes) -> Iterator[bytes]:
        """Unpack a piece, step by step; CodingError where it cannot be."""
        ...


class Encoder(Protocol):
    """Packs a body piece by piece."""

    def encode(self, data: bytes) -> bytes:
        """Pack a piece, and give out all there is, so that nobody waits for it."""
        ...

    def finish(self) -> bytes:
        """Give the end."""
        ...


class Unpacking:
    """A packed body, or a piece of one, on its way out.

    Only what comes out tells how long that takes: 3 kB can be 3 MB. So a part is unpacked where it
    came, and whoever takes the rest can do that elsewhere.
    """

    def __init__(self, windows: Iterator[bytes], limit: int) -> None:
        self._windows = windows
        self._limit = limit
        self._out: list[bytes] = []
        self._size = 0

    def takes_more_than(self, work: int) -> bool:
        """Unpack about ``work`` bytes; tells whether there may be more.

        Raises:
            CodingError: it cannot be unpacked, or gives more than the limit.

        """
        for window in self._windows:
            self._out.append(window)
            self._size += len(window)
            if self._size > self._limit:
                raise UnpackedTooLargeError
            work -= len(window) + _STEP
            if work < 0:
                return True
        return False

    def all(self) -> bytes:
        """Unpack the rest, and give all."""
        while self.takes_more_than(self._limit):
            pass
        return self._out[0] if len(self._out) == 1 else b"".join(self._out)


_STEP = 512  # bytes that take as long as a step of which nothing comes
_PIECE = 1 << 14  # bytes that go in at a time: each step copies what is left of them


class _Decoder:
    """What all decoders are: ``error`` is how their library says that it cannot go on."""

    _unpacked: Callable[[bytes], Iterator[bytes]]

    def __init__(self, error: type[Exception]) -> None:
        self._error = error
        self._inner: Any = None

    @property
    def finished(self) -> bool:
        return self._inner is not None and bool(self._inner.eof)

    def windows(self, data: bytes) -> Iterator[bytes]:
        try:
            yield from self._unpacked(data)
        except self._error as fault:
            raise CodingError(f"the body cannot be unpacked: {fault}") from None


class _MembersDecoder(_Decoder):
    """Unpacks members of gzip (RFC 1952, 2.2) or frames of zstd (RFC 8878, 3), one or more.

    Input goes in by pieces, so that what lies behind a member is copied once and not once for each.
    """

    def __init__(self, start: Callable[[], Any], error: type[Exception]) -> None:
        super().__init__(error)
        self._start = start
        self._inner = start()

    def _unpacked(self, data: bytes) -> Iterator[bytes]:
        view, at = memoryview(data), 0
        while at < len(view):
            piece = view[at : at + self._piece(at)]
            if self._inner.eof:
                self._inner = self._start()
            yield from self._steps(piece)
            at += len(piece) - len(self._inner.unused_data)

    def _piece(self, at: int) -> int:
        del at
        return _PIECE

    def _steps(self, piece: memoryview) -> Iterator[bytes]:
        return _inflated(self._inner, piece)


def _inflated(inner: Any, piece: memoryview) -> Iterator[bytes]:
    out = inner.decompress(piece, WINDOW)
    yield out
    while len(out) == WINDOW and not inner.eof:  # it may hold output back, with no input left
        out = inner.decompress(inner.unconsumed_tail, WINDOW)
        yield out


class _GzipDecoder(_MembersDecoder):
    def __init__(self) -> None:
        super().__init__(lambda: zlib.decompressobj(_GZIP), zlib.error)


class _DeflateDecoder(_Decoder):
    def __init__(self) -> None:
        super().__init__(zlib.error)
        self._head = b""

    def _unpacked(self, data: bytes) -> Iterator[bytes]:
        if self._inner is None:
            # "deflate" is the zlib format, but some servers send the bare one (RFC 9110, 8.4.1.2).
            data = self._head = self._head + data
            if len(data) < 2:
                return
            is_zlib = data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0
            self._inner = zlib.decompressobj(zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS)
        view = memoryview(data)
        for at in range(0, len(view), _PIECE):
            yield from _inflated(self._inner, view[at : at + _PIECE])
            if self._inner.unused_data:
                raise CodingError("the body cannot be unpacked: something is behind it")


class _ZlibEncoder:
    def __init__(self, wbits: int, size: int | None) -> None:
        # Base64 has no repeats to find, only two unused bits of eight: Huffman codes alone pack
        # 2 MB of it as small as level 6 does, in a quarter of the time (14 ms for 58 ms).
        large = size is not None and size > _LARGE
        strategy = zlib.Z_HUFFMAN_ONLY if large else zlib.Z_DEFAULT_STRATEGY
        level = 1 if size is None else 6
        self._inner = zlib.compressobj(level, zlib.DEFLATED, wbits, zlib.DEF_MEM_LEVEL, strategy)

    def encode(self, data: bytes) -> bytes:
        return self._inner.compress(data) + self._inner.flush(zlib.Z_SYNC_FLUSH)

    def finish(self) -> bytes:
        return self._inner.flush()


_LARGE = 65536


class _BrotliDecoder(_Decoder):
    def __init__(self) -> None:
        import brotli  # noqa: PLC0415  # optional

        super().__init__(brotli.error)
        self._inner = brotli.Decompressor()

    @property
    def finished(self) -> bool:
        return bool(self._inner.is_finished())

    def _unpacked(self, data: bytes) -> Iterator[bytes]:
        for at in range(0, len(data), _PIECE):
            out: bytes = self._inner.process(data[at : at + _PIECE], output_buffer_limit=WINDOW)
            yield out
            while out:  # it may hold output back, though it has taken all input
                out = self._inner.process(b"", output_buffer_limit=WINDOW)
                yield out


class _BrotliEncoder:
    def __init__(self) -> None:
        import brotli  # noqa: PLC0415  # optional

        # Quality 1 packs base64 as small as any other, faster than all.
        self._inner: Any = brotli.Compressor(quality=1)

    def encode(self, data: bytes) -> bytes:
        out: bytes = self._inner.process(data) + self._inner.flush()
        return out

    def finish(self) -> bytes:
        out: bytes = self._inner.finish()
        return out


class _ZstdDecoder(_MembersDecoder):
    def __init__(self) -> None:
        import zstandard  # noqa: PLC0415  # optional

        # A window is as large as RFC 9659 allows on the web.
        decompressor = zstandard.ZstdDecompressor(max_window_size=8 << 20)
        super().__init__(decompressor.decompressobj, zstandard.ZstdError)

    def _piece(self, at: int) -> int:
        # It takes no limit, and a block of 4 bytes gives 128 KiB: 2 MiB a step, which takes a
        # millisecond, and 8 MiB, in fewer calls, where a window's work is done.
        return 64 if at < 64 * WINDOW // _STEP else 256

    def _steps(self, piece: memoryview) -> Iterator[bytes]:
        yield self._inner.decompress(piece)


class _ZstdEncoder:
    def __init__(self) -> None:
        import zstandard  # noqa: PLC0415  # optional

        self._inner: Any = zstandard.ZstdCompressor(level=1).compressobj()
        self._flush: int = zstandard.COMPRESSOBJ_FLUSH_BLOCK

    def encode(self, data: bytes) -> bytes:
        out: bytes = self._inner.compress(data) + self._inner.flush(self._flush)
        return out

    def finish(self) -> bytes:
        out: bytes = self._inner.flush()
        return out


class Coding(NamedTuple):
    """Makes decoders, and encoders for bodies of a size (None: a stream)."""

    decoder: Callable[[], Decoder]
    encoder: Callable[[int | None], Encoder]


_GZIP = zlib.MAX_WBITS | 16


@cache
def _codings() -> dict[str, Coding]:
    found = {
        "gzip": Coding(_GzipDecoder, lambda size: _ZlibEncoder(_GZIP, size)),
        "deflate": Coding(_DeflateDecoder, lambda size: _ZlibEncoder(zlib.MAX_WBITS, size)),
    }
    found["x-gzip"] = found["gzip"]
    # Before 1.2 it takes no limit.
    if find_spec("brotli") and hasattr(
        import_module("brotli").Decompressor, "can_accept_more_data"
    ):
        found["br"] = Coding(_BrotliDecoder, lambda _: _BrotliEncoder())
    if find_spec("zstandard"):
        found["zstd"] = Coding(_ZstdDecoder, lambda _: _ZstdEncoder())
    return found


def coding(name: str) -> Coding | None:
    """Find a coding by the value of ``Content-Encoding``; None: unknown, or more than one."""
    return _codings().get(name.strip().lower())


def unpacking(how: Coding, body: bytes, limit: int) -> Unpacking:
    """Begin to unpack a whole body."""
    return Unpacking(_whole(how.decoder(), body), limit)


def _whole(decoder: Decoder, body: bytes) -> Iterator[bytes]:
    yield from decoder.windows(body)
    if not decoder.finished:
        raise CodingError("the body cannot be unpacked: it is cut off, or something is behind it")


def decode(how: Coding, body: bytes, limit: int) -> bytes:
    """Unpack a whole body.

    Raises:
        CodingError: it is not in that coding, is cut off, or unpacks to more than ``limit`` bytes.

    """
    return unpacking(how, body, limit).all()


def encode(how: Coding, body: bytes) -> bytes:
    """Pack a whole body."""
    encoder = how.encoder(len(body))
    return encoder.encode(body) + encoder.finish()


def acceptable(header: str) -> str:
    """Keep those codings of an ``Accept-Encoding`` that we can unpack.

    What an upstream packs otherwise would have to pass unconverted.
    """
    offers = [offer.strip() for offer in header.split(",")]
    known = {*_codings(), "identity"}
    kept = [offer for offer in offers if offer.partition(";")[0].strip().lower() in known]
    return ", ".join(kept) or "identity"
