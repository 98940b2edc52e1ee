"""Chunks in, chunks out."""

import copy
import warnings

import pytest
from openai.types.chat import ChatCompletionChunk
from pydantic import BaseModel

from chunks_of_streams import BASE, BLUE, PHOTO, RED, UNPADDED, chunk, deltas, item, texts
from imageshim import (
    LossyConversionError,
    MalformedImageError,
    StreamConverter,
    UnknownFormatError,
    collect,
    convert_stream,
)
from imageshim.errors import LossyConversionWarning, UnreadableImageWarning
from imageshim.testing.pictures import png

IMAGE = {"url": RED.url, "detail": "auto"}
PART = {"type": "image_url", "image_url": IMAGE}


def converted(chunks, to="images", **words):
    return list(convert_stream(chunks, to, **words))


MARK = {"provider_specific_fields": {"imageshim": {"images": {"0": None}}}}


@pytest.mark.parametrize(
    "delta",
    [{"content": RED.url}, {"image": IMAGE}, {"images": [item(RED.url)]}, {"content": [PART]}],
)
@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("content", {"content": RED.url, **MARK}),
        ("image", {"image": IMAGE}),
        ("images", {"images": [item(RED.url)]}),
        ("parts", {"content": [PART]}),
    ],
)
def test_an_image_goes_where_the_format_has_it(delta, to, expected):
    (made,) = converted([chunk(delta)], to)
    if delta == {"content": RED.url} and to == "content":
        expected = delta  # as it was: nothing marks it
    assert made == chunk(expected)


@pytest.mark.parametrize("to", ["content", "image", "images", "parts"])
def test_chunks_without_images_come_back_as_themselves(to):
    chunks = [
        chunk({"role": "assistant", "content": ""}),
        *texts("Hello", " wor", "ld!"),
        chunk({"content": None, "images": None, "image": None}),
        chunk({"tool_calls": [{"index": 0, "id": "a", "function": {"arguments": "{"}}]}),
        {**BASE, "choices": [], "usage": {"total_tokens": 3}},
        {"error": {"message": "overloaded"}},
        {"choices": None},
        {"choices": [{"index": 0}]},
        chunk({}),
    ]
    made = converted(chunks, to)
    assert [id(one) for one in made] == [id(one) for one in chunks]


def test_several_images_are_numbered_over_the_whole_stream():
    made = converted(
        [chunk({"images": [item(RED.url)]}), chunk({"images": [item(BLUE.url), item(PHOTO.url)]})]
    )
    numbers = [entry["index"] for delta in deltas(made) for entry in delta["images"]]
    assert numbers == [0, 1, 2]


@pytest.mark.parametrize("cut", [None, 30], ids=["whole", "in two parts"])
def test_an_image_in_the_text_parts_of_a_list_is_taken_out(cut):
    said = f"Here: {RED.url}"
    pieces = [said] if cut is None else [said[:cut], said[cut:]]
    chunks = [chunk({"content": [{"type": "text", "text": piece}]}) for piece in pieces]
    made = [
        one["choices"][0]["delta"] for one in converted([*chunks, chunk({"content": " there"})])
    ]
    assert "".join(delta.get("content") or "" for delta in made) == "Here:  there"
    assert [one for delta in made for one in delta.get("images", ())] == [item(RED.url)]


@pytest.mark.parametrize("more", [{"reasoning_content": "Hm"}, {"tool_calls": [{"index": 0}]}])
def test_what_stands_beside_a_piece_of_an_image_goes_on(more):
    url = png(filling=2000).url
    pieces = [url[at : at + 40] for at in range(0, len(url), 40)]
    chunks = [chunk({"content": piece}) for piece in pieces]
    chunks[20] = chunk({"content": pieces[20], **more})
    made = [one["choices"][0]["delta"] for one in converted(chunks, source="content")]
    assert [one for delta in made for one in delta.get("images", ())] == [item(url)]
    ((name, value),) = more.items()
    assert [delta[name] for delta in made if name in delta] == [value]


def test_choices_are_numbered_by_themselves():
    chunks = [chunk({"images": [item(RED.url)]}, index=index) for index in (0, 1, 0, 1)]
    made = converted(chunks)
    assert [delta["images"][0]["index"] for delta in deltas(made)] == [0, 0, 1, 1]
    assert made[:2] == chunks[:2]


def test_images_that_are_numbered_already_come_back_as_themselves():
    chunks = [chunk({"images": [item(RED.url)]}), chunk({"images": [item(BLUE.url, 1)]})]
    assert [id(one) for one in converted(chunks, markdown=True)] == [id(one) for one in chunks]


def test_choices_without_an_index_are_told_by_their_place():
    made = converted([{"choices": [{"delta": {"image": IMAGE}}, {"delta": {"image": IMAGE}}]}] * 2)
    assert [delta["images"][0]["index"] for delta in deltas(made)] == [0, 0, 1, 1]


def test_one_chunk_becomes_as_many_as_needed():
    one = chunk(
        {"role": "assistant", "content": f"One {RED.url} two {BLUE.url} end"},
        finish="stop",
        usage={"total_tokens": 3},
        system_fingerprint="f",
    )
    one["choices"][0]["logprobs"] = {"content": []}
    made = converted([one], source="content")
    assert deltas(made) == [
        {"role": "assistant", "content": "One "},
        {"images": [item(RED.url)]},
        {"content": " two "},
        {"images": [item(BLUE.url, 1)]},
        {"content": " end"},
    ]
    assert {(m["id"], m["model"], m["created"], m["system_fingerprint"]) for m in made} == {
        ("c1", "m", 7, "f")
    }
    assert [m["choices"][0]["finish_reason"] for m in made] == [None] * 4 + ["stop"]
    assert [m["choices"][0]["logprobs"] for m in made] == [{"content": []}] + [None] * 4
    assert [m["usage"] for m in made] == [None] * 4 + [{"total_tokens": 3}]


def test_several_choices_of_one_chunk_each_become_chunks():
    one = {
        **BASE,
        "choices": [
            {"index": 0, "delta": {"content": f"a{RED.url}"}, "finish_reason": None},
            {"index": 1, "delta": {"content": "b"}, "finish_reason": None},
        ],
    }
    made = converted([one], source="content")
    assert [(m["choices"][0]["index"], m["choices"][0]["delta"]) for m in made] == [
        (0, {"content": "a"}),
        (0, {"images": [item(RED.url)]}),
        (1, {"content": "b"}),
    ]


def test_several_choices_of_one_chunk_stay_together_where_they_can():
    one = {
        **BASE,
        "choices": [
            {"index": 0, "delta": {"image": IMAGE}, "finish_reason": None},
            {"index": 1, "delta": {"content": "b"}, "finish_reason": None},
        ],
    }
    (made,) = converted([one])
    assert deltas([made]) == [{"images": [item(RED.url)]}, {"content": "b"}]


def test_a_chunk_is_never_changed():
    chunks = [
        chunk(
            {"role": "assistant", "content": f"a{RED.url}", "provider_specific_fields": {"a": 1}}
        ),
        chunk({"images": [item(RED.url)], "content": "x"}),
        chunk({"content": [PART, {"type": "text", "text": "x"}]}),
    ]
    before = copy.deepcopy(chunks)
    for to in ("content", "image", "images", "parts"):
        converted(chunks, to, source="content")
    assert chunks == before


def test_a_data_uri_cut_over_chunks_is_put_together():
    pieces = [RED.url[at : at + 9] for at in range(0, len(RED.url), 9)]
    made = converted(texts("Look: ", *pieces, "Done."))
    assert deltas(made) == [
        {"content": "Look: "},
        {"images": [item(RED.url)]},
        {"content": "Done."},
        {},
    ]


def test_an_image_at_the_end_comes_before_the_finish_chunk():
    made = converted(texts(UNPADDED.url))
    assert deltas(made) == [{"images": [item(UNPADDED.url)]}, {}]
    assert made[-1]["choices"][0]["finish_reason"] == "stop"


def test_text_that_was_held_comes_before_the_finish_chunk():
    made = converted(texts("a big dat"))
    assert deltas(made) == [{"content": "a big "}, {"content": "dat"}, {}]
    assert [m["choices"][0]["finish_reason"] for m in made] == [None, None, "stop"]


def test_a_finish_reason_beside_held_text_stays_with_the_last_chunk():
    made = converted([chunk({"content": "a big dat"}, finish="stop")])
    assert made == [chunk({"content": "a big dat"}, finish="stop")]
    made = converted([chunk({"content": RED.url}, finish="stop")], source="content")
    assert made == [chunk({"images": [item(RED.url)]}, finish="stop")]


def test_a_chunk_that_only_adds_to_a_data_uri_becomes_none():
    converter = StreamConverter("images")
    assert converter.feed(chunk({"content": RED.url[:50]})) == []
    assert converter.feed(chunk({"content": RED.url[50:60]})) == []
    assert converter.feed(chunk({"content": RED.url[60:]})) == [chunk({"images": [item(RED.url)]})]


@pytest.mark.parametrize(
    "more",
    [
        {"usage": {"total_tokens": 1}},
        {"citations": ["x"]},
    ],
)
def test_what_else_a_chunk_says_is_not_lost_with_it(more):
    converter = StreamConverter("images")
    assert converter.feed(chunk({"content": RED.url[:50]}, **more)) == [chunk({}, **more)]
    assert converter.feed(chunk({"content": RED.url[50:60]}, **more)) == [chunk({}, **more)]


def test_what_else_a_delta_or_a_choice_says_is_not_lost_with_its_text():
    converter = StreamConverter("images")
    made = converter.feed(chunk({"role": "assistant", "content": RED.url[:50]}))
    assert made == [chunk({"role": "assistant"})]
    made = converter.feed(chunk({"content": RED.url[50:55], "reasoning_content": "hm"}))
    assert made == [chunk({"reasoning_content": "hm"})]
    one = chunk({"content": RED.url[55:60]})
    one["choices"][0]["logprobs"] = {"content": [1]}
    (made,) = converter.feed(one)
    assert made["choices"][0] == {**one["choices"][0], "delta": {}}
    assert converter.feed(chunk({"content": RED.url[60:]})) == [chunk({"images": [item(RED.url)]})]


def test_carriers_that_write_nulls_go_on_doing_so():
    delta = {"content": f"a{RED.url}", "role": "assistant", "tool_calls": None, "audio": None,
             "provider_specific_fields": None}  # fmt: skip
    first, second = deltas(converted([chunk(delta)], source="content"))
    assert first == {**delta, "content": "a"}
    nulls = dict.fromkeys(delta)
    assert second == {**nulls, "images": [item(RED.url)]}


def test_text_that_was_held_to_the_end_has_the_nulls_of_its_carrier():
    delta = {"content": "a dat", "tool_calls": None}
    assert deltas(converted([chunk(delta)])) == [
        {"content": "a ", "tool_calls": None},
        {"content": "dat", "tool_calls": None},
    ]


def test_other_fields_go_with_the_first_of_several():
    delta = {"content": f"a{RED.url}", "reasoning_content": "r", "vendor": 1}
    assert deltas(converted([chunk(delta)], source="content")) == [
        {**delta, "content": "a"},
        {"images": [item(RED.url)]},
    ]


def test_the_usage_chunk_is_untouched():
    usage = {**BASE, "choices": [], "usage": {"total_tokens": 3}}
    assert converted([*texts(RED.url), usage])[-1] is usage


def test_a_second_image_follows_on_loss():
    chunks = [chunk({"images": [item(RED.url)]}), chunk({"images": [item(BLUE.url)]})]
    kept = {"provider_specific_fields": {"imageshim": {"images": {"1": item(BLUE.url, 1)}}}}
    made = converted(chunks, "image")
    assert deltas(made) == [{"image": IMAGE}, kept]
    assert deltas(converted(made, "images")) == [
        {"images": [item(RED.url)]},
        {"images": [item(BLUE.url, 1)]},
    ]
    with pytest.warns(LossyConversionWarning, match="more than one image") as caught:
        assert deltas(converted(chunks, "image", on_loss="drop")) == [{"image": IMAGE}]
    assert caught[0].filename == __file__
    with pytest.raises(LossyConversionError, match=r"choices\[0\].delta: the format 'image'"):
        converted(chunks, "image", on_loss="raise")


def test_a_dropped_image_leaves_the_rest_of_its_delta():
    converter = StreamConverter("image", on_loss="drop")
    converter.feed(chunk({"images": [item(RED.url)]}))
    with pytest.warns(LossyConversionWarning):
        made = converter.feed(chunk({"images": [item(BLUE.url)], "content": "text"}))
    assert deltas(made) == [{"content": "text"}]
    with pytest.warns(LossyConversionWarning):
        assert converter.feed(chunk({"images": [item(BLUE.url)]})) == []
    with pytest.warns(LossyConversionWarning):
        made = converter.feed(chunk({"images": [item(BLUE.url)]}, finish="stop"))
    assert made == [chunk({}, finish="stop")]


@pytest.mark.parametrize("to", ["content", "image", "parts"])
def test_details_and_unknown_keys_come_back(to):
    entry = item(RED.url, vendor=3)
    entry["image_url"]["detail"] = "high"
    chunks = [chunk({"content": "a"}), chunk({"images": [entry]})]
    there = converted(chunks, to)
    assert converted(there, "images", source=to) == chunks


def test_details_are_lost_as_on_loss_says():
    entry = item(RED.url, vendor=3)
    with pytest.warns(LossyConversionWarning, match="unknown keys of an image"):
        made = converted([chunk({"images": [entry]})], "content", on_loss="drop")
    assert deltas(made) == [{"content": RED.url}]
    with pytest.raises(LossyConversionError):
        converted([chunk({"images": [entry]})], "content", on_loss="raise")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        converted([chunk({"images": [item(RED.url)]})], "content", on_loss="drop")


def test_an_image_that_text_quotes_comes_back_by_its_mark():
    chunks = [chunk({"content": '"'}), chunk({"images": [item(RED.url)]}), chunk({"content": '"'})]
    there = converted(chunks, "content")
    assert converted(there, "images", source="content") == chunks


def test_marks_stay_beside_the_providers_own_fields():
    delta = {"images": [item(RED.url)], "provider_specific_fields": {"sig": "x"}}
    there = converted([chunk(delta)], "content")
    assert deltas(there) == [
        {
            "provider_specific_fields": {"sig": "x", "imageshim": {"images": {"0": None}}},
            "content": RED.url,
        }
    ]
    assert deltas(converted(there, "images")) == [
        {"provider_specific_fields": {"sig": "x"}, "images": [item(RED.url)]}
    ]


def test_provider_fields_that_are_no_object_are_refused():
    chunks = [chunk({"images": [item(RED.url)], "provider_specific_fields": "x"})]
    with pytest.raises(MalformedImageError, match=r"choices\[0\].delta.provider_specific_fields"):
        converted(chunks, "content")


def test_fields_for_images_say_that_content_is_text():
    chunks = [
        chunk({"content": "see dat", "images": []}),
        chunk({"content": RED.url}),
        chunk({"images": [item(BLUE.url)]}),
    ]
    made = converted(chunks)
    assert [id(one) for one in made] == [id(one) for one in chunks]


def test_held_text_goes_before_a_field_for_images():
    chunks = [chunk({"content": "see dat"}), chunk({"content": "x", "images": []})]
    assert deltas(converted(chunks)) == [
        {"content": "see "}, {"content": "dat"}, {"content": "x", "images": []}
    ]  # fmt: skip
    chunks = [chunk({"content": "see dat"}), chunk({"images": [item(RED.url)]})]
    made = converted(chunks)
    assert deltas(made) == [{"content": "see "}, {"content": "dat"}, {"images": [item(RED.url)]}]
    chunks = [chunk({"content": UNPADDED.url}), chunk({"images": [item(RED.url)]})]
    made = converted(chunks)
    assert deltas(made) == [{"images": [item(UNPADDED.url)]}, {"images": [item(RED.url, 1)]}]


@pytest.mark.parametrize("source", ["images", "1.80.0", "parts"])
def test_a_known_source_says_that_content_is_text(source):
    chunks = texts(RED.url)
    assert [id(one) for one in converted(chunks, source=source)] == [id(one) for one in chunks]


def test_an_unknown_source_is_refused_at_once():
    with pytest.raises(UnknownFormatError):
        StreamConverter("images", source="yesterday")
    with pytest.raises(UnknownFormatError):
        convert_stream([], "pictures")


def test_images_in_the_providers_fields_are_read():
    delta = {"provider_specific_fields": {"images": [{"image_url": {"url": RED.url}}]}}
    assert deltas(converted([chunk(delta)])) == [
        {"provider_specific_fields": {}, "images": [item(RED.url)]}
    ]


def test_dialects_are_read():
    chunks = [chunk({"images": [{"b64_json": RED.url.partition(",")[2]}]})]
    assert deltas(converted(chunks)) == [{"images": [item(RED.url)]}]
    chunks = [chunk({"content_blocks": [PART]})]
    assert deltas(converted(chunks))[0]["images"] == [item(RED.url)]


def test_entries_that_are_no_images_stay_among_them():
    chunks = [chunk({"images": [{"kind": "map"}, item(RED.url)]})]
    assert deltas(converted(chunks)) == [{"images": [{"kind": "map"}, item(RED.url, 1)]}]
    made = converted([*chunks, chunk({"image": IMAGE})], "images")
    assert deltas(made)[1]["images"][0]["index"] == 2
    assert deltas(converted(chunks, "content")) == [
        {"images": [{"kind": "map"}]}, {"content": RED.url, **MARK}
    ]  # fmt: skip


def test_parts_are_split_in_order():
    sound = {"type": "input_audio", "input_audio": {}}
    content = [{"type": "text", "text": "a"}, PART, sound, {"type": "text", "text": "b"}, PART]
    assert deltas(converted([chunk({"content": content})])) == [
        {"content": "a"},
        {"images": [item(RED.url)]},
        {"content": [sound]},
        {"content": "b"},
        {"images": [item(RED.url, 1)]},
    ]
    assert deltas(converted([chunk({"content": [PART, PART]})])) == [
        {"images": [item(RED.url), item(RED.url, 1)]}
    ]


def test_lists_of_text_are_text_but_in_their_own_format():
    chunks = [chunk({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]})]
    assert deltas(converted(chunks)) == [{"content": "ab"}]
    assert converted(chunks, "parts") == chunks
    chunks = [chunk({"content": [{"type": "refusal", "refusal": "no"}]})]
    assert converted(chunks) == chunks


def test_a_stream_that_ends_inside_a_data_uri_gives_its_text_back():
    chunks = texts("Look: ", RED.url[:40], RED.url[40:70], finish=None)
    with pytest.warns(
        UnreadableImageWarning, match=r"choices\[0\].delta: the stream ended"
    ) as caught:
        made = converted(chunks)
    assert caught[0].filename == __file__
    assert "".join(delta["content"] for delta in deltas(made)) == "Look: " + RED.url[:70]
    assert made[-1] == chunk({"content": RED.url[:70]})
    with pytest.warns(UnreadableImageWarning):
        assert deltas(converted(texts(RED.url[:70])))[0] == {"content": RED.url[:70]}


def test_a_reply_that_was_cut_off_for_length_ends_inside_its_image():
    mock = "data:image/png;base64,AAAA"
    assert deltas(converted(texts(mock), source="content"))[0] == {"images": [item(mock)]}
    with pytest.warns(UnreadableImageWarning):
        made = converted(texts(mock, finish="length"), source="content")
    assert deltas(made) == [{"content": mock}, {}]


def test_finish_has_nothing_to_say_as_a_rule():
    converter = StreamConverter("images")
    assert converter.finish() == []
    for one in texts("Hello", RED.url):
        converter.feed(one)
    assert converter.finish() == []


def test_a_hundred_thousand_pieces_are_absorbed_and_none_is_lost():
    url = png(filling=30_000).url
    pieces = [url[at : at + 40] for at in range(0, len(url), 40)]
    made = converted(texts("a", *pieces, "b"))
    assert deltas(made) == [{"content": "a"}, {"images": [item(url)]}, {"content": "b"}, {}]
    cut = len(pieces) - 5
    with pytest.warns(UnreadableImageWarning):
        made = converted(texts(*pieces[:cut], finish=None))
    assert deltas(made) == [{"content": "".join(pieces[:cut])}]


@pytest.mark.parametrize(
    "other",
    [
        chunk({"content": "b"}, index=1),
        chunk({"tool_calls": [{"index": 0, "id": "x"}]}),
        {**BASE, "choices": []},
        {"error": {"message": "x"}},
        chunk({"content": 5}),
        chunk({"content": []}),
        chunk({"content": None}),
        {**BASE, "choices": [{"index": 0, "finish_reason": None}, 0]},
    ],
)
def test_other_chunks_pass_an_image_in_progress(other):
    url = png(filling=3000).url
    converter = StreamConverter("images")
    for at in range(0, 1000, 100):
        assert converter.feed(chunk({"content": url[at : at + 100]})) == []
    assert converter.feed(other) == [other]
    assert converter.feed(chunk({"content": url[1000:]})) == [chunk({"images": [item(url)]})]


def test_openai_objects_come_back_as_their_own_class():
    chunks = [ChatCompletionChunk.construct(**one) for one in texts(f"a{RED.url}", " b")]
    before = [one.model_dump() for one in chunks]
    made = converted(chunks, source="content")
    assert {type(one) for one in made} == {ChatCompletionChunk}
    assert [one.choices[0].delta.content for one in made] == ["a", None, " b", None]
    assert made[1].choices[0].delta.images == [item(RED.url)]
    assert made[-1] is chunks[-1]
    assert made[-2] is chunks[-2]
    assert [one.model_dump() for one in chunks] == before
    assert collect(made).choices[0].message.content == "a b"


def test_openai_objects_with_images_are_renumbered():
    chunks = [ChatCompletionChunk.construct(**chunk({"images": [item(RED.url)]})) for _ in range(2)]
    made = converted(chunks)
    assert made[0] is chunks[0]
    assert [one.choices[0].delta.images[0]["index"] for one in made] == [0, 1]
    specific = ChatCompletionChunk.construct(
        **chunk({"provider_specific_fields": {"images": [item(RED.url)]}})
    )
    assert converted([specific])[0].choices[0].delta.images == [item(RED.url)]


class Simple:
    def __init__(self, **fields):
        self.__dict__ = fields


def test_other_objects_are_converted_too():
    choice = Simple(index=0, delta=Simple(content=f"a{RED.url}", role=None), finish_reason=None)
    made = converted([Simple(id="c", choices=[choice])], source="content")
    assert [type(one) for one in made] == [Simple, Simple]
    assert made[0].choices[0].delta.content == "a"
    assert made[1].choices[0].delta.images == [item(RED.url)]


def test_objects_with_declared_images_and_dicts_of_objects_are_looked_at():
    class Delta(BaseModel):
        model_config = {"extra": "allow"}
        content: str | None = None
        images: list | None = None

    delta = Delta(images=[item(RED.url)])
    choice = ChatCompletionChunk.construct(**chunk({})).choices[0]
    made = converted([{"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}] * 2)
    assert [one["choices"][0]["delta"].images[0]["index"] for one in made] == [0, 1]
    choice.delta = delta
    objects = [ChatCompletionChunk.construct(choices=[choice])] * 2
    assert converted(objects)[1].choices[0].delta.images[0]["index"] == 1


def test_pieces_of_a_choice_without_an_index_are_put_together():
    cut = [RED.url[at : at + 20] for at in range(0, len(RED.url), 20)]
    (made,) = converted([{"choices": [{"delta": {"content": piece}}]} for piece in cut])
    assert made["choices"][0]["delta"] == {"images": [item(RED.url)]}


def test_images_in_markdown_are_text_of_a_converter_that_is_not_asked():
    link = f"![a]({RED.url})"
    converter = StreamConverter("images")
    made = [*converter.feed(chunk({"content": link})), *converter.finish()]
    assert "".join(delta["content"] for delta in deltas(made)) == link


def test_images_in_markdown_are_read_on_request():
    text = f"Look: ![image]({RED.url}) Done!"
    pieces = [text[at : at + 7] for at in range(0, len(text), 7)]
    assert converted(texts("Wow! ", text)) == texts("Wow! ", text)
    made = converted(texts("Wow! ", *pieces), markdown=True)
    assert collect(made)["choices"][0]["message"] == {
        "role": "assistant",
        "content": "Wow! Look:  Done!",
        "provider_specific_fields": collect(made)["choices"][0]["message"][
            "provider_specific_fields"
        ],
        "images": [item(RED.url)],
    }
    chunks = texts("a", "b", "c")
    assert [id(one) for one in converted(chunks, markdown=True)] == [id(one) for one in chunks]


def test_a_converter_shows_what_it_takes_and_gives_and_nothing_else():
    shown = [name for name in dir(StreamConverter("images")) if not name.startswith("_")]
    assert shown == ["feed", "finish"]


def test_a_chunk_with_fields_that_nobody_declared_passes_as_it_is():
    plain = ChatCompletionChunk.model_validate(
        {**BASE, "choices": [{"index": 0, "delta": {"content": "Hi", "reasoning": "so"}}]}
    )
    (given,) = convert_stream([plain], "images", source="images")
    assert given is plain


def test_a_fence_that_opened_many_chunks_ago_is_known():
    pieces = ["```\n", *"ab" * 700, "\n", RED.url]
    converted = list(convert_stream(texts(*pieces), "images"))
    assert collect(converted)["choices"][0]["message"]["content"] == "".join(pieces)


def test_usage_comes_once_where_a_stream_ends_without_a_word():
    usage = {"completion_tokens": 3}
    made = converted([chunk({"content": "See da"}, usage=usage)])
    assert [one["usage"] for one in made if one.get("usage")] == [usage]
    assert deltas(made) == [{"content": "See "}, {"content": "da"}]
