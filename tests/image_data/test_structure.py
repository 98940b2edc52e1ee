"""Where images end, of what type they are and how large: real pictures, and broken ones."""

import base64
import math
import struct
import sys

import pytest

from imageshim.image_data.data_uri import dimensions, payload_size, sniff
from imageshim.image_data.structure import End, PayloadScanner, decode_run, payload_end, source
from sample_images import (
    HEIGHT,
    SAMPLES,
    WIDTH,
    box,
    dib_icon,
    heif,
    jpeg_with_comment,
    noise,
    png_chunk,
    png_with,
    saved,
)

GLUED = (
    "",
    "Here you go",
    " Here",
    "Here=5",
    "====",
    "/9k=",
    "\n",
    ".",
    "data:",
    "é",
    "\ud800",
    "\0",
)
PNG = SAMPLES["PNG 0"].data
MOST_PIECES = 1_000
"""Of one image: what the smaller ones show in pieces of 7, the large ones need not show again."""


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def spellings(data: bytes) -> list[str]:
    url_safe = base64.urlsafe_b64encode(data).decode()
    return [encoded(data), encoded(data).rstrip("="), url_safe, url_safe.rstrip("=")]


def scanned(text: str, piece: int) -> End | None:
    """The end of the payload, fed in pieces of this many characters."""
    scanner = PayloadScanner()
    for start in range(0, len(text), piece):
        belongs = scanner.feed(text[start : start + piece])
        if belongs is not None:
            assert scanner.end is not None
            assert start + belongs == scanner.end.length
            break
    complete = scanner.finish()
    assert scanner.end is not None
    assert complete == scanner.end.complete
    return scanner.end


def end_of(data: bytes, after: str = "") -> End | None:
    """The end that both ways of looking agree on."""
    text = encoded(data) + after
    end = payload_end(text, 0)
    assert scanned(text, 1) == scanned(text, 50) == end
    return end


@pytest.mark.parametrize("name", SAMPLES)
def test_an_image_ends_where_its_structure_does(name):
    data, media_type, _ = SAMPLES[name]
    for spelling in spellings(data):
        for glued in GLUED:
            after = glued.replace("====", "") if len(spelling) % 4 else glued
            end = payload_end("x" + spelling + after, 1)
            assert end == (len(spelling), True, media_type), (spelling[-9:], after)


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize(
    "piece", [7, 4096, *(pytest.param(size, marks=pytest.mark.deep) for size in (100, 10**6))]
)
def test_a_stream_ends_where_the_whole_text_does(name, piece):
    data, media_type, _ = SAMPLES[name]
    piece = max(piece, len(data) // MOST_PIECES)
    for spelling in spellings(data):
        for after in ("", "Here you go", "data:image/png;base64,"):
            assert scanned(spelling + after, piece) == (len(spelling), True, media_type)


@pytest.mark.parametrize("name", SAMPLES)
def test_dimensions_come_from_the_header(name):
    data, media_type, size = SAMPLES[name]
    for spelling in spellings(data):
        uri = f"data:image/png;base64,{spelling}"
        assert dimensions(uri) == size
        assert payload_size(uri) == len(data)
        assert sniff(spelling) == media_type


@pytest.mark.parametrize("name", SAMPLES)
def test_a_truncated_image_is_the_whole_run_and_known_to_be_truncated(name):
    data, media_type, _ = SAMPLES[name]
    text = encoded(data)
    for length in {len(text) // 2 // 4 * 4, len(text) * 9 // 10 // 4 * 4}:
        end = payload_end(text[:length] + " Here", 0)
        assert end is not None
        assert end.length == length
        assert not end.complete
        assert end.media_type in {media_type, None, "image/heif"}
        assert payload_end(text[:length], 0, complete_only=True) is None
        assert scanned(text[:length] + " Here", 100) == end


def test_the_type_comes_from_the_bytes_alone():
    assert sniff(encoded(b"%PDF-1.4 and so on")) is None
    assert sniff("") is None
    assert sniff("é" * 64) is None
    assert sniff(encoded(b"\0\0\1\0\1\0" + bytes(12) + b"\x16\0\0\0")) == "image/x-icon"
    assert sniff(encoded(b"\0\0\1\0\0\0" + bytes(12) + b"\x16\0\0\0")) is None  # of none


def test_chunks_of_one_size_are_stepped_over_like_any_others():
    pixels = [png_chunk(b"IDAT", bytes([n]) * 100) for n in range(30)]
    odd = [png_chunk(b"IDAT", b"a" * n) for n in range(20)]
    data = PNG[:33] + b"".join(pixels + odd + pixels) + PNG[-12:]
    assert end_of(data, "Here") == (math.ceil(len(data) / 3) * 4, True, "image/png")


def test_more_bytes_after_the_image_belong_to_its_base64_when_they_can_be_seen():
    for residue, more in ((1, b"\xff"), (2, b"\xff"), (2, b"\xff\xff")):
        data = png_with(PNG, b"tEXt", b"a" * ((residue - len(PNG) - 12) % 3))
        assert len(data) % 3 == residue
        text = encoded(data + more)
        assert end_of(data + more, " Here") == (len(text), True, "image/png")
        assert payload_end(text + ".", 0) == (len(text), True, "image/png")


def test_text_is_no_padding_where_none_is_due():
    data = png_with(PNG, b"tEXt", b"a" * (-len(PNG) % 3))
    assert end_of(data, "====") == (len(encoded(data)), True, "image/png")
    two = png_with(PNG, b"tEXt", b"a" * ((1 - len(PNG)) % 3))
    assert encoded(two).endswith("==")
    assert end_of(two, "===") == (len(encoded(two)), True, "image/png")


def test_padding_that_is_cut_in_two_is_put_together():
    data = png_with(PNG, b"tEXt", b"a" * ((1 - len(PNG)) % 3))
    text = encoded(data)
    scanner = PayloadScanner()
    assert scanner.feed(text[:-1]) is None
    assert scanner.feed("=Here") == 1
    assert scanner.feed("more") == 0
    assert scanner.finish()


def test_padding_that_is_not_there_is_not_waited_for():
    data = png_with(PNG, b"tEXt", b"a" * ((1 - len(PNG)) % 3))
    text = encoded(data)
    scanner = PayloadScanner()
    assert scanner.feed(text[:-1]) is None
    assert scanner.feed("Here") == 0
    scanner = PayloadScanner()
    assert scanner.feed(text[:-1]) is None
    assert scanner.finish()
    assert scanner.end == (len(text) - 1, True, "image/png")


@pytest.mark.parametrize("after", ["data:image/png;base64,AAAA", "DATA:,", "Data:"])
def test_an_unknown_payload_never_runs_into_the_next_uri(after):
    assert payload_end("AAAA" + after, 0) == (4, False, None)
    assert payload_end("AA==" + after, 0) == (4, False, None)
    assert payload_end("date:", 0) == (4, False, None)
    for piece in range(1, 8):
        assert scanned("AAAA" + after, piece) == (4, False, None)


def test_a_stream_can_show_that_an_image_ended_before():
    scanner = PayloadScanner()
    assert scanner.feed("A" * 100 + "data") is None
    assert scanner.feed(":image") == -4


def test_padding_ends_an_unknown_payload_only_where_it_can_be():
    for text, length in {
        "AA==": 4, "AA=": 3, "AAA=": 4, "AAA==": 4, "AAAA=": 4, "AAAAA=": 5, "AA===": 4, "": 0,
    }.items():  # fmt: skip
        assert payload_end(text, 0) == (length, False, None)
        assert scanned(text, 1) == (length, False, None)


def test_foreign_characters_in_what_was_passed_over_end_a_broken_image():
    head = encoded(PNG[:33] + struct.pack(">I", 3000) + b"IDAT")[:-4]
    text = head + "A" * 1000 + "!" + "A" * 3500
    assert payload_end(text, 0) == (len(head) + 1000, False, "image/png")
    for piece in (1, 50, 5000):
        scanner = PayloadScanner()
        for start in range(0, len(text), piece):
            scanner.feed(text[start : start + piece])
        scanner.finish()
        assert scanner.end == (len(head) + 1000, False, "image/png")


def test_a_stream_keeps_next_to_nothing():
    scanner = PayloadScanner()
    head = PNG[:33] + struct.pack(">I", 10**9) + b"IDAT"
    scanner.feed(encoded(head))
    for _ in range(100):
        scanner.feed("A" * 10_000)
    assert sum(map(sys.getsizeof, vars(scanner._source).values())) < 2000


@pytest.mark.parametrize(
    "data",
    [
        PNG[:8] + png_chunk(b"IDAT", b"") + PNG[33:],  # IHDR is not the first
        PNG[:33] + b"\0\0\0\0\0\0\0\0",  # a chunk without type
        PNG[:33] + b"\xff\xff\xff\xffIDAT" + PNG[41:],  # longer than anything
        b"\xff\xd8\xff\xe0\0\1" + bytes(40),  # a segment shorter than its length
        b"\xff\xd8\xff\xe0\0\2\0\xff" + bytes(40),  # no marker where one is due
        b"\xff\xd8\xff\xe0\0\1" + bytes(40) + b"\xff\xd9",  # the same, before an EOI at the end
        b"\xff\xd8\xff\xe0\0\2\0\xff" + bytes(40) + b"\xff\xd9",
        b"GIF89a" + bytes(7) + b"\x07" + bytes(40),  # no block
        b"GIF89a" + bytes(7) + b"\x2c" + bytes(3),
        b"GIF89a" + bytes(3),
        b"GIF89a" + bytes(7) + b"\x21\xfe" + b"\x05abcde" * 2,  # sub-blocks without end
        b"RIFF" + struct.pack("<I", 40) + b"WEBPABCD" + bytes(40),
        b"BM" + struct.pack("<IHHI", 10, 0, 0, 54) + struct.pack("<I", 40) + bytes(40),
        box(b"ftyp", b"heic", bytes(4)) + box(b"mdat", bytes(9)),  # no meta
        box(b"ftyp", b"heic", bytes(4)) + box(b"abcd", bytes(9)),
        box(b"ftyp", b"heic", bytes(4)) + b"\0\0\0\4meta" + bytes(40),  # no way forward
        box(b"ftyp", b"heic", bytes(4)) + b"\0\0\0\0mdat" + bytes(40),
        b"II*\0" + struct.pack("<I", 0) + bytes(40),  # no directory
        b"II*\0" + struct.pack("<IH", 8, 0) + bytes(40),  # an empty one
        b"II*\0" + struct.pack("<IHHHIII", 8, 1, 256, 4, 1, 9, 0) + bytes(40),  # no pixels
        b"II*\0" + struct.pack("<IH", 8, 900) + bytes(40),  # one beyond the end
        b"II*\0" + struct.pack("<IHHHII", 8, 1, 273, 4, 99, 9999) + bytes(40),
        b"\0\0\1\0\1\0" + bytes(8) + struct.pack("<II", 9, 22) + b"abcdefgh" + bytes(9),
        b"\0\0\1\0\1\0" + bytes(8) + struct.pack("<II", 9, 22),
        dib_icon()[:30] + bytes(8) + dib_icon()[38:],  # the second picture in the directory
        b"\0\0\1\0\xff\0" + bytes(8) + struct.pack("<II", 9, 9999) + bytes(40),
        b"<?xml version='1.0'?><html>not an image</html>",
        b"<svg><g></svg",
        b"<svg a='></svg>",
        b"<svg><!-- </svg>",
        b"<!doctype svg",
        b"<!doctype svg [ <svg/>",
        b"<!doctype svg [ ] ",
        b"<!-- nothing but a comment, and text -->" + b"a" * 40,
        b"<svg>< /svg>",
    ],
)
def test_a_broken_structure_is_no_complete_image(data):
    end = end_of(data)
    assert end is not None
    assert not end.complete
    assert payload_end(encoded(data), 0, complete_only=True) is None
    streamed = PayloadScanner(complete_only=True)
    streamed.feed(encoded(data))
    streamed.finish()
    assert streamed.end is None


def test_a_directory_that_is_read_again_and_again_ends():
    cycle = b"II*\0" + struct.pack("<IHHHIII", 8, 1, 273, 4, 1, 9, 8)
    assert end_of(cycle) == (len(encoded(cycle)), True, "image/tiff")
    # Every directory has the same long list of strips.
    count, listed = 60, 1000
    start, strips = 8, 8 + 18 * count
    data = b"II*\0" + struct.pack("<I", start)
    for n in range(count):
        following = start + 18 * (n + 1) if n < count - 1 else 0
        data += struct.pack("<HHHIII", 1, 273, 4, listed, strips, following)
    end = end_of(data + bytes(4 * listed))
    assert end is not None
    assert not end.complete


def test_a_file_of_odd_size_may_be_filled_up():
    for after in (b"", b"\0"):
        data = b"RIFF" + struct.pack("<I", 13) + b"WEBPVP8L\1\0\0\0a" + after
        assert end_of(data) == (len(encoded(data)), True, "image/webp")
    entry = struct.pack("<HHHIIHHIII", 2, 700, 1, 5, 38, 273, 4, 1, 8, 0)
    for after in (b"", b"\0"):
        data = b"II*\0" + struct.pack("<I", 8) + entry + b"aaaaa" + after
        assert end_of(data) == (len(encoded(data)), True, "image/tiff")


def test_a_box_to_the_end_of_the_file_lasts_as_long_as_the_base64():
    boxes = heif(b"heic")[:-14]
    for extra in range(3):
        data = boxes + b"\0\0\0\0mdat" + b"a" * (40 + extra)
        assert end_of(data, " Here") == (len(encoded(data)), True, "image/heic")
    large = heif(b"heic") + struct.pack(">I4sQ", 1, b"mdat", 20) + b"abcd"
    assert end_of(large, "Here you go") == (len(encoded(large)), True, "image/heic")


def test_fill_bytes_before_a_marker_and_markers_without_length_are_no_end():
    jpeg = SAMPLES["JPEG baseline 0"].data
    filled = jpeg[:2] + b"\xff\xff\xff" + jpeg[2:-2] + b"\xff\xff" + jpeg[-2:]
    marked = filled[:2] + b"\xff\x01" + filled[2:]
    end = payload_end(encoded(marked) + "Here you go", 0)
    assert end == (len(encoded(marked)), True, "image/jpeg") == end_of(marked)
    assert dimensions(f"data:;base64,{encoded(marked)}") == (WIDTH, HEIGHT)


def test_a_jpeg_is_searched_where_nothing_marks_its_end():
    jpeg = SAMPLES["JPEG progressive with a thumbnail 0"].data
    for more in range(3):
        data = jpeg_with_comment(jpeg, b"\xff\xd9" * 9 + b"a" * more)
        text = encoded(data).rstrip("=")
        assert payload_end(text + "Glued", 0) == (len(text), True, "image/jpeg")


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ("width='10' height='20'", (10, 20)),
        ('width="10px" height="2.5e1"', (10, 25)),
        ('width="1in" height="2.54CM"', (96, 96)),
        ('width="72pt" height="6pc"', (96, 96)),
        ('width="254mm" height="101.6q"', (960, 96)),
        ('viewBox="0 0 30 40"', (30, 40)),
        ('viewBox="0,0,30,40" width="15"', (15, 20)),
        ('viewBox="0 0 30 40" height="20"', (15, 20)),
        ('viewBox="0 0 30 40" width="100%" height="100%"', (30, 40)),
        ('stroke-width="3" width="5"', None),
        ('viewBox="0 0 0 40"', None),
        ('viewBox="0 0 a b" width="9em"', None),
        ('viewBox="0 0 1e300 1e-300" width="1e300"', None),
        ("width=10 height=20", None),
    ],
)
def test_an_svg_is_as_large_as_its_root_says(attributes, size):
    svg = f"<!-- <svg width='1' height='1'> --><svg {attributes}><rect width='7'/></svg>"
    assert dimensions(f"data:image/svg+xml;base64,{encoded(svg.encode())}") == size


@pytest.mark.parametrize(
    "data",
    [
        PNG[:20],
        PNG[:12] + b"ABCD" + PNG[16:],
        b"GIF89a",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe0\0\x10" + bytes(40),
        b"RIFF\0\0\0\0WEBPVP8X",
        b"RIFF\0\0\0\0WEBPABCD" + bytes(40),
        b"BM" + bytes(12) + b"\x28\0\0\0\1\0",
        heif(b"heic")[:24],
        box(b"ftyp", b"heic", bytes(4)) + box(b"abcd", bytes(40)),
        box(b"ftyp", b"heic", bytes(4)) + b"\0\0\0\4mdat" + bytes(40),
        box(b"ftyp", b"heic", bytes(4))
        + box(b"meta", bytes(4), box(b"iprp", box(b"ipco", box(b"ispe"))))
        + bytes(40),
        b"II*\0" + struct.pack("<I", 90) + bytes(40),
        b"II*\0" + struct.pack("<IHHHIII", 8, 1, 256, 4, 1, 9, 0) + bytes(40),
        b"<!-- no root -->",
    ],
)
def test_a_header_that_is_not_all_there_has_no_dimensions(data):
    assert dimensions(f"data:image/png;base64,{encoded(data)}") is None


def test_a_box_of_64_bits_before_the_properties_is_stepped_over():
    boxes = heif(b"heic")
    ftyp = box(b"ftyp", b"heic", bytes(4), b"mif1")
    data = ftyp + struct.pack(">I4sQ", 1, b"free", 20) + b"abcd" + boxes[len(ftyp) :]
    assert dimensions(f"data:image/heic;base64,{encoded(data)}") == (WIDTH, HEIGHT)
    assert end_of(data) == (len(encoded(data)), True, "image/heic")


def test_long_runs_decode_the_same_without_the_faster_decoder(monkeypatch):
    data = saved(noise(200, 200), "BMP")
    expected = decode_run(encoded(data)[:100_000])
    assert expected == data[:75_000]
    monkeypatch.setitem(sys.modules, "pybase64", None)
    source._large_decoder.cache_clear()
    try:
        assert decode_run(encoded(data)[:100_000]) == expected
        url_safe = base64.urlsafe_b64encode(data).decode()
        assert decode_run(url_safe[:100_000] + "é") == expected
    finally:
        source._large_decoder.cache_clear()


@pytest.mark.parametrize("declared", [True, False], ids=["multi-picture", "text behind"])
def test_a_second_jpeg_belongs_to_the_first_only_where_that_says_so(declared):
    from imageshim.image_data.data_uri import find_images
    from imageshim.testing.pictures import Picture, jpeg

    first = jpeg().data
    if declared:
        first = first[:2] + b"\xff\xe2\x00\x06MPF\0" + first[2:]
    first = first[:2] + b"\xff\xfe" + (2 + -(len(first) + 4) % 3).to_bytes(2, "big") + (
        b"x" * (-(len(first) + 4) % 3)
    ) + first[2:]  # fmt: skip
    alone = Picture("image/jpeg", first).url
    both = Picture("image/jpeg", first + jpeg().data).url
    text = both.rstrip("=") + " and text"
    (span,) = find_images(text, trusted=True)
    assert span == (0, len(both.rstrip("=")) if declared else len(alone))
