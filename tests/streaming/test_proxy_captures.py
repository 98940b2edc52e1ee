"""Every event stream of the captured proxies, in every format, against what the upstream sent."""

from __future__ import annotations

import itertools
import json

import pytest

from captured import FOLDER, PROXIES, expected_stream
from imageshim import Format, SSEConverter, collect, detect, read_all

FILES = [path for name in PROXIES for path in sorted((FOLDER / "proxy" / name).glob("*.sse"))]
IDS = [f"{path.parent.name}-{path.stem}" for path in FILES]


def chunks_of(body: bytes):
    for line in body.splitlines():
        if line.startswith(b"data: {"):
            yield json.loads(line[6:])


def converted(body: bytes, to: Format, source: str | None, step: int) -> bytes:
    converter = SSEConverter(to, source=source)
    pieces = [body[at : at + step] for at in range(0, len(body), step)]
    return b"".join([*map(converter.feed, pieces), converter.finish()])


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_a_proxy_s_stream_says_what_the_upstream_sent(path):
    version, scenario = path.parent.name, path.name.partition(".")[0]
    body = path.read_bytes()
    expected = [said for said in expected_stream(version, scenario) if said != ("", [])]
    for source, to in itertools.product((version, None), Format):
        out = converted(body, to, source, 7)
        chunks = list(chunks_of(out))
        reply = collect(chunks, source=to)
        found = [(one.text, [image.url for image in one.images]) for one in read_all(reply)]
        assert [said for said in found if said != ("", [])] == expected, (source, to)
        formats = {
            detect(choice["delta"], to) for chunk in chunks for choice in chunk.get("choices", ())
        }
        assert formats <= {None, to}
        assert out.endswith(b"data: [DONE]\n\n") == body.endswith(b"data: [DONE]\n\n")
        assert converted(body, to, source, 10_000) == out
