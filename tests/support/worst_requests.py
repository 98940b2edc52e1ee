"""The worst requests to the gateway: small on the wire, or all that is allowed."""

from __future__ import annotations

import gzip

_WISH = b'{"metadata":{"image_format":"image"},"a":'
_ALLOWED = (8 << 20) - 100  # --max-look
_GZIP = {"Content-Encoding": "gzip"}


def _filled(start: bytes, unit: bytes, end: bytes, size: int = _ALLOWED) -> bytes:
    return start + unit * ((size - len(start) - len(end)) // len(unit)) + end


# Of each: the body, and its headers.
WORST: dict[str, tuple[bytes, dict[str, str]]] = {
    "60 MB of lists in 61 kB of gzip": (
        gzip.compress(_filled(_WISH + b"[", b"[],", b"0]}", 60 << 20)), _GZIP,
    ),
    "lists, as many as are read": (_WISH + b"[" + b"[]," * ((1 << 19) - 9) + b"0]}", {}),
    "a string of escapes": (_filled(_WISH + b'"', b"\\n", b'"}'), {}),
    "numbers in gzip": (gzip.compress(_filled(_WISH + b"[", b"1,", b"0]}")), _GZIP),
    "64 MB that nobody reads": (_filled(_WISH + b'"', b"x", b'"}', (64 << 20) - 1), {}),
}  # fmt: skip
