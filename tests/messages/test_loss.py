"""What a conversion without a stash loses is said, and so is a text that will read as an image."""

import warnings

import pytest

from imageshim import LossyConversionError, LossyConversionWarning, convert, read
from imageshim.testing.pictures import png
from imageshim.testing.strategies import write_message

PICTURE = png()
HEADER = "data:image/png;base64,"


@pytest.mark.parametrize("name", ["images", "image"])
def test_a_header_before_words_would_read_as_an_image(name):
    message = write_message((f"It begins with {HEADER}Here", PICTURE), name)
    with pytest.warns(LossyConversionWarning, match="text beside them reads as one"):
        there = convert(message, "content", on_loss="drop")
    assert len(read(there, source="content").images) == 2
    with pytest.raises(LossyConversionError, match="reads as one"):
        convert(message, "content", on_loss="raise")
    # With the stash, which says where the images are, nothing is lost.
    kept = convert(message, "content")
    assert [image.data for image in read(kept, source="content").images] == [PICTURE.data]


@pytest.mark.parametrize(
    "parts",
    [
        (f"It begins with {HEADER}", PICTURE),
        (f"`{HEADER}Here`", PICTURE),
        ("Look: ", PICTURE, " and ", PICTURE),
        (PICTURE,),
    ],
)
def test_where_the_images_are_clear_nothing_is_said(parts):
    message = write_message(parts, "parts")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        there = convert(message, "content", on_loss="drop")
    pictures = [part.data for part in parts if not isinstance(part, str)]
    assert [image.data for image in read(there, source="content").images] == pictures
