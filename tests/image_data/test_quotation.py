"""A data URI that a writer quotes stays text where nothing is known of the source."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captured import VERSIONS, replies
from chunks_of_streams import chunk
from imageshim import SSEConverter, collect, convert_stream, normalize, read, read_all
from imageshim.image_data.quotation import LINE, TextBefore
from imageshim.testing.pictures import KINDS, png, svg

URI = png().url
UNPADDED = png(filling=2).url
PADDED = png(filling=1).url
ERA = [version for version in VERSIONS if tuple(map(int, version.split("."))) <= (1, 76, 0)]

QUOTED = {
    "a fence": f"See:\n```css\n{URI}\n```\nDone.",
    "a fence with text before": f"```html\n<b>\nicon: {URI}\n</b>\n```",
    "a fence of tildes": f"~~~\n{URI}\n~~~",
    "a fence that holds a shorter one": f"````\n```\n{URI}\n```\n````",
    "a fence in a list": f"- so\n   ```\n   {URI}\n   ```",
    "a fence in a quotation": f"> ```\n> {URI}\n> ```",
    "a fence that never ends": f"```\nx\n\n{URI}",
    "a fence behind code in a line": f"```x```\n```\n{URI}\n```",
    "a fence with carriage returns": f"```\r\nx\r\n```\r\n```\r\n{URI}\r\n```",
    "code in the line": f"It is `ICON {URI}` there.",
    "code far back in the line": f"It is `{'x' * 100}: {URI}`.",
    "a .env": f"```\nICON={URI}\n```",
    "a .env without a fence": f"A=1\nICON={URI}\nB=2",
    "a setting with blanks": f"icon = {URI}",
    "YAML": f"```yaml\nicon: {URI}\nname: x\n```",
    "curl": f"curl -d image={URI} https://x.example.com",
    "an option": f"tool --image={URI}",
    "a query": f"https://x.example.com/?img={URI}",
    "an attribute": f"<img src={URI}>",
    "quotes": f'"{URI}"',
    "a bracket": f"({URI})",
    "a link": f"[a]({URI})",
    "a reference": f"![dot][1]\n\n[1]: {URI}",
    "a long reference": f"[the dot]: {URI}",
    "a cell": f"| a | {URI} |",
    "a cell with text": f"| icon: {URI} | b |",
    "a cell without a border": f"a | {URI} | b",
    "a sentence": f"Use {URI} in your page.",
    "a sentence with a comma": f"So, {URI} is one.",
    "a sentence behind a number": f"Step 2 {URI} is next.",
    "a sentence that is long": f"{'so ' * 50}use {URI} there.",
    "two in a fence": f"```\n{URI}\n{PADDED}\n```",
}
IMAGES = {
    "LiteLLM's own way": f"Here is the image: {URI}",
    "and text behind": f"Here is the image: {URI} Enjoy it.",
    "glued": f"Here you go{URI}Enjoy",
    "on a line of its own": f"Here you go\n{URI}\nEnjoy",
    "at the end of a sentence": f"Here is a cat {URI}",
    "at the end of a line": f"Here is a cat {URI}\nEnjoy",
    "a blank at the end": f"Here is a cat {URI} ",
    "a blank and a new line": f"Here is a cat {URI} \nEnjoy",
    "before a full stop": f"Here is a cat {URI}.",
    "behind padding": PADDED + URI,
    "behind padding and a blank": f"{PADDED} {URI}",
    "behind an image without padding": UNPADDED + URI,
    "behind a fence": f"```\ncode\n```\n{URI}",
    "right behind a fence": f"```\ncode\n```{URI}and\n{URI}",
    "behind code": f"Use `x`: {URI}",
    "behind code in triple ticks": f"```x```\n{URI}",
    "a line that begins with fence and more": f"``` a `b`\n{URI}",
    "a list": f"- {URI}",
    "YAML without a fence": f"icon: {URI}",
    "behind a text of no image": f"data:image/png;base64,AAAA={URI}",
}
IN_IMAGES = {
    name: text.count(URI) + text.count(PADDED) + text.count(UNPADDED)
    for name, text in IMAGES.items()
}


def images(message):
    return [image.url for image in read(message, markdown=False).images]


def cut(text, size):
    return [text[at : at + size] for at in range(0, len(text), size)]


def streamed(pieces):
    return collect(convert_stream([chunk({"content": piece}) for piece in pieces], "images"))


def through_bytes(pieces):
    converter = SSEConverter("images")
    frames = [b"data: " + json.dumps(chunk({"content": one})).encode() + b"\n\n" for one in pieces]
    body = b"".join(map(converter.feed, frames)) + converter.finish()
    lines = [line[6:] for line in body.split(b"\n") if line.startswith(b"data: ")]
    return collect(map(json.loads, lines))


@pytest.mark.parametrize("text", QUOTED.values(), ids=QUOTED)
def test_what_a_writer_quotes_stays_text(text):
    message = {"role": "assistant", "content": text}
    assert normalize(message) is message
    assert images(message) == []
    for size in (1, 3, 4, 70, 1000):
        for whole in (streamed(cut(text, size)), through_bytes(cut(text, size))):
            assert images(whole) == []
            assert read(whole, markdown=False).text == text


@pytest.mark.parametrize("name", IMAGES)
def test_what_nobody_quotes_is_an_image(name):
    text = IMAGES[name]
    message = {"role": "assistant", "content": text}
    found = images(message)
    assert len(found) == IN_IMAGES[name]
    for size in (1, 3, 4, 70, 1000):
        for whole in (streamed(cut(text, size)), through_bytes(cut(text, size))):
            assert images(whole) == found
            assert read(whole, markdown=False).text == read(message, markdown=False).text


@pytest.mark.parametrize("text", QUOTED.values(), ids=QUOTED)
def test_the_source_makes_an_image_of_it(text):
    """But for what is enclosed in quotes, which no image of LiteLLM's is."""
    enclosed = any(f"{one}{URI}{other}" in text for one, other in ('""', "()", "<>"))
    for source in ("1.75.9", "content"):
        found = [image.url for image in read(text_of(text), source=source, markdown=False).images]
        assert bool(found) or enclosed


def text_of(text):
    return {"role": "assistant", "content": text}


@pytest.mark.parametrize("version", ERA)
def test_every_captured_reply_of_the_era_gives_its_images_without_a_source(version):
    count = 0
    for scenario, reply in replies(version).items():
        known = read_all(reply, source=version)
        for reading, truth in zip(read_all(reply), known, strict=True):
            assert images_of(reading) == images_of(truth), scenario
            assert reading.text == truth.text, scenario
            count += len(truth.images)
    assert count > 20


def images_of(reading):
    return [image.url for image in reading.images]


PIECES = [
    *(
        "```",
        "```\n",
        "\n```\n",
        "~~~\n",
        "`",
        "\n",
        " ",
        "a",
        "use ",
        "so, ",
        "key=",
        "[1]: ",
        "| ",
    ),
    *('"', "é ", "日本 ", "x" * 70, "-- ", URI, UNPADDED, PADDED, svg().url, "=", " on"),
]


@given(st.lists(st.sampled_from(PIECES), max_size=9), st.data())
def test_a_stream_quotes_as_the_whole_text_does(pieces, data):
    text = "".join(pieces)
    message = text_of(text)
    places = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=6)))
    parts = [text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True)]
    found = images(message)
    for whole in (streamed(parts), through_bytes(parts)):
        assert images(whole) == found


def test_what_is_remembered_of_a_text_is_bounded():
    before = TextBefore()
    for _ in range(5_000):
        before.take("word ")
    assert len(before.waiting) < 300
    assert len(before.last(10_000)) == LINE
    before.take("x" * 100_000)
    assert before.last(3) == "xxx"
    assert not before.quotes


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_image_is_read_and_quoted(kind):
    url = KINDS[kind]().url
    assert images(text_of(f"It: {url}")) == [url]
    assert images(text_of(f"```\n{url}\n```")) == []
