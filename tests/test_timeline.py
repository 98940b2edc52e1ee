"""Which LiteLLM version speaks which format."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import InvalidVersion, Version

from captured import VERSIONS
from imageshim import Format, ImageShimError, UnknownFormatError, detect, format_of
from imageshim.timeline import TIMELINE, source_format, target_format

CONTENT, IMAGE, IMAGES, PARTS = Format


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("1.65.4", CONTENT), ("1.72.2", CONTENT), ("1.75.9", CONTENT), ("1.76.0", CONTENT),
        ("1.76.1", IMAGE), ("1.76.2", IMAGE), ("1.76.3", IMAGE),
        ("1.77.0", IMAGES), ("1.80.0", IMAGES), ("1.109.1", IMAGES), ("2", IMAGES),
        ("0.1", CONTENT), ("0", CONTENT), ("1", CONTENT), ("1.9", CONTENT), ("1.100", IMAGES),
    ],
)  # fmt: skip
def test_releases_are_compared_as_numbers(version, expected):
    assert format_of(version) is expected


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("1.77.0rc1", IMAGE), ("1.77.0a1", IMAGE), ("1.77.0b2", IMAGE), ("1.77.0.dev3", IMAGE),
        ("1.77.0rc1.post2", IMAGE), ("1.77.0rc1.dev1", IMAGE), ("1.77.0a1.post1.dev2", IMAGE),
        ("1.77.0.post1", IMAGES), ("1.77.0.post1.dev2", IMAGES), ("1.77.0-1", IMAGES),
        ("1.77.0+local.1", IMAGES), ("1.77.0rc1+local", IMAGE), ("1.76.0.post1", CONTENT),
        ("1.76.1.dev0", CONTENT), ("1.76.1rc1", CONTENT), ("1.76.1.dev0+g12", CONTENT),
        ("1.77", IMAGES), ("1.77.0.0.0", IMAGES), ("1.77.0.0.1", IMAGES), ("1.76.0.9", CONTENT),
        ("0!1.77.0", IMAGES), ("1!0.1", IMAGES),
    ],
)  # fmt: skip
def test_pre_post_dev_and_local_versions_stand_where_pep_440_puts_them(version, expected):
    assert format_of(version) is expected


@pytest.mark.parametrize(
    "spelling",
    [
        "v1.77.0", "V1.77.0", " 1.77.0 ", "1.77.0\n", "1.77.0.post", "1.77.0.rev1", "1.77.0-r4",
        "1.77.0_POST_2", "01.077.000", "1.77.0+UBUNTU-1_x",
    ],
)  # fmt: skip
def test_spellings_that_pep_440_accepts(spelling):
    assert format_of(spelling) is IMAGES


@pytest.mark.parametrize(
    "spelling",
    ["1.77.0alpha", "1.77.0-BETA-1", "1.77.0_c1", "1.77.0.pre.1", "1.77.0preview2", "1.77.0-dev"],
)
def test_spellings_of_pre_releases_that_pep_440_accepts(spelling):
    assert format_of(spelling) is IMAGE


GARBAGE = [
    "", " ", "latest", "1.77.x", "1..77", ".1", "1.", "-1", "1.77.0-", "1.77.0+", "1,77", "v",
    "main-stable", "litellm 1.77", "1.77.0 1.76.0", "１.77.0", "9" * 1000, "1." * 1000, "1.77\0",
    None, b"1.77.0", 1.77, 1, True, [], {}, ("1", "77"), object, Format.IMAGES,
]  # fmt: skip


@pytest.mark.parametrize("garbage", GARBAGE, ids=lambda value: repr(value)[:20])
def test_garbage_is_refused_with_its_name(garbage):
    with pytest.raises(UnknownFormatError, match="is not a LiteLLM version") as caught:
        format_of(garbage)
    assert repr(garbage)[:80] in str(caught.value)
    assert len(str(caught.value)) < 200
    assert isinstance(caught.value, ImageShimError)
    assert isinstance(caught.value, ValueError)


@st.composite
def versions(draw):
    release = draw(st.lists(st.sampled_from([0, 1, 2, 75, 76, 77, 100]), min_size=1, max_size=4))
    parts = [
        draw(st.sampled_from(["", "", "v", "0!", "1!"])),
        ".".join(map(str, release)),
        draw(st.sampled_from(["", "", "a1", "b", "rc2", ".alpha1", "-preview", "c9"])),
        draw(st.sampled_from(["", "", ".post1", "-3", ".rev", "r2"])),
        draw(st.sampled_from(["", "", ".dev1", "dev", "-dev2"])),
        draw(st.sampled_from(["", "", "+abc.1", "+1"])),
    ]
    return "".join(parts)


@given(version=versions() | st.text("0123456789.!+-_avrcbdeposttl ", max_size=12))
def test_the_order_is_that_of_packaging(version):
    try:
        known = Version(version)
    except InvalidVersion:
        with pytest.raises(UnknownFormatError):
            format_of(version)
        return
    expected = [era.format for era in TIMELINE if known >= Version(era.since)]
    # What comes before every row ("0.dev1") is as old as can be.
    assert format_of(version) is (expected[-1] if expected else CONTENT)


def test_every_row_names_its_source():
    assert [era.since for era in TIMELINE] == ["0", "1.76.1", "1.77.0"]
    assert all("BerriAI/litellm PR #" in era.source for era in TIMELINE)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_table_agrees_with_the_captures(version):
    from captured import replies

    assert detect(replies(version)["a_image_only"], version) is format_of(version)


def test_a_format_is_the_name_of_its_field():
    assert [str(member) for member in Format] == ["content", "image", "images", "parts"]
    assert f"{Format.IMAGES}" == "images" == Format.IMAGES


@pytest.mark.parametrize("member", Format)
def test_a_source_may_be_a_format_or_its_name(member):
    assert source_format(member) is source_format(member.value) is member
    assert target_format(member) is target_format(member.value) is member


def test_a_source_may_be_a_version_or_unknown():
    assert source_format("1.76.2") is IMAGE
    assert source_format(None) is None


@pytest.mark.parametrize(
    "garbage",
    [value for value in GARBAGE if value is not None and not isinstance(value, Format)],
    ids=lambda value: repr(value)[:20],
)
def test_other_sources_are_refused(garbage):
    with pytest.raises(UnknownFormatError, match=r"neither a format .* nor a LiteLLM version"):
        source_format(garbage)


@pytest.mark.parametrize("garbage", ["1.77.0", "Images", "", None, b"images", [], 3])
def test_other_targets_are_refused(garbage):
    with pytest.raises(
        UnknownFormatError, match="is not a format; choose one of content, image, images"
    ):
        target_format(garbage)
