"""What stored replies hold: formats, versions, images, bytes, duplicates, damage."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from imageshim.conversion import detect
from imageshim.errors import ImageShimError
from imageshim.image_data import data_uri
from imageshim.image_data.structure import IMAGE_TYPES
from imageshim.long_json.reading import parse_lazily
from imageshim.messages.generated_image import where_images_are
from imageshim.reading import GeneratedImage, read_all

from .places import ANYWHERE, Where, every_reply
from .record import Notes, Sought
from .records import reply_of_events
from .running import Summary

__all__ = ["Look", "Report", "report_of"]

_SVG = "image/svg+xml"


@dataclass(frozen=True, kw_only=True)
class Look(Sought):
    """The task of looking at records; nothing is written of them."""

    writes: ClassVar[bool] = False
    ranges: ClassVar[bool] = True
    own_names: ClassVar[tuple[str, ...]] = ()

    def record(self, body: bytes, notes: Notes) -> bytes:
        """Look at a record."""
        self._look(parse_lazily(body), self.where, notes)
        return body

    def events(self, body: bytes, notes: Notes) -> bytes:
        """Look at an event stream."""
        self._look(reply_of_events(body), ANYWHERE, notes)
        return body

    def row(self, row: dict[str, Any], notes: Notes) -> dict[str, Any]:
        """Look at the fields of a row."""
        self._look(row, self.where_in(row), notes)
        return row

    def _look(self, record: Any, where: Where, notes: Notes) -> None:
        source = self.source_in(record)
        replies = every_reply(record, where)
        notes.tally["records without a reply"] += not replies
        if self.source_from is not None:
            notes.tally[f"version {self.version_in(record) or 'none'}"] += len(replies)
        for found in replies:
            notes.tally["replies"] += 1
            images = [
                image
                for reading in read_all(found.value, source=source)
                for image in reading.images
            ]
            known = detect(found.value, source)
            notes.tally[f"format {where_images_are(images, known)}"] += 1
            for image in images:
                notes.rows.append(_seen(image))


def _seen(image: GeneratedImage) -> dict[str, Any]:
    said: dict[str, Any] = {"type": image.mime_type or "remote", "draft": image.is_draft}
    if image.is_remote:
        return said
    try:
        data = image.data
    except ImageShimError:
        return {**said, "damaged": True}
    digest = hashlib.sha256(data).hexdigest()
    return {**said, "bytes": len(data), "sha256": digest, "damaged": _is_cut(image)}


def _is_cut(image: GeneratedImage) -> bool:
    """Tell whether an image of a known type ends before its own structure does."""
    parsed = data_uri.parse(image.url)
    if parsed is None or not parsed.is_base64 or image.mime_type == _SVG:
        return False
    return image.mime_type in IMAGE_TYPES and not data_uri.find_images(image.url, trusted=False)


class Report(NamedTuple):
    """What a report says; ``bytes`` are those of the images, decoded."""

    files: int
    records: int
    replies: int
    records_without_a_reply: int
    rejects: int
    unreadable_files: int
    formats: dict[str, int]
    versions: dict[str, int]
    media_types: dict[str, int]
    images: int
    bytes: int
    drafts: int
    remote: int
    damaged: int
    duplicates: int
    duplicate_bytes: int


def report_of(summary: Summary, rows: Iterable[dict[str, Any]]) -> Report:
    """Put together what the blocks of a run have seen."""
    tally, seen = summary.tally, Counter[str]()
    types: Counter[str] = Counter()
    known: set[bytes] = set()
    for row in rows:
        types[row["type"]] += 1
        size = row.get("bytes", 0)
        seen.update(
            images=1, bytes=size, drafts=row["draft"], damaged=row.get("damaged", False),
            remote=row["type"] == "remote",
        )  # fmt: skip
        if "sha256" in row:
            digest = bytes.fromhex(row["sha256"])
            if digest in known:
                seen.update(duplicates=1, duplicate_bytes=size)
            known.add(digest)
    names = ("images", "bytes", "drafts", "remote", "damaged", "duplicates", "duplicate_bytes")
    return Report(
        files=summary.files,
        records=tally["records"],
        replies=tally["replies"],
        records_without_a_reply=tally["records without a reply"],
        rejects=tally["rejects"],
        unreadable_files=len(summary.faults),
        formats=_named(tally, "format "),
        versions=_named(tally, "version "),
        media_types=dict(sorted(types.items())),
        **{name: seen[name] for name in names},
    )


def _named(tally: Counter[str], prefix: str) -> dict[str, int]:
    found = {name.removeprefix(prefix): n for name, n in tally.items() if name.startswith(prefix)}
    return dict(sorted(found.items()))
