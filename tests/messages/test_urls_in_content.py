"""In the format ``content`` a URL stands alone, between line feeds, and the way back is exact."""

import pytest

from chunks_of_streams import chunk
from imageshim import collect, convert, convert_stream, legacy_content, normalize, read
from imageshim.testing.pictures import png

A, B, C = "https://cdn.example.com/1.png", "HTTP://cdn.example.com/2.png", png().url


def part(one):
    if one in {A, B, C}:
        return {"type": "image_url", "image_url": {"url": one, "detail": "auto"}}
    return {"type": "text", "text": one}


CASES = {
    "text before": (["Here you go:", A], f"Here you go:\n{A}"),
    "text behind": ([A, "Enjoy!"], f"{A}\nEnjoy!"),
    "text around": (["Here:", A, "Enjoy!"], f"Here:\n{A}\nEnjoy!"),
    "two": (["Here:", A, B, "x"], f"Here:\n{A}\n{B}\nx"),
    "line feeds that are there": (["Here:\n", A, "\nEnjoy!"], f"Here:\n{A}\nEnjoy!"),
    "empty text between": ([A, "", B], f"{A}\n{B}"),
    "a data URI is glued as LiteLLM did": (["Here:", C, A, C, "x"], f"Here:{C}\n{A}\n{C}x"),
    "alone": ([A], A),
}


@pytest.mark.parametrize(("said", "written"), CASES.values(), ids=CASES)
def test_a_url_stands_alone_and_the_way_back_is_exact(said, written):
    message = {"role": "assistant", "content": [part(one) for one in said]}
    canonical = normalize(message)
    for before in (message, canonical):
        there = convert(before, "content")
        assert there["content"] == written
        assert normalize(there) == canonical
        assert convert(there, "parts") == message
        assert read(there).text == read(message).text
    assert legacy_content(message) == written
    assert convert(message, "content", on_loss="drop")["content"] == written


def test_in_deltas_too():
    items = [{"type": "image_url", "image_url": {"url": url, "detail": "auto"}} for url in (A, B)]
    chunks = [chunk({"content": "Here:"}), chunk({"images": items}), chunk({"content": "Enjoy!"})]
    made = list(convert_stream(chunks, "content"))
    text = "".join(one["choices"][0]["delta"]["content"] for one in made)
    assert A in text.splitlines()
    assert B in text.splitlines()
    whole = collect(made)
    assert whole["choices"][0]["message"]["content"] == f"Here:\n{A}\n{B}\nEnjoy!"
    assert [image.url for image in read(whole).images] == [A, B]
    back = collect(convert_stream(made, "images"))["choices"][0]["message"]
    assert [one["image_url"]["url"] for one in back["images"]] == [A, B]
    assert back["content"] == "Here:Enjoy!"


def test_an_edited_reference_is_text():
    item = {"type": "image_url", "image_url": {"url": "files/1.png"}, "index": 0}
    there = convert({"role": "assistant", "content": "Here:", "images": [item]}, "content")
    assert [image.url for image in read(there).images] == ["files/1.png"]
    there["content"] = there["content"].replace("1", "2")
    assert list(read(there).images) == []


def test_an_edited_line_feed_is_not_believed():
    there = convert({"role": "assistant", "content": [part("Here:"), part(A)]}, "content")
    edited = {**there, "content": there["content"].replace("\n", " ")}
    assert normalize(edited) is edited
