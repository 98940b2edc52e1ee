"""What a benchmark returns, and the clock that it uses.

The clock is the processor time of this process: while others run, it stands still. What others do
to the caches and to the processor's frequency remains, and only ever adds: so two things that are
compared are run in many turns, and the shortest call of each counts. (Medians of the same turns
were up to three times as far off on a machine with four programs a processor: what touches fresh
memory suffers more than what does not.)
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

_TURNS = 5
_SECONDS = 0.1
"""How long a turn lasts: long enough for calls to meet the memory of the ones before."""


class Row(NamedTuple):
    """One measured ratio; ``limit`` is what it may be at most (infinity: for comparison only)."""

    name: str
    ratio: float
    limit: float


def best(run: Callable[[], object], seconds: float = 0.3, calls: int = 5) -> float:
    """The shortest time of one call, in seconds, of all that fit into ``seconds``.

    The shortest, since everything else that a machine does can only add to it. ``calls`` are made
    at least.
    """
    shortest, stop = float("inf"), time.perf_counter() + seconds
    while calls > 0 or time.perf_counter() < stop:
        shortest = min(shortest, processor_time(run))
        calls -= 1
    return shortest


def processor_time(run: Callable[[], object], times: int = 1) -> float:
    """The processor time of some calls in a row, in seconds."""
    calls = range(times)
    begin = time.process_time()
    for _ in calls:
        run()
    return time.process_time() - begin


def ratio(run: Callable[[], object], unit: Callable[[], object]) -> float:
    """How many times as long ``run`` takes as ``unit``, both measured in turns.

    In turns, so that a machine that slows down for a while slows both.
    """
    turns = [(best(run, _SECONDS, 1), best(unit, _SECONDS, 1)) for _ in range(_TURNS)]
    return min(turn[0] for turn in turns) / min(turn[1] for turn in turns)
