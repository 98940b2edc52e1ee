"""Pictures worth looking at."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from imageshim.testing.paintings import painting


@pytest.mark.parametrize("size", [(320, 200), (1, 1), (33, 17)])
def test_it_is_a_picture_of_the_size_that_was_asked_for(size):
    picture = painting(*size)
    with Image.open(io.BytesIO(picture.data)) as opened:
        opened.load()
        assert (opened.format, opened.size) == ("PNG", size)


def test_a_seed_gives_the_same_bytes_and_another_seed_another_picture():
    assert painting(20, 12, seed=3) == painting(20, 12, seed=3)
    assert painting(20, 12, seed=3) != painting(20, 12, seed=4)


def test_there_is_something_to_see():
    with Image.open(io.BytesIO(painting().data)) as opened:
        assert len(opened.getcolors(maxcolors=1000)) > 20
