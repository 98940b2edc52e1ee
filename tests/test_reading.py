"""read(): text and images for people."""

import base64
import io
import os
import sys

import pytest
from PIL import Image as PILImage

import captured
from imageshim import (
    Format,
    GeneratedImage,
    ImageShimError,
    MalformedImageError,
    MalformedReplyError,
    MissingExtraError,
    RemoteImageError,
    convert,
    read,
    read_all,
)
from imageshim.messages import generated_image
from imageshim.messages.generated_image import where_images_are
from imageshim.testing.pictures import gif, jpeg, png, svg, webp
from sample_images import SAMPLES

PNG, JPEG = png(), jpeg()
REMOTE = "https://example.com/cat.png"


def uri(data, media_type="image/png"):
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def item(url):
    return {"image_url": {"url": url, "detail": "auto"}, "index": 0, "type": "image_url"}


def reply(*messages):
    return {"choices": [{"index": i, "message": m} for i, m in enumerate(messages)]}


# One choice, all choices


def test_parts_stand_in_order_and_text_is_joined():
    content = f"one: {PNG.url} two {JPEG.url}"
    reading = read(reply({"content": content}))
    assert [part if isinstance(part, str) else part.url for part in reading.parts] == [
        "one: ", PNG.url, " two ", JPEG.url,
    ]  # fmt: skip
    assert reading.text == "one:  two "
    assert [(image.url, image.index) for image in reading.images] == [(PNG.url, 0), (JPEG.url, 1)]
    assert repr(reading).startswith("<Reading: 10 characters of text, images [<GeneratedImage 0: ")


def test_a_choice_is_asked_for_by_its_place():
    both = reply({"content": "a"}, {"content": "b", "images": [item(PNG.url)]})
    assert (read(both).text, read(both, choice=1).text) == ("a", "b")
    assert [r.text for r in read_all(both)] == ["a", "b"]
    assert [len(r.images) for r in read_all(both)] == [0, 1]


@pytest.mark.parametrize("choice", [2, -1])
def test_a_choice_that_is_not_there_is_said_so(choice):
    with pytest.raises(ImageShimError, match=rf"has 1 choices; there is no choice {choice}"):
        read(reply({"content": "a"}), choice=choice)


def test_a_blocked_reply_has_nothing():
    blocked = {"choices": []}
    assert (read(blocked).text, read(blocked).images, read_all(blocked)) == ("", (), ())


def test_a_message_and_a_choice_are_read_too():
    message = {"content": "a", "images": [item(PNG.url)]}
    for carrier in (message, {"message": message}, {"delta": message}):
        assert read(carrier).images[0].url == PNG.url
        assert len(read_all(carrier)) == 1


@pytest.mark.parametrize("scalar", ["text", b"{}", None, 3, [], ()])
@pytest.mark.parametrize("function", [read, read_all])
def test_what_is_no_reply_is_refused(function, scalar):
    with pytest.raises(MalformedReplyError, match=rf"{function.__name__}\(\) takes a reply"):
        function(scalar)


def test_images_in_markdown_can_be_left_in_the_text():
    markdown = reply({"content": f"![cat]({PNG.url})"})
    assert len(read(markdown).images) == 1
    assert not read(markdown, markdown=False).images
    assert not read_all(markdown, markdown=False)[0].images


def test_the_source_decides_whether_content_is_text():
    quoted = reply({"content": f"see {PNG.url}"})
    assert len(read(quoted).images) == 1
    assert not read(quoted, source="1.80.0").images
    assert not read_all(quoted, source="images")[0].images


# Drafts and signed images


def thinking(*signed):
    block = '{{"inlineData": {{"data": "{}", "mimeType": "image/png"}}}}'
    return [
        {"type": "thinking", "thinking": block.format(base64.b64encode(p.data).decode())}
        for p in signed
    ]


def test_a_data_uri_in_the_reasoning_is_a_draft():
    reading = read({"content": JPEG.url, "reasoning_content": f"draft: {PNG.url}"}, source="1.75.9")
    assert [(i.url, i.is_draft) for i in reading.images] == [(PNG.url, True), (JPEG.url, False)]
    assert reading.final_image.url == JPEG.url


def test_of_several_final_images_the_last_one_counts():
    reading = read(
        {"role": "assistant", "content": None, "images": [item(PNG.url), item(JPEG.url)]}
    )
    assert reading.final_image.url == JPEG.url


def test_a_reply_of_drafts_has_no_final_image():
    reading = read({"content": "", "reasoning_content": PNG.url}, source="1.75.9")
    assert [i.is_draft for i in reading.images] == [True]
    assert reading.final_image is None
    assert "draft" in repr(reading.images[0])


def test_a_signed_image_that_the_message_lost_is_recovered():
    other = png(grey=3)
    message = {"content": "x", "reasoning_content": "hm", "image": {"url": PNG.url}}
    reading = read({**message, "thinking_blocks": thinking(other, other)}, source="1.76.3")
    assert [(i.url, i.is_draft) for i in reading.images] == [(PNG.url, True), (other.url, False)]


def test_a_signed_image_that_the_message_has_is_not_doubled():
    message = {"content": "x", "images": [item(PNG.url)], "thinking_blocks": thinking(PNG)}
    reading = read(message)
    assert [(i.url, i.is_draft) for i in reading.images] == [(PNG.url, False)]


def test_an_unsigned_image_without_reasoning_is_no_draft():
    other = png(grey=3)
    reading = read({"images": [item(PNG.url)], "thinking_blocks": thinking(other)})
    assert [i.is_draft for i in reading.images] == [False, False]


@pytest.mark.parametrize(
    "text",
    [
        None,
        "thinking hard",
        '{"inlineData": ',
        '{"inlineData": 3}',
        '{"inlineData": {"data": "AAAA"}}',
        '{"inlineData": {"data": 3, "mimeType": "image/png"}}',
        '{"inlineData": {"data": "AAAA", "mimeType": 3}}',
        '{"inlineData": {"data": "AAAA", "mimeType": "audio/wav"}}',
        '{"inlineData": ' + "[" * 100_000,
    ],
)
def test_other_thinking_blocks_are_left_alone(text):
    reading = read({"content": "x", "thinking_blocks": [{"type": "thinking", "thinking": text}]})
    assert (reading.text, reading.images) == ("x", ())


def test_captured_drafts_are_marked():
    truth = captured.upstream()["j_thought_image"][0]
    for version in ("1.70.0", "1.75.9", "1.76.0"):
        reading = read(captured.replies(version)["j_thought_image"], source=version)
        assert [i.url for i in reading.images if i.is_draft] == truth.drafts
        assert reading.final_image.url == truth.images[-1]


# One image


@pytest.mark.parametrize("name", SAMPLES)
def test_media_type_size_and_bytes_are_those_of_the_picture(name):
    sample = SAMPLES[name]
    image = read({"images": [item(uri(sample.data, "image/png"))]}).images[0]
    assert image.mime_type == sample.media_type  # whatever the claim
    assert (image.width, image.height) == (sample.size or (None, None))
    assert image.size_in_bytes == len(sample.data)
    assert image.data == sample.data
    assert image.data is image.data


def test_an_unknown_type_keeps_its_claim():
    image = GeneratedImage(uri(b"what is this", "image/jxl"))
    assert (image.mime_type, image.width, image.height) == ("image/jxl", None, None)
    assert image.extension == ".jxl"
    assert repr(image) == "<GeneratedImage 0: image/jxl, 12 bytes>"
    assert GeneratedImage(uri(b"what is this", "image/x-nobody-knows")).extension == ".bin"


def test_raw_base64_is_an_image_too():
    image = GeneratedImage(PNG.url.partition(",")[2])
    assert (image.mime_type, image.data, image.width) == ("image/png", PNG.data, 2)
    assert GeneratedImage("????").mime_type is None


def test_a_percent_encoded_svg_is_an_image_too():
    image = GeneratedImage("data:image/svg+xml,%3Csvg%20width='3'%20height='4'/%3E")
    assert (image.mime_type, image.width, image.height) == ("image/svg+xml", 3, 4)
    assert image.data == b"<svg width='3' height='4'/>"


@pytest.mark.parametrize("url", [REMOTE, "HTTP://example.com/a", "gs://bucket/cat.png"])
def test_a_remote_image_is_never_fetched(url):
    image = read({"images": [item(url)]}).images[0]
    assert image.is_remote
    assert image.url == url
    with pytest.raises(RemoteImageError, match=r"image 0 is the URL .*fetches nothing"):
        _ = image.data
    assert image.mime_type is image.width is image.height is image.size_in_bytes is None
    assert image.extension == ".bin"
    assert repr(image) == f"<GeneratedImage 0: {url}>"


def test_what_cannot_be_decoded_says_why():
    with pytest.raises(MalformedImageError, match="truncated base64"):
        _ = GeneratedImage("data:image/png;base64,AAAAA").data


def test_repr_says_what_it_is():
    assert repr(GeneratedImage(PNG.url, 2)) == (
        f"<GeneratedImage 2: image/png, 2×2, {len(PNG.data)} bytes>"
    )


# Saving


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_gets_the_bytes(tmp_path):
    path = GeneratedImage(PNG.url).save(tmp_path / "cat.png")
    assert path == tmp_path / "cat.png"
    assert path.read_bytes() == PNG.data
    assert names(tmp_path) == ["cat.png"]


@pytest.mark.parametrize(
    ("picture", "name", "saved"),
    [
        (JPEG, "cat.png", "cat.jpg"),
        (JPEG, "cat.JPEG", "cat.JPEG"),
        (JPEG, "cat.jpe", "cat.jpe"),
        (PNG, "cat.jpeg", "cat.png"),
        (PNG, "cat.bin", "cat.png"),
        (PNG, "cat", "cat.png"),
        (PNG, "v1.5", "v1.5.png"),
        (PNG, "cat.final", "cat.final.png"),
        (PNG, ".hidden", ".hidden.png"),
        (gif(), "cat.tif", "cat.gif"),
        (webp(), "cat.PNG", "cat.webp"),
        (svg(), "cat.png", "cat.svg"),
    ],
)
def test_the_extension_is_that_of_the_bytes(tmp_path, picture, name, saved):
    assert GeneratedImage(picture.url).save(tmp_path / name) == tmp_path / saved
    assert names(tmp_path) == [saved]


def test_folders_are_made(tmp_path):
    path = GeneratedImage(PNG.url, 3).save(f"{tmp_path}/new/deep/")
    assert path == tmp_path / "new" / "deep" / "image-3.png"
    path = GeneratedImage(PNG.url).save(tmp_path / "other" / "cat.png")
    assert path.read_bytes() == PNG.data


def test_a_folder_gets_free_names(tmp_path):
    image = GeneratedImage(PNG.url)
    assert [image.save(tmp_path).name for _ in range(3)] == [
        "image-0.png", "image-0-1.png", "image-0-2.png",
    ]  # fmt: skip


def test_nothing_is_overwritten_unless_asked(tmp_path):
    target = tmp_path / "cat.png"
    target.write_text("mine")
    with pytest.raises(FileExistsError, match="overwrite=True"):
        GeneratedImage(PNG.url).save(target)
    assert (target.read_text(), names(tmp_path)) == ("mine", ["cat.png"])
    assert GeneratedImage(PNG.url).save(target, overwrite=True).read_bytes() == PNG.data
    assert names(tmp_path) == ["cat.png"]


def test_a_folder_is_overwritten_when_asked(tmp_path):
    image = GeneratedImage(PNG.url)
    assert image.save(tmp_path) == image.save(tmp_path, overwrite=True)
    assert names(tmp_path) == ["image-0.png"]


def test_a_file_system_without_links_will_do(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    image = GeneratedImage(PNG.url)
    assert image.save(tmp_path / "cat.png").read_bytes() == PNG.data
    with pytest.raises(FileExistsError):
        image.save(tmp_path / "cat.png")
    assert names(tmp_path) == ["cat.png"]


def test_a_failure_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(_temporary):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(generated_image, "open_temporary", full)
    with pytest.raises(OSError, match="No space left"):
        GeneratedImage(PNG.url).save(tmp_path / "cat.png")
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("url", "error"), [(REMOTE, RemoteImageError), ("data:image/png;base64,?", MalformedImageError)]
)
def test_what_has_no_bytes_makes_no_file(tmp_path, url, error):
    with pytest.raises(error):
        GeneratedImage(url).save(tmp_path / "new" / "cat.png")
    assert names(tmp_path) == []


# Showing


def test_pillow_opens_it():
    picture = GeneratedImage(PNG.url).to_pil()
    assert isinstance(picture, PILImage.Image)
    assert (picture.size, picture.format) == ((2, 2), "PNG")


def test_without_pillow_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'imageshim\[pillow\]'") as caught:
        GeneratedImage(PNG.url).to_pil()
    assert isinstance(caught.value, ImportError)


def test_a_notebook_shows_a_picture():
    bundle, metadata = GeneratedImage(PNG.url)._repr_mimebundle_()
    assert base64.b64decode(bundle["image/png"]) == PNG.data
    assert "2×2" in bundle["text/plain"]
    assert metadata == {"image/png": {"width": 2, "height": 2}}


def test_a_notebook_gets_the_true_media_type():
    webp_said_png = uri(webp().data, "image/png")
    bundle, _ = GeneratedImage(webp_said_png)._repr_mimebundle_(include=None, exclude=None)
    assert PILImage.open(io.BytesIO(base64.b64decode(bundle["image/webp"]))).format == "WEBP"


def test_a_notebook_gets_svg_as_text():
    bundle, _ = GeneratedImage(svg().url)._repr_mimebundle_()
    assert bundle["image/svg+xml"].startswith("<svg")


def test_a_picture_of_unknown_size_has_no_metadata_in_a_notebook():
    _, metadata = GeneratedImage(uri(b"what is this", "image/jxl"))._repr_mimebundle_()
    assert metadata == {"image/jxl": {}}


@pytest.mark.parametrize("url", [REMOTE, "data:image/png;base64,?", "QUJD"])
def test_a_notebook_shows_text_where_there_is_no_picture(url):
    image = GeneratedImage(url)
    assert image._repr_mimebundle_() == ({"text/plain": repr(image)}, {})


@pytest.mark.parametrize("to", ["image", "images", "parts", "content"])
def test_a_draft_that_a_conversion_left_in_the_reasoning_is_still_one(to):
    old = {"content": f"x{JPEG.url}", "reasoning_content": f"draft: {PNG.url}"}
    there = convert(old, to, source="1.75.9")
    for source in (None, to):
        images = read(there, source=source).images
        assert [(i.url, i.is_draft) for i in images] == [(PNG.url, True), (JPEG.url, False)]


def test_a_data_uri_in_the_reasoning_of_a_new_version_is_text():
    new = {"content": "x", "images": [item(JPEG.url)], "reasoning_content": f"see {PNG.url}"}
    assert [i.url for i in read(new, source="1.80.0").images] == [JPEG.url]


REFERENCES = [
    "files/9j2/cat.png", "/v1/files/image/abcd", "/9j/cat.png", "sandbox:/mnt/data/a.png",
    "blob:https://a.example.com/1", "attachment://cat.png", "MEDIA:/tmp/a", "abcd", "gs://b/a",
]  # fmt: skip


@pytest.mark.parametrize("url", REFERENCES)
@pytest.mark.parametrize("field", ["images", "content", "image"])
def test_a_reference_is_remote_and_no_bytes_are_made_up(url, field, tmp_path):
    value = {"url": url} if field == "image" else [item(url)]
    (image,) = read({"role": "assistant", "content": None, field: value}).images
    assert image.url == url
    assert image.is_remote
    assert (image.mime_type, image.size_in_bytes, image.width) == (None, None, None)
    with pytest.raises(RemoteImageError, match="fetches nothing"):
        image.save(tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def test_a_data_uri_is_never_a_reference():
    image = GeneratedImage("DATA:nothing")
    assert not image.is_remote
    with pytest.raises(MalformedImageError):
        _ = image.data


# Why there is no image


def choice(message, **more):
    return {"choices": [{"index": 0, "message": message, **more}]}


@pytest.mark.parametrize(
    ("value", "finish_reason", "refusal", "error"),
    [
        (choice({"content": "a"}, finish_reason="stop"), "stop", None, None),
        (choice({"content": None, "refusal": "No."}, finish_reason="content_filter"),
         "content_filter", "No.", None),
        (choice({"content": ""}, error={"message": "broke off", "code": 502}), None, None,
         "broke off"),
        ({"choices": [], "error": "overloaded"}, None, None, "overloaded"),
        ({"choices": []}, None, None, None),
        ({"role": "assistant", "refusal": "No."}, None, "No.", None),
        ({"message": {"content": ""}, "finish_reason": "length"}, "length", None, None),
        (choice({"content": "", "refusal": 5}, finish_reason=5), None, None, None),
    ],
    ids=str,
)  # fmt: skip
def test_a_reading_tells_why_there_is_no_image(value, finish_reason, refusal, error):
    reading = read(value)
    assert (reading.finish_reason, reading.refusal, reading.error) == (
        finish_reason, refusal, error,
    )  # fmt: skip


def test_each_choice_tells_its_own_reason():
    both = {
        "choices": [
            {"message": {"content": "a"}, "finish_reason": "stop"},
            {"message": {"content": None, "refusal": "No."}, "finish_reason": "content_filter"},
        ]
    }
    assert [r.finish_reason for r in read_all(both)] == ["stop", "content_filter"]
    assert (read(both, choice=1).refusal, read(both).refusal) == ("No.", None)


def test_a_notebook_shows_the_whole_reading():
    message = {"content": "a <b>", "images": [
        {"image_url": {"url": PNG.url}}, {"image_url": {"url": "https://example.com/x.png"}},
        {"image_url": {"url": "data:image/png;base64,%%%"}},
    ]}  # fmt: skip
    shown = read(message)._repr_html_()
    assert "a &lt;b&gt;" in shown
    assert shown.count("<img ") == 1
    assert f'src="{PNG.url}"' in shown
    assert "https://example.com/x.png" in shown
    assert "src=&quot;http" not in shown
    assert "0 characters of text" in read({"content": None})._repr_html_()


def test_a_reading_without_an_image_says_what_the_reply_says_of_that():
    blocked = {"choices": [{"finish_reason": "content_filter", "message": {"refusal": "no"}}]}
    said = (
        "<Reading: 0 characters of text, images [], finish_reason 'content_filter', refusal 'no'>"
    )
    assert repr(read(blocked)) == said
    assert "content_filter" in read(blocked)._repr_html_()


def test_where_images_stand_is_the_format_or_else_the_place_of_the_first():
    (image,) = read({"role": "assistant", "content": None, "images": [item(PNG.url)]}).images
    assert where_images_are([image], Format.IMAGES) == "images"
    assert where_images_are([image], None) == "chunk"
    assert where_images_are([], None) == "none"
