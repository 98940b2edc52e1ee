"""``content``: data URIs in the text."""

import pytest

from imageshim.messages.formats import content
from imageshim.messages.parts import ImagePart, TextPart
from imageshim.testing.pictures import jpeg, png

PNG, JPEG = png().url, jpeg().url
RAW = PNG.partition(",")[2]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("hello", [TextPart("hello")]),
        ("", [TextPart("")]),
        (PNG, [ImagePart(PNG)]),
        (f"a{PNG}", [TextPart("a"), ImagePart(PNG)]),
        (f"{PNG}b", [ImagePart(PNG), TextPart("b")]),
        (
            f"a{PNG}b{JPEG}c",
            [TextPart("a"), ImagePart(PNG), TextPart("b"), ImagePart(JPEG), TextPart("c")],
        ),
        (f"{PNG}{JPEG}", [ImagePart(PNG), ImagePart(JPEG)]),
        (RAW, [ImagePart(PNG, raw=True)]),
        (f"\n{RAW} ", [TextPart("\n"), ImagePart(PNG, raw=True), TextPart(" ")]),
    ],
)
def test_text_is_cut_at_its_images(text, parts):
    assert content.lift(text, trusted=True) == parts
    assert content.lower(parts) == {"content": text}


def test_a_reply_that_is_one_image_shares_its_string():
    (image,) = content.lift(PNG, trusted=False)
    assert image.url is PNG


def test_trust_takes_an_incomplete_image():
    cut = PNG[:-12]
    assert content.lift(cut, trusted=True) == [ImagePart(cut)]
    assert content.lift(cut, trusted=False) == [TextPart(cut)]


def test_drafts_are_not_written_into_the_text():
    parts = [ImagePart(JPEG, draft=True), TextPart("a"), ImagePart(PNG)]
    assert content.lower(parts) == {"content": f"a{PNG}"}
    assert content.lower([ImagePart(JPEG, draft=True)]) == {"content": None}
    assert content.lower([]) == {"content": None}


@pytest.mark.parametrize(
    ("text", "entries", "parts"),
    [
        (f"a{PNG}", [("text", 1), ("image", len(PNG))], [TextPart("a"), ImagePart(PNG)]),
        (f"a{RAW}", [("text", 1), ("raw", len(RAW))], [TextPart("a"), ImagePart(PNG, raw=True)]),
        ("ahttps://a/b", [("text", 1), ("image", 11)], [TextPart("a"), ImagePart("https://a/b")]),
        (RAW, [("image", len(RAW))], [ImagePart(RAW)]),
        # what is not in the text does not count: drafts, other entries
        (PNG, [("draft", 9, 0), ("part", 0), ("image", len(PNG))], [ImagePart(PNG)]),
        ("a", [("draft", 9, 0), ("text", 1)], [TextPart("a")]),
    ],
)
def test_spans_of_the_stash(text, entries, parts):
    assert content.lift_spans(text, entries) == parts


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("abc", []),
        ("abc", [("text", 3)]),
        ("abc", [("text", 1), ("image", 1)]),
        ("abc", [("text", 1), ("image", 2)]),
        ("a bc", [("image", 4)]),
        ("abcd", [("raw", 4)]),
        ("http://a b", [("image", 10)]),
    ],
)
def test_spans_that_do_not_fit(text, entries):
    assert content.lift_spans(text, entries) is None


@pytest.mark.parametrize("scheme", ["data", "DATA", "dAta"])
def test_markdown_images_of_data(scheme):
    url = f"{scheme}{PNG[4:]}"
    text = f"a ![image]({url}) b ![x](https://example.org/x.png)"
    assert content.lift_markdown(text) == [
        TextPart("a "),
        ImagePart(url, place="markdown"),
        TextPart(" b ![x](https://example.org/x.png)"),
    ]


def test_no_markdown_is_text():
    assert content.lift_markdown("a [link](x)") == [TextPart("a [link](x)")]
    assert content.lift_markdown("") == []
