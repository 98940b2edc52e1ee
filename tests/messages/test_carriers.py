"""Every carrier is read, and comes back as what it was."""

import copy
import pickle
import warnings
from collections import OrderedDict, UserDict, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType, SimpleNamespace
from typing import Any
from unittest.mock import MagicMock, Mock, NonCallableMock, create_autospec

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionMessage
from openai.types.chat.chat_completion import Choice
from pydantic import BaseModel, ConfigDict

from imageshim import (
    ImageShimError,
    convert,
    detect,
    first_image,
    first_image_url,
    legacy_content,
    normalize,
    read,
)
from imageshim.conversion import convert_in_place
from imageshim.messages import carriers
from imageshim.messages.options import plan
from imageshim.testing.pictures import jpeg, png

PNG, JPEG = png().url, jpeg().url
ITEM = {"image_url": {"url": PNG, "detail": "auto"}, "index": 0, "type": "image_url"}
OLD = {"role": "assistant", "content": f"Here: {PNG} done"}
NEW = {"role": "assistant", "content": "Here:  done", "images": [ITEM]}


def reply_of(message):
    return {
        "id": "r",
        "choices": [{"finish_reason": "stop", "index": 0, "message": message}],
        "created": 1,
        "model": "m",
        "object": "chat.completion",
    }


class Allowing(BaseModel):
    model_config = ConfigDict(extra="allow")
    role: str = "assistant"
    content: Any = None


class Declaring(BaseModel):
    """Knows both formats, and ignores the rest."""

    role: str = "assistant"
    content: Any = None
    image: dict[str, Any] | None = None
    images: list[Any] | None = None
    provider_specific_fields: dict[str, Any] | None = None


class Ignoring(BaseModel):
    role: str = "assistant"
    content: str | None = None


class Forbidding(BaseModel):
    model_config = ConfigDict(extra="forbid")
    role: str = "assistant"
    content: str | None = None


@dataclass
class Plain:
    role: str = "assistant"
    content: Any = None


@dataclass(frozen=True)
class Frozen:
    role: str = "assistant"
    content: Any = None
    images: Any = None


@dataclass(slots=True)
class Slotted:
    role: str = "assistant"
    content: Any = None
    images: Any = None
    image: Any = None
    provider_specific_fields: Any = None


@dataclass(slots=True)
class Narrow:
    role: str = "assistant"
    content: Any = None


MAKERS = {
    "dict": dict,
    "OrderedDict": OrderedDict,
    "MappingProxyType": lambda fields: MappingProxyType(dict(fields)),
    "UserDict": UserDict,
    "defaultdict": lambda fields: defaultdict(list, fields),
    "SimpleNamespace": lambda fields: SimpleNamespace(**fields),
    "openai": lambda fields: ChatCompletionMessage.model_construct(**fields),
    "allow": lambda fields: Allowing.model_construct(**fields),
    "declared": lambda fields: Declaring.model_construct(**fields),
    "dataclass": lambda fields: _filled(Plain(), fields),
    "frozen": lambda fields: _filled(Frozen(), fields),
    "slots": lambda fields: _filled(Slotted(), fields),
}


def _filled(carrier, fields):
    for name, value in fields.items():
        object.__setattr__(carrier, name, value)
    return carrier


@pytest.fixture(params=MAKERS)
def make(request):
    return MAKERS[request.param]


def test_images_come_out_of_content_on_every_carrier(make):
    message = make(OLD)
    before = make(copy.deepcopy(OLD))
    after = normalize(message)
    assert type(after) is type(message)
    assert carriers.get(after, "content") == "Here:  done"
    assert carriers.get(after, "images") == [ITEM]
    assert carriers.get(after, "role") == "assistant"
    assert carriers.fields(message) == carriers.fields(before)


def test_the_way_back_gives_an_equal_carrier(make):
    message = make(OLD)
    back = convert(normalize(message), "content")
    assert type(back) is type(message)
    assert back == message


def test_content_goes_back_into_text_on_every_carrier(make):
    message = make(NEW)
    there = convert(message, "content")
    assert carriers.get(there, "content") == f"Here:  done{PNG}"
    assert not carriers.get(there, "images")
    back = convert(there, "images")
    assert back == message


def test_detect_read_and_the_accessors_take_every_carrier(make):
    assert detect(make(OLD)) == "content"
    assert detect(make(NEW)) == "images"
    assert detect(make({"role": "assistant", "content": "hi"})) is None
    for message in (make(OLD), make(NEW)):
        assert [image.url for image in read(message).images] == [PNG]
        assert first_image(message) == {"url": PNG, "detail": "auto"}
        assert first_image_url(message) == PNG
    assert legacy_content(make(OLD)) == OLD["content"]
    assert legacy_content(make(NEW)) == f"Here:  done{PNG}"
    assert legacy_content(make({"role": "assistant", "content": "hi"})) == "hi"


def test_nothing_to_do_gives_the_same_object(make):
    for fields in (NEW, {"role": "assistant", "content": "hi"}, {"role": "assistant"}):
        message = make(fields)
        assert normalize(message) is message
    message = make(OLD)
    assert convert(message, "content") is message


def test_whole_replies_and_bare_choices(make):
    message = make(OLD)
    reply = reply_of(message)
    after = normalize(reply)
    assert carriers.get(after["choices"][0]["message"], "images") == [ITEM]
    assert reply["choices"][0]["message"] is message
    choice = reply["choices"][0]
    assert carriers.get(normalize(choice)["message"], "images") == [ITEM]


class Delta(BaseModel):
    """As LiteLLM declares its own: a field that is null until it is set."""

    model_config = ConfigDict(extra="allow")

    content: str | None = None
    provider_specific_fields: dict[str, Any] | None = None


def test_a_field_that_gets_a_value_counts_as_set():
    message = Delta(content=f"A {png(1).url} and {png(2).url}")

    converted = convert(convert(message, "images"), "image")

    dumped = converted.model_dump(exclude_unset=True)
    assert set(dumped) == {"content", "image", "provider_specific_fields"}
    assert "imageshim" in dumped["provider_specific_fields"]


def test_a_field_that_keeps_its_default_stays_unset():
    class Longer(Delta):
        refusal: str | None = None

    converted = convert(Longer(content=png(1).url), "images")
    assert "refusal" not in converted.model_dump(exclude_unset=True)


def test_copies_and_dumps_work_after_a_conversion(make):
    after = normalize(make(OLD))
    if not isinstance(after, MappingProxyType):  # neither can be done with a fresh one
        assert copy.copy(after) == copy.deepcopy(after) == after
        assert pickle.loads(pickle.dumps(after)) == after  # noqa: S301  # our own
    repr(after)


def test_the_special_dicts_stay_special():
    after = normalize(defaultdict(list, OLD))
    assert after["no such key"] == []
    assert list(normalize(OrderedDict(OLD))) == [
        "role", "content", "images", "provider_specific_fields",
    ]  # fmt: skip
    with pytest.raises(TypeError):
        normalize(MappingProxyType(OLD))["content"] = "x"


def test_a_defaultdict_gets_no_keys_by_being_read():
    message = defaultdict(list, role="assistant", content="x" * 100)
    normalize(message)
    read(message)
    detect(message)
    legacy_content(message)
    assert list(message) == ["role", "content"]


# OpenAI SDK


@pytest.fixture
def completion():
    return ChatCompletion.model_validate(reply_of(OLD))


def test_an_openai_reply_stays_one(completion):
    before = copy.deepcopy(completion)
    after = normalize(completion)
    assert completion == before
    assert type(after) is ChatCompletion
    assert type(after.choices[0]) is Choice
    message = after.choices[0].message
    assert type(message) is ChatCompletionMessage
    assert message.content == "Here:  done"
    assert message.images[0]["image_url"]["url"] == PNG  # as LiteLLM's migration guide has it
    dumped = after.model_dump()["choices"][0]["message"]
    assert dumped["images"] == [ITEM]
    assert ChatCompletion.model_validate_json(after.model_dump_json()) == after
    assert pickle.loads(pickle.dumps(after)) == after  # noqa: S301  # our own
    assert copy.copy(after) == copy.deepcopy(after) == after
    assert after.model_copy(deep=True) == after
    back = convert(after, "content")
    assert back == completion
    assert back.model_dump() == completion.model_dump()
    assert back.model_dump_json() == completion.model_dump_json()
    assert pickle.loads(pickle.dumps(back)) == completion  # noqa: S301  # our own


def test_an_openai_choice_stays_one(completion):
    choice = normalize(completion.choices[0])
    assert type(choice) is Choice
    assert choice.message.images == [ITEM]
    assert convert(choice, "content") == completion.choices[0]


def test_what_an_object_shares_it_goes_on_sharing(completion):
    after = normalize(completion)
    assert after.choices[0].message.images[0]["image_url"]["url"] is not None
    there = convert(after, "image")
    url = there.choices[0].message.image["url"]
    assert url is after.choices[0].message.images[0]["image_url"]["url"]


def test_the_private_state_of_an_sdk_object_stays(completion):
    completion._request_id = "req_1"
    assert normalize(completion)._request_id == "req_1"


def test_unset_fields_stay_unset(completion):
    message = completion.choices[0].message
    after = normalize(message)
    assert "refusal" not in after.model_dump(exclude_unset=True)
    assert after.model_dump(exclude_unset=True)["images"] == [ITEM]
    assert convert(after, "content").model_dump(exclude_unset=True) == OLD


# pydantic models of the user's own


def test_declared_fields_are_filled_and_dumped():
    after = normalize(Declaring(content=OLD["content"]))
    assert after.images == [ITEM]
    assert after.model_dump()["images"] == [ITEM]
    assert convert(after, "content") == Declaring(content=OLD["content"])


def test_extra_fields_are_allowed_and_dumped():
    after = normalize(Allowing(content=OLD["content"]))
    assert after.images == [ITEM]
    assert after.model_dump()["images"] == [ITEM]
    assert after.model_extra["images"] == [ITEM]


@pytest.mark.parametrize("model", [Ignoring, Forbidding])
def test_a_model_that_cannot_hold_images_says_so(model):
    """Its ``model_dump()`` would leave the image out, and nothing may vanish."""
    message = model(content=OLD["content"])
    with pytest.raises(ImageShimError, match=rf"{model.__name__} cannot hold the fields images"):
        normalize(message)
    assert message == model(content=OLD["content"])
    assert [image.url for image in read(message).images] == [PNG]
    assert convert(message, "parts", on_loss="drop").content[1]["image_url"]["url"] == PNG


# objects


def test_slots_that_do_not_hold_images_say_so():
    message = Narrow(content=OLD["content"])
    with pytest.raises(ImageShimError, match="Narrow cannot hold the fields images") as caught:
        normalize(message)
    assert "provider_specific_fields" in str(caught.value)
    assert message == Narrow(content=OLD["content"])


@pytest.mark.parametrize("model", [Narrow, Ignoring, Forbidding])
def test_a_message_that_cannot_be_changed_in_place_stays_whole(model):
    message = model(content=OLD["content"])
    with pytest.raises(ImageShimError, match="cannot hold the fields images"):
        convert_in_place(message, plan("images"))
    assert message == model(content=OLD["content"])


@pytest.mark.parametrize("kind", [Plain, Slotted, Frozen])
def test_a_dataclass_keeps_working_where_a_field_is_taken_away(kind):
    message = _filled(kind(content="x"), {"images": [ITEM], "provider_specific_fields": {}}) \
        if kind is not Frozen else Frozen(content="x", images=[ITEM])  # fmt: skip
    after = convert(message, "content")
    assert after.content == f"x{PNG}"
    assert "images" in repr(after) or kind is Plain
    assert after == copy.copy(after)
    assert getattr(after, "images", None) is None


class Failing:
    """A class whose every attribute raises something of its own."""

    def __getattr__(self, name):
        raise RuntimeError(name)


def test_a_class_whose_attributes_raise_has_no_fields():
    message = Failing()
    assert detect(message) is None
    assert normalize(message) is message
    assert legacy_content(message) is None
    assert first_image_url(message) is None
    assert read(message).images == ()


class OneSlot:
    __slots__ = "content"  # noqa: PLC0205  # Python allows it, so somebody has it

    def __init__(self, content):
        self.content = content


def test_a_single_slot_is_a_field():
    assert [image.url for image in read(OneSlot(OLD["content"])).images] == [PNG]
    assert carriers.fields(OneSlot("x")) == {"content": "x"}


def test_private_attributes_and_empty_slots_are_no_fields():
    space = SimpleNamespace(_hidden=1, content=None)
    assert carriers.fields(space) == {"content": None}
    assert carriers.fields(Narrow("a")) == {"role": "a"}


# read-only and odd Mappings


class Odd(dict):
    def __init__(self, first, second):
        super().__init__(first, second=second)


class Fixed(Mapping):
    """A Mapping that is made from something else."""

    def __init__(self, one, two):
        self._held = {**one, **two}

    def __getitem__(self, key):
        return self._held[key]

    def __iter__(self):
        return iter(self._held)

    def __len__(self):
        return len(self._held)


def test_a_dict_subclass_is_copied_not_made_again():
    after = normalize(Odd(OLD, 2))
    assert type(after) is Odd
    assert after["images"] == [ITEM]
    assert after["second"] == 2


def test_a_mapping_that_cannot_be_made_again_says_so():
    with pytest.raises(ImageShimError, match="Fixed objects cannot be made again"):
        normalize(Fixed(OLD, {}))


# in place


@pytest.mark.parametrize("name", [name for name in MAKERS if name != "MappingProxyType"])
def test_an_owned_message_changes_itself(name):
    message = MAKERS[name](OLD)
    assert convert_in_place(message, plan("images")) is message
    assert carriers.get(message, "images") == [ITEM]
    assert convert_in_place(message, plan("content")) is message
    assert message == MAKERS[name](OLD)


def replies_of(message):
    yield {"choices": [{"message": message}]}
    yield UserDict({"choices": [defaultdict(list, message=message)]})
    yield SimpleNamespace(choices=(SimpleNamespace(message=message),))
    yield Allowing(choices=[Allowing(message=message)])
    yield ChatCompletion.model_construct(choices=[Choice.model_construct(message=message)])
    yield Choice.model_construct(message=message)


@pytest.mark.parametrize("kind", range(6))
def test_an_owned_reply_changes_itself(make, kind):
    message = make(OLD)
    if type(message) is MappingProxyType:
        message = dict(message)
    reply = list(replies_of(message))[kind]
    before = copy.deepcopy(reply)
    assert convert_in_place(reply, plan("images")) is reply
    assert detect(reply) == "images"
    assert reply != before
    assert convert_in_place(reply, plan("content")) is reply
    assert reply == before


@pytest.mark.parametrize("kind", range(6))
def test_a_reply_on_every_carrier_is_made_again_around_what_changed(make, kind):
    reply = list(replies_of(make(OLD)))[kind]
    after = normalize(reply)
    assert type(after) is type(reply)
    assert after is not reply
    assert read(after).images[0].url == read(reply).images[0].url == PNG
    assert detect(after) == "images"
    assert detect(reply) == "content"
    assert convert(after, "content") == reply


def test_a_read_only_mapping_cannot_change_itself():
    with pytest.raises(ImageShimError, match="mappingproxy objects cannot be changed in place"):
        convert_in_place(MappingProxyType(OLD), plan("images"))


# mocks


def mocks():
    spec = ChatCompletionMessage.model_construct(**NEW)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydantic's, of the attributes that a spec looks at
        yield MagicMock(spec=ChatCompletion)
        yield Mock(spec=spec)
        yield create_autospec(ChatCompletionMessage, instance=True)
    yield MagicMock()
    yield Mock()
    yield NonCallableMock()
    yield MagicMock(spec=dict)
    yield Mock(spec=dict)
    yield MagicMock(images=[ITEM], image={"url": PNG})
    yield MagicMock(content=PNG, choices=[MagicMock(message=MagicMock(images=[ITEM]))])


@pytest.mark.parametrize("mock", list(mocks()), ids=lambda mock: type(mock).__name__)
def test_a_mock_has_no_images_and_is_not_changed(mock):
    assert detect(mock) is None
    assert detect(mock, "content") is None
    for to in ("content", "image", "images", "parts"):
        assert convert(mock, to) is mock
    assert normalize(mock, drafts="images") is mock
    assert first_image(mock) is None
    assert first_image_url(mock) is None
    assert read(mock).images == ()
    reply = reply_of(mock)
    assert normalize(reply) is reply
    assert not mock.mock_calls


def test_the_text_of_a_mock_is_its_content():
    """So that migrated code keeps passing the tests that it has."""
    assert legacy_content(MagicMock(content="hello")) == "hello"
    assert legacy_content(MagicMock(content=PNG)) == PNG
    assert legacy_content(MagicMock(content=None)) is None
    assert legacy_content(MagicMock()) is None
    assert legacy_content(Mock(spec=["role"])) is None
    reply = SimpleNamespace(choices=[SimpleNamespace(message=MagicMock(content="hello"))])
    assert legacy_content(reply) == "hello"


# How each carrier reads an absent field


def test_reading_an_absent_field():
    message = ChatCompletionMessage.model_validate({"role": "assistant", "content": "x"})
    mapping = {"role": "assistant", "content": "x"}
    with pytest.raises(AttributeError):
        _ = message.images
    with pytest.raises(TypeError):
        _ = message["images"]
    with pytest.raises(KeyError):
        _ = mapping["images"]
    for carrier in (message, mapping, SimpleNamespace(content="x"), None, "x", 5, [], (), object()):
        assert carriers.get(carrier, "images") is None
    with_images = normalize(ChatCompletionMessage.model_validate(OLD))
    assert with_images.model_extra["images"] == carriers.get(with_images, "images")
    assert isinstance(with_images.images[0], dict)  # item["image_url"], never item.image_url


@pytest.mark.parametrize("value", ["x", b"x", 1, 1.0, None, [], (), set(), MagicMock()])
def test_what_is_no_carrier_has_no_fields(value):
    assert carriers.fields(value) is None


@pytest.mark.parametrize("value", [[1], (1,)])
def test_lists_and_tuples_are_lists(value):
    assert carriers.items_of(value) is value


@pytest.mark.parametrize("value", ["ab", b"ab", {}, {1}, None, MagicMock(), iter([1])])
def test_nothing_else_is_a_list(value):
    assert carriers.items_of(value) is None


def test_choices_in_a_tuple_stay_in_one():
    after = normalize({"choices": ({"message": OLD},)})
    assert type(after["choices"]) is tuple


@dataclass(frozen=True)
class FrozenReply:
    choices: list[Any] = field(default_factory=list)


def test_a_frozen_reply_is_made_again():
    reply = FrozenReply([SimpleNamespace(message=Frozen(content=OLD["content"]))])
    with pytest.raises(ImageShimError):
        normalize(FrozenReply([SimpleNamespace(message=Narrow(content=OLD["content"]))]))
    after = normalize(reply)
    assert type(after) is FrozenReply
    assert after.choices[0].message.images == [ITEM]
    assert reply.choices[0].message.images is None


def test_a_field_that_was_not_set_is_not_set_after_there_and_back():
    before = Declaring(role="assistant", content=None, images=[ITEM])
    there = convert(before, "content")
    assert "imageshim" in there.model_dump(exclude_unset=True)["provider_specific_fields"]
    back = convert(there, "images")
    assert back == before
    assert back.model_dump(exclude_unset=True) == before.model_dump(exclude_unset=True)
