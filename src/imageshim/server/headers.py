"""Header lists as ASGI has them: pairs of bytes, names in lower case, in order."""

from __future__ import annotations

from collections.abc import Collection, Iterable

__all__ = ["HeaderList", "added", "size", "value", "varying", "without"]

HeaderList = list[tuple[bytes, bytes]]


def value(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str | None:
    """Give the value of a header, lines of the same name joined with commas (RFC 9110, 5.3)."""
    found = [text for key, text in headers if key.lower() == name]
    return b", ".join(found).decode("latin-1") if found else None


def size(headers: Iterable[tuple[bytes, bytes]]) -> int:
    """Give how many bytes they are in a request, with what stands between and behind them."""
    return sum(len(key) + len(text) + len(b": \r\n") for key, text in headers)


def without(headers: Iterable[tuple[bytes, bytes]], names: Collection[bytes]) -> HeaderList:
    """Leave out the headers of some names (in lower case)."""
    return [(key, text) for key, text in headers if key.lower() not in names]


def added(headers: Iterable[tuple[bytes, bytes]], more: Iterable[tuple[str, str]]) -> HeaderList:
    """Add headers; those of the same name are replaced, except for ``Link``, which is a list."""
    new = [(key.lower().encode(), text.encode("latin-1")) for key, text in more]
    replaced = {key for key, _ in new} - {b"link"}
    kept = without(headers, replaced)
    return kept + [pair for pair in new if pair not in kept]


def varying(headers: HeaderList, names: Iterable[str]) -> HeaderList:
    """Add names to ``Vary``, unless it has them or ``*``."""
    vary = value(headers, b"vary") or ""
    known = {name.strip().lower() for name in vary.split(",")}
    missing = [name for name in names if name.lower() not in known]
    if "*" in known or not missing:
        return headers
    joined = ", ".join([vary, *missing] if vary else missing)
    return [*without(headers, {b"vary"}), (b"vary", joined.encode("latin-1"))]
