"""Images as files, and records that name them; and exactly back.

An image's data URI becomes ``imageshim-file:<sha256>.<extension>``, wherever it stands in a
record's bytes, and a row of the manifest says how it was spelled: which base64, which escapes. An
image that cannot be spelled again to the byte stays where it is, and is counted.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice, product
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from imageshim.errors import ImageShimError, MissingExtraError
from imageshim.files.whole import beside
from imageshim.image_data import data_uri
from imageshim.long_json.reading import parse_lazily
from imageshim.reading import GeneratedImage, read_all

from .outputs import folder_at
from .places import ANYWHERE, Found, Where, every_reply, place_of
from .record import Notes, Sought
from .records import reply_of_events
from .sources import IMAGES, MANIFEST, OURS

__all__ = ["Extraction", "Inlining", "extracted_root", "write_manifest"]

_PREFIX = b"imageshim-file:"
_TOKEN = re.compile(_PREFIX + rb"(?=[0-9a-f]{64}\.)")
_LOOK = 96
"""Characters that tell where in a record a data URI may stand."""
_SLASHES = ("/", "\\/", "\\\\/", "\\\\\\/")
_EQUALS = ("=", "\\u003d", "\\u003D", "\\\\u003d")
_SHA256 = 64
_BATCH = 10_000


class Spelling(NamedTuple):
    """How the bytes of an image were written in a record."""

    header: str
    """What stood before the base64."""
    url_safe: bool
    padded: bool
    slash: str
    equals: str

    def spell(self, data: bytes) -> bytes:
        """Write the data URI again."""
        encoded = (base64.urlsafe_b64encode if self.url_safe else base64.b64encode)(data)
        uri = self.header.encode() + (encoded if self.padded else encoded.rstrip(b"="))
        for plain, escaped in (("/", self.slash), ("=", self.equals)):
            uri = uri.replace(plain.encode(), escaped.encode()) if plain != escaped else uri
        return uri


class _Image(NamedTuple):
    """An image of a record, and where it stands."""

    path: str
    choice: int
    image: GeneratedImage


def _images_in(replies: Iterable[Found], source: str | None) -> Iterator[_Image]:
    for found in replies:
        for choice, reading in enumerate(read_all(found.value, source=source)):
            for image in reading.images:
                yield _Image(place_of(found.path), choice, image)


def _spellings(uri: str, data: bytes, body: bytes) -> Iterator[tuple[Spelling, bytes]]:
    """Give the ways in which an image can stand in a record."""
    parsed = data_uri.parse(uri)
    if parsed is not None and not parsed.is_base64:
        return
    header = uri[: parsed.payload_start] if parsed is not None else ""
    payload = uri[len(header) :]
    slashes = _SLASHES if b"\\" in body else _SLASHES[:1]
    equals = _EQUALS if b"\\" in body and "=" in uri else _EQUALS[:1]
    url_safe = "-" in payload or "_" in payload
    padded = payload.endswith("=") or len(data) % 3 == 0
    # A field of bytes holds base64 alone; reading it gave the header.
    for before, slash, equal in product(dict.fromkeys((header, "")), slashes, equals):
        spelling = Spelling(before, url_safe, padded, slash, equal)
        yield spelling, spelling.spell(data)


@dataclass(frozen=True, kw_only=True)
class Extraction(Sought):
    """The task of taking images out."""

    out: str = field(repr=False)
    """The output folder; no part of what was asked for, which the journal keeps."""
    writes: ClassVar[bool] = True
    ranges: ClassVar[bool] = True
    own_names: ClassVar[tuple[str, ...]] = (IMAGES, MANIFEST)

    def record(self, body: bytes, notes: Notes) -> bytes:
        """Take the images out of a record."""
        value = parse_lazily(body)
        images = self._images(value, self.where, notes)
        return self._taken(body, images, notes)

    def events(self, body: bytes, notes: Notes) -> bytes:
        """Take the images out of an event stream, if they stand in it in one piece."""
        reply = reply_of_events(body)
        return self._taken(body, self._images(reply, ANYWHERE, notes), notes)

    def row(self, row: dict[str, Any], notes: Notes) -> dict[str, Any]:
        """Take the images out of the fields of a row."""
        images = self._images(row, self.where_in(row), notes)
        if not images:
            return row
        return {
            name: _over_text(value, lambda body: self._taken(body, images, notes, whole=False))
            for name, value in row.items()
        }

    def _images(self, value: Any, where: Where, notes: Notes) -> list[_Image]:
        replies = every_reply(value, where)
        notes.tally["replies"] += len(replies)
        notes.tally["records without a reply"] += not replies
        found = list(_images_in(replies, self.source_in(value)))
        notes.tally["images"] += len(found)
        return found

    def _taken(
        self, body: bytes, images: list[_Image], notes: Notes, *, whole: bool = True
    ) -> bytes:
        if _PREFIX in body:
            raise ImageShimError("it holds imageshim-file: already")
        taken: list[tuple[int, int, dict[str, Any]]] = []
        for one in sorted(images, key=lambda one: -len(one.image.url)):
            self._take(body, one, taken, notes, whole=whole)
        out: list[bytes | memoryview] = []
        view, done = memoryview(body), 0
        for start, stop, row in sorted(taken, key=lambda one: one[0]):
            out += [view[done:start], _PREFIX + row["file_name"].encode()]
            done = stop
            notes.rows.append(row)
            notes.tally["extracted"] += 1
        return b"".join([*out, view[done:]]) if taken else body

    def _take(
        self,
        body: bytes,
        one: _Image,
        taken: list[tuple[int, int, dict[str, Any]]],
        notes: Notes,
        *,
        whole: bool,
    ) -> None:
        """Find where an image stands, and write its file."""
        image = one.image
        if image.is_remote:
            notes.tally["left: references, which hold no bytes"] += whole
            return
        data, uri = image.data, str(image.url)
        for spelling, spelled in _spellings(uri, data, body):
            places = [
                at
                for at in _places(body, spelled)
                if all(at >= stop or at + len(spelled) <= start for start, stop, _ in taken)
            ]
            if places:
                row = self._row(one, data, spelling)
                taken += [(at, at + len(spelled), row) for at in places]
                return
        if whole and not any(_same(one, row) for _, _, row in taken):
            notes.tally["left: images whose spelling could not be written again"] += 1

    def _row(self, one: _Image, data: bytes, spelling: Spelling) -> dict[str, Any]:
        image = one.image
        digest = hashlib.sha256(data).hexdigest()
        name = f"{digest}{image.extension}"
        path = Path(self.out) / IMAGES / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with beside(Path(self.out) / OURS / name) as temporary:
                temporary.write_bytes(data)
                temporary.replace(path)
        return {
            "place": one.path,
            "choice": one.choice,
            "index": image.index,
            "media_type": image.mime_type,
            "width": image.width,
            "height": image.height,
            "bytes": len(data),
            "sha256": digest,
            "file_name": name,
            "draft": image.is_draft,
            "spelling": json.dumps(spelling._asdict()),
        }


def _same(one: _Image, row: dict[str, Any]) -> bool:
    return bool(row["sha256"] == hashlib.sha256(one.image.data).hexdigest())


def _places(body: bytes, spelled: bytes) -> Iterator[int]:
    head = spelled[:_LOOK]
    at = body.find(head)
    while at >= 0:
        if body.startswith(spelled, at):
            yield at
            at += len(spelled) - 1
        at = body.find(head, at + 1)


def _over_text(value: Any, change: Callable[[bytes], bytes]) -> Any:
    """Change the texts of a value; the same object where none changes."""
    if isinstance(value, str):
        body = value.encode("utf-8", "surrogateescape")
        new = change(body)
        return value if new is body else new.decode("utf-8", "surrogateescape")
    if isinstance(value, dict):
        fields = {key: _over_text(item, change) for key, item in value.items()}
        return fields if any(fields[key] is not value[key] for key in fields) else value
    if isinstance(value, list):
        items = [_over_text(item, change) for item in value]
        return items if any(a is not b for a, b in zip(items, value, strict=True)) else value
    return value


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow as pa  # noqa: PLC0415  # an extra, for manifests only
        import pyarrow.parquet as pq  # noqa: PLC0415
    except ImportError:
        raise MissingExtraError("a manifest of images", "archive") from None
    return pa, pq


def write_manifest(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write the manifest: a row for each place where an image stood."""
    pa, pq = _pyarrow()
    text, number = pa.string(), pa.int64()
    schema = pa.schema({
        "file": text, "record": number, "place": text, "choice": number, "index": number,
        "media_type": text, "width": number, "height": number, "bytes": number, "sha256": text,
        "file_name": text, "draft": pa.bool_(), "spelling": text,
    })  # fmt: skip
    left = iter(rows)
    with beside(path.parent / OURS / MANIFEST) as temporary:
        with pq.ParquetWriter(temporary, schema, compression="zstd") as writer:
            while batch := list(islice(left, _BATCH)):
                writer.write_batch(pa.RecordBatch.from_pylist(batch, schema=schema))
        temporary.replace(path)


_Rows = dict[int, list[tuple[str, Spelling]]]


_folder = lru_cache(maxsize=4)(folder_at)


def _manifest(folder: str, file: str) -> _Rows:
    """Read the rows of a file: of each record, which images stand in it, in their order."""
    try:
        return _read_manifest(folder, file, _folder(folder).stamp(MANIFEST))
    except OSError as error:
        raise ImageShimError(f"the manifest of {folder} cannot be read: {error}") from None


@lru_cache(maxsize=4)
def _read_manifest(folder: str, file: str, _written: object) -> _Rows:
    _, pq = _pyarrow()
    wanted = ["record", "file_name", "spelling"]
    with _folder(folder).open(MANIFEST) as manifest:
        rows = pq.read_table(manifest, columns=wanted, filters=[("file", "==", file)]).to_pylist()
    found: _Rows = {}
    for row in rows:
        spelling = Spelling(**json.loads(row["spelling"]))
        found.setdefault(row["record"], []).append((row["file_name"], spelling))
    return found


@dataclass(frozen=True)
class Inlining:
    """The task of putting the images back: the inverse of `Extraction`, to the byte."""

    folder: str
    """The folder that was extracted to."""
    writes: ClassVar[bool] = True
    ranges: ClassVar[bool] = False
    """Records are counted from the beginning of a file."""
    own_names: ClassVar[tuple[str, ...]] = ()

    def record(self, body: bytes, notes: Notes) -> bytes:
        """Put the images back into a record."""
        left = iter(_manifest(self.folder, notes.file).get(notes.record, ()))
        return self._put(body, left, notes)

    events = record

    def row(self, row: dict[str, Any], notes: Notes) -> dict[str, Any]:
        """Put the images back into the fields of a row."""
        left = iter(_manifest(self.folder, notes.file).get(notes.record, ()))
        new: dict[str, Any] = _over_text(row, lambda body: self._put(body, left, notes))
        return new

    def _put(self, body: bytes, left: Iterator[tuple[str, Spelling]], notes: Notes) -> bytes:
        if _PREFIX not in body:
            return body

        out: list[bytes | memoryview] = []
        view, done = memoryview(body), 0
        for token in _TOKEN.finditer(body):
            name, spelling = next(left, (None, None))
            if name is None or spelling is None or not body.startswith(name.encode(), token.end()):
                said = body[token.end() : token.end() + _SHA256].decode()
                raise ImageShimError(f"the manifest does not tell how {said} was spelled here")
            notes.tally["images"] += 1
            out += [view[done : token.start()], spelling.spell(_file(self.folder, name))]
            done = token.end() + len(name)
        return b"".join([*out, view[done:]])


def _file(folder: str, name: str) -> bytes:
    try:
        with _folder(folder).open(f"{IMAGES}/{name}") as image:
            data = image.read()
    except OSError as error:
        raise ImageShimError(f"{name} cannot be read: {error.strerror or error}") from None
    if not name.startswith(hashlib.sha256(data).hexdigest()):
        raise ImageShimError(f"{name} has changed: its bytes are not those of this name")
    return data


def extracted_root(path: Path) -> Path | None:
    """Find the folder of an extraction that a file lies in; None where it is in none."""
    return next((one for one in path.absolute().parents if (one / MANIFEST).exists()
                 and (one / IMAGES).is_dir()), None)  # fmt: skip
