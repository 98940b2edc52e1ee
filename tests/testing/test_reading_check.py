"""Readers that are right pass, and those that are wrong are told what they do not read."""

from __future__ import annotations

import base64
import contextlib
import importlib.util
import itertools
import re
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import pytest
from PIL import Image
from pydantic import BaseModel

import imageshim
from imageshim import ImageShimError, UnknownFormatError
from imageshim.testing import assert_reads_every_format

SAMPLES = Path(__file__).parents[1] / "downstream_samples"
FURTHER = {
    "drafts": True, "markdown": True, "http": True, "dialects": True, "unknown_source": True,
}  # fmt: skip

REASONS = {
    "wrong_attributes": ["'dict' object has no attribute 'image_url'", "image.image_url.url"],
    "wrong_first_only": ["list index out of range", "found 1 of 2 images", "KeyError: 'images'"],
    "wrong_greedy": [
        "took text for a part of the image",
        "JPEG too",
        "letters that follow are not part",
    ],
    "wrong_in_message": ["found no image; there is one"],
    "wrong_prefix": ["text before the picture", "took text", "found no image; there is one"],
    "wrong_seen_before": ["begin alike; only all of it tells them apart", "found 1 of 2 images"],
}


def sample(name):
    spec = importlib.util.spec_from_file_location(name, SAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def names(kind):
    found = sorted(path.stem for path in SAMPLES.glob(f"{kind}_*.py"))
    assert len(found) == 6
    return found


def told(function, **options):
    with pytest.raises(AssertionError) as failure:
        assert_reads_every_format(function, **options)
    message = str(failure.value)
    assert len(message) < 4_000
    return message


@pytest.mark.parametrize("name", names("right"))
def test_a_right_reader_passes(name):
    module = sample(name)

    assert_reads_every_format(module.images, **getattr(module, "READS", {}))


@pytest.mark.parametrize("name", names("wrong"))
def test_a_wrong_reader_is_told_the_reason(name):
    module = sample(name)

    message = told(module.images, **module.READS)

    for reason in REASONS[name]:
        assert reason in message
    assert f"{module.images.__qualname__} does not read" in message


def test_imageshim_reads_everything_itself():
    assert_reads_every_format(lambda reply: imageshim.read(reply).images, **FURTHER)
    assert_reads_every_format(
        lambda chunks: imageshim.read(imageshim.collect(list(chunks))).images,
        streamed=True,
        **FURTHER,
    )


@pytest.mark.parametrize("option", FURTHER)
def test_each_option_draws_more(option):
    known = set()

    def remember(given):
        known.add(str(given))
        return imageshim.read(given).images

    assert_reads_every_format(remember)

    def reads_what_everybody_must(reply):
        if str(reply) in known:
            return imageshim.read(reply).images
        raise LookupError("more")

    assert "LookupError: more" in told(reads_what_everybody_must, **{option: True})


def test_the_smallest_reply_is_shown_without_its_megabytes():
    message = told(lambda _reply: [], formats="images", carriers="dict")

    assert message.splitlines()[2] == "1. A model can answer with a picture alone."
    assert 'Message: {"content": null, "role": "assistant", "images": [' in message
    assert "data:image/png;base64,iVBORw0KGgoA…" in message


def test_what_is_read_of_nowhere_is_named():
    def images(reply):
        return imageshim.read(reply).images if imageshim.detect(reply) != "image" else []

    message = told(images)

    assert "It reads no image of: image (LiteLLM 1.76.1 to 1.76.3)." in message
    assert "an OpenAI object." not in message.splitlines()[2]


def test_the_line_that_raises_is_shown():
    def fails(reply):
        return reply.nothing

    message = told(fails, carriers="dict")

    assert "AttributeError: 'dict' object has no attribute 'nothing'" in message
    assert f"{Path(__file__).name}:{fails.__code__.co_firstlineno + 1}: return reply.nothing" in (
        message
    )


@pytest.mark.parametrize(
    ("made_of", "words"),
    [
        (lambda urls: [*urls, *urls], "found an image more than once: 2 images, there is one"),
        (lambda urls: urls[::-1], "found them in another order"),
        (lambda urls: urls or ["data:image/png;base64,AAAA"], "found 1 image; there is none"),
        (
            lambda urls: ["cat.png" for _ in urls],
            "found something that is not an image of the reply: 'cat.png'",
        ),
        (lambda urls: [b"GIF89a" for _ in urls], "6 bytes (image/gif)"),
        (lambda urls: [3 for _ in urls], "it returned a value of type int for an image"),
        (lambda urls: [url + "Here" for url in urls], "took text for a part of the image"),
    ],
)
def test_what_is_wrong_is_said_in_words(made_of, words):
    def images(reply):
        return made_of([image.url for image in imageshim.read(reply).images])

    assert words in told(images)


@pytest.mark.parametrize(
    "made_of",
    [
        lambda image, _folder: image.url,
        lambda image, _folder: image.url.partition(",")[2],
        lambda image, _folder: image.data,
        lambda image, _folder: bytearray(image.data),
        lambda image, _folder: memoryview(image.data),
        lambda image, _folder: BytesIO(image.data),
        lambda image, _folder: image,
        lambda image, folder: image.save(f"{folder}/"),
        lambda image, folder: str(image.save(f"{folder}/")),
    ],
    ids=[
        "URL",
        "base64",
        "bytes",
        "bytearray",
        "memoryview",
        "BytesIO",
        "GeneratedImage",
        "path",
        "path as a text",
    ],
)
def test_an_image_may_be_any_of_these(made_of, tmp_path):
    def images(reply):
        return [made_of(image, tmp_path) for image in imageshim.read(reply).images]

    assert_reads_every_format(images, formats=["images"])


@dataclass
class Saved:
    kind: str
    data: bytes
    note: str = "a cat"


@dataclass(frozen=True)
class Linked:
    url: str
    place: int = 0


class Named(NamedTuple):
    mime_type: str
    base64: str


class Model(BaseModel):
    source: str


class Plain:
    def __init__(self, data):
        self.data, self.caption = data, "cat.png"


def in_a_file(image):
    file = tempfile.TemporaryFile()  # noqa: SIM115  # the check reads it
    file.write(image.data)
    file.seek(0)
    return file


def copy_by_pillow(image):
    with Image.open(BytesIO(image.data)) as opened:
        return opened.copy()


RECORDS = {
    "dataclass of bytes": lambda image: Saved(image.mime_type, image.data),
    "dataclass of a URL": lambda image: Linked(image.url),
    "named tuple": lambda image: Named(image.mime_type, image.url.partition(",")[2]),
    "model": lambda image: Model(source=image.url),
    "plain object": lambda image: Plain(image.data),
    "pair": lambda image: (image.mime_type, image.data),
    "dict": lambda image: {"mime_type": image.mime_type, "data": image.data},
    "item of a reply": lambda image: {"type": "image_url", "image_url": {"url": image.url}},
    "both URL and bytes": lambda image: {"url": image.url, "data": image.data},
    "open file": in_a_file,
    "image of Pillow": lambda image: Image.open(BytesIO(image.data)),
    "copy by Pillow": copy_by_pillow,
    "Pillow in a dataclass": lambda image: Linked(copy_by_pillow(image)),
}


@pytest.mark.parametrize("made_of", RECORDS.values(), ids=RECORDS)
def test_an_image_may_stand_in_a_record(made_of):
    def images(reply):
        return [made_of(image) for image in imageshim.read(reply).images]

    assert_reads_every_format(images, formats=["images"], carriers="dict")


@pytest.mark.parametrize("give", [tuple, lambda made: made[0] if len(made) == 1 else made])
@pytest.mark.parametrize("record", ["named tuple", "model", "pair", "image of Pillow"])
def test_records_may_stand_in_anything_or_alone(record, give):
    def images(reply):
        return give([RECORDS[record](image) for image in imageshim.read(reply).images])

    assert_reads_every_format(images, formats=["images"], carriers="dict")


@pytest.mark.parametrize(
    "made_of",
    [RECORDS[name] for name in ("model", "pair", "item of a reply", "copy by Pillow")],
)
def test_a_record_that_is_missing_is_told(made_of):
    def images(reply):
        return [made_of(image) for image in imageshim.read(reply).images[:1]]

    assert "found 1 of 2 images" in told(images, formats=["images"], carriers="dict")


@pytest.mark.parametrize(
    "give",
    [
        lambda reading: reading,
        lambda reading: (reading.text, list(reading.images)),
        lambda reading: {"text": reading.text, "images": [one.url for one in reading.images]},
    ],
    ids=["Reading", "text and images", "dict of text and images"],
)
def test_the_images_may_stand_beside_the_text(give):
    assert_reads_every_format(lambda reply: give(imageshim.read(reply)), http=True)


def test_a_record_that_names_another_type_is_told():
    def images(reply):
        return [Saved("image/png", image.data) for image in imageshim.read(reply).images]

    assert "It gave an image/jpeg out as image/png" in told(images, formats=["image"])


def test_an_image_of_pillow_that_shows_something_else_is_told():
    def images(reply):
        return [copy_by_pillow(image).resize((1, 1)) for image in imageshim.read(reply).images]

    assert "not an image of the reply: 'a Pillow image of 1 x 1 pixels" in told(images, http=True)


def test_one_image_and_none_are_answers_too():
    def image(reply):
        found = imageshim.read(reply).images
        return found[0] if found else None

    assert_reads_every_format(image, formats=["image"])


def test_a_function_that_takes_a_source_is_told_it():
    told_of = set()

    def images(reply, source=None):
        told_of.add(source)
        return imageshim.read(reply, source=source).images

    assert_reads_every_format(images)

    assert told_of == {"1.75.9", "1.76.3", "1.80.0", None}


def test_versions_choose_what_they_write():
    seen = set()

    def images(reply):
        seen.add(imageshim.detect(reply))
        assert "index" in str(reply) or "images" not in str(reply)
        return imageshim.read(reply).images

    assert_reads_every_format(images, versions=["1.76.2", "1.80.0"], carriers="dict")

    assert seen == {imageshim.Format.IMAGE, imageshim.Format.IMAGES, None}


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"formats": ["picture"]}, UnknownFormatError, "'picture'"),
        ({"carriers": ["xml"]}, ImageShimError, "none of dict, openai, litellm"),
        ({"versions": ["yesterday"]}, UnknownFormatError, "yesterday"),
    ],
)
def test_wrong_options_are_told(options, error, words):
    with pytest.raises(error, match=words):
        assert_reads_every_format(lambda reply: reply, **options)


def test_a_carrier_that_is_not_installed_is_told(monkeypatch):
    from imageshim.testing import reply_carriers

    monkeypatch.setattr(reply_carriers, "find_spec", lambda _name: None)

    with pytest.raises(ImageShimError, match="'openai' is not installed here"):
        assert_reads_every_format(lambda reply: reply, carriers="openai")


def test_the_package_of_tests_has_no_other_names():
    import imageshim.testing

    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = imageshim.testing.nothing


class Gallery:
    """Readers as methods, and as an object that is called."""

    def own(self, reply):
        return imageshim.read(reply).images

    @classmethod
    def of_class(cls, reply):
        return imageshim.read(reply).images

    @staticmethod
    def of_nothing(reply):
        return (image.data for image in imageshim.read(reply).images)

    async def __call__(self, reply):
        return imageshim.read(reply).images


async def asynchronous_generator(reply):
    for image in imageshim.read(reply).images:
        yield image.url


def generator(reply):
    yield from imageshim.read(reply).images


def reply_is_called_source(source):
    return imageshim.read(source).images


@pytest.mark.parametrize(
    "reader",
    [
        Gallery().own, Gallery.of_class, Gallery.of_nothing, Gallery(), generator,
        asynchronous_generator, reply_is_called_source,
        partial(lambda folder, reply: folder and imageshim.read(reply).images, "pictures"),
    ],
)  # fmt: skip
def test_a_reader_may_be_any_callable(reader):
    assert_reads_every_format(reader, carriers=["openai"])


@pytest.mark.parametrize("nothing", ["", b"", None, (), [None]])
def test_no_image_may_be_said_in_many_ways(nothing):
    def image(reply):
        return imageshim.read(reply).images or nothing

    assert_reads_every_format(image, formats=["image"], carriers="dict")


async def in_an_asynchronous_loop(chunks):
    async with chunks:
        return imageshim.read(imageshim.collect([chunk async for chunk in chunks])).images


async def in_a_synchronous_loop(chunks):
    with chunks:
        return imageshim.read(imageshim.collect(list(chunks))).images


async def converted(chunks):
    stream = imageshim.convert_stream(chunks, "images")
    return imageshim.read(imageshim.collect([chunk async for chunk in stream])).images


async def left_early(chunks):
    await chunks.aclose()
    assert list(chunks) == []
    return []


@pytest.mark.parametrize("reader", [in_an_asynchronous_loop, in_a_synchronous_loop, converted])
def test_a_stream_is_for_both_kinds_of_loop(reader):
    assert_reads_every_format(reader, streamed=True, formats=["images"])


def test_a_stream_that_is_closed_gives_no_more():
    assert "found no image" in told(left_early, streamed=True, carriers="dict")


async def test_an_asynchronous_test_may_check_an_asynchronous_reader():
    assert_reads_every_format(Gallery(), carriers="dict")

    async def fails(_reply):
        raise LookupError("nothing there")

    assert "LookupError: nothing there" in told(fails, carriers="dict")


def items_of(reply, place=0):
    return reply["choices"][place]["message"].get("images") or []


def urls_of(reply):
    return [item["image_url"]["url"] for item in items_of(reply)]


@pytest.mark.parametrize(
    "change",
    [
        lambda reply: reply["choices"][0]["message"].pop("images"),
        lambda reply: reply["choices"][0]["message"].update(content=None),
        lambda reply: items_of(reply).clear(),
        lambda reply: [item["image_url"].pop("detail") for item in items_of(reply)],
        lambda reply: reply["choices"].clear(),
    ],
)
def test_a_reader_that_changes_the_reply_is_told(change):
    def images(reply):
        found = urls_of(reply)
        with contextlib.suppress(KeyError):
            change(reply)
        return found

    message = told(images, formats="images", carriers="dict")

    assert "It changed the reply that it was given, which the caller still has" in message


def test_a_reader_that_changes_chunks_is_told():
    def images(chunks):
        for chunk in chunks:
            for choice in chunk["choices"]:
                yield from (item["image_url"]["url"] for item in choice["delta"].pop("images", ()))

    assert "changed the reply" in told(images, formats="images", carriers="dict", streamed=True)


def as_png(image, _folder):
    return f"data:image/png;base64,{image.url.partition(',')[2]}"


def in_a_png(image, folder):
    path = folder / "image.png"
    path.write_bytes(image.data)
    return path


@pytest.mark.parametrize("made_of", [as_png, in_a_png, lambda *both: str(in_a_png(*both))])
def test_a_reader_that_takes_all_for_png_is_told(made_of, tmp_path):
    def images(reply):
        return [made_of(image, tmp_path) for image in imageshim.read(reply).images[:1]]

    message = told(images, formats=["image"])

    assert "It gave an image/jpeg out as image/png" in message
    assert "It gave an image/webp out as image/png" in message


def test_names_that_say_nothing_or_the_same_are_right(tmp_path):
    def images(reply):
        for number, image in enumerate(imageshim.read(reply).images):
            path = tmp_path / f"{number}.data"
            path.write_bytes(image.data)
            yield path

    assert_reads_every_format(images, carriers="dict")
    assert_reads_every_format(
        lambda reply: [
            image.url.replace("image/jpeg", "image/jpg") for image in imageshim.read(reply).images
        ],
        carriers="dict",
    )


def content_of(pattern):
    def images(reply):
        return re.findall(pattern, reply["choices"][0]["message"]["content"] or "")

    return images


def test_a_regular_expression_that_stops_at_the_padding_is_told():
    message = told(
        content_of(r"data:image/\w+;base64,[A-Za-z0-9+/]+"), formats="content", carriers="dict"
    )

    assert "It left out the '=' that end the base64" in message


def test_pictures_side_by_side_are_drawn():
    message = told(
        content_of(r"data:image/\w+;base64,[A-Za-z0-9+/]+={0,2}"),
        formats="content", carriers="dict",
    )  # fmt: skip

    assert "Pictures can stand side by side, and base64 without '=' runs into" in message
    assert "It took text for a part of the image" in message


def test_a_reader_that_keeps_what_it_has_seen_is_told():
    kept = []

    def images(reply):
        kept.extend(urls_of(reply))
        return kept

    message = told(images, formats="images", carriers="dict")

    assert "It found an image of an earlier reply as well" in message


def test_choices_are_drawn_on_request():
    def all_of_them(reply):
        return [image for reading in imageshim.read_all(reply) for image in reading.images]

    assert_reads_every_format(urls_of, formats="images", carriers="dict")
    assert_reads_every_format(all_of_them, choices=True)
    message = told(urls_of, formats="images", carriers="dict", choices=True)
    assert "A reply to a request with n=2 has two choices, and pictures in both." in message
    assert "It found 1 of 2 images\n   Messages: [{" in message


def deltas_of(chunks):
    return (choice["delta"] for chunk in chunks for choice in chunk["choices"])


def first_of_each(chunks):
    for delta in deltas_of(chunks):
        yield from (item["image_url"]["url"] for item in delta.get("images", ())[:1])


def text_or_image(chunks):
    for delta in deltas_of(chunks):
        if not delta.get("content"):
            yield from (item["image_url"]["url"] for item in delta.get("images", ()))


def last_of_all(chunks):
    *_, last = deltas_of(chunks)
    yield from (item["image_url"]["url"] for item in last.get("images", ()))


@pytest.mark.parametrize(
    ("reader", "words"),
    [
        (first_of_each, "A chunk can carry several pictures."),
        (text_or_image, "A chunk can carry text and a picture."),
        (last_of_all, "found no image; there is one"),
    ],
)
def test_chunks_that_hold_much_are_drawn(reader, words):
    assert words in told(reader, formats="images", carriers="dict", streamed=True)


def test_a_reader_that_ends_the_program_is_told():
    assert "It raised SystemExit: no image" in told(lambda _reply: sys.exit("no image"))


def test_a_long_line_does_not_hide_what_is_wrong():
    source = f"def images(reply):\n    return reply.nothing, {'1, ' * 4000}"
    space = {}
    exec(compile(source, "long.py", "exec"), space)  # noqa: S102  # no file has such a line

    message = told(space["images"], carriers="dict")

    assert "'dict' object has no attribute 'nothing'" in message


def test_many_ways_of_going_wrong_are_counted():
    number = itertools.count()

    def images(reply):
        raise LookupError(f"{next(number)} {str(reply) * 20}")

    message = told(images, streamed=True)

    assert re.search(r"… and \d+ more ways of going wrong\.$", message)


def test_an_address_that_was_decoded_is_told():
    def images(reply):
        for url in urls_of(reply):
            yield base64.b64decode(url.partition(",")[2])

    message = told(images, formats="images", carriers="dict", http=True)

    assert "An item can hold the address of a picture." in message
    assert "It found something that is not an image of the reply: 0 bytes (no image)" in message
