"""What a benchmark returns, and the clock that it uses."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Row(NamedTuple):
    """One measured ratio; ``limit`` is what it may be at most (infinity: for comparison only)."""

    name: str
    ratio: float
    limit: float


def best(run: Callable[[], object], seconds: float = 0.3) -> float:
    """The shortest time of one call, in seconds, of all that fit into ``seconds``; five at least.

    The shortest, since everything else that a machine does can only add to it.
    """
    shortest = float("inf")
    calls, stop = 0, time.perf_counter() + seconds
    while calls < 5 or time.perf_counter() < stop:
        begin = time.perf_counter()
        run()
        shortest = min(shortest, time.perf_counter() - begin)
        calls += 1
    return shortest


def ratio(run: Callable[[], object], unit: Callable[[], object]) -> float:
    """How many times as long ``run`` takes as ``unit``, both measured in turns.

    In turns, so that a machine that slows down for a while slows both.
    """
    pairs = [(best(run, 0.1), best(unit, 0.1)) for _ in range(4)]
    return min(pair[0] for pair in pairs) / min(pair[1] for pair in pairs)
