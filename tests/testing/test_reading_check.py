"""Readers that are right pass, and those that are wrong are told what they do not read."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

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
    def reads_what_everybody_must(reply):
        known = []

        def remember(given):
            known.append(str(given))
            return imageshim.read(given).images

        assert_reads_every_format(remember)
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
        (lambda urls: ["cat.png" for _ in urls], "found what is no image of the reply: 'cat.png'"),
        (lambda urls: [b"GIF89a" for _ in urls], "6 bytes (image/gif)"),
        (lambda urls: [3 for _ in urls], "it returned a int for an image"),
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
        lambda image, _folder: image,
        lambda image, folder: image.save(f"{folder}/"),
    ],
    ids=["URL", "base64", "bytes", "bytearray", "GeneratedImage", "path"],
)
def test_an_image_may_be_any_of_these(made_of, tmp_path):
    def images(reply):
        return [made_of(image, tmp_path) for image in imageshim.read(reply).images]

    assert_reads_every_format(images, formats=["images"])


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
