"""Where the images of a message are found, and when a data URI in the text is one."""

import base64
import json

import pytest

from captured import replies, upstream
from imageshim import Format, convert, detect, first_image_url, legacy_content, normalize, read
from imageshim.messages.lifting import lift
from imageshim.messages.options import ReadOptions
from imageshim.testing.pictures import gif, jpeg, png, svg, webp

PNG, JPEG, GIF, WEBP = png().url, jpeg().url, gif().url, webp().url


def item(url, index=0):
    return {"image_url": {"url": url, "detail": "auto"}, "index": index, "type": "image_url"}


def urls(message, **how):
    how.setdefault("markdown", False)
    return [image.url for image in read(message, **how).images]


def images_of(message, **how):
    return [entry["image_url"]["url"] for entry in normalize(message, **how).get("images") or []]


# DESIGN: when is a data URI in content an image?


@pytest.mark.parametrize(
    "field",
    [{"images": []}, {"image": {}}, {"images": [item(JPEG)]}, {"image": {"url": JPEG}}],
    ids=str,
)
def test_first_a_field_images_or_image_even_empty_makes_content_text(field):
    assert images_of({"content": PNG}) == [PNG]
    message = {"content": PNG, **field}
    for source in (None, "1.75.9", "content"):
        assert PNG not in images_of(message, source=source)
        assert convert(message, "images", source=source)["content"] == PNG
        assert read(message, source=source, markdown=False).text == PNG


@pytest.mark.parametrize("field", [{"images": None}, {"image": None}])
def test_a_field_that_is_null_says_nothing(field):
    assert images_of({"content": PNG, **field}) == [PNG]


@pytest.mark.parametrize("source", ["1.76.1", "1.77.0", "image", "images", "parts", "2.0"])
def test_second_a_source_that_never_put_images_into_content(source):
    message = {"content": f"look: {PNG}"}
    assert normalize(message, source=source) is message
    assert detect(message, source) is None
    assert urls(message, source=source) == []


TRUNCATED = PNG[:-20].rstrip("=")
UNKNOWN = "data:image/jxl;base64," + base64.b64encode(b"no known type of image").decode()


@pytest.mark.parametrize("url", [TRUNCATED, UNKNOWN])
@pytest.mark.parametrize("source", ["1.65.4", "1.75.9", "1.76.0", "content", Format.CONTENT])
def test_second_a_source_that_did_is_obeyed(url, source):
    message = {"content": f"look: {url}"}
    assert normalize(message) is message
    assert images_of(message, source=source) == [url]
    assert normalize(message, source=source)["content"] == "look: "


@pytest.mark.parametrize(
    ("before", "after"),
    [('"', '"'), ("'", "'"), ("`", "`"), ("<", ">"), ("](", ")"), ("[", "]"), ("(", ")")],
)
def test_last_a_complete_image_that_nothing_opens(before, after):
    message = {"content": f"look {before}{PNG}{after}"}
    assert normalize(message) is message
    assert images_of({"content": f"look: {PNG} x"}) == [PNG]


@pytest.mark.parametrize(("before", "after"), [("(", ")"), ("[", "]"), ('"', ""), ("", '"')])
def test_a_bracket_on_one_side_of_an_image_of_known_origin_is_text_of_the_model(before, after):
    message = {"content": f"look {before}{PNG}{after}"}
    assert images_of(message, source="1.75.9") == [PNG]
    assert normalize(message, source="1.75.9")["content"] == f"look {before}{after}"


@pytest.mark.parametrize(("before", "after"), [('"', '"'), ("'", "'"), ("`", "`"), ("](", ")")])
def test_a_quoted_uri_is_text_about_it_even_of_known_origin(before, after):
    message = {"content": f"<img src={before}{PNG}{after}> and {JPEG}"}
    assert images_of(message, source="1.75.9") == [JPEG]


def test_the_stash_knows_better_than_all():
    """A text that was written in ``content`` from a message of another format."""
    before = {"content": f"a{TRUNCATED}b", "images": [item(PNG)]}
    there = convert(before, "content")
    assert there["content"] == f"a{TRUNCATED}b{PNG}"
    assert convert(there, "images") == before
    before = {"content": "`", "images": [item(PNG)]}
    assert convert(convert(before, "content"), "images") == before


def test_an_edited_text_of_ours_is_still_trusted():
    there = convert({"content": "a", "images": [item(TRUNCATED)]}, "content")
    assert images_of({**there, "content": f"edited {TRUNCATED}"}) == [TRUNCATED]


# content, in


@pytest.mark.parametrize("picture", [png(), jpeg(), gif(), webp(), svg()], ids=lambda p: p[0])
@pytest.mark.parametrize("text", [("", ""), ("Here: ", ""), ("", " done"), ("a", "b"), ("é", "日")])
def test_glued_to_text_on_both_sides(picture, text):
    message = {"content": f"{text[0]}{picture.url}{text[1]}"}
    after = normalize(message, source="content")
    assert [entry["image_url"]["url"] for entry in after["images"]] == [picture.url]
    assert (after["content"] or "") == "".join(text)
    assert convert(after, "content") == message


def test_several_and_adjacent():
    message = {"content": f"{PNG}{JPEG}and{GIF}{WEBP}{PNG}"}
    assert images_of(message) == [PNG, JPEG, GIF, WEBP, PNG]
    assert normalize(message)["content"] == "and"


@pytest.mark.parametrize("filling", range(3))
@pytest.mark.parametrize("make", [png, jpeg, gif, webp])
def test_unpadded_and_followed_by_letters_that_are_base64(make, filling):
    url = make(filling=filling).url.rstrip("=")
    message = {"content": f"{url}AndNowTheSecond"}
    after = normalize(message)
    assert [entry["image_url"]["url"] for entry in after["images"]] == [url]
    assert after["content"] == "AndNowTheSecond"


@pytest.mark.parametrize(
    "header",
    [
        "DATA:IMAGE/PNG;BASE64,", "data:Image/Png;Base64,", "data:image/png;charset=utf-8;base64,",
        "data:image/png;name=a.png;x=y;BASE64,", "dAtA:image/png;base64,",
    ],
)  # fmt: skip
def test_headers_in_any_case_and_with_parameters(header):
    url = header + PNG.partition(",")[2]
    message = {"content": f"Here {url}!"}
    assert images_of(message) == [url]
    assert convert(normalize(message), "content") == message
    assert read(message).images[0].mime_type == "image/png"


def test_raw_base64_without_a_prefix():
    raw = PNG.partition(",")[2]
    for content in (raw, f"\n{raw}\n", raw.rstrip("=")):
        message = {"content": content}
        assert read(message).images[0].data == png().data
        assert normalize(message)["images"][0]["image_url"]["url"].startswith("data:image/png;")
        assert convert(normalize(message), "content") == message
    text = {"content": f"{raw} and text"}
    assert normalize(text) is text


def test_base64url():
    raw = next(
        raw
        for raw in (jpeg(filling=n).url.partition(",")[2] for n in range(60))
        if "/" in raw or "+" in raw
    )
    url = "data:image/jpeg;base64," + raw.replace("+", "-").replace("/", "_")
    assert images_of({"content": f"a: {url} b"}) == [url]


def test_escaped_slashes_on_the_wire():
    body = json.dumps({"content": JPEG}).replace("/", "\\/")
    assert images_of(json.loads(body)) == [JPEG]


@pytest.mark.parametrize("media_type", ["application/pdf", "audio/wav", "text/plain", "video/mp4"])
def test_what_is_no_image_stays_where_it_is(media_type):
    other = f"data:{media_type};base64,JVBERi0xLjQK"
    for message in ({"content": other}, {"content": f"a {other} b"}):
        assert normalize(message, source="content") is message
    message = {"content": f"a {other} b{PNG}"}
    assert images_of(message, source="content") == [PNG]
    assert normalize(message, source="content")["content"] == f"a {other} b"
    message = {"content": None, "images": [item(other), item(PNG)]}
    assert images_of(message) == [other, PNG]  # as items, whole
    assert urls(message) == [PNG]


@pytest.mark.parametrize("content", [None, "", [], "   ", "data:", "data:image/png;base64,"])
def test_contents_without_anything(content):
    message = {"content": content}
    for source in (None, "content"):
        assert normalize(message, source=source) is message
        assert urls(message, source=source) == []
    assert read(message).text == (content or "")


def test_content_that_is_a_list_of_parts():
    message = {
        "content": [
            {"type": "image_url", "image_url": {"url": PNG}},
            {"type": "text", "text": "a"},
            {"type": "text", "text": "b"},
            {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}},
        ]
    }
    after = normalize(message)
    assert after["content"] == "ab"
    assert images_of(message) == [PNG, "https://example.org/a.png"]
    assert convert(after, "parts") == message
    assert detect(message) is Format.PARTS


TEXT_PARTS = {
    "text and image": [{"type": "text", "text": f"Here: {PNG} there"}],
    "an image alone": [{"type": "text", "text": PNG}],
    "base64 without a prefix": [{"type": "text", "text": PNG.partition(",")[2]}],
    "two images": [{"type": "text", "text": PNG + JPEG}],
    "text around": [
        {"type": "text", "text": "a"}, {"type": "text", "text": f"b{PNG}c"},
        {"type": "text", "text": ""},
    ],
    "other keys": [{"type": "output_text", "text": f"b{PNG}", "annotations": []}],
    "a string": [f"b{PNG}c", "d"],
    "beside a file": [{"type": "file", "file": {"id": "1"}}, {"type": "text", "text": f"b{PNG}c"}],
}  # fmt: skip


@pytest.mark.parametrize("listed", TEXT_PARTS.values(), ids=TEXT_PARTS)
@pytest.mark.parametrize("source", [None, "1.75.9"])
def test_text_parts_are_read_as_a_text_is(listed, source):
    message = {"role": "assistant", "content": listed, "more": 1}
    assert detect(message, source) is Format.PARTS
    found = urls(message, source=source)
    assert found
    after = normalize(message, source=source)
    assert images_of(message, source=source) == found
    assert "base64" not in (after["content"] or "")
    assert normalize(after) is after
    for to in Format:
        there = convert(message, to, source=source)
        assert urls(there) == found
        assert convert(there, "parts") == message
        assert normalize(convert(after, to)) == after


@pytest.mark.parametrize("source", ["parts", "images", "image", "1.76.1", "1.80.0"])
def test_text_parts_are_text_where_the_source_says_so(source):
    for listed in TEXT_PARTS.values():
        message = {"content": listed}
        assert normalize(message, source=source) is message


def test_beside_an_image_part_a_text_part_is_text():
    image = {"type": "image_url", "image_url": {"url": JPEG}}
    for more in ({}, {"images": []}):
        message = {"content": [{"type": "text", "text": f"a {PNG}"}, image], **more}
        assert images_of(message) == [JPEG]
        assert normalize(message)["content"] == f"a {PNG}"
    assert normalize({"content": TEXT_PARTS["two images"], "images": []})["images"] == []


def test_beside_images_in_the_providers_fields_a_text_part_is_text():
    parts = [{"type": "text", "text": PNG}]
    message = {"content": parts, "provider_specific_fields": {"images": [item(JPEG)]}}
    assert urls(message) == [JPEG]


def test_without_a_stash_the_pieces_of_a_text_part_are_parts_of_their_own():
    message = {"content": TEXT_PARTS["text and image"]}
    for on_loss in ("drop", "raise"):
        after = convert(
            normalize({"content": TEXT_PARTS["an image alone"]}, on_loss=on_loss), "parts"
        )
        assert after["content"] == [
            {"type": "image_url", "image_url": {"url": PNG, "detail": "auto"}}
        ]
    after = convert(convert(message, "images"), "parts", on_loss="drop")
    assert after == message


def test_markdown_only_on_request():
    """Clients render it today."""
    message = {"content": f"Here: ![image]({PNG}) done"}
    assert normalize(message) is message
    assert detect(message) is None
    after = normalize(message, markdown=True)
    assert after["content"] == "Here:  done"
    assert images_of(message, markdown=True) == [PNG]
    assert detect(message, markdown=True) is Format.CONTENT
    remote = {"content": "![cat](https://example.org/cat.png)"}
    assert normalize(remote, markdown=True) is remote


# other places


@pytest.mark.parametrize(
    ("field", "value"),
    [("image", {"url": PNG, "detail": "auto"}), ("images", [item(PNG)]),
     ("images", [{"image_url": {"url": PNG}}])],
)  # fmt: skip
@pytest.mark.parametrize("content", ["Here", None, ""])
def test_images_in_provider_specific_fields_are_moved(field, value, content):
    """Cache hits of an older version, LiteLLM behind LiteLLM, OpenRouter in 1.76.0 to 1.76.3."""
    before = {
        "content": content,
        "role": "assistant",
        "provider_specific_fields": {"citations": [1], field: value},
    }
    after = normalize(before)
    assert after["images"] == [item(PNG)]
    assert after["content"] == content
    specific = after["provider_specific_fields"]
    assert {k: v for k, v in specific.items() if k != "imageshim"} == {"citations": [1]}
    assert urls(before) == [PNG]
    assert first_image_url(before) == PNG
    assert legacy_content(before) == (content or "") + PNG
    assert detect(before) == field


def test_the_message_s_own_images_are_taken_before_the_provider_s():
    message = {
        "content": None,
        "images": [item(PNG)],
        "provider_specific_fields": {"images": [item(JPEG)]},
    }
    assert normalize(message) is message
    assert urls(message) == [PNG]


def test_provider_fields_that_are_no_object_are_left_alone():
    for held in ("text", 7, [item(PNG)], True):
        message = {"content": "x", "provider_specific_fields": held}
        assert normalize(message) is message
        message = {"content": PNG, "provider_specific_fields": held}
        assert urls(message) == [PNG]
        assert normalize(message, on_loss="drop")["provider_specific_fields"] == held


def test_an_image_beside_a_list_that_repeats_one_is_not_doubled():
    message = {"content": None, "image": {"url": PNG}, "images": [item(PNG), item(JPEG, 1)]}
    assert images_of(message) == [PNG, JPEG]
    message = {"content": None, "image": {"url": GIF}, "images": [item(PNG)]}
    assert images_of(message) == [PNG, GIF]
    assert "image" not in normalize(message)


def test_images_beside_a_list_of_parts():
    message = {
        "content": [{"type": "image_url", "image_url": {"url": PNG}}],
        "images": [item(JPEG)],
    }
    assert images_of(message) == [PNG, JPEG]
    message = {"content": [{"type": "text", "text": "a"}], "images": [item(JPEG)]}
    assert images_of(message) == [JPEG]
    assert normalize(message)["content"] == "a"


# drafts: LiteLLM 1.70.0 to 1.76.0 put interim images into the reasoning text

DRAFTED = {
    "role": "assistant",
    "content": f"Done{PNG}",
    "reasoning_content": f"first{JPEG}then{GIF}",
}


def test_drafts_are_kept_where_they_are():
    after = normalize(DRAFTED)
    assert after["reasoning_content"] is DRAFTED["reasoning_content"]
    assert images_of(DRAFTED) == [PNG]
    only = {"content": "x", "reasoning_content": JPEG}
    assert normalize(only) is only
    assert detect(only) is None


@pytest.mark.parametrize("to", Format)
def test_drafts_become_images_on_request_and_go_back(to):
    after = convert(DRAFTED, to, drafts="images", source="1.75.9")
    if to is Format.CONTENT:
        assert after is DRAFTED
        return
    assert after["reasoning_content"] == "firstthen"
    assert [(image.url, image.is_draft) for image in read(after).images] == [
        (JPEG, True), (GIF, True), (PNG, False),
    ]  # fmt: skip
    assert convert(after, "content") == DRAFTED
    assert list(convert(after, "content")) == list(DRAFTED)


def test_drafts_alone_are_images_too():
    before = {"content": None, "reasoning_content": f"a{JPEG}", "role": "assistant"}
    after = normalize(before, drafts="images")
    assert images_of(before, drafts="images") == [JPEG]
    assert after["reasoning_content"] == "a"
    assert convert(after, "content") == before
    assert convert(before, "content", drafts="images") == before


def test_read_marks_drafts():
    images = read(DRAFTED).images
    assert [(image.url, image.is_draft) for image in images] == [
        (JPEG, True), (GIF, True), (PNG, False),
    ]  # fmt: skip
    assert read(DRAFTED).final_image.url == PNG
    assert read(DRAFTED).text == "Done"


@pytest.mark.parametrize("source", ["1.76.1", "1.80.0"])
def test_later_versions_put_no_drafts_into_the_reasoning(source):
    message = {**DRAFTED, "content": None, "images": [item(PNG)]}
    assert normalize(message, source=source, drafts="images") is message
    assert urls(message, source=source) == [PNG]


@pytest.mark.parametrize("reasoning", [None, 5, [], {"a": 1}, ""])
def test_reasoning_that_is_no_text_has_no_drafts(reasoning):
    message = {"content": "x", "reasoning_content": reasoning}
    assert normalize(message, drafts="images") is message


def test_accessors_of_migrated_code_keep_to_the_answer():
    assert legacy_content(DRAFTED) == DRAFTED["content"]
    assert first_image_url(DRAFTED) == PNG


# thinking blocks: 1.76.2 to 1.80.0 dump a signed image there

THOUGHTS = ("j_thought_image", "j2_thought_text_thoughtimage_image")


@pytest.mark.parametrize("version", ["1.76.3", "1.80.0"])
@pytest.mark.parametrize("scenario", THOUGHTS)
def test_signed_images_come_back_from_the_thinking_blocks(version, scenario):
    (truth,) = upstream()[scenario]
    reply = replies(version)[scenario]
    reading = read(reply)
    assert sorted(image.url for image in reading.images) == sorted(truth.images)
    assert {image.url for image in reading.images if image.is_draft} == set(truth.drafts)
    final = [url for url in truth.images if url not in truth.drafts]
    assert reading.final_image.url == final[-1]
    assert reading.text == truth.text


def test_a_lost_image_comes_back_as_an_image():
    """Before: the message has the thought, the answer is in the thinking block alone."""
    reply = replies("1.76.3")["j2_thought_text_thoughtimage_image"]
    message = reply["choices"][0]["message"]
    assert first_image_url(message) in upstream()["j2_thought_text_thoughtimage_image"][0].drafts
    assert len(read(reply).images) == len(images_of(message)) + 1


def block(text):
    return {"type": "thinking", "thinking": text, "signature": "s"}


def signed(url):
    header, _, data = url.partition(",")
    return block(json.dumps({"inlineData": {"mimeType": header[5:-7], "data": data}}))


def test_without_reasoning_no_image_is_called_a_draft():
    message = {"content": None, "images": [item(JPEG)], "thinking_blocks": [signed(PNG)]}
    assert [(i.url, i.is_draft) for i in read(message).images] == [(JPEG, False), (PNG, False)]
    with_reasoning = {**message, "reasoning_content": "hm"}
    assert [(i.url, i.is_draft) for i in read(with_reasoning).images] == [
        (JPEG, True), (PNG, False),
    ]  # fmt: skip


def test_a_signed_image_that_the_message_has_is_not_doubled():
    message = {"content": None, "images": [item(PNG)], "thinking_blocks": [signed(PNG)] * 2}
    assert urls(message) == [PNG]
    message = {"content": "x", "thinking_blocks": [signed(PNG)] * 2}
    assert urls(message) == [PNG]
    assert read(message).text == "x"


@pytest.mark.parametrize(
    "blocks",
    [
        None, "x", {}, [None], [5], ["x"], [{}], [block(None)], [block("plain thought")],
        [block('{"inlineData"')], [block('{"inlineData": 5}')], [block('{"inlineData": {}}')],
        [block('["inlineData"]')], [block('{"inlineData": {"mimeType": 1, "data": 2}}')],
        [block('{"inlineData": {"mimeType": "image/png", "data": 2}}')],
        [block('{"inlineData": {"mimeType": null, "data": "AAAA"}}')],
        [block('{"inlineData": {"mimeType": "application/pdf", "data": "AAAA"}}')],
        [block('{"inlineData": ' + "[" * 100_000)],
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_thinking_blocks_without_an_image(blocks):
    message = {"content": "x", "thinking_blocks": blocks}
    assert read(message).images == ()
    assert read(message).text == "x"
    assert normalize(message) is message


def test_thinking_blocks_stay_where_they_are():
    message = {"content": f"a{PNG}", "thinking_blocks": [signed(JPEG)]}
    assert normalize(message)["thinking_blocks"] is message["thinking_blocks"]


def test_lift_gives_the_parts_in_order_or_none():
    assert lift({"content": "x"}, ReadOptions()) is None
    lifted = lift({"content": f"a{PNG}b"}, ReadOptions())
    assert lifted is not None
    assert [type(part).__name__ for part in lifted.parts] == ["TextPart", "ImagePart", "TextPart"]
    assert (lifted.format, lifted.was, lifted.stashed) == ("content", "content", False)
