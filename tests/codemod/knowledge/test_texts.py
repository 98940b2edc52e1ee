"""Functions that take an image rather than a text, by their names."""

import pytest

from imageshim.codemod.knowledge.texts import is_shown


@pytest.mark.parametrize("name", ["app.save_image", "bot.send_photo", "st.image", "image"])
def test_a_name_that_says_image_takes_one(name):
    assert is_shown(name)


@pytest.mark.parametrize("name", ["image.describe", "print", "json.dumps", ""])
def test_any_other_name_takes_text(name):
    assert not is_shown(name)
