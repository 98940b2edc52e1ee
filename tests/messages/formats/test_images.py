"""``images``: the canonical list."""

from imageshim.messages.formats import images
from imageshim.messages.parts import ImagePart, OtherPart, TextPart
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
    parts = images.lift([canonical(PNG), odd, None, canonical(JPEG, 0, v=1)])
    assert parts == [
        ImagePart(PNG),
        OtherPart(odd, "item"),
        OtherPart(None, "item"),
        ImagePart(JPEG, canonical(JPEG, 0, v=1)),
    ]


def test_the_index_is_the_place_in_the_list():
    parts = [
        TextPart("a"),
        ImagePart(PNG),
        OtherPart({"type": "odd"}, "item"),
        OtherPart("x", "part"),
        ImagePart(JPEG, canonical(JPEG, 0, v=1)),
        TextPart("b"),
    ]
    assert images.lower(parts) == {
        "content": "ab",
        "images": [canonical(PNG), {"type": "odd"}, canonical(JPEG, 2, v=1)],
    }


def test_an_item_that_is_right_is_not_made_again():
    item = canonical(PNG, 0, v=1)
    assert images.lower([ImagePart(PNG, item)])["images"][0] is item
    moved = images.lower([ImagePart(JPEG), ImagePart(PNG, item)])["images"][1]
    assert moved == canonical(PNG, 1, v=1)
    assert item["index"] == 0
