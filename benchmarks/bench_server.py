"""The gateway: conversion on, against the same gateway with it off, and a plain pass-through."""

from __future__ import annotations

import asyncio
import contextlib
import math
import socket
import statistics
import time
from collections.abc import Iterator
from typing import NamedTuple

import httpx

from .loopback import CHAT, Client, load, process, resident
from .rows import Row

ROUNDS = 7
STREAMS = 200
REQUESTS = 50_000
WARM = 5_000
COUNTS = {"text": (400, 100), "image": (60, 30)}  # requests at full load, and one by one


class Servers(NamedTuple):
    on: int
    off: int
    plain: int
    gateway_pid: int


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for found in sockets:
            found.bind(("127.0.0.1", 0))
        return [found.getsockname()[1] for found in sockets]


@contextlib.contextmanager
def servers() -> Iterator[Servers]:
    up, on, off, plain = free_ports(4)
    url = f"http://127.0.0.1:{up}"
    command = ["-c", "from imageshim.cli import main; main()", "gateway", "--upstream", url]
    with (
        process(up, "-m", "benchmarks.loopback", str(up)),
        process(on, *command, "--port", str(on), "--default", "content") as gateway,
        process(off, *command, "--port", str(off), "--default", "as-is"),
        process(plain, "-m", "uvicorn", "--factory", "benchmarks.loopback:plain", "--port",
                str(plain), "--no-access-log", UPSTREAM=url),
    ):  # fmt: skip
        yield Servers(on, off, plain, gateway.pid)


class Measured(NamedTuple):
    rate: float
    latency: float


def measure(port: int, kind: str) -> Measured:
    many, few = COUNTS[kind]
    rate, _ = asyncio.run(load(port, kind, many, 16))
    _, latency = asyncio.run(load(port, kind, few, 1))
    return Measured(rate, latency)


def run() -> list[Row]:
    rows: list[Row] = []
    with servers() as ports:
        for kind, slowest, added in (("text", 0.9, 1.0), ("image", 0.6, 5.0)):
            rows += compare(ports, kind, slowest, added)
        rows += [*streams(ports), leaving(ports), memory(ports)]
    return rows


def compare(ports: Servers, kind: str, slowest: float, added: float) -> list[Row]:
    """Measure all three in turns, so that a machine that slows down slows all.

    Where it changes its speed within a round, the median leaves that round out.
    """
    names = ("on", "off", "plain")
    rounds: list[dict[str, Measured]] = [
        {name: measure(getattr(ports, name), kind) for name in names} for _ in range(ROUNDS + 1)
    ][1:]
    slower = {
        name: statistics.median(one[name].rate / one["on"].rate for one in rounds)
        for name in ("off", "plain")
    }
    rate = max(one["on"].rate for one in rounds)
    latency = {name: min(one[name].latency for one in rounds) for name in names}
    what = "text" if kind == "text" else "1.5 MB image"
    return [
        Row(f"gateway, {what}: requests/s, off / on", slower["off"], 1 / slowest),
        Row(f"gateway, {what}: requests/s, plain pass-through / on", slower["plain"], 1 / slowest),
        Row(f"gateway, {what}: median latency added, ms, on - off",
            latency["on"] - latency["off"], added),
        Row(f"gateway, {what}: median latency added, ms, on - plain",
            latency["on"] - latency["plain"], added),
        Row(f"gateway, {what}: requests/s, on", rate, math.inf),
        Row(f"gateway, {what}: median latency, ms, on", latency["on"], math.inf),
    ]  # fmt: skip


def streams(ports: Servers) -> list[Row]:
    """Two hundred at once: how many are not whole, and what conversion costs them in time."""

    async def run_all(port: int) -> tuple[float, int]:
        clients = [Client(port) for _ in range(STREAMS)]
        begin = time.perf_counter()
        sizes = await asyncio.gather(*(client.ask("stream") for client in clients))
        took = time.perf_counter() - begin
        for client in clients:
            client.close()
        return took, sum(size != max(sizes) for size in sizes)

    seen = [(asyncio.run(run_all(ports.on)), asyncio.run(run_all(ports.off))) for _ in range(3)]
    on, off = [min(took for took, _ in column) for column in zip(*seen, strict=True)]
    torn = sum(missing for pair in seen for _, missing in pair)
    return [
        Row(f"gateway, {STREAMS} streams at once: not whole", torn, 0),
        Row(f"gateway, {STREAMS} streams at once: time, on / off", on / off, math.inf),
    ]


def leaving(ports: Servers) -> Row:
    """How long after a client has left the upstream sees it, in seconds."""
    url = f"http://127.0.0.1:{ports.on}"
    waits = []
    for number in range(1, 11):
        with httpx.stream("POST", url + CHAT, json={"model": "silent"}, trust_env=False) as answer:
            pieces = answer.iter_raw()
            next(pieces)
            gone = time.time()
        left: list[float] = []
        while len(left) < number:
            time.sleep(0.01)
            left = httpx.post(f"{url}/left", json={}, trust_env=False).json()
        waits.append(left[-1] - gone)
    return Row("gateway: the upstream call ends after the client has left, s", max(waits), 1.0)


def memory(ports: Servers) -> Row:
    """Resident memory after all requests, beside that after the first of them."""

    async def ask(count: int) -> None:
        await load(ports.on, "image", count // 100, 8)
        await load(ports.on, "text", count - count // 100, 8)

    asyncio.run(ask(WARM))
    before = resident(ports.gateway_pid)
    asyncio.run(ask(REQUESTS - WARM))
    after = statistics.median(resident(ports.gateway_pid) for _ in range(3))
    return Row(f"gateway: memory after {REQUESTS:,} requests / after {WARM:,}", after / before, 1.1)
