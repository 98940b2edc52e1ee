"""Laws of data URIs in text, for any text, any images and any way of cutting them."""

import base64
from itertools import pairwise

from hypothesis import assume, given
from hypothesis import strategies as st

from imageshim.errors import MalformedImageError
from imageshim.image_data.data_uri import (
    LONGEST_HEADER,
    PayloadScanner,
    decode,
    dimensions,
    find_header,
    find_images,
    is_mention,
    parse,
    payload_size,
    prefix_at_end,
    raw_image,
    sniff,
    split_markdown,
)
from imageshim.image_data.structure import payload_end
from sample_images import SAMPLES

BINARY = {name: sample for name, sample in SAMPLES.items() if len(sample.data) < 30_000}
HEADERS = ("data:image/png;base64,", "DATA:image/WebP;BASE64,", "data:image/x;a=b;base64,")


@st.composite
def uris(draw, *, stripped=False):
    """A data URI of a real picture, in one of its spellings."""
    data = BINARY[draw(st.sampled_from(sorted(BINARY)))].data
    encode = draw(st.sampled_from([base64.b64encode, base64.urlsafe_b64encode]))
    payload = encode(data).decode()
    return draw(st.sampled_from(HEADERS)) + (payload.rstrip("=") if stripped else payload)


BASE64_WORDS = st.text("ABCDwxyz019+/-_", max_size=40)
WORDS = st.sampled_from(
    ["Here", "Here=5", "data", "image/png;base64,", "base64", "QmCC====", "é", "😀"]
)
PROSE = st.text(st.characters(exclude_characters=":\"'`<(“[{«„‘’"), max_size=30)
TEXTS = st.one_of(WORDS, BASE64_WORDS, PROSE)
NASTY = st.lists(
    st.one_of(
        st.text(),
        st.text("data:image/png;base64,=", max_size=60),
        BASE64_WORDS,
        st.sampled_from([*HEADERS, "data:image/", "](", "![", "<", '"', "\ud800", "\0", "="]),
        uris().map(lambda uri: uri[:400]),
        uris(),
    ),
    max_size=8,
).map("".join)


def glue(text, uri):
    """Padding that is missing is not to be found in the text that follows."""
    return not (text.startswith("=") and len(uri.partition(",")[2]) % 4)


@given(st.lists(st.tuples(TEXTS, uris()), max_size=4), TEXTS, st.booleans())
def test_exactly_the_images_are_found_among_any_text(pairs, last, trusted):
    text = "".join(before + uri for before, uri in pairs) + last
    expected = [uri for _, uri in pairs]
    assert [text[begin:end] for begin, end in find_images(text, trusted=trusted)] == expected


@given(uris(stripped=True), st.sampled_from([" Here", "\n", "é", "data:image/png;base64,", ""]))
def test_padding_need_not_be_there(uri, after):
    assert find_images(uri + after, trusted=True)[0] == (0, len(uri))


@given(NASTY, st.booleans())
def test_any_text_is_searched_without_an_error(text, trusted):
    spans = find_images(text, trusted=trusted)
    ends = [0] + [place for span in spans for place in span]
    assert ends == sorted(ends)
    for begin, end in spans:
        header = parse(text[begin:end])
        assert header is not None
        assert header.media_type.startswith("image/")
    assert set(find_images(text, trusted=False)) <= {
        (begin, end) for begin, end in find_images(text, trusted=True)
    }


@given(st.one_of(NASTY, NASTY.map(lambda text: "data:image/png;base64," + text)))
def test_any_text_is_measured_without_another_error(text):
    raw_image(text)
    sniff(text)
    split_markdown(text)
    assert 0 <= prefix_at_end(text) <= min(len(text), LONGEST_HEADER)
    dimensions(text)
    try:
        size = payload_size(text)
        data = decode(text)
    except MalformedImageError:
        return
    assert len(data) == size


def cut(text, places):
    """The text, cut at these places (fractions of its length)."""
    marks = sorted({int(place * len(text)) for place in places} | {0, len(text)})
    return [text[begin:end] for begin, end in pairwise(marks)]


@given(
    st.one_of(st.tuples(uris(), TEXTS).map("".join), NASTY),
    st.lists(st.floats(0, 1, exclude_max=True), max_size=12),
)
def test_a_stream_finds_the_same_end_however_it_is_cut(text, places):
    header = find_header(text)
    payload = text[header[1] :] if header else text
    scanner = PayloadScanner()
    fed = 0
    for piece in cut(payload, places):
        belongs = scanner.feed(piece)
        if belongs is not None:
            assert fed + belongs == scanner.end.length
            break
        fed += len(piece)
    scanner.finish()
    assert scanner.end == payload_end(payload, 0)


@given(st.lists(st.tuples(TEXTS, uris()), max_size=3), TEXTS, st.integers(1, 2000))
def test_a_text_read_in_pieces_gives_the_same_images(pairs, last, size):
    text = "".join(before + uri for before, uri in pairs) + last
    assert streamed_images(text, size) == [uri for _, uri in pairs]


def streamed_images(text, size):
    """What a reader finds that sees the text piece by piece."""
    images, held, scanner, header = [], "", None, ""
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    while pieces:
        piece = pieces.pop(0)
        if scanner is None:
            held += piece
            found = find_header(held)
            if found:
                header, piece = held[found[0] : found[1]], held[found[1] :]
                held, scanner = "", PayloadScanner()
            else:
                keep = prefix_at_end(held)
                held = held[len(held) - keep :]
                continue
        held += piece
        scanner.feed(piece)
        if not pieces:
            scanner.finish()
        if scanner.end:
            payload, rest = held[: scanner.end.length], held[scanner.end.length :]
            if not is_mention("", rest, scanner.end):
                images.append(header + payload)
            scanner, held = None, ""
            pieces.insert(0, rest)
            pieces = [piece for piece in pieces if piece]
    return images


@given(TEXTS, st.sampled_from(HEADERS), st.data())
def test_the_beginning_of_a_header_is_held_back(text, header, data):
    length = data.draw(st.integers(1, len(header)))
    assert prefix_at_end(text + header[:length]) >= length


@given(st.lists(st.tuples(PROSE, uris()), max_size=3), PROSE)
def test_markdown_images_are_found_among_any_text(pairs, last):
    assume("![" not in last)
    text = "".join(f"{before}![alt]({uri})" for before, uri in pairs) + last
    spans = split_markdown(text)
    assert [text[begin:end] for _, _, begin, end in spans] == [uri for _, uri in pairs]
    assert all(text[begin:end].startswith("![alt](") for begin, end, _, _ in spans)
    assert find_images(text, trusted=True) == []


@given(uris())
def test_a_whole_payload_is_a_raw_image(uri):
    payload = uri.partition(",")[2]
    media_type = sniff(payload)
    assert raw_image(payload) == (None if media_type == "image/svg+xml" else media_type)
