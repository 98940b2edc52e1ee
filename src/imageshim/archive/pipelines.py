"""The same conversion for people who have a pipeline of their own: records, and tables of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from imageshim.errors import ImageShimError, MalformedReplyError, ReplyUnchangedWarning, warn_caller
from imageshim.messages.options import Drafts, FormatLike
from imageshim.timeline import Format, target_format

from .places import Where
from .raw_json import joined
from .record import Conversion, Notes
from .tables import changed_batch

__all__ = ["convert_batch", "convert_records"]

R = TypeVar("R", bytes, str, dict[str, Any])


def _task(  # noqa: PLR0913  # the options of the command
    to: FormatLike,
    source: str | Format | None,
    source_from: str | None,
    where: Where,
    drafts: Drafts,
    *,
    markdown: bool,
) -> Conversion:
    known = source.value if isinstance(source, Format) else source
    return Conversion(
        to=target_format(to), source=known, source_from=source_from, where=where,
        markdown=markdown, drafts=drafts,
    )  # fmt: skip


def convert_records(  # noqa: PLR0913  # the options of the command
    records: Iterable[R],
    *,
    to: FormatLike = "images",
    source: str | Format | None = None,
    source_from: str | None = None,
    at: Sequence[str] = (),
    column: Sequence[str] = (),
    markdown: bool = False,
    drafts: Drafts = "keep",
    strict: bool = False,
) -> Iterator[R]:
    """Convert the replies in records, wherever in them they are, one record at a time.

    Args:
        records: JSON as ``bytes`` or ``str`` (a line feed at its end stays), or parsed as ``dict``.
        to: the format to write, as in :func:`imageshim.convert`; so ``source``, ``markdown`` and
            ``drafts``.
        source_from: the field of a record that names its version, such as ``meta.litellm``.
        at: places of replies, such as ``response.body``; without, they are found.
        column: the only fields that are searched.
        strict: raise for a record that cannot be converted; else it comes unchanged, and warns.

    Yields:
        As many records as came in, of the same type; the same object where nothing changes, and
        all that is no reply byte for byte as it was.

    Raises:
        MalformedReplyError: ``strict``, and a record is no JSON.
        ImageShimError: ``strict``, and a record cannot be converted; or an option is wrong.

    """
    where = Where(tuple(at), tuple(column))
    task = _task(to, source, source_from, where, drafts, markdown=markdown)
    for record in records:
        yield _kept(record, task, strict=strict)


def _kept(record: Any, task: Conversion, *, strict: bool) -> Any:
    try:
        return _converted(record, task)
    except ImageShimError as error:
        if strict:
            raise
        warn_caller(f"a record stays as it is: {error}", ReplyUnchangedWarning)
        return record


def _converted(record: Any, task: Conversion) -> Any:
    notes = Notes()
    if isinstance(record, bytes):
        return joined(task.record(record, notes))
    if isinstance(record, str):
        body = record.encode("utf-8", "surrogatepass")
        out = joined(task.record(body, notes))
        return record if out is body else out.decode("utf-8", "surrogatepass")
    if isinstance(record, Mapping):
        return task.value(record, notes)
    raise MalformedReplyError(f"a record is bytes, str or a dict, not {type(record).__name__}")


def convert_batch(  # noqa: PLR0913  # the options of the command
    batch: Any,
    *,
    to: FormatLike = "images",
    source: str | Format | None = None,
    source_from: str | None = None,
    at: Sequence[str] = (),
    column: Sequence[str] = (),
    markdown: bool = False,
    drafts: Drafts = "keep",
) -> Any:
    """Convert the replies in the columns of a table of pyarrow (extra ``archive``).

    This is what ``ray.data.Dataset.map_batches`` takes, with ``batch_format="pyarrow"`` and the
    options as ``fn_kwargs``. The options are those of :func:`convert_records`.

    Args:
        batch: a ``pyarrow.Table`` or ``RecordBatch``.

    Returns:
        One of the same class, with the same columns. A column of text or bytes keeps its type; one
        of structs gets the fields that it needs. What cannot be converted stays, and warns.

    """
    where = Where(tuple(at), tuple(column))
    task = _task(to, source, source_from, where, drafts, markdown=markdown)
    problems: Counter[str] = Counter()

    def look(row: dict[str, Any]) -> dict[str, Any]:
        with suppress(ImageShimError):
            return task.row(row, Notes())
        return row

    def change(row: dict[str, Any]) -> dict[str, Any]:
        try:
            return task.row(row, Notes())
        except ImageShimError as error:
            problems[str(error)] += 1
            return row

    out, refused = changed_batch(batch, look, change)
    problems.update(refused.values())
    for problem in problems:
        warn_caller(f"rows stay as they are: {problem}", ReplyUnchangedWarning)
    return out
