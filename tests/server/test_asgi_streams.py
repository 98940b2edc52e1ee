"""Server-sent events through the middleware."""

import gzip
import json
import threading
import zlib

import brotli
import pytest
import zstandard

import captured
from asgi_calls import Application, call
from imageshim import SSEConverter, collect, read
from imageshim.server.stream_body import StreamBody
from imageshim.testing.pictures import KINDS

URLS = [KINDS["png"]().url, KINDS["jpeg"]().url]
SSE = {"content-type": "text/event-stream; charset=utf-8"}


def event(delta, finish=None):
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    chunk = {"id": "c", "object": "chat.completion.chunk", "model": "m", "choices": [choice]}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def picture(url):
    item = {"image_url": {"url": url, "detail": "auto"}, "index": 0, "type": "image_url"}
    return event({"images": [item], "content": None})


EVENTS = [
    event({"role": "assistant", "content": "Here: "}),
    b": ping\n\n",
    picture(URLS[0]),
    picture(URLS[1]),
    event({}, "stop"),
    b"data: [DONE]\n\n",
]
STREAM = b"".join(EVENTS)


def chunks_of(body):
    frames = [frame for frame in body.split(b"\n\n") if frame.startswith(b"data: {")]
    return [json.loads(frame.removeprefix(b"data: ")) for frame in frames]


def indexes_of(body):
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks_of(body)]
    return [item["index"] for delta in deltas for item in delta.get("images") or ()]


@pytest.mark.parametrize("after", ["content", "images", "parts"])
@pytest.mark.parametrize("size", [1, 7, 1000, len(STREAM)])
async def test_a_stream_is_converted_wherever_it_is_cut(shim, after, size):
    pieces = [STREAM[at : at + size] for at in range(0, len(STREAM), size)]
    answer = await call(shim(Application(*pieces, headers=SSE), default=after))
    whole = SSEConverter(after)
    assert answer.body == whole.feed(STREAM) + whole.finish()
    assert answer.is_complete
    assert answer.headers["x-image-format"] == after
    assert ("deprecation" in answer.headers) == (after == "content")
    assert "content-length" not in answer.headers
    reading = read(collect(chunks_of(answer.body)))
    assert (reading.text, [image.url for image in reading.images]) == ("Here: ", URLS)
    assert b": ping\n\n" in answer.body
    assert answer.body.endswith(b"data: [DONE]\n\n")


async def test_lines_are_kept_short_for_clients_that_refuse_long_ones(shim):
    story = "A long story. " * 100
    app = Application(event({"content": story}), *EVENTS, headers=SSE)
    answer = await call(shim(app, default="content", max_line=450))
    assert max(map(len, answer.body.splitlines(keepends=True))) <= 450
    reading = read(collect(chunks_of(answer.body)))
    assert (reading.text, [image.url for image in reading.images]) == (f"{story}Here: ", URLS)


async def test_images_are_numbered_for_clients_that_merge_by_index(shim):
    answer = await call(shim(Application(*EVENTS, headers=SSE)))
    assert indexes_of(STREAM) == [0, 0]
    assert indexes_of(answer.body) == [0, 1]


async def test_each_event_goes_out_when_it_came_in(shim):
    answer = await call(shim(Application(*EVENTS, headers=SSE), default="image", on_loss="drop"))
    assert answer.pieces[:2] == EVENTS[:2]
    assert len(answer.pieces) >= len(EVENTS)


@pytest.mark.parametrize("version", captured.PROXIES)
@pytest.mark.parametrize("after", ["content", "image", "images", "parts"])
async def test_real_streams_of_a_proxy_are_converted_by_the_version_in_their_headers(
    shim, version, after
):
    for file in sorted((captured.FOLDER / "proxy" / version).glob("*.sse")):
        body = file.read_bytes()
        app = Application(body, headers={**SSE, "x-litellm-version": version})
        answer = await call(shim(app, default=after))
        whole = SSEConverter(after, source=version)
        assert answer.body == whole.feed(body) + whole.finish(), file.name


async def test_a_stream_is_counted_once(shim, registry):
    await call(shim(Application(*EVENTS, headers=SSE)))
    await call(shim(Application(EVENTS[0], headers=SSE)))
    labels = {"format": "images", "client": "unknown"}
    value = registry.get_sample_value
    assert value("imageshim_replies_total", {**labels, "source": "default"}) == 2
    assert value("imageshim_conversions_total", labels) == 1
    assert value("imageshim_bytes_total", {"direction": "in"}) == len(STREAM + EVENTS[0])


# -- codings -----------------------------------------------------------------------------------

PACK = {"gzip": gzip.compress, "br": brotli.compress, "zstd": zstandard.compress}
UNPACK = {
    "gzip": gzip.decompress,
    "br": brotli.decompress,
    "zstd": lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body),
}


def packed(coding, *, damage=lambda body: body, cut=9):
    body = damage(PACK[coding](STREAM))
    pieces = [body[at : at + cut] for at in range(0, len(body), cut)]
    return Application(*pieces, headers={**SSE, "content-encoding": coding, "x-a": "1"})


@pytest.mark.parametrize("coding", PACK)
async def test_a_packed_stream_is_unpacked_converted_and_packed_again(shim, coding):
    answer = await call(shim(packed(coding)))
    assert answer.headers["content-encoding"] == coding
    assert indexes_of(UNPACK[coding](answer.body)) == [0, 1]
    assert answer.is_complete


@pytest.mark.parametrize("coding", PACK)
async def test_a_stream_that_is_not_packed_as_it_says_passes_byte_for_byte(shim, coding, registry):
    app = packed(coding, damage=lambda _: STREAM)
    answer = await call(shim(app))
    assert answer.body == STREAM
    assert answer.messages[0] == app._messages[0]
    assert registry.get_sample_value("imageshim_failures_total", {"reason": "coding"}) == 1


async def test_a_stream_of_which_nothing_can_be_unpacked_passes_from_its_first_byte_on(shim):
    app = packed("gzip", damage=lambda body: body[:10] + b"\xff" * 40, cut=5)
    answer = await call(shim(app))
    assert answer.body == gzip.compress(STREAM)[:4] + answer.body[4:10] + b"\xff" * 40
    assert answer.messages[0] == app._messages[0]


async def test_a_packed_stream_that_is_damaged_in_the_middle_has_no_end(shim):
    def damage(body):
        return body[:120] + b"\xff" * 50 + body[170:]

    answer = await call(shim(packed("gzip", damage=damage)))
    assert answer.headers["x-image-format"] == "images"
    assert not answer.is_complete


async def test_a_packed_stream_without_an_end_stays_without_one(shim):
    answer = await call(shim(packed("gzip", damage=lambda body: body[:-9])))
    assert answer.is_complete
    with pytest.raises(EOFError):
        gzip.decompress(answer.body)


async def test_a_packed_stream_that_is_empty_passes(shim):
    app = Application(headers={**SSE, "content-encoding": "gzip"})
    answer = await call(shim(app))
    assert answer.messages[0] == app._messages[0]
    assert (answer.body, answer.is_complete) == (b"", True)


# -- faults --------------------------------------------------------------------------------------


async def test_a_stream_that_ends_early_gives_all_that_came(shim, registry):
    body = STREAM[: STREAM.index(b"data:image") + 40]
    answer = await call(shim(Application(body, headers=SSE, ends=False), default="content"))
    assert answer.body == body
    assert answer.messages[-1]["more_body"] is True
    assert registry.get_sample_value("imageshim_failures_total", {"reason": "incomplete"}) == 1


@pytest.mark.parametrize("body", [b"", b"no events", b"data: {\n\n", b"data: []\n\n", b"\xff\n\n"])
async def test_what_is_no_chunk_passes_byte_for_byte(shim, body):
    answer = await call(shim(Application(body, headers=SSE), default="content"))
    assert (answer.body, answer.is_complete) == (body, True)


@pytest.fixture
def _broken(monkeypatch):
    """A converter with a fault of its own: it cannot take the second image."""
    feed = SSEConverter.feed

    def faulty(self, data):
        if URLS[1].encode() in data:
            raise ZeroDivisionError
        return feed(self, data)

    monkeypatch.setattr(SSEConverter, "feed", faulty)


@pytest.mark.usefixtures("_broken")
async def test_after_a_fault_the_rest_of_a_stream_passes_as_it_came(shim, registry, caplog):
    answer = await call(shim(Application(STREAM, headers=SSE), default="content"))
    before = SSEConverter("content")
    converted = before.feed(b"".join(EVENTS[:3])) + before.finish()
    assert answer.body == converted + b"".join(EVENTS[3:])
    assert answer.is_complete
    assert caplog.text.count("ZeroDivisionError") == 1
    assert registry.get_sample_value("imageshim_failures_total", {"reason": "conversion"}) == 1


async def test_a_fault_at_the_very_end_leaves_the_last_event_as_it_came(shim, monkeypatch):
    def faulty(_self):
        raise ZeroDivisionError

    monkeypatch.setattr(SSEConverter, "finish", faulty)
    body = EVENTS[0] + EVENTS[4].rstrip()
    answer = await call(shim(Application(body, headers=SSE), default="content"))
    assert (answer.body, answer.is_complete) == (body, True)


@pytest.mark.usefixtures("_broken")
async def test_strict_ends_a_stream_at_a_fault(shim):
    answer = await call(shim(Application(*EVENTS, headers=SSE), default="content", strict=True))
    assert URLS[1].encode() not in answer.body
    assert answer.messages[-1]["more_body"] is True


async def test_a_line_without_an_end_is_not_held_for_ever(shim, registry):
    pieces = [b"data: ", *[b"x" * 100] * 9, b"\n\n", *EVENTS]
    app = Application(*pieces, headers=SSE)
    answer = await call(shim(app, default="content", max_reply=500))
    assert answer.body == b"".join(pieces)
    assert max(map(len, answer.pieces)) < 800
    assert registry.get_sample_value("imageshim_failures_total", {"reason": "conversion"}) == 1


def fed(stream, piece, *, last=False):
    stream.take(piece)
    return stream.feed(last=last)


def test_text_that_may_become_an_image_is_not_held_for_ever():
    stream = StreamBody(SSEConverter("images", source="content"), None, 2000)
    opened = event({"content": "data:image/png;base64,"})
    more = event({"content": "A" * 300})
    out = fed(stream, opened)
    out += b"".join(fed(stream, more) for _ in range(20))
    assert stream.fault is not None
    out += fed(stream, EVENTS[-1], last=True)
    said = [json.dumps(chunk["choices"][0]["delta"]) for chunk in chunks_of(out)]
    assert "data:image/png;base64,AAA" in said[0]
    assert "".join(said).count("A") == 20 * 300
    assert out.endswith(EVENTS[-1])


@pytest.mark.parametrize(("name", "pack"), [("gzip", gzip.compress), ("zstd", zstandard.compress)])
async def test_a_stream_whose_events_are_packed_one_by_one_comes_whole(shim, name, pack):
    app = Application(*map(pack, EVENTS), headers={**SSE, "content-encoding": name})
    answer = await call(shim(app, default="images"))
    unpacked = {
        "gzip": gzip.decompress,
        "zstd": lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body),
    }[name](answer.body)
    assert unpacked.endswith(b"data: [DONE]\n\n")
    assert indexes_of(unpacked) == [0, 1]


@pytest.mark.parametrize(("pick", "wanted"), [("first", 0), ("final", 1)])
async def test_the_operator_says_which_image_a_format_of_one_gets(shim, pick, wanted):
    answer = await call(shim(Application(STREAM, headers=SSE), default="image", pick=pick))
    (message,) = [choice["message"] for choice in collect(chunks_of(answer.body))["choices"]]
    assert message["image"]["url"] == URLS[wanted]
    whole = collect(chunks_of(STREAM))
    body = json.dumps(whole).encode()
    headers = {"content-type": "application/json"}
    answer = await call(shim(Application(body, headers=headers), default="image", pick=pick))
    assert json.loads(answer.body)["choices"][0]["message"]["image"]["url"] == URLS[wanted]


PACKINGS = {
    "gzip": (gzip.compress, gzip.decompress),
    "deflate": (zlib.compress, zlib.decompress),
    "br": (brotli.compress, brotli.decompress),
    "zstd": (zstandard.compress, lambda packed: zstandard.decompress(packed, 1 << 24)),
}


@pytest.fixture
def threads(monkeypatch):
    """In which thread each event was converted."""
    found = []
    feed = SSEConverter.feed

    def noted(self, data):
        found.append(threading.get_ident())
        return feed(self, data)

    monkeypatch.setattr(SSEConverter, "feed", noted)
    return found


def many_uris(number):
    """Beginnings of images in text, each of which has to be looked at."""
    return "data:image/png;base64,iVBORw0KGgo " * number


@pytest.mark.parametrize(
    ("text", "is_beside"),
    [("x" * 1000, False), ("x" * 3_000_000, True), (many_uris(20), False), (many_uris(400), True)],
    ids=["small", "large", "few to weigh", "many to weigh"],
)
@pytest.mark.parametrize("packing", [None, *PACKINGS])
@pytest.mark.parametrize("size", [10, 1 << 16, 1 << 23])
@pytest.mark.parametrize("ends", ["whole", "without its end"])
async def test_an_event_that_takes_long_is_converted_beside_the_event_loop(
    shim, threads, text, packing, is_beside, size, ends
):
    body = event({"role": "assistant", "content": text}) + picture(URLS[0])
    body += event({"content": text}) if ends == "whole" else event({"content": text})[:-2]
    whole = SSEConverter("image")
    expected = whole.feed(body) + whole.finish()
    threads.clear()
    sent = PACKINGS[packing][0](body) if packing else body
    size = max(size, len(sent) // 1000)
    pieces = [sent[at : at + size] for at in range(0, len(sent), size)]
    headers = {**SSE, "content-encoding": packing} if packing else SSE
    answer = await call(shim(Application(*pieces, headers=headers), default="image"))
    assert (PACKINGS[packing][1](answer.body) if packing else answer.body) == expected
    assert answer.is_complete
    assert (set(threads) - {threading.get_ident()} != set()) is is_beside


@pytest.mark.parametrize("packing", PACKINGS)
async def test_many_events_in_a_small_piece_are_unpacked_and_converted_beside_the_event_loop(
    shim, threads, packing
):
    many = PACKINGS[packing][0](event({"content": "x"}) * 10_000)
    assert len(many) < 1 << 14
    headers = {**SSE, "content-encoding": packing}
    await call(shim(Application(many, headers=headers), default="image"))
    assert len(threads) >= 10_000
    assert threading.get_ident() not in threads


async def test_after_a_long_event_short_ones_are_converted_at_once(shim, threads):
    long = event({"role": "assistant", "content": "x" * 3_000_000})
    await call(shim(Application(long, picture(URLS[0]), headers=SSE), default="image"))
    assert threads[0] != threading.get_ident()
    assert threads[1] == threading.get_ident()
