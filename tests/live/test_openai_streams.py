"""The real OpenAI SDK reads event streams that imageshim has converted on the way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from captured import FOLDER, upstream
from imageshim import SSEConverter

from . import environments

pytestmark = pytest.mark.live

TWO = "d_text_image_text_image"
SCENARIOS = (TWO, "b_text_image.include_usage", "k_nopad_then_letters", "s5_two_images_one_chunk")
CASES = [
    (version, scenario)
    for version in ("1.75.9", "1.76.3", "1.109.1")
    for scenario in SCENARIOS
    if (FOLDER / "proxy" / version / f"{scenario}.sse").exists()
]
MAJORS = environments.OPENAI
_PIECE = 100


class _Relay(BaseHTTPRequestHandler):
    """Sends a captured stream; ``/VERSION/SCENARIO/FORMAT/…``, or ``as-is`` for the format."""

    def do_POST(self) -> None:  # the name that the base class calls
        self.rfile.read(int(self.headers["Content-Length"]))
        version, scenario, to = self.path.split("/")[1:4]
        body = (FOLDER / "proxy" / version / f"{scenario}.sse").read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        converter = None if to == "as-is" else SSEConverter(to, source=version)
        for at in range(0, len(body), _PIECE):
            piece = body[at : at + _PIECE]
            self.wfile.write(piece if converter is None else converter.feed(piece))
        if converter is not None:
            self.wfile.write(converter.finish())

    def log_message(self, *_: object) -> None:
        """Be quiet."""


@pytest.fixture(scope="module")
def relay() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Relay) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def sent(version, scenario):
    (truth,) = upstream()[scenario.partition(".")[0]]
    lost = version == "1.76.3" and scenario == "s5_two_images_one_chunk"
    return truth.text, truth.images[:1] if lost else truth.images


@pytest.mark.parametrize("how", ["created", "created_async"])
@pytest.mark.parametrize("major", MAJORS)
def test_every_image_arrives_in_a_delta(major, how, relay, probe):
    process = probe(environments.openai_sdk(major))
    for version, scenario in CASES:
        deltas = process.call(
            f"openai_streams.{how}", url=f"{relay}/{version}/{scenario}/images/v1"
        )
        items = [entry for delta in deltas for entry in delta.get("images") or []]
        text = "".join(delta.get("content") or "" for delta in deltas)
        assert (text, [entry["image_url"]["url"] for entry in items]) == sent(version, scenario)
        assert [entry["index"] for entry in items] == list(range(len(items)))


@pytest.mark.parametrize("major", MAJORS)
def test_the_helper_adds_up_as_many_images_as_were_sent(major, relay, probe):
    process = probe(environments.openai_sdk(major))
    for version, scenario in CASES:
        (said,) = process.call(
            "openai_streams.helper", url=f"{relay}/{version}/{scenario}/images/v1"
        )
        text, urls = sent(version, scenario)
        assert (said["content"] or "") == text
        assert [entry["image_url"] for entry in said["images"]] == [
            {"url": url, "detail": "auto"} for url in urls
        ]


@pytest.mark.parametrize("major", MAJORS)
def test_older_formats_reach_the_helper_too(major, relay, probe):
    """Text as LiteLLM up to 1.76.0 sent it; the marks of images do not disturb the helper."""
    process = probe(environments.openai_sdk(major))
    (said,) = process.call("openai_streams.helper", url=f"{relay}/1.109.1/{TWO}/content/v1")
    first, second = sent("1.109.1", TWO)[1]
    assert said["content"] == f"First: {first} Second: {second}"
    (said,) = process.call("openai_streams.helper", url=f"{relay}/1.109.1/{TWO}/image/v1")
    assert said["image"] == {"url": first, "detail": "auto"}


@pytest.mark.parametrize("major", MAJORS)
def test_without_a_conversion_the_helper_joins_two_images_into_one(major, relay, probe):
    """Why it is needed: LiteLLM gives both the index 0 (openai/lib/streaming/_deltas.py)."""
    process = probe(environments.openai_sdk(major))
    (said,) = process.call("openai_streams.helper", url=f"{relay}/1.109.1/{TWO}/as-is/v1")
    (item,) = said["images"]
    assert item["image_url"]["url"] == "".join(sent("1.109.1", TWO)[1])
