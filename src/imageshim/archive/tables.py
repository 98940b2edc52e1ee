"""Parquet: a row is a record, and its columns of text, bytes and structs are its fields.

pyarrow reads and writes. The schema with its metadata, the order and types of the columns, their
compression and the row groups stay, but that a group above `GROUP` bytes becomes several. A column
in which nothing changes is never made anew; a struct that changes gets the fields that the format
needs, behind its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import accumulate, islice
from typing import IO, Any, NamedTuple, Protocol

from imageshim.errors import ImageShimError, MissingExtraError

from .sources import SourceError

__all__ = ["changed_batch", "changed_fields", "rows_of", "write_table"]

GROUP = 1 << 26
"""Bytes of rows that are in memory at a time, uncompressed."""

STASH = "imageshim"
"""The stash of a message, in its ``provider_specific_fields``: JSON text in a struct."""

Row = dict[str, Any]
Refused = dict[str, str]
"""Columns that cannot hold what would be in them, and why."""


class Change(Protocol):
    """Takes the number of a row, from 1, and its fields; gives them back, or others."""

    def __call__(self, number: int, row: Row, refused: Refused) -> Row:
        """Change a row."""
        ...


Look = Callable[[Row], Row]


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow as pa  # noqa: PLC0415  # an extra, for tables only
        import pyarrow.parquet as pq  # noqa: PLC0415
    except ImportError:
        raise MissingExtraError("a Parquet file", "archive") from None
    return pa, pq


class Rows(NamedTuple):
    """Some rows in a row."""

    first: int
    """The number of the first one, from 1."""
    batch: Any
    """A record batch of pyarrow."""


class _Table:
    """A Parquet file that is open."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.pa, self.pq = _pyarrow()
        self._file = self.pq.ParquetFile(stream)
        self.schema = self._file.schema_arrow

    def compression(self) -> Any:
        """Tell how each column is compressed."""
        metadata = self._file.metadata
        if not metadata.num_row_groups:
            return "snappy"
        group = metadata.row_group(0)
        chunks = [group.column(place) for place in range(group.num_columns)]
        names = {chunk.path_in_schema: _CODECS.get(chunk.compression, "snappy") for chunk in chunks}
        kinds = set(names.values())
        return kinds.pop() if len(kinds) == 1 else names

    def rows(self, columns: Sequence[str] | None = None) -> Iterator[Rows]:
        """Read rows, no more of them at a time than are to be in memory."""
        first, metadata = 1, self._file.metadata
        for number in range(metadata.num_row_groups):
            group = metadata.row_group(number)
            size = max(1, group.num_rows * GROUP // max(group.total_byte_size, GROUP))
            for batch in self._file.iter_batches(size, row_groups=[number], columns=columns):
                yield Rows(first, batch)
                first += batch.num_rows

    def fields(self) -> list[str]:
        """List the columns that may hold replies: text, bytes, structs, and what has some."""
        return [
            field.name
            for field in self.schema
            if any(_is_text(kind) or self.pa.types.is_struct(kind) for kind in _inside(field.type))
        ]

    def nested(self) -> list[str]:
        """List those of them that are made of structs."""
        is_struct, schema = self.pa.types.is_struct, self.schema
        inner = {name: _inside(schema.field(name).type) for name in self.fields()}
        return [name for name, kinds in inner.items() if any(map(is_struct, kinds))]


def _inside(kind: Any) -> Iterator[Any]:
    """Give a type, and those of lists, maps, dictionaries and extensions that it is made of."""
    while kind is not None:
        yield kind
        kind = next((getattr(kind, name) for name in _INNER if hasattr(kind, name)), None)


_INNER = ("value_type", "item_type", "storage_type")
_BYTES = frozenset({"binary", "large_binary", "binary_view"})
_TEXTS = frozenset({"string", "large_string", "string_view"}) | _BYTES


def _is_text(kind: Any) -> bool:
    return str(kind) in _TEXTS


class _InMemory(_Table):
    """Record batches that are in memory."""

    def __init__(self, batches: Sequence[Any], schema: Any) -> None:
        self.pa, self.pq = _pyarrow()
        self._batches = batches
        self.schema = schema

    def rows(self, columns: Sequence[str] | None = None) -> Iterator[Rows]:
        """Give the batches."""
        first = 1
        for batch in self._batches:
            yield Rows(first, batch if columns is None else batch.select(columns))
            first += batch.num_rows


_CODECS = {"UNCOMPRESSED": "none", "GZIP": "gzip", "BROTLI": "brotli", "ZSTD": "zstd", "LZ4": "lz4"}


def _opened(stream: IO[bytes]) -> _Table:
    try:
        return _Table(stream)
    except (OSError, ValueError) as error:  # those of pyarrow are among them
        raise SourceError(f"not a Parquet file that can be read: {error}") from None


def _guarded(rows: Iterator[Rows]) -> Iterator[Rows]:
    try:
        yield from rows
    except (OSError, ValueError) as error:
        raise SourceError(f"the file is damaged: {error}") from None


def _records(rows: Rows, fields: Sequence[str]) -> list[dict[str, Any]]:
    """Give the fields of rows as what JSON would hold; null is no value."""
    columns = {name: _read(rows.batch.column(name)) for name in fields}
    return _dicts(columns, range(rows.batch.num_rows))


def _dicts(columns: dict[str, list[Any]], places: Iterable[int]) -> list[dict[str, Any]]:
    return [
        {name: values[place] for name, values in columns.items() if values[place] is not None}
        for place in places
    ]


def _read(array: Any) -> list[Any]:
    """Read the values of an array; None for those of which JSON has no kind, which stay there."""
    kind = array.type
    if str(kind).startswith("struct"):
        columns = {field.name: _read(array.field(place)) for place, field in enumerate(kind)}
        rows = _dicts(columns, range(len(array)))
        nulls = array.is_null().to_pylist()
        return [None if nulls[place] else _plain(row) for place, row in enumerate(rows)]
    if _is_list(kind):
        left = iter(_read(array.flatten()))
        sizes = array.value_lengths().to_pylist()
        return [None if size is None else list(islice(left, size)) for size in sizes]
    if not any(_is_text(one) or _SIMPLE.match(str(one)) for one in _inside(kind)):
        return [None] * len(array)
    return [_plain(value) for value in array.to_pylist()]


_SIMPLE = re.compile("u?int|bool|float|double|halffloat|struct")


def _is_list(kind: Any) -> bool:
    return str(kind).startswith(("list<", "large_list<"))


def _plain(value: Any) -> Any:
    """Read a value of a struct: null is an absent field, and the stash is text there."""
    if isinstance(value, dict):
        kept = {key: _plain(item) for key, item in value.items() if item is not None}
        if isinstance(kept.get(STASH), str):
            with suppress(ValueError):  # somebody else's field of that name
                kept[STASH] = json.loads(kept[STASH])
        return kept
    if isinstance(value, (list, tuple)):  # a tuple is a key and its value in a map
        return [_plain(item) for item in value]
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    return value


def _stored(value: Any) -> Any:
    """Write a value for a struct, which cannot hold a stash: its fields differ from row to row."""
    if isinstance(value, dict):
        return {
            key: json.dumps(item) if key == STASH else _stored(item) for key, item in value.items()
        }
    return [_stored(item) for item in value] if isinstance(value, list) else value


def _typed(pa: Any, kind: Any, value: Any) -> Any:
    """Write a value as its type takes it: pairs as tuples, bytes as bytes."""
    if isinstance(value, dict):
        types = {field.name: field.type for field in kind}
        return {key: _typed(pa, types[key], item) for key, item in value.items()}
    if isinstance(value, list) and pa.types.is_map(kind):
        return [(key, _typed(pa, kind.item_type, item)) for key, item in value]
    if isinstance(value, list):
        return [_typed(pa, kind.value_type, item) for item in value]
    is_bytes = isinstance(value, str) and not _BYTES.isdisjoint(map(str, _inside(kind)))
    return value.encode("utf-8", "surrogateescape") if is_bytes else value


def rows_of(stream: IO[bytes]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Read the rows of a Parquet file: the number of each, and the fields that may hold replies.

    Raises:
        SourceError: it is none, or damaged.

    """
    table = _opened(stream)
    fields = table.fields()
    for rows in _guarded(table.rows(fields)):
        yield from enumerate(_records(rows, fields), rows.first)


def write_table(stream: IO[bytes], out: IO[bytes], change: Change, look: Look) -> None:
    """Copy a Parquet file; the fields of each row may be changed on the way.

    ``look`` tells what ``change`` will give: types are written before the first row.

    Raises:
        SourceError: it is no Parquet file, or damaged.

    """
    table = _opened(stream)
    schema, refused = _new_schema(table, look)
    with table.pq.ParquetWriter(out, schema, compression=table.compression()) as writer:
        for rows in _guarded(table.rows()):
            writer.write_batch(_changed(table, rows, schema, partial(change, refused=refused)))


def changed_batch(batch: Any, look: Look, change: Look) -> tuple[Any, Refused]:
    """Change the fields of each row of a table, or of a record batch, in memory.

    Returns:
        One of the same class, and the columns that could not hold the change: they stay.

    """
    pa, _ = _pyarrow()
    is_table = isinstance(batch, pa.Table)
    table = _InMemory(batch.to_batches() if is_table else [batch], batch.schema)
    schema, refused = _new_schema(table, look)

    def kept(_number: int, row: Row) -> Row:
        new = change(row)
        return row if refused.keys() & changed_fields(row, new) else new

    made = [_changed(table, rows, schema, kept) for rows in table.rows()]
    return (pa.Table.from_batches(made, schema) if is_table else made[0]), refused


def _changed(table: _Table, rows: Rows, schema: Any, change: Callable[[int, Row], Row]) -> Any:
    old = _records(rows, table.fields())
    new = [change(rows.first + place, row) for place, row in enumerate(old)]
    columns = [_column(table, rows.batch.column(field.name), field, old, new) for field in schema]
    return table.pa.record_batch(columns, schema=schema)


def _column(table: _Table, column: Any, field: Any, old: Sequence[Any], new: Sequence[Any]) -> Any:
    """Make a column anew, if something in it has changed or it has another type."""
    if field.name not in table.fields():
        return column
    values = ([row.get(field.name) for row in rows] for rows in (old, new))
    return _remade(table.pa, column, field.type, *values)


def _remade(pa: Any, array: Any, kind: Any, old: list[Any], new: list[Any]) -> Any:
    """Make an array of values of which some are others now; what stays in it is not touched."""
    if array.type == kind and all(a is b for a, b in zip(old, new, strict=True)):
        return array
    nulls = pa.array([one is None for one in new], pa.bool_())
    if pa.types.is_struct(kind):
        children = [_child(pa, array, field, old, new) for field in kind]
        return pa.StructArray.from_arrays(children, fields=list(kind), mask=nulls)
    sizes = [0 if one is None else len(one) for one in old] if _is_list(kind) else []
    if sizes and sizes == [0 if one is None else len(one) for one in new]:
        flat = ([item for one in values for item in one or ()] for values in (old, new))
        inner = _remade(pa, array.flatten(), kind.value_type, *flat)
        make = pa.LargeListArray if pa.types.is_large_list(kind) else pa.ListArray
        offsets = pa.array(accumulate(sizes, initial=0), make.from_arrays([0], []).offsets.type)
        return make.from_arrays(offsets, inner, type=kind, mask=nulls)
    return pa.array([_typed(pa, kind, _stored(value)) for value in new], type=kind)


def _child(pa: Any, array: Any, field: Any, old: list[Any], new: list[Any]) -> Any:
    """Make a field of a struct anew; one that the format needs is empty where it was not there."""
    name = field.name
    before, after = (
        [None if one is None else one.get(name) for one in values] for values in (old, new)
    )
    place = array.type.get_field_index(name)
    there = array.field(place) if place >= 0 else pa.nulls(len(array), field.type)
    if name == STASH:  # text there: it is what it holds that is compared
        before, after = ([one and json.dumps(one) for one in values] for values in (before, after))
        before = [b if a == b else a for a, b in zip(before, after, strict=True)]
    return _remade(pa, there, field.type, before, after)


def changed_fields(old: Row, new: Row) -> list[str]:
    """List the fields of a row that are others now."""
    if old is new:
        return []
    return [name for name, value in new.items() if value is not old.get(name)]


def _new_schema(table: _Table, look: Look) -> tuple[Any, Refused]:
    """Find the types that structs need for what will be in them."""
    nested, schema, refused = table.nested(), table.schema, Refused()
    for rows in _guarded(table.rows(nested)) if nested else ():
        old = _records(rows, nested)
        values: dict[str, list[Any]] = {}
        for row in old:
            new = look(row)
            for name in changed_fields(row, new):
                values.setdefault(name, []).append(_stored(_others(row[name], new[name])))
        for name in values.keys() - refused.keys():
            place = schema.get_field_index(name)
            try:
                field = _holding(table, schema.field(place), values[name])
            except (ImageShimError, table.pa.ArrowException) as error:
                refused[name] = f"column {name}: {error}"
            else:
                schema = schema.set(place, field)
    return schema, refused


def _others(old: Any, new: Any) -> Any:
    """Give what in a value is another one, which alone may need other types."""
    if isinstance(old, dict) and isinstance(new, dict):
        changed = [key for key in new if new[key] is not old.get(key)]
        return {key: _others(old.get(key), new[key]) for key in changed}
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [_others(a, b) for a, b in zip(old, new, strict=True) if a is not b]
    return new


def _holding(table: _Table, field: Any, values: Sequence[Any]) -> Any:
    field = field.with_type(_merged(table.pa, field.type, table.pa.infer_type(values)))
    with table.pq.ParquetWriter(table.pa.BufferOutputStream(), table.pa.schema([field])):
        return field  # it can be written


def _list_of(pa: Any, kind: Any, inner: Any) -> Any:
    """Give the type of the same kind of list of something else."""
    if inner == kind.value_type:
        return kind
    make = pa.large_list if pa.types.is_large_list(kind) else pa.list_
    more = (kind.list_size,) if pa.types.is_fixed_size_list(kind) else ()
    return make(kind.value_field.with_type(inner), *more)


def _merged(pa: Any, old: Any, new: Any) -> Any:
    """Add the fields that a type lacks; what is there keeps its type."""
    if pa.types.is_struct(old) and pa.types.is_struct(new):
        names = [field.name for field in old]
        known = [
            field.with_type(_merged(pa, field.type, new.field(field.name).type))
            if new.get_field_index(field.name) >= 0
            else field
            for field in old
        ]
        return pa.struct([*known, *(field for field in new if field.name not in names)])
    if hasattr(old, "value_field") and hasattr(new, "value_field"):
        return _list_of(pa, old, _merged(pa, old.value_type, new.value_type))
    if pa.types.is_map(old) and not any(map(pa.types.is_struct, _inside(new))):
        return old
    if pa.types.is_null(old) or pa.types.is_null(new):
        return new if pa.types.is_null(old) else old
    if pa.types.is_nested(old) or pa.types.is_nested(new):
        raise ImageShimError(f"a struct cannot hold {old} and {new} in one field")
    return old
