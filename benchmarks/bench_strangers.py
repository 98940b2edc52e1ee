"""The gateway while strangers do their worst: large requests, idle connections, slow clients."""

from __future__ import annotations

import asyncio
import contextlib
import math
import re
import statistics
import sys
import threading
import time
from pathlib import Path

import httpx

from .bench_server import free_ports
from .loopback import CHAT, load, process, resident
from .rows import Row

sys.path.append(str(Path(__file__).parents[1] / "tests" / "support"))
from worst_requests import WORST  # the tests hold the same against limits

IDLE = 1000
SLOW = 100
ASKED = 400
LARGEST = 64 << 20


def run() -> list[Row]:
    up, port = free_ports(2)
    command = ["-c", "from imageshim.cli import main; main()", "gateway"]
    with (
        process(up, "-m", "benchmarks.loopback", str(up)),
        process(port, *command, "--upstream", f"http://127.0.0.1:{up}", "--port", str(port))
        as gateway,
    ):  # fmt: skip
        rows = [*asyncio.run(idle(port, gateway.pid)), asyncio.run(slow(port))]
        rows += [worst(port, name) for name in WORST]
        peak = peak_of(gateway.pid) / (4 * LARGEST + (64 << 20))
    return [*rows, Row("gateway: peak memory / 4 of the largest bodies and 64 MiB", peak, 1.0)]


def healthy(port: int, client: httpx.Client) -> float:
    """Give the milliseconds that the gateway takes to say that it is well."""
    begin = time.perf_counter()
    client.get(f"http://127.0.0.1:{port}/healthz").raise_for_status()
    return (time.perf_counter() - begin) * 1000


def peak_of(pid: int) -> int:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) * 1024


def worst(port: int, name: str) -> Row:
    """The longest that another client waits while four of a request run."""
    body, headers = WORST[name]

    def ask() -> None:
        url = f"http://127.0.0.1:{port}{CHAT}"
        httpx.post(url, content=body, headers=headers, trust_env=False, timeout=60)

    seen = [0.0]
    with httpx.Client(trust_env=False, timeout=60) as client:
        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            seen.append(healthy(port, client))
    # Megabytes keep the client of this process busy, too: such rows are for comparison.
    limit = 100.0 if len(body) < 2_000_000 and "numbers" not in name else math.inf
    return Row(f"gateway, four times {name}: /healthz at the most, ms", max(seen), limit)


async def connected(port: int, count: int, sent: bytes) -> list[asyncio.StreamWriter]:
    writers = []
    for _ in range(count):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        writers.append(writer)
    return writers


async def closed(writers: list[asyncio.StreamWriter]) -> None:
    for writer in writers:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def idle(port: int, pid: int) -> list[Row]:
    """What connections without a request cost."""
    await load(port, "text", ASKED, 16)
    with httpx.Client(trust_env=False) as client:
        alone = statistics.median(healthy(port, client) for _ in range(200))
        before = resident(pid)
        writers = await connected(port, IDLE, b"GET / HT")
        among = statistics.median(healthy(port, client) for _ in range(200))
        each = (resident(pid) - before) / IDLE / 1024
    await closed(writers)
    return [
        Row(f"gateway, {IDLE:,} idle connections: KiB of each", each, 64.0),
        Row(f"gateway, {IDLE:,} idle connections: /healthz, with / without", among / alone, 2.0),
    ]


async def slow(port: int) -> Row:
    """What is left for others while clients read nothing of an answer of megabytes."""
    asked = b'{"model":"image"}'
    request = b"POST %b HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%b" % (
        CHAT.encode(), len(asked), asked,
    )  # fmt: skip
    alone, _ = await load(port, "text", ASKED, 16)
    writers = await connected(port, SLOW, request)
    for writer in writers:
        writer.transport.pause_reading()  # type: ignore[attr-defined]
    await asyncio.sleep(3)  # until the answers are there and nobody takes them
    among, _ = await load(port, "text", ASKED, 16)
    await closed(writers)
    return Row(f"gateway, {SLOW} slow clients: requests/s of others, without / with",
               alone / among, 2.0)  # fmt: skip
