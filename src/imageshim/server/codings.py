"""Content codings of bodies (RFC 9110, 8.4): gzip and deflate; br and zstd where installed.

A decoder gives at most ``limit`` bytes for what it is fed, so that a small body that unpacks to
gigabytes is refused before it does.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple, Protocol

from imageshim.errors import ImageShimError

__all__ = [
    "CodingError",
    "Decoder",
    "Encoder",
    "UnpackedTooLargeError",
    "acceptable",
    "coding",
    "decode",
    "encode",
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

    def decode(self, data: bytes, limit: int) -> bytes:
        """Unpack a piece; CodingError where that gives more than ``limit`` bytes."""
        ...


class Encoder(Protocol):
    """Packs a body piece by piece."""

    def encode(self, data: bytes) -> bytes:
        """Pack a piece, and give out all there is, so that nobody waits for it."""
        ...

    def finish(self) -> bytes:
        """Give the end."""
        ...


class _MembersDecoder:
    """Unpacks members of gzip (RFC 1952, 2.2) or frames of zstd (RFC 8878, 3), one or more.

    Each is unpacked by what ``start`` gives; ``piece`` bytes of input go in at a time, so that
    what lies behind a member is copied once and not once for each member.
    """

    def __init__(self, start: Callable[[], Any], error: type[Exception], piece: int) -> None:
        self._start = start
        self._inner = start()
        self._error = error
        self._piece = piece

    @property
    def finished(self) -> bool:
        return bool(self._inner.eof)

    def decode(self, data: bytes, limit: int) -> bytes:
        view, at = memoryview(data), 0
        pieces: list[bytes] = []
        left = limit
        while at < len(view):
            piece = view[at : at + self._piece]
            try:
                if self._inner.eof:
                    self._inner = self._start()
                pieces.append(self._unpack(piece, left + 1))
            except self._error as fault:
                raise CodingError(f"the body cannot be unpacked: {fault}") from None
            left -= len(pieces[-1])
            if left < 0:
                raise UnpackedTooLargeError
            at += len(piece) - len(self._inner.unused_data)
        return b"".join(pieces)

    def _unpack(self, piece: memoryview, limit: int) -> bytes:
        out: bytes = self._inner.decompress(piece, limit)
        return out


class _GzipDecoder(_MembersDecoder):
    def __init__(self) -> None:
        super().__init__(lambda: zlib.decompressobj(_GZIP), zlib.error, 16384)


class _DeflateDecoder:
    def __init__(self) -> None:
        self._inner: Any = None
        self._head = b""

    @property
    def finished(self) -> bool:
        return self._inner is not None and bool(self._inner.eof)

    def decode(self, data: bytes, limit: int) -> bytes:
        if self._inner is None:
            # "deflate" is the zlib format, but some servers send the bare one (RFC 9110, 8.4.1.2).
            data = self._head = self._head + data
            if len(data) < 2:
                return b""
            is_zlib = data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0
            self._inner = zlib.decompressobj(zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS)
        try:
            out: bytes = self._inner.decompress(data, limit + 1)
        except zlib.error as fault:
            raise CodingError(f"the body cannot be unpacked: {fault}") from None
        if len(out) > limit:
            raise UnpackedTooLargeError
        if self._inner.unused_data:
            raise CodingError("the body cannot be unpacked: something is behind it")
        return out


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


class _BrotliDecoder:
    def __init__(self) -> None:
        import brotli  # noqa: PLC0415  # optional

        self._inner: Any = brotli.Decompressor()
        self._error: type[Exception] = brotli.error

    @property
    def finished(self) -> bool:
        return bool(self._inner.is_finished())

    def decode(self, data: bytes, limit: int) -> bytes:
        try:
            out: bytes = self._inner.process(data, output_buffer_limit=limit + 1)
            # It may hold output back, though it has taken all input.
            while len(out) <= limit and (
                more := self._inner.process(b"", output_buffer_limit=limit + 1)
            ):
                out += more
        except self._error as fault:
            raise CodingError(f"the body cannot be unpacked: {fault}") from None
        if len(out) > limit:
            raise UnpackedTooLargeError
        return out


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

        # It takes no limit: a block of 4 bytes gives 128 KiB, so a piece at most 8 MiB. A window
        # is as large as RFC 9659 allows on the web.
        decompressor = zstandard.ZstdDecompressor(max_window_size=8 << 20)
        super().__init__(decompressor.decompressobj, zstandard.ZstdError, 256)

    def _unpack(self, piece: memoryview, limit: int) -> bytes:
        del limit
        out: bytes = self._inner.decompress(piece)
        return out


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


def decode(how: Coding, body: bytes, limit: int) -> bytes:
    """Unpack a whole body.

    Raises:
        CodingError: it is not in that coding, is cut off, or unpacks to more than ``limit`` bytes.

    """
    decoder = how.decoder()
    out = decoder.decode(body, limit)
    if not decoder.finished:
        raise CodingError("the body cannot be unpacked: it is cut off, or something is behind it")
    return out


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
