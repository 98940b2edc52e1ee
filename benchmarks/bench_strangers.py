"""The gateway while strangers do their worst: large requests, idle connections, slow clients."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import httpx

from .bench_server import free_ports
from .loopback import CHAT, load, process, resident
from .rows import Row

sys.path.append(str(Path(__file__).parents[1] / "tests" / "support"))
from worst_requests import WORST  # the tests hold the same against limits

IDLE = 1000
SLOW = 100
STRANGERS = 4
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
        rows = [*asyncio.run(idle(port, gateway.pid)), asyncio.run(slow(port, gateway.pid))]
        # Each in a process of its own: megabytes keep a client busy, and who measures with it.
        with ProcessPoolExecutor(STRANGERS, get_context("spawn")) as strangers:
            list(strangers.map(time.sleep, [1] * STRANGERS))  # each has begun
            rows += [worst(port, name, strangers) for name in WORST]
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


def computed(pid: int) -> float:
    """Give the processor seconds that a process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ask(port: int, name: str) -> None:
    body, headers = WORST[name]
    url = f"http://127.0.0.1:{port}{CHAT}"
    httpx.post(url, content=body, headers=headers, trust_env=False, timeout=60)


def worst(port: int, name: str, strangers: ProcessPoolExecutor) -> Row:
    """The longest that another client waits while four of a request run."""
    seen = [0.0]
    with httpx.Client(trust_env=False, timeout=60) as client:
        asked = [strangers.submit(ask, port, name) for _ in range(STRANGERS)]
        while not all(one.done() for one in asked):
            seen.append(healthy(port, client))
        for one in asked:
            one.result()
    return Row(f"gateway, four times {name}: /healthz at the most, ms", max(seen), 100.0)


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


async def asked_a_second(port: int) -> float:
    """Give the requests for a text that are answered in a second, the best of three runs."""
    return max([(await load(port, "text", ASKED, 16))[0] for _ in range(3)])


async def at_rest(pid: int) -> None:
    """Wait until a process has computed next to nothing for a second."""
    before = -1.0
    while (spent := computed(pid)) - before > 0.05:
        before = spent
        await asyncio.sleep(1)


async def slow(port: int, pid: int) -> Row:
    """What is left for others while clients read nothing of an answer of megabytes."""
    asked = b'{"model":"image"}'
    request = b"POST %b HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%b" % (
        CHAT.encode(), len(asked), asked,
    )  # fmt: skip
    alone = await asked_a_second(port)
    writers = await connected(port, SLOW, request)
    for writer in writers:
        writer.transport.pause_reading()  # type: ignore[attr-defined]
    await at_rest(pid)  # the answers are there and nobody takes them
    among = await asked_a_second(port)
    await closed(writers)
    return Row(f"gateway, {SLOW} slow clients: requests/s of others, without / with",
               alone / among, 2.0)  # fmt: skip
