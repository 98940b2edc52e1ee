"""A wrapped reply is examined once: the conversion tells what it found."""

import copy

import pytest
from openai.types.chat import ChatCompletion

import imageshim
from imageshim import conversion, reading
from imageshim.testing.pictures import png
from imageshim.testing.strategies import write_message
from imageshim.wrapping import content_sites

FORMATS = list(imageshim.Format)
PARTS = ("Here: ", png())


def reply_in(name):
    message = write_message(PARTS, name)
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}


@pytest.fixture
def examined(monkeypatch):
    """The messages that were taken apart."""
    seen = []

    def counted(plain):
        def lift(view, how):
            seen.append(view)
            return plain(view, how)

        return lift

    for module in (conversion, reading):
        monkeypatch.setattr(module, "lift", counted(module.lift))
    return seen


@pytest.fixture(params=[False, True], ids=["", "watched"])
def watching(request):
    content_sites.watch(on=request.param)
    yield request.param
    content_sites.watch(on=False)


@pytest.mark.filterwarnings("ignore::imageshim.LegacyImageFormatWarning", "ignore::FutureWarning")
@pytest.mark.parametrize("carrier", [dict, ChatCompletion.construct])
@pytest.mark.parametrize("emit", FORMATS)
@pytest.mark.parametrize("name", FORMATS)
def test_a_wrapped_reply_is_examined_once(examined, watching, name, emit, carrier):
    answer = carrier(**copy.deepcopy(reply_in(name)))
    before = content_sites.tally().with_images
    imageshim.wrap(lambda: answer, emit=emit)()
    assert len(examined) <= 1
    assert content_sites.tally().with_images - before == watching


@pytest.mark.parametrize("name", FORMATS)
def test_a_block_reads_it_once_more_since_it_shows_more_than_a_conversion_moves(examined, name):
    """Markdown and drafts: `read` shows them, a conversion leaves them where they are."""
    from openai.resources.chat.completions import Completions

    client = type("Client", (), {"chat": None})()
    resource = Completions.__new__(Completions)
    resource._client = client
    resource._post = lambda *_args, **_options: ChatCompletion.construct(**reply_in(name))
    with imageshim.capture_images() as pictures:
        resource.create(model="m", messages=[])
    assert len(pictures) == 1
    assert len(examined) == 1
    examined.clear()
    with imageshim.capture_images() as pictures, imageshim.install():
        resource.create(model="m", messages=[])
    assert len(pictures) == 1
    assert len(examined) <= 2


def test_calls_without_images_are_counted_whether_awaited_or_not(watching):
    before = content_sites.tally().calls
    imageshim.wrap(lambda: {"choices": [{"index": 0, "message": {"content": "Hi"}}]})()
    assert content_sites.tally().calls - before == watching
