"""The old name of a canonical message: read with a warning, and no trace of it elsewhere."""

from __future__ import annotations

import contextlib
import copy
import json
import pickle
import warnings
from types import SimpleNamespace

import openai
import pydantic
import pytest
from openai.types.chat import ChatCompletion, ChatCompletionMessage
from openai.types.chat.chat_completion_chunk import ChatCompletionChunk

import imageshim
from imageshim.testing import pictures
from imageshim.testing.strategies import write_message
from imageshim.wrapping import call_sites
from imageshim.wrapping.old_names import with_old_name

PICTURE = pictures.png()
OLD = {"url": PICTURE.url, "detail": "auto"}


def plain(carrier="message"):
    message = write_message(("Here: ", PICTURE), "images")
    choice = {"index": 0, "finish_reason": "stop", carrier: message}
    return {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}


class Litellm(pydantic.BaseModel):
    """Reads fields by key, as LiteLLM's objects do."""

    model_config = pydantic.ConfigDict(extra="allow")

    def get(self, key, default=None):
        return getattr(self, key, default)

    def __getitem__(self, key):
        return getattr(self, key)


def messages():
    sdk = ChatCompletion.model_validate(plain())
    litellm = Litellm(choices=[Litellm(message=Litellm(**plain()["choices"][0]["message"]))])
    chunk = ChatCompletionChunk.construct(**plain("delta"))
    return {
        "dict": (with_old_name(plain())["choices"][0]["message"], "message"),
        "OpenAI SDK": (with_old_name(sdk).choices[0].message, "message"),
        "LiteLLM": (with_old_name(litellm).choices[0].message, "message"),
        "chunk": (with_old_name(chunk).choices[0].delta, "delta"),
        "chunk, dict": (with_old_name(plain("delta"))["choices"][0]["delta"], "delta"),
    }


READS = {
    "attribute": lambda m: m.image,
    "getattr": lambda m: getattr(m, "image", None),
    "item": lambda m: m["image"],
    "get": lambda m: m.get("image"),
}
KNOWN_BY = {
    "dict": {"item", "get"},
    "chunk, dict": {"item", "get"},
    "OpenAI SDK": {"attribute", "getattr"},
    "chunk": {"attribute", "getattr"},
    "LiteLLM": set(READS),
}


@pytest.mark.parametrize("how", READS)
@pytest.mark.parametrize("name", KNOWN_BY)
def test_the_old_name_reads_and_warns(name, how):
    message, carrier = messages()[name]
    if how not in KNOWN_BY[name]:
        with contextlib.suppress(AttributeError, TypeError):
            assert READS[how](message) is None  # getattr has a default
        assert imageshim.sites() == []
        return

    with pytest.warns(imageshim.LegacyImageFormatWarning, match=r"images|first_image"):
        got = READS[how](message)

    (site,) = imageshim.sites()
    assert got == OLD
    assert (site.read, site.how, site.carrier, site.count) == ("image", how, carrier, 1)
    assert site.function.endswith("<lambda>")


def test_what_to_write_instead_does_what_the_old_expression_did():
    message, _ = messages()["LiteLLM"]
    both = with_old_name(plain())["choices"][0]["message"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # One a line: Python 3.10 does not say which expression of a line runs.
        _ = message.image
        _ = both["image"]
        _ = both.get("image")
        _ = message.get("image")
        _ = getattr(message, "image", None)
        _ = hasattr(message, "image")

    names = {"message": message, "both": both, "imageshim": imageshim}
    instead = {site.instead for site in imageshim.sites()}

    assert instead == {
        'message.images[0]["image_url"]',
        'both["images"][0]["image_url"]',
        "imageshim.first_image(both)",
        "imageshim.first_image(message)",
        'bool(getattr(message, "images", None))',
    }
    for expression in instead:
        assert eval(expression, names) in (OLD, True)  # noqa: S307  # it is what we advise


@pytest.mark.parametrize("name", KNOWN_BY)
def test_a_message_is_as_it_was_in_every_other_way(name):
    viewed, carrier = messages()[name]
    parent = plain(carrier)["choices"][0][carrier]
    if not isinstance(viewed, dict):
        parent = (
            type(viewed)._imageshim_plain.construct(**parent)
            if name != "LiteLLM"
            else Litellm(**parent)
        )

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert viewed == parent
        assert parent == viewed
        assert not (viewed != parent)  # noqa: SIM202  # another method
        assert isinstance(viewed, type(parent))
        assert copy.copy(viewed) == copy.deepcopy(viewed) == parent
        for made in (copy.copy(viewed), copy.deepcopy(viewed), pickle.loads(pickle.dumps(viewed))):  # noqa: S301
            assert type(made) is type(parent)
            assert made == parent
        if isinstance(parent, dict):
            assert json.dumps(viewed) == json.dumps(parent)
            assert list(viewed) == list(parent)
            assert dict(viewed) == {**viewed} == viewed.copy() == parent
            assert viewed.get("absent", 3) == 3
        else:
            assert viewed.model_dump() == parent.model_dump()
            assert viewed.model_dump_json() == parent.model_dump_json()
            assert repr(viewed) == repr(parent)
            assert type(viewed).__name__ == type(parent).__name__
            assert viewed.model_copy() == viewed.model_copy(deep=True) == parent
            assert type(viewed.model_copy()) is type(parent)


def test_a_whole_reply_dumps_copies_and_pickles():
    reply = ChatCompletion.model_validate(plain())

    viewed = with_old_name(reply)

    assert viewed == reply
    assert viewed.model_dump() == reply.model_dump()
    assert viewed.to_json() == reply.to_json()
    assert pickle.loads(pickle.dumps(viewed)) == copy.deepcopy(viewed) == reply  # noqa: S301
    assert type(reply.choices[0].message) is ChatCompletionMessage


def test_other_messages_than_equal_ones_are_not_equal():
    viewed, _ = messages()["OpenAI SDK"]

    assert viewed != ChatCompletionMessage(role="assistant", content="other")
    assert viewed != 3


def test_other_absent_fields_stay_absent():
    viewed, _ = messages()["OpenAI SDK"]
    listed, _ = messages()["dict"]

    with pytest.raises(AttributeError, match="picture"):
        _ = viewed.picture
    with pytest.raises(KeyError, match="picture"):
        _ = listed["picture"]
    assert "picture" not in listed


def test_without_images_nothing_is_there():
    reply = plain()
    reply["choices"][0]["message"]["images"] = []

    assert with_old_name(reply) is reply


def test_a_dict_says_that_it_has_the_old_name():
    viewed, _ = messages()["dict"]

    assert "image" in viewed
    assert imageshim.sites() == []  # the read that follows is the place


def test_a_field_that_somebody_sets_is_a_field():
    viewed, _ = messages()["LiteLLM"]
    other, _ = messages()["LiteLLM"]

    viewed.image = {"url": "mine"}
    with pytest.raises(AttributeError):
        del other.image

    assert viewed.image == viewed["image"] == {"url": "mine"}
    assert viewed.model_dump()["image"] == {"url": "mine"}
    assert imageshim.sites() == []


def test_a_field_of_the_old_name_is_given_without_a_warning():
    viewed, _ = messages()["OpenAI SDK"]
    listed, _ = messages()["dict"]
    viewed.__pydantic_extra__["image"] = 3
    listed["image"] = 4

    assert (viewed.image, listed["image"], listed.get("image")) == (3, 4, 4)


def test_an_image_that_goes_away_takes_the_old_name_with_it():
    viewed, _ = messages()["OpenAI SDK"]
    listed, _ = messages()["dict"]
    viewed.images, listed["images"] = [], []

    with pytest.raises(AttributeError, match="image"):
        _ = viewed.image
    with pytest.raises(KeyError):
        _ = listed["image"]
    assert listed.get("image") is None
    assert "image" not in listed


def test_conversions_of_ours_do_not_count_as_reads():
    for message, _ in messages().values():
        imageshim.convert(message, "content")
        imageshim.convert(message, "image")
        imageshim.read(message)

    assert imageshim.sites() == []


@pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecationWarning")
def test_onlookers_do_not_count_as_reads():
    import inspect

    viewed, _ = messages()["OpenAI SDK"]

    assert ("image", OLD) in inspect.getmembers(viewed)
    assert imageshim.sites() == []


def test_carriers_that_cannot_have_it_stay_as_they_are():
    message = SimpleNamespace(**plain()["choices"][0]["message"])
    reply = SimpleNamespace(choices=[SimpleNamespace(message=message)])

    assert with_old_name(reply) is reply


def test_the_classes_are_made_once():
    first, _ = messages()["OpenAI SDK"]
    second, _ = messages()["OpenAI SDK"]

    assert type(first) is type(second)
    assert openai.types.chat.ChatCompletionMessage in type(first).__mro__
    assert call_sites.sites() == []
