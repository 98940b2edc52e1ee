"""How a reply is cut into the chunks of a stream, for either protocol."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple

from .parts import Part
from .script import Reply

__all__ = ["Piece", "cut"]


class Piece(NamedTuple):
    """One candidate's share of a chunk."""

    candidate: int
    parts: tuple[Part, ...]
    finish_reason: str | None
    """Set where this piece ends the candidate."""


def cut(reply: Reply, *, usual_finish: str) -> list[list[Piece]]:
    """Cut a reply into chunks, each of which has at most one piece of a candidate."""
    finish = reply.finish or usual_finish
    parts = [tuple(candidate.parts or ()) for candidate in reply.candidates]
    left = [len(of_one) for of_one in parts]
    chunks = []
    for chosen in _places(reply, parts):
        pieces = []
        for number, of_one in enumerate(parts):
            taken = tuple(of_one[place] for candidate, place in chosen if candidate == number)
            if not taken:
                continue
            left[number] -= len(taken)
            ends = finish == "last" and not left[number]
            reason = reply.candidates[number].finish_reason if ends else None
            pieces.append(Piece(number, taken, reason))
        chunks.append(pieces)
    waiting = [
        Piece(number, (), candidate.finish_reason)
        for number, candidate in enumerate(reply.candidates)
        if finish != "last" or not parts[number]
    ]
    return [*chunks, waiting] if waiting else chunks


def _places(reply: Reply, parts: Sequence[tuple[Part, ...]]) -> Iterator[list[tuple[int, int]]]:
    """Yield the (candidate, place) of the parts of each chunk."""
    each = [
        [(number, place) for place in range(len(of_one))] for number, of_one in enumerate(parts)
    ]
    if reply.cut == "parts":
        for turn in zip_longest(*each):
            yield from ([pair] for pair in turn if pair is not None)
        return
    counted = [pair for of_one in each for pair in of_one]
    if reply.cut == "whole":
        if counted:
            yield counted
        return
    for chunk in reply.cut:
        yield [counted[int(place)] for place in chunk]
