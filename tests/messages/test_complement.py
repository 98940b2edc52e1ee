"""What a message holds and what its stash kept, put back together."""

import pytest

from imageshim.messages.complement import arranged, entries_of, items_for, with_stashed
from imageshim.messages.parts import ImagePart, OtherPart, TextPart
from imageshim.messages.stash import Stash
from imageshim.timeline import Format

A, B = "data:image/png;base64,AAAA", "data:image/gif;base64,R0lGOD"
RAW = "data:image/png;base64,iVBORw0KGgo"


def canonical(url, detail="auto", index=0, **more):
    return {
        "image_url": {"url": url, "detail": detail},
        "index": index,
        "type": "image_url",
        **more,
    }


def stash_with(parts, **more):
    return Stash(Format.CONTENT, {"content": 0}, parts=parts, **more)


def test_entries_hold_kinds_and_lengths():
    parts = [
        TextPart("ab"), ImagePart(A), ImagePart(RAW, raw=True), ImagePart(B, draft=True, offset=7),
        OtherPart({}, "part"), OtherPart({}, "item"), TextPart(""),
    ]  # fmt: skip
    assert entries_of(parts) == [
        ("text", 2), ("image", len(A)), ("raw", 11), ("draft", len(B), 7), ("part", 0),
        ("item", 0), ("text", 0),
    ]  # fmt: skip


def test_items_hold_what_the_format_does_not():
    plain, detailed = ImagePart(A), ImagePart(B, canonical(B, "low"))
    vendor = ImagePart(A, canonical(A, vendor=1))
    images = [plain, detailed, vendor]
    assert items_for(images, ("image_url", "url"), only=None) == [
        None, canonical(None, "low"), canonical(None, vendor=1),
    ]  # fmt: skip
    null = {"image_url": None, "index": 0, "type": "image_url", "vendor": 1}
    assert items_for(images, ("image_url",), only=None) == [None, None, null]
    assert items_for(images, ("image_url",), only=plain) == [
        None, canonical(B, "low", 1), canonical(A, index=2, vendor=1),
    ]  # fmt: skip


def test_nulls_are_filled_with_what_the_message_holds():
    kept = stash_with([], items=[canonical(None, "low", vendor=1), None])
    first, second = with_stashed([ImagePart(A), ImagePart(B)], kept, only_one=False)
    assert first.item == canonical(A, "low", vendor=1)
    assert second.item is None


def test_an_inner_object_that_the_message_holds_wins():
    null = {"image_url": None, "index": 0, "type": "image_url", "vendor": 1}
    (image,) = with_stashed(
        [ImagePart(A, canonical(A, "high"))], stash_with([], items=[null]), only_one=False
    )
    assert image.item == canonical(A, "high", vendor=1)
    (image,) = with_stashed([ImagePart(A)], stash_with([], items=[null]), only_one=False)
    assert image.item == canonical(A, vendor=1)


def test_images_that_only_the_stash_holds_come_after_the_first():
    kept = stash_with([], items=[None, canonical(B), canonical(A, "low"), None, 5, {}])
    images = with_stashed([ImagePart(A)], kept, only_one=True)
    assert [image.url for image in images] == [A, B, A]
    assert [image.item for image in images] == [None, None, canonical(A, "low")]
    assert len(with_stashed([ImagePart(A)], kept, only_one=False)) == 1


def test_text_is_cut_as_it_was():
    kept = stash_with([("text", 1), ("image", len(A)), ("text", 2)])
    parts = arranged([ImagePart(A)], "abc", kept)
    assert parts == [TextPart("a"), ImagePart(A), TextPart("bc")]


def test_others_of_the_stash_take_their_places():
    kept = stash_with([("part", 0), ("image", len(A)), ("part", 0)], others=["x", "y"])
    assert arranged([ImagePart(A)], "", kept) == [
        OtherPart("x", "part"),
        ImagePart(A),
        OtherPart("y", "part"),
    ]


def test_others_of_the_message_take_their_places():
    kept = stash_with([("item", 0), ("image", len(A))])
    assert arranged([OtherPart(1, "item"), ImagePart(A)], "", kept) == [
        OtherPart(1, "item"),
        ImagePart(A),
    ]


def test_drafts_and_raw_are_marked_again():
    kept = stash_with([("draft", len(A), 3), ("raw", 11)])
    draft, raw = arranged([ImagePart(A), ImagePart(RAW)], "", kept)
    assert (draft.draft, draft.offset, draft.raw) == (True, 3, False)
    assert (raw.draft, raw.raw) == (False, True)


@pytest.mark.parametrize(
    "entries",
    [
        [],
        [("text", 2), ("image", len(A))],  # less text than there is
        [("text", 4), ("image", len(A))],  # more
        [("text", 3)],  # an image is left over
        [("text", 3), ("image", len(A)), ("image", len(A))],  # one is missing
        [("text", 3), ("image", len(A) + 1)],  # another one
        [("text", 3), ("raw", len(A))],
        [("text", 3), ("image", len(A)), ("part", 0)],  # nothing is kept of it
    ],
)
def test_a_stash_that_does_not_fit_is_not_followed(entries):
    assert arranged([ImagePart(A)], "abc", stash_with(entries)) is None


def test_runs_of_text_that_stand_in_order_are_not_reordered():
    kept = stash_with([("image", len(A)), ("text", 1)])
    assert arranged([TextPart("a"), ImagePart(A)], None, kept) is None
    assert arranged([ImagePart(A), TextPart("a")], None, kept) == [ImagePart(A), TextPart("a")]
    assert arranged([ImagePart(A), TextPart("ab")], None, kept) is None
