"""Bytes to frames, and frames to lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageshim.streaming.sse import BOM, Framer, lines_of


def frames(*pieces):
    framer = Framer()
    out = [frame for piece in pieces for frame in framer.feed(piece)]
    return [*out, *filter(None, [framer.finish()])]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_frame_ends_with_a_blank_line(end):
    first = b"event: x" + end + b"data: 1" + end + end
    second = b": ping" + end + end
    third = b"data: 2" + end
    assert frames(first + second + third) == [first, second, third]


def test_line_ends_can_be_mixed():
    body = b"data: 1\r\n\ndata: 2\n\r\ndata: 3\r\rdata: 4\n\rdata: 5"
    assert frames(body) == [
        b"data: 1\r\n\n", b"data: 2\n\r\n", b"data: 3\r\r", b"data: 4\n\r", b"data: 5"
    ]  # fmt: skip


def test_blank_lines_between_frames_are_frames_of_nothing():
    assert frames(b"\n\ndata: 1\n\n\n") == [b"\n", b"\n", b"data: 1\n\n", b"\n"]


@given(
    st.lists(st.sampled_from([b"\n", b"\r", b"\r\n", b"data: 1", b":", b"\xef\xbb\xbf"])), st.data()
)
def test_frames_are_the_same_however_the_bytes_are_cut(pieces, data):
    body = b"".join(pieces)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(body)))))
    cut = [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    assert frames(*cut) == frames(body)
    assert b"".join(frames(body)) == body


def lines(frame):
    return [
        (line.name, frame[line.value : line.stop], frame[line.stop : line.end])
        for line in lines_of(frame)
    ]


def test_lines_are_fields_comments_and_the_blank_one():
    assert lines(BOM + b"data:1\r\nid: 2\n: ping\rretry:  3\nfoo\ndata:\n\n") == [
        (b"data", b"1", b"\r\n"),
        (b"id", b"2", b"\n"),
        (b"", b"ping", b"\r"),
        (b"retry", b" 3", b"\n"),
        (b"foo", b"", b"\n"),
        (b"data", b"", b"\n"),
        (b"", b"", b"\n"),
    ]
    assert lines(b"data: x: y") == [(b"data", b"x: y", b"")]
    assert lines(b"a long line without any colon\n")[0][1:] == (b"", b"\n")


def test_only_a_line_of_nothing_is_blank():
    assert [line.is_blank for line in lines_of(b"data: 1\n:\n\r\n")] == [False, False, True]
