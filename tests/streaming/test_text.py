"""Text that comes in pieces is split as the whole text is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import imageshim.streaming.text as text_module
from imageshim import Format
from imageshim.image_data.structure import payload_end, payload_end_in_sight
from imageshim.messages.formats import content
from imageshim.messages.lifting import _from_text
from imageshim.messages.options import ReadOptions
from imageshim.messages.parts import ImagePart, TextPart
from imageshim.streaming.text import TextSplitter
from imageshim.testing.pictures import KINDS, png

PNG = png(filling=1).url
UNPADDED = png(filling=2).url
assert not UNPADDED.endswith("=")


def split(pieces, *, trusted, whole=True, markdown=False):
    splitter = TextSplitter(trusted=trusted, markdown=markdown)
    parts = [part for piece in pieces for part in splitter.feed(piece)]
    parts += splitter.finish(whole=whole)
    assert splitter.idle
    return joined(parts), splitter.broken


def joined(parts):
    """The parts with runs of text joined, as tuples."""
    out = []
    for part in parts:
        if isinstance(part, TextPart) and out and out[-1][0] == "text":
            out[-1] = ("text", out[-1][1] + part.text)
        elif isinstance(part, TextPart):
            out.append(("text", part.text))
        else:
            assert isinstance(part, ImagePart)
            out.append(("image", part.url))
    return out


ADVERSARIAL = [
    "",
    "Just text, and data.",
    PNG,
    f"Here: {PNG} and {PNG}.",
    f"{PNG}{PNG}",
    f"{UNPADDED}Here you go",
    f"{UNPADDED}{UNPADDED}",
    f"{UNPADDED}",
    f'<img src="{PNG}">',
    f'x = \\"{PNG}\\" y',
    f"[a]({PNG})",
    f"url({PNG})",
    f"see ({PNG})",
    f"“{PNG}”",
    f'"{PNG}',
    f'"{UNPADDED}',
    f"{PNG[:60]}... and so on",
    f"{PNG[:60]}\N{HORIZONTAL ELLIPSIS}",
    f"{PNG[:60]}.. no",
    "data:image/png;base64,",
    'data:image/png;base64," and data:image/png;base64,AAAA',
    "data:image/png;base64,data:image/png;base64,iVBO",
    f"data:image/png;base64,{PNG}",
    "data:text/plain,hello data:application/pdf;base64,JVBERi0xLjQgeA== d",
    "DATA:IMAGE/PNG;BASE64,iVBORw0KGgo= x",
    f"data:image/png;charset=utf-8;base64,{PNG.partition(',')[2]}!",
    "data:image/png;base64,AAAA data:image/x;base64,AAAABBBB= tail",
    "the end is a dat",
    "data:image/" + "x" * 300,
    "data:image/jpeg;base64,/9j/4AAQSkZJRg==",
    *[f"a{make().url}b{make().url}" for make in KINDS.values()],
]


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize("text", ADVERSARIAL)
def test_any_two_cuts_give_what_the_whole_text_gives(text, trusted):
    whole, _ = split([text], trusted=trusted)
    for size in (1, 2, 3, 7, 64):
        pieces = [text[at : at + size] for at in range(0, len(text), size)]
        assert split(pieces, trusted=trusted) == split([text], trusted=trusted)
    for cut in range(len(text)):
        assert split([text[:cut], text[cut:]], trusted=trusted)[0] == whole
    assert "".join(said for _, said in whole) == text


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize("text", [t for t in ADVERSARIAL if not t.endswith(("iVBO", UNPADDED))])
def test_a_text_is_split_as_whole_replies_are(text, trusted):
    expected = joined(content.lift(text, trusted=trusted)) if text else []
    assert split([text], trusted=trusted)[0] == expected


PIECES = [
    *("d", "data:", "data:image/png;base64,", "image/png;base64,", ",", ";x=1", "AAAA", "=", " "),
    *('"', "(", "](", "\\", "url(", "...", "é", PNG, UNPADDED, UNPADDED[:50]),
]


@given(st.lists(st.sampled_from(PIECES), max_size=8), st.data(), st.booleans())
def test_any_pieces_in_any_cut(pieces, data, trusted):
    text = "".join(pieces)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=8)))
    cut = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    parts, _ = split(cut, trusted=trusted)
    assert parts == split([text], trusted=trusted)[0]
    assert "".join(said for _, said in parts) == text


@given(
    st.sampled_from(sorted(KINDS)), st.integers(0, 6), st.sampled_from(["", "Here", " x", "=", PNG])
)
def test_an_end_in_sight_is_where_the_whole_text_ends_it(kind, filling, after):
    url = KINDS[kind](filling=filling).url
    start = url.index(",") + 1
    text = url.rstrip("=") + after
    for cut in range(start, len(text) + 1):
        end = payload_end_in_sight(text[:cut], start)
        assert end is None or end == payload_end(text, start)


def test_a_payload_in_sight_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(text_module, "_WORTH_A_LOOK", 1)
    for text in ADVERSARIAL:
        for trusted in (True, False):
            whole = split([text], trusted=trusted)
            for size in (5, 150):
                pieces = [text[at : at + size] for at in range(0, len(text), size)]
                assert split(pieces, trusted=trusted) == whole


def test_an_image_comes_with_its_last_character():
    splitter = TextSplitter(trusted=False)
    assert splitter.feed(PNG[:-1]) == []
    assert splitter.feed(PNG[-1:]) == [ImagePart(PNG)]


def test_a_uri_in_one_piece_shares_its_string():
    splitter = TextSplitter(trusted=True)
    (part,) = splitter.feed(PNG)
    assert part.url is PNG


def test_text_goes_through_at_once_but_for_a_beginning():
    splitter = TextSplitter(trusted=False)
    assert splitter.feed("I see dat") == [TextPart("I see ")]
    assert splitter.feed("es and data") == [TextPart("dates and ")]
    assert splitter.feed(":image") == []
    assert splitter.feed("s!") == [TextPart("data:images!")]


def test_a_quoted_uri_goes_through_at_once_where_the_source_is_not_known():
    splitter = TextSplitter(trusted=False)
    assert splitter.feed('<img src="') == [TextPart('<img src="')]
    assert splitter.feed(PNG[:40]) == [TextPart(PNG[:40])]


def test_what_is_no_image_goes_on_as_soon_as_that_shows():
    splitter = TextSplitter(trusted=False)
    assert splitter.feed("data:image/png;base64,") == []
    assert splitter.feed("not a picture, but ") == [
        TextPart("data:image/png;base64,not a picture, but ")
    ]


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("cut", [40, 60, 90, len(PNG) - 3])
def test_a_text_that_ends_inside_an_image_is_text(cut, whole, trusted):
    parts, broken = split(["Look: ", PNG[:cut]], trusted=trusted, whole=whole)
    assert parts == [("text", "Look: " + PNG[:cut])]
    assert broken


def test_an_image_of_unknown_type_is_one_if_the_model_was_done():
    mock = "data:image/png;base64,AAAA"
    assert split([mock], trusted=True, whole=True) == ([("image", mock)], False)
    assert split([mock], trusted=True, whole=False) == ([("text", mock)], True)
    assert split([mock], trusted=False, whole=False) == ([("text", mock)], False)


def test_an_unpadded_image_at_the_end_is_an_image():
    assert split([UNPADDED], trusted=False) == ([("image", UNPADDED)], False)


def test_a_text_goes_on_after_it_was_finished():
    splitter = TextSplitter(trusted=False)
    splitter.feed("dat")
    assert splitter.finish(whole=True) == [TextPart("dat")]
    assert splitter.feed(PNG) == [ImagePart(PNG)]


def test_small_pieces_are_joined_on_the_way():
    data = png(filling=200_000).url
    splitter = TextSplitter(trusted=True)
    parts = [part for at in range(0, len(data), 100) for part in splitter.feed(data[at : at + 100])]
    assert parts == [ImagePart(data)]


def test_pieces_that_nobody_has_looked_at_are_not_lost():
    data = png(filling=9_000).url
    splitter = TextSplitter(trusted=True)
    splitter.feed(data[:1000])
    assert splitter.patience > 100
    splitter.waiting.append(data[1000:1100])
    assert splitter.feed(data[1100:]) == [ImagePart(data)]
    assert splitter.patience == 0
    splitter.feed(data[:1000])
    splitter.waiting.append(data[1000:1100])
    assert splitter.finish(whole=False) == [TextPart(data[:1100])]


MARKDOWN = [
    f"Here: ![image]({PNG}) and more.",
    f"![]({PNG})![b](<{PNG}>)",
    f'![a]( {PNG} "A title" ) x',
    f"![a](\n{PNG} 'it') x",
    f"![a]({PNG}",
    f"![a]({PNG} and a lot of text {'x' * 600})",
    f"![a]({PNG} and (brackets)",
    f"![a](   {PNG})",
    f"![a](x {PNG})",
    f"[a]({PNG})",
    "![a](https://example.org/x.png) text",
    f"![a](https://example.org/x.png) ![b]({PNG})",
    f"![ ![a]({PNG})",
    "![a](b](" + PNG + ")",
    f"{PNG}![a]({PNG}){PNG}",
    "wow! and ![this] is no image!",
    f"![a]({PNG} x) y",
    "![" + "long" * 100 + f"]({PNG})",
    f"![{'long' * 40}]({UNPADDED})",
    "![a](data:image/png;base64,)",
    "![a](data:image/png;base64,AAAA) data:image/png;base64,",
    "!",
    "![",
    "![a](dat",
]


def whole_markdown(text, *, trusted):
    how = ReadOptions(Format.CONTENT if trusted else None, markdown=True)
    return joined(_from_text(text, how))


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize("text", MARKDOWN)
def test_images_in_markdown_are_found_however_they_are_cut(text, trusted):
    whole, _ = split([text], trusted=trusted, markdown=True)
    for size in (1, 2, 3, 7, 64):
        pieces = [text[at : at + size] for at in range(0, len(text), size)]
        assert split(pieces, trusted=trusted, markdown=True)[0] == whole
    for cut in range(len(text)):
        assert split([text[:cut], text[cut:]], trusted=trusted, markdown=True)[0] == whole
    if "long" * 100 not in text:  # that one is longer than what is held
        assert whole == whole_markdown(text, trusted=trusted)


MARKS = [
    "!",
    "![",
    "]",
    "](",
    "<",
    ">",
    ")",
    " ",
    '"',
    "\n",
    "a",
    "data:",
    PNG,
    UNPADDED[:60],
    "https://x",
]


@given(st.lists(st.sampled_from(MARKS), max_size=10), st.data(), st.booleans())
def test_any_marks_in_any_cut(pieces, data, trusted):
    text = "".join(pieces)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=8)))
    cut = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    parts, _ = split(cut, trusted=trusted, markdown=True)
    assert parts == split([text], trusted=trusted, markdown=True)[0]


def test_a_text_that_mentions_many_images_takes_no_more_than_its_length():
    text = "data:image/png;base64, " * 2_000
    for trusted in (True, False):
        assert split([text], trusted=trusted)[0] == [("text", text)]
