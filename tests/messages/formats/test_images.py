"""``images``: the canonical list."""

from imageshim.messages.formats import images
from imageshim.messages.parts import Image, Other, Text
from imageshim.testing.pictures import jpeg, png

PNG, JPEG = png().url, jpeg().url


def canonical(url, index=0, **more):
    return {
        "image_url": {"url": url, "detail": "auto"},
        "index": index,
        "type": "image_url",
        **more,
    }


def test_items_are_read_and_what_is_no_image_is_kept():
    odd = {"type": "odd"}
    parts = images.lift([canonical(PNG), odd, None, canonical(JPEG, 0, v=1)], any_dialect=False)
    assert parts == [
        Image(PNG), Other(odd, "item"), Other(None, "item"), Image(JPEG, canonical(JPEG, 0, v=1)),
    ]  # fmt: skip


def test_the_index_is_the_place_in_the_list():
    parts = [
        Text("a"), Image(PNG), Other({"type": "odd"}, "item"), Other("x", "part"),
        Image(JPEG, canonical(JPEG, 0, v=1)), Text("b"),
    ]  # fmt: skip
    assert images.lower(parts) == {
        "content": "ab",
        "images": [canonical(PNG), {"type": "odd"}, canonical(JPEG, 2, v=1)],
    }


def test_an_item_that_is_right_is_not_made_again():
    item = canonical(PNG, 0, v=1)
    assert images.lower([Image(PNG, item)])["images"][0] is item
    moved = images.lower([Image(JPEG), Image(PNG, item)])["images"][1]
    assert moved == canonical(PNG, 1, v=1)
    assert item["index"] == 0
