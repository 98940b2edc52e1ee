"""One record: its replies converted, all else of it byte for byte as it was.

What is done with records is a task: a small object that goes to worker processes and takes a
record's bytes. A task raises for a record that it cannot do; whoever runs it passes that record on
as it came.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

from imageshim.conversion import convert_message, detect
from imageshim.errors import MalformedReplyError, UnreadableImageWarning, warn_caller
from imageshim.long_json.reading import parse_lazily
from imageshim.messages import carriers
from imageshim.messages.options import Drafts, OnLoss, Pick, Plan, cached_plan
from imageshim.messages.walk import has_no_image, over_messages
from imageshim.reading import read_all
from imageshim.streaming import SSEConverter
from imageshim.timeline import Format

from .places import ANYWHERE, Found, Where, find, steps_of, values_at
from .raw_json import Path, Pieces, joined, replaced
from .records import cut_off, reply_of_events

__all__ = ["Conversion", "Notes", "Sought", "Tally", "as_utf8"]

Tally = defaultdict[str, int]
"""How many records, replies and so on; quicker than a Counter, and there is one a record."""

_WHERE = {"message": ("message",)}


@dataclass(slots=True)
class Notes:
    """What a task tells of a record, beside the one that it gives."""

    tally: Tally = field(default_factory=lambda: Tally(int))
    rows: list[dict[str, Any]] = field(default_factory=list)
    """A row for each image, of the tasks that list them."""
    file: str = ""
    """The name of the file that it stands in."""
    record: int = 0
    """Its number in the block, from 1."""


class Change(NamedTuple):
    """A value that takes the place of another one."""

    path: Path
    value: Any


def as_utf8(body: bytes) -> bytes:
    """Return JSON in UTF-8, which it nearly always is; the standard allowed UTF-16 and -32."""
    encoding = json.detect_encoding(body)
    return body if encoding.startswith("utf-8") else body.decode(encoding).encode()


@dataclass(frozen=True, kw_only=True)
class Sought:
    """What the caller knows of replies: where in a record they are, and where they come from."""

    source: str | None = None
    source_from: str | None = None
    """The field of a record that names its version."""
    where: Where = ANYWHERE

    def version_in(self, record: Any) -> str | None:
        """Tell which version a record names itself."""
        steps = steps_of(self.source_from) if self.source_from is not None else None
        said = values_at(record, steps) if steps is not None else ()
        return next((one for _, one in said if isinstance(one, str) and one), None)

    def source_in(self, record: Any) -> str | None:
        """Tell where a record comes from: what it says itself, else what the caller says."""
        return self.version_in(record) or self.source

    def where_in(self, row: dict[str, Any]) -> Where:
        """Tell where to look in a row; where nothing is known, in each of its fields."""
        known = self.where.at or self.where.columns
        return self.where if known else Where(columns=tuple(row))


@dataclass(frozen=True, kw_only=True)
class Conversion(Sought):
    """The task of converting."""

    to: Format = Format.IMAGES
    markdown: bool = False
    drafts: Drafts = "keep"
    on_loss: OnLoss = "stash"
    pick: Pick = "first"
    writes: ClassVar[bool] = True
    ranges: ClassVar[bool] = True
    own_names: ClassVar[tuple[str, ...]] = ()

    def record(self, body: bytes, notes: Notes) -> bytes | Pieces:
        """Convert the replies of a record; the same bytes object where nothing changes.

        Raises:
            ImageShimError: it is no JSON, or a reply in it cannot be converted.

        """
        value = parse_lazily(body)
        out = self._inside(body, value, self._plan(value), notes.tally, self.where)
        if not notes.tally["replies"]:
            notes.tally["records without a reply"] += 1
        return out

    def events(self, body: bytes, notes: Notes) -> bytes:
        """Convert an event stream, which is one reply; drafts stay, since they come in pieces.

        Raises:
            ImageShimError: it holds no chunk, or it cannot be converted.

        """
        return self._stream(body, reply_of_events(body), self._plan(None), notes.tally)

    def _stream(self, body: bytes, reply: Any, do: Plan, tally: Tally) -> bytes:
        """Convert an event stream whose whole reply is known; the same object if none changes."""
        converter = SSEConverter(
            do.to, source=do.how.source, on_loss=do.on_loss, markdown=self.markdown, pick=do.pick
        )
        out = converter.feed(body) + converter.finish()
        if cut := cut_off(body):
            warn_caller(cut, UnreadableImageWarning)
        tally["replies"] += 1
        tally["converted" if out != body else _why_not(reply, do)] += 1
        return out if out != body else body

    def row(self, row: dict[str, Any], notes: Notes) -> dict[str, Any]:
        """Convert the replies in the fields of a row, each for itself; see :meth:`value`."""
        new: dict[str, Any] = self.value(row, notes, self.where_in(row))
        return new

    def value(self, record: Any, notes: Notes, where: Where | None = None) -> Any:
        """Convert the replies of a parsed record; the same object where nothing changes.

        Raises:
            ImageShimError: a reply in it cannot be converted.

        """
        changed = record
        changes = self._changes(record, self._plan(record), notes.tally, where or self.where)
        for path, value in changes:
            changed = _put(changed, path, value)
        if not notes.tally["replies"]:
            notes.tally["records without a reply"] += 1
        return changed

    def _plan(self, record: Any) -> Plan:
        if self.source_from is None:
            return self._usual_plan
        return self._plan_for(self.source_in(record))

    @cached_property
    def _usual_plan(self) -> Plan:
        return self._plan_for(self.source)

    def _plan_for(self, source: str | None) -> Plan:
        return cached_plan(self.to, source, self.on_loss, self.markdown, self.drafts, self.pick)

    def _inside(
        self, body: bytes, value: Any, do: Plan, tally: Tally, where: Where
    ) -> bytes | Pieces:
        changes = self._changes(value, do, tally, where)
        if not changes:
            return body
        return replaced(as_utf8(body), changes)

    def _changes(self, value: Any, do: Plan, tally: Tally, where: Where) -> list[Change]:
        changes: list[Change] = []
        for found in find(value, where):
            if found.text is None:
                changes += _converted(found, do, tally)
                continue
            text: bytes | Pieces
            if found.is_stream:
                text = self._stream(found.text, found.value, do, tally)
            else:
                inner = Where(depth=where.depth + 1)
                text = self._inside(found.text, found.value, do, tally, inner)
            if text is not found.text:
                changes.append(Change(found.path, joined(text).decode()))
        return changes


def _converted(found: Found, do: Plan, tally: Tally) -> list[Change]:
    """Convert the messages of a reply, and count what became of it."""
    reply = found.value
    tally["replies"] += 1
    if has_no_image(reply) and not _has_drafts(reply):
        tally["without images"] += 1
        return []
    changes: list[Change] = []

    def change(message: Any, where: str) -> Any:
        new = convert_message(message, do, where)
        if new is not message:
            path = () if message is reply else _path_of(where)
            changes.append(Change((*found.path, *path), new))
        return message

    over_messages(reply, change, in_place=False)
    tally["converted" if changes else _why_not(reply, do)] += 1
    return changes


def _path_of(where: str) -> Path:
    return _WHERE.get(where) or steps_of(where)


def _why_not(reply: Any, do: Plan) -> str:
    """Tell why a reply stays as it is."""
    choices = carriers.items_of(carriers.get(reply, "choices")) or ()
    if any(carriers.get(one, "delta") is not None for one in choices):
        return "left: a chunk of a stream alone; store whole replies, or event streams"
    if detect(reply, do.how.source) is not None:
        return "in the format already"
    try:
        readings = read_all(reply, source=do.how.source)
    except MalformedReplyError:  # an error that has choices
        return "without images"
    found = {image.found_in for reading in readings for image in reading.images}
    return next((said for place, said in _LEFT.items() if place in found), "without images")


_LEFT = {
    "markdown": "left: images in Markdown; --markdown takes them",
    "reasoning": "left: drafts in the reasoning text; --drafts images takes them",
    "thinking_blocks": "left: signed copies in thinking_blocks, which stay there",
}


def _has_drafts(reply: Any) -> bool:
    """Tell whether a reply with choices has something where drafts and signed copies may be."""
    for choice in reply["choices"]:
        message = choice["message"]
        if type(message) is dict and (
            message.get("reasoning_content") or message.get("thinking_blocks")
        ):
            return True
    return False


def _put(record: Any, path: Path, value: Any) -> Any:
    """Return a record with another value in one place; the rest is shared."""
    if not path:
        return value
    first, *others = path
    new = record.copy()
    new[first] = _put(record[first], tuple(others), value)
    return new
