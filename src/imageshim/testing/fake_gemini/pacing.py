"""When which bytes of an answer are written, and where it breaks off: plain data, no sockets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from .delivery import Delivery
from .faults import Drop, Fault, Stall
from .script import Reply

__all__ = ["Step", "steps"]


@dataclass(frozen=True)
class Step:
    """One thing to do on the connection.

    ``wait``: for ``seconds``; ``head``: write the status line and the headers; ``chunk`` and
    ``tail``: write ``data``; ``end``: the answer is whole; ``leave``: close the connection;
    ``stall``: keep it open and write nothing.
    """

    do: Literal["wait", "head", "chunk", "tail", "end", "leave", "stall"]
    data: bytes = b""
    seconds: float = 0.0


def _kept(pieces: Sequence[bytes], fault: Fault | None) -> tuple[list[bytes], bool]:
    """Tell which pieces are sent, and whether the answer breaks off after them."""
    if isinstance(fault, (Drop, Stall)) and fault.after_chunks is not None:
        return list(pieces[: fault.after_chunks]), fault.after_chunks <= len(pieces)
    if isinstance(fault, Drop):
        left, kept = fault.after_bytes or 0, []
        for piece in pieces:
            kept.append(piece[:left])
            left -= len(kept[-1])
        return [piece for piece in kept if piece], True
    return list(pieces), False


def steps(delivery: Delivery, reply: Reply | None) -> Iterator[Step]:
    """Yield what to do; ``reply`` says what is slow and what goes wrong, None: nothing."""
    fault = reply.fault if reply else None
    if reply and reply.delay:
        yield Step("wait", seconds=reply.delay)
    broken = Step("stall" if isinstance(fault, Stall) else "leave")
    is_silent = isinstance(fault, Drop) and fault.after_chunks is fault.after_bytes is None
    if is_silent or (isinstance(fault, Stall) and not delivery.streamed):
        yield broken
        return
    yield Step("head")
    pieces, breaks_off = _kept(delivery.pieces, fault)
    for place, piece in enumerate(pieces):
        if place and reply and reply.chunk_delay:
            yield Step("wait", seconds=reply.chunk_delay)
        yield Step("chunk", piece)
    if breaks_off:
        yield broken
        return
    if delivery.tail:
        yield Step("tail", delivery.tail)
    yield Step("end")
