"""Data URIs in text: which are images, where they end, what they hold."""

import base64
import sys
from urllib.parse import quote

import pytest
from PIL import Image as PILImage

from captured import replies, upstream
from imageshim.errors import MalformedImageError
from imageshim.image_data import data_uri
from imageshim.image_data.data_uri import (
    DataURI,
    decode,
    dimensions,
    find_header,
    find_images,
    is_enclosed,
    parse,
    payload_size,
    prefix_at_end,
    raw_image,
    sniff,
    split_markdown,
)
from imageshim.image_data.structure import source
from sample_images import SAMPLES, png_with, saved

PNG = SAMPLES["PNG 0"].data
PAYLOAD = base64.b64encode(PNG).decode()
URI = f"data:image/png;base64,{PAYLOAD}"
PLAIN = png_with(PNG, b"tEXt", b"a" * (-len(PNG) % 3))  # needs no padding
PLAIN_URI = f"data:image/png;base64,{base64.b64encode(PLAIN).decode()}"
JPEG_URI = f"data:image/jpeg;base64,{base64.b64encode(SAMPLES['JPEG baseline 0'].data).decode()}"


def found(text, *, trusted=True):
    return [text[begin:end] for begin, end in find_images(text, trusted=trusted)]


def test_captured_contents_hold_the_images_that_the_model_sent():
    seen = 0
    for version in ("1.70.0", "1.75.9", "1.76.0"):
        for scenario, reply in replies(version).items():
            for choice, truth in zip(reply["choices"], upstream()[scenario], strict=False):
                content = choice["message"].get("content") or ""
                sent = [uri for uri in truth.images if uri not in truth.drafts]
                assert found(content) == sent, scenario
                assert found(content, trusted=False) == sent, scenario
                seen += len(sent)
    assert seen > 50


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "Here: {} Done.",
        "Here:{}Done.",
        "{}\n\n{}",
        "{}{}",
        "a{}b{}c",
        "{}=5",
        "{}é",
        "\0{}\0",
    ],
)
def test_images_are_found_wherever_they_are_glued(text, trusted):
    for uri in (PLAIN_URI, URI.rstrip("="), JPEG_URI):
        if uri != PLAIN_URI and "=5" in text:
            continue
        whole = text.replace("{}", uri)
        assert found(whole, trusted=trusted) == [uri] * text.count("{}")


@pytest.mark.parametrize(
    "header",
    [
        "data:image/png;base64,", "DATA:IMAGE/PNG;BASE64,", "data:image/x;base64,",
        "Data:Image/Png;charset=x;Base64,",
        "data:image/svg+xml;a=b;c;base64,", "data:image/vnd.microsoft.icon;base64,",
    ],
)  # fmt: skip
def test_headers_count_in_any_case_and_with_parameters(header):
    uri = header + PAYLOAD
    assert found(f"Here{uri} there") == [uri]
    assert decode(uri) == PNG


@pytest.mark.parametrize(
    "text",
    [
        f"data:application/pdf;base64,{PAYLOAD}",
        f"data:audio/wav;base64,{PAYLOAD}",
        f"data:image/png,{PAYLOAD}",
        f"data:image/;base64,{PAYLOAD}",
        f"data:image/png;{'a' * 300};base64,{PAYLOAD}",
        f"data:image/png; base64, {PAYLOAD}",
        f"data:image/png;base64 {PAYLOAD}",
        "data:image/png;base64,",
        "data:image/png;base64,AA",
        "data:image/png;base64,...",
        "data:image/png;base64,{payload}",
        "data:image/png;base64,iVBORw0KGgo...",
        "data:image/png;base64,iVBORw0KGgo…",
        "data:image/png;base64",
        "data:image/png",
        "",
    ],
)
def test_what_is_no_image_stays_text(text):
    assert found(text) == []
    assert found(text, trusted=False) == []


@pytest.mark.parametrize(
    "text",
    [
        'Use <img src="{}"> here', "src='{}'", "`{}`", "“{}”", "<{}>", "![a]({})", "[a]({})",
        "background: url({})", "URL({})", r'"src=\"{}\""',
    ],
)  # fmt: skip
def test_a_uri_that_text_encloses_is_text(text):
    assert found(text.replace("{}", URI)) == []
    assert found(text.replace("{}", URI), trusted=False) == []
    # One side alone encloses nothing, where the format is known.
    half = text.partition("{}")[0] + URI
    assert found(half + " more") == [URI]
    assert found(half + " more", trusted=False) == []


def test_parentheses_enclose_only_where_a_uri_is_due():
    assert found(f"(see {URI})") == [URI]
    assert found(f"({URI})") == [URI]
    assert found(f"({URI})", trusted=False) == []
    assert not is_enclosed("", "")
    assert is_enclosed("](", ")")
    assert is_enclosed(']"', '"')
    assert not is_enclosed(']"', ")")


def test_a_truncated_image_counts_only_where_the_format_is_known():
    for uri in (URI[:-200], JPEG_URI[:-200], "data:image/png;base64,AAAAAAAA"):
        assert found(f"{uri} and so on") == [uri]
        assert found(f"{uri} and so on", trusted=False) == []


def test_the_claimed_type_does_not_matter():
    wrong = JPEG_URI.replace("image/jpeg", "image/png").rstrip("=")
    assert found(wrong + "Here you go", trusted=False) == [wrong]


def test_headers_are_found_one_after_another():
    assert find_header("see: data:image/png;base64,") == (5, 27)
    assert find_header("data:image/png;base64,", 1) is None
    assert find_header("data:image/png;base64,", 0, 21) is None
    assert find_header("a:b data:image/png no, :data:image/gif;base64,x") == (24, 46)


@pytest.mark.parametrize(
    ("uri", "header"),
    [
        ("data:image/png;base64,AA", DataURI("image/png", True, 22)),
        ("DATA:Image/PNG;Charset=x;BASE64,AA", DataURI("image/png", True, 32)),
        ("data:image/svg+xml;utf8,<svg/>", DataURI("image/svg+xml", False, 24)),
        ("data:,hello", DataURI("text/plain", False, 6)),
        ("data:;base64,AA", DataURI("text/plain", True, 13)),
        ("data:image/png;base64", None),
        ("https://example.com/a,b", None),
        ("", None),
        ("data:" + "a" * 300 + ",", None),
    ],
)
def test_a_header_is_parsed(uri, header):
    assert parse(uri) == header


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0), ("no", 0), ("…dat", 3), ("d", 1), ("add", 1), ("DATA:", 5), ("data:image/", 11),
        ("x data:image/png;bas", 18), ("data:image/png;base64,", 22), ("data:image/png;a=b;", 19),
        ("data:image/png;base64,iVBO", 0), ("data:image/png,", 0), ("data:application/", 0),
        ("data:image/png ", 0), ("data:dat", 3), ("data:image/d", 12),
        ("data:image/" + "a" * 300, 0),
    ],
)  # fmt: skip
def test_the_beginning_of_a_uri_at_the_end_of_text(text, length):
    assert prefix_at_end(text) == length


@pytest.mark.parametrize("name", SAMPLES)
def test_raw_base64_is_an_image_when_it_is_all_there(name):
    data, media_type, _ = SAMPLES[name]
    expected = None if media_type == "image/svg+xml" else media_type
    text = base64.b64encode(data).decode()
    url_safe = base64.urlsafe_b64encode(data).decode()
    lines = base64.encodebytes(data).decode()
    for spelling in (text, text.rstrip("="), url_safe, f"\n  {text}\n", lines):
        assert raw_image(spelling) == expected
    for broken in (
        text[: len(text) // 2],
        f"{text} Here",
        f"Here {text}",
        text.rstrip("=") + "Here",
    ):
        assert raw_image(broken) is None


@pytest.mark.parametrize(
    "text", ["", "Hello", "Question", "AAAA", "AAAAIGZ0eXAb", "/9j/", " ", "Qk"]
)
def test_other_text_is_no_raw_image(text):
    assert raw_image(text) is None


def test_sniffing_reads_the_first_characters():
    assert sniff(PAYLOAD[:64]) == "image/png"
    assert sniff(PAYLOAD[:11]) == "image/png"
    assert sniff(PAYLOAD[:10]) is None
    assert sniff("PHN2Zy8+") == "image/svg+xml"


SPELLINGS = {
    "padded": lambda text: text,
    "unpadded": lambda text: text.rstrip("="),
    "URL-safe": lambda text: text.replace("+", "-").replace("/", "_"),
    "percent-escaped": lambda text: quote(text, safe=""),
    "in lines": lambda text: "\r\n".join(text[at : at + 76] for at in range(0, len(text), 76)),
    "with blanks": lambda text: f" {text[:50]} {text[50:]}\t",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_decoding_takes_every_spelling(spelling):
    for name in ("JPEG baseline 0", "JPEG baseline 1", "JPEG baseline 2"):
        data, _, size = SAMPLES[name]
        uri = "data:image/jpeg;base64," + SPELLINGS[spelling](base64.b64encode(data).decode())
        assert decode(uri) == data
        assert payload_size(uri) == len(data)
        assert dimensions(uri) == size


def test_decoding_does_the_same_without_the_faster_decoder(monkeypatch):
    before = [decode(PLAIN_URI + "A" * 8000), decode(URI)]
    monkeypatch.setitem(sys.modules, "pybase64", None)
    source._large_decoder.cache_clear()
    try:
        assert [decode(PLAIN_URI + "A" * 8000), decode(URI)] == before
        with pytest.raises(MalformedImageError):
            decode(URI.rstrip("=") + "!" * 4)
    finally:
        source._large_decoder.cache_clear()


@pytest.mark.parametrize("size", [(4, 6), (5, 7), (300, 1000)])
def test_lossless_webp_says_its_size_in_bits(size):
    picture = saved(PILImage.new("RGB", size), "WEBP", lossless=True)
    assert dimensions("data:image/webp;base64," + base64.b64encode(picture).decode()) == size


def test_svg_can_be_text_in_a_uri():
    svg = '<svg width="3" height="4"><text>é 100%</text></svg>'
    for uri in (
        "data:image/svg+xml," + quote(svg),
        "data:image/svg+xml;utf8," + svg.replace("%", "%25"),
        "data:image/svg+xml;charset=utf-8," + quote(svg, safe="<>=\"' "),
    ):
        assert decode(uri) == svg.encode()
        assert payload_size(uri) == len(svg.encode())
        assert dimensions(uri) == (3, 4)


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("hello", "not a data URI: 'hello'"),
        ("data:image/png;base64,", "a image/png data URI without data"),
        ("data:image/png;base64,====", "a image/png data URI without data"),
        ("data:image/svg+xml,", "a image/svg[+]xml data URI without data"),
        ("data:image/png;base64,AAAA!AAA", "'!' is not base64 [(]character 4 of 8"),
        ("data:image/png;base64,AA==AAAA", "'=' is not base64 [(]character 2 of 8"),
        ("data:image/png;base64,AAAé", "'é' is not base64"),
        ("data:image/png;base64,AAA\ud800", r"'\\ud800' is not base64"),
        ("data:image/png;base64,AAAAA", "truncated base64: 5 characters"),
        ("data:image/svg+xml,<svg>\ud800", r"'\\ud800' is not a character [(]number 5"),
    ],
)
def test_a_malformed_image_says_what_is_wrong(uri, message):
    with pytest.raises(MalformedImageError, match=message):
        decode(uri)


def test_measures_of_what_is_no_image():
    assert dimensions("hello") is None
    assert dimensions("data:image/png;base64,") is None
    assert dimensions("data:image/svg+xml,\ud800") is None
    assert dimensions("data:image/png;base64,%FF") is None
    with pytest.raises(MalformedImageError):
        payload_size("hello")
    with pytest.raises(MalformedImageError):
        payload_size("data:image/svg+xml,\ud800")


REMOTE = "https://example.com/a_(b).png"


@pytest.mark.parametrize(
    ("text", "uris"),
    [
        (f"![a]({URI})", [URI]),
        (f"see ![a]({URI})![b]({PLAIN_URI}) there", [URI, PLAIN_URI]),
        (f"![]({URI.rstrip('=')})", [URI.rstrip("=")]),
        (f'![a b]({URI} "a title")', [URI]),
        (f"![a]( <{URI}> 'it')", [URI]),
        (f"![a]({REMOTE})", [REMOTE]),
        (f"![a](<{REMOTE}>)", [REMOTE]),
        (f"![a]({REMOTE} 'it') ![b](HTTP://example.com)", [REMOTE, "HTTP://example.com"]),
        (f"![a]\n({URI})", []),
        (f"[a]({URI})", []),
        (f"![a]({URI}", []),
        (f"![a]({URI} title)", []),
        (f'![a]({URI} "title)', []),
        (f"![a](<{URI})", []),
        (f"![a](<{REMOTE})", []),
        ("![a](https://example.com", []),
        ("![a](image.png)", []),
        ("![a](data:image/png;base64,)", []),
        (f"![a](x{URI})", []),
        ("![a](", []),
        ("![a]( ", []),
        ("![a](https://example.com/a b)", []),
    ],
)
def test_markdown_images_are_split(text, uris):
    spans = split_markdown(text)
    assert [text[begin:end] for _, _, begin, end in spans] == uris
    for begin, end, _, _ in spans:
        assert text.startswith("![", begin)
        assert text.startswith(")", end - 1)


HOSTILE = {
    "fake prefixes": "data:image/png;base64,",
    "fake prefixes with text": "data:image/png;base64, and ",
    "fake PNGs": "data:image/png;base64," + PAYLOAD[:48],
    "fake JPEGs": "data:image/png;base64,/9j//////////////////////2wAAAAA",
    "fake SVGs": "data:image/svg+xml;base64,PHN2Zz48c3ZnPjwhLS08c3ZnPjxzdmc+",
    "fake TIFFs": "data:image/tiff;base64,SUkqAAgAAAABAAQABAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "schemes": "data:",
    "image schemes": "data:image/",
    "parameters": "data:image/png;a;a;a;a;a;a;a",
    "brackets": "![](",
    "fake Markdown": "![](data:image/png;base64,AAAA",
    "remote Markdown": "![](https://a",
}


@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE)
def test_hundreds_of_fakes_are_no_images(unit):
    # benchmarks/bench_hostile.py sees to it that more of them take no more than their share.
    text = unit * 500
    assert find_images(text, trusted=False) == []
    assert split_markdown(text) == [] or "https" in unit
    find_images(text, trusted=True)
    assert raw_image(text) is None
    prefix_at_end(text)


def test_all_public_names_are_there():
    assert all(hasattr(data_uri, name) for name in data_uri.__all__)


@pytest.mark.parametrize("letter", "BCDEQgw")
@pytest.mark.parametrize("width", [3, 5, 7, 8])
def test_letters_behind_a_tiff_without_padding_are_not_taken_for_zeros(letter, width):
    picture = saved(PILImage.new("RGB", (width, 1), "white"), "TIFF", big_tiff=True)
    uri = f"data:image/tiff;base64,{base64.b64encode(picture).decode().rstrip('=')}"
    for trusted in (True, False):
        assert find_images(f"{uri}{letter}ut", trusted=trusted) == [(0, len(uri))]


@pytest.mark.parametrize(
    ("uri", "written"),
    [
        ("data:image/png;base64,/9j/4AAQ", "data:image/jpeg;base64,/9j/4AAQ"),
        ("data:image/jpg;base64,/9j/4AAQ", "data:image/jpeg;base64,/9j/4AAQ"),
        ("data:image/jpeg;base64,iVBORw0KGgoAAAAN", "data:image/png;base64,iVBORw0KGgoAAAAN"),
        ("data:;base64,iVBORw0KGgoAAAAN", "data:image/png;base64,iVBORw0KGgoAAAAN"),
        ("data:image;base64,iVBORw0KGgoAAAAN", "data:image/png;base64,iVBORw0KGgoAAAAN"),
        (
            "data:application/octet-stream;base64,R0lGODlhAQAB",
            "data:image/gif;base64,R0lGODlhAQAB",
        ),
        ("DATA:Image/PNG;Base64,iVBORw0KGgoAAAAN", "data:image/png;base64,iVBORw0KGgoAAAAN"),
        ("data:image/png;name=a.png;base64,iVBORw0K", "data:image/png;base64,iVBORw0K"),
        ("data:image/jpg;base64,AAAA", "data:image/jpeg;base64,AAAA"),
        ("data:image/x-png;base64,AAAA", "data:image/png;base64,AAAA"),
    ],
)
def test_the_media_type_becomes_that_of_the_bytes(uri, written):
    assert data_uri.truly_typed(uri) == written
    assert data_uri.truly_typed(written) is written


@pytest.mark.parametrize(
    "uri",
    [
        "data:image/png;base64,iVBORw0KGgoAAAAN",
        "data:image/unknown;base64,AAAA",
        "data:image/svg+xml,%3Csvg/%3E",
        "https://a.example/b.png",
        "data:image/png;base64",
        "files/a.png",
    ],
)
def test_what_is_typed_truly_and_what_is_no_base64_stays(uri):
    assert data_uri.truly_typed(uri) is uri
    assert data_uri.true_type("files/a.png") is None


def test_a_data_uri_without_a_payload_is_none_even_where_the_source_is_known():
    assert find_images("data:image/png;base64,!!! and data:image/png;base64,", trusted=True) == []
