"""Real frameworks, each in an environment of its own: what they hand out, and what is captured."""

from __future__ import annotations

import pytest

from .page import row, rows
from .results import DRIVERS, PAGE, recipes, result

pytestmark = pytest.mark.frameworks

BOTH = ["image/png", "image/jpeg"]


@pytest.fixture(scope="module", params=DRIVERS)
def found(request):
    try:
        return result(request.param)
    except RuntimeError as error:
        pytest.skip(f"{request.param} cannot be installed here: {error}"[:400])


def test_all_pictures_are_captured_once_each_and_in_order(found):
    wrong = {
        how: (seen["images"], seen["crash"])
        for how, seen in found["captured"].items()
        if seen["images"] != BOTH
    }
    assert wrong == {}
    assert "whole alone" in found["captured"]


def test_the_page_says_what_is_so(found):
    table = rows(PAGE.read_text())
    said, is_so = table[f"{found['framework']} {found['class']}"], row(found)
    # The version is the one on which it was last true.
    assert said.split("|")[2:] == is_so.split("|")[2:], "make frameworks-page writes it anew"


def test_the_raw_reply_is_read_where_one_is_kept(found):
    assert all(images == BOTH for images in found["raw"].values())


def test_the_recipe_of_the_page_gives_all_images(found, request):
    driver = request.node.callspec.params["found"]
    if driver not in recipes():
        assert found["recipe"] is None
        return
    assert isinstance(found["recipe"], list), found["recipe"]
    assert set(found["recipe"]) == {2}
    assert len(found["recipe"]) >= 2


def test_every_recipe_is_run():
    assert recipes().keys() <= DRIVERS.keys()
