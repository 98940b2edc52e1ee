"""Known faults of other libraries around generated images, and what mends each.

A boundary was found by running the releases on both sides of it, unless its source says else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from imageshim.errors import UnknownFormatError
from imageshim.timeline import is_at_least

__all__ = ["FAULTS", "Fault", "faults_of"]


class Fault(NamedTuple):
    """A fault of a range of releases."""

    library: str
    since: str
    """The first release that has it."""
    before: str | None
    """The first release that no longer has it; None where the newest one has it."""
    what: str
    mend: str
    source: str


FAULTS: tuple[Fault, ...] = (
    Fault(
        "litellm", "0", "1.72.2",
        "images of streams are lost",
        "upgrade, or do not stream: no shim can give back what never arrives",
        "run on 1.70.0, 1.72.1 and 1.72.2",
    ),
    Fault(
        "litellm", "0", "1.76.1",
        "a reply sent back as history goes to the model as base64 text, a million tokens per image",
        "imageshim.prepare_messages(messages), or install()",
        "run on 1.75.9 and 1.76.0",
    ),
    Fault(
        "litellm", "1.76.0", "1.77.0",
        "images of openrouter/ models stand in provider_specific_fields only, none in streams",
        "install() or imageshim.read(reply) for whole replies; upgrade for streams",
        "run on 1.76.0, 1.76.3 and 1.77.0",
    ),
    Fault(
        "litellm", "1.76.1", "1.77.0",
        "of several images in one reply only the first is kept",
        "upgrade to 1.77.0 or newer: no shim can give back the others",
        "BerriAI/litellm PR #13983; run on 1.76.1 and 1.76.3",
    ),
    Fault(
        "litellm", "1.76.1", "1.81.6",
        "stream_chunk_builder loses the images, and so do caches and logs of streamed calls",
        "imageshim.collect(chunks), or install(), which mends the function",
        "BerriAI/litellm issue #19478, PR #19654; run on 1.81.5 and 1.81.6",
    ),
    Fault(
        "litellm", "1.76.1", "1.81.10",
        "images of a reply that is sent back as history are dropped without a word",
        "imageshim.prepare_messages(messages), or install()",
        "run on 1.76.3, 1.81.6 and 1.81.10",
    ),
    Fault(
        "litellm", "1.77.0", "1.82.1",
        "a good reply whose images have no index (OpenRouter's) raises Invalid response object",
        "upgrade to 1.82.1 or newer",
        "BerriAI/litellm issue #22640, PR #22642",
    ),
    Fault(
        "litellm", "1.77.0", None,
        "every image has the index 0, so the OpenAI SDK's stream() helper joins two into one",
        "install(), convert_stream(), or imageshim gateway before a proxy",
        "run on 1.77.0 to 1.109.1",
    ),
    Fault(
        "litellm", "0", None,
        "caches keep replies in the format of the release that wrote them",
        "imageshim.normalize(reply) where they are read, or imageshim convert for stored ones",
        "run on 1.75.9, 1.76.3 and 1.109.1",
    ),
    Fault(
        "aiohttp", "0", "3.14",
        "lines of event streams above 128 KiB are refused (Chunk too big): any image is longer",
        "upgrade aiohttp, or have the server send content in smaller deltas",
        "run on 3.12.15",
    ),
)  # fmt: skip


def faults_of(versions: Mapping[str, str]) -> Iterator[Fault]:
    """Yield the faults that installed versions have; a version that is none has none."""
    for fault in FAULTS:
        version = versions.get(fault.library)
        if version is not None and _has(version, fault):
            yield fault


def _has(version: str, fault: Fault) -> bool:
    try:
        mended = fault.before is not None and is_at_least(version, fault.before)
        return is_at_least(version, fault.since) and not mended
    except UnknownFormatError:
        return False
