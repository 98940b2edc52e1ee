"""Requests and replies mutated at random: nothing dies, nothing leaks, nothing is lost."""

import asyncio
import gzip
import json
import random
import zlib

import httpx
import pytest
from hypothesis import settings

from imageshim import ImageShimError, convert_bytes
from imageshim.testing.pictures import KINDS
from imageshim.testing.strategies import write_message
from served import served

REQUESTS = 20_000 if settings().max_examples >= 1_000 else 120
AT_ONCE = 20
CHAT = "/v1/chat/completions"
FORMATS = ("content", "image", "images", "parts")
PICTURES = [make() for make in KINDS.values()]


async def echo(scope, receive, send):
    """Answer with the request's own body, and the headers that it asks for."""
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    wanted = [
        (key.removeprefix(b"x-echo-"), value)
        for key, value in scope["headers"]
        if key.startswith(b"x-echo-")
    ]
    status = int(dict(wanted).get(b"status", b"200"))
    headers = [pair for pair in wanted if pair[0] != b"status"]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    for at in range(0, len(body), 50):
        await send({"type": "http.response.body", "body": body[at : at + 50], "more_body": True})
    await send({"type": "http.response.body"})


def reply(rng, number):
    parts = tuple(rng.choice([f"text {number} ", rng.choice(PICTURES)]) for _ in range(3))
    kind = rng.choice(["content", "images", "parts"])
    choice = {"index": 0, "finish_reason": "stop", "message": write_message(parts, kind)}
    value = {"id": f"r{number}", "choices": [choice], "model": "m", "metadata": {"n": number}}
    return json.dumps(value).encode()


def damaged(rng, body):
    """Flip, cut, repeat or insert bytes, so that it may be JSON no more."""
    data = bytearray(body)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data) + 1)
        if rng.random() < 0.3:
            data[at : at + rng.randint(0, 30)] = b""
        elif rng.random() < 0.5:
            data[at:at] = rng.randbytes(rng.randint(1, 5))
        else:
            data[at : at + 1] = rng.choice([b'"', b"{", b"\\", b",", b"\xff", b"data:"])
    return bytes(data)


def some_request(rng, number):
    body = reply(rng, number)
    if rng.random() < 0.6:
        body = damaged(rng, body)
    media_types = [
        "application/json",
        "text/event-stream",
        "application/problem+json",
        "text/x",
        "",
    ]
    headers = {
        "X-Echo-Content-Type": rng.choices(media_types, [6, 2, 1, 1, 1])[0],
        "X-Echo-X-Number": str(number),
        "X-Echo-Status": rng.choice(["200"] * 6 + ["201", "400", "500"]),
        "X-Echo-X-LiteLLM-Version": rng.choice(["1.75.9", "1.76.3", "1.80.0", "", "x", "9" * 200]),
        "X-Echo-Vary": rng.choice(["", "*", "Origin", ","]),
        "X-Image-Format": rng.choice([*FORMATS, "", "webp", "images,image", "é"]),
        "User-Agent": rng.choice(["", "curl/8", "\xff" * 50, "a" * 5000, "OpenAI/Python 1.60.0"]),
        "Accept-Encoding": rng.choice(["gzip", "identity", ";;,q=", "*"]),
    }
    packing = rng.choices(["", "gzip", "deflate", "nonsense", "lie"], [8, 1, 1, 1, 1])[0]
    if packing:
        headers["X-Echo-Content-Encoding"] = "gzip" if packing == "lie" else packing
        body = {"gzip": gzip.compress, "deflate": zlib.compress}.get(packing, bytes)(body)
    dropped = rng.sample(list(headers), rng.randint(0, 3))
    sent = [(name, text.encode("latin-1")) for name, text in headers.items() if name not in dropped]
    path = rng.choice([CHAT] * 8 + ["/v1/completions", "/x%00" + CHAT])
    return path, sent, body


def plain(answer, body):
    coding = answer.headers.get("content-encoding", "")
    return {"gzip": gzip.decompress, "deflate": zlib.decompress}.get(coding, bytes)(body)


def check(sent, body, answer, raw):
    """Hold an answer against the only request that it can belong to."""
    given = answer.headers.get("x-image-format")
    asked = {name: text.decode("latin-1") for name, text in sent}
    if answer.status_code == 400 and b"unknown_image_format" in raw:
        assert asked["X-Image-Format"].strip() not in FORMATS
        return "refused"
    assert answer.headers.get("x-number", "") == asked.get("X-Echo-X-Number", "")
    if given is None:
        assert raw == body
        return "passed"
    wish = asked.get("X-Image-Format", "").strip() or "images"
    assert given == wish
    if answer.headers["content-type"] == "text/event-stream":
        assert plain(answer, raw) == plain(answer, body)  # no event of it is a reply
        return "stream"
    version = asked.get("X-Echo-X-LiteLLM-Version")
    source = version if version in {"1.75.9", "1.76.3", "1.80.0"} else None
    assert plain(answer, raw) == convert_bytes(plain(answer, body), wish, source=source)
    return "converted"


async def ask_all(url, rng):
    seen: dict[str, int] = {}
    waiting = asyncio.Semaphore(AT_ONCE)

    async def one(client, number, path, sent, body):
        async with waiting:
            request = client.build_request("POST", url + path, headers=sent, content=body)
            answer = await client.send(request, stream=True)
            raw = b"".join([piece async for piece in answer.aiter_raw()])
            await answer.aclose()
        try:
            kind = check(sent, body, answer, raw)
        except (AssertionError, ImageShimError) as fault:
            told = (number, path, sent, body, answer.status_code, answer.headers, raw)
            raise AssertionError(told) from fault
        seen[kind] = seen.get(kind, 0) + 1

    async with httpx.AsyncClient(trust_env=False, timeout=120) as client:
        await asyncio.gather(
            *(one(client, number, *some_request(rng, number)) for number in range(REQUESTS))
        )
    return seen


@pytest.mark.filterwarnings("default")
def test_what_cannot_be_converted_passes_byte_for_byte_and_only_to_its_own_client(gateway):
    rng = random.Random(20250909)  # noqa: S311  # to be repeated, not to be secret
    with served(echo) as upstream, gateway(upstream) as url:
        seen = asyncio.run(ask_all(url, rng))
        assert httpx.get(f"{url}/healthz", trust_env=False, timeout=120).text == "ok\n"
    assert sum(seen.values()) == REQUESTS
    assert (
        min(seen[kind] for kind in ("converted", "passed", "refused", "stream")) > REQUESTS // 40
    ), seen
