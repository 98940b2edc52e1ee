"""The images of everything that passes in a block, and nothing of what passes outside of it."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import threading
import warnings
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest
from openai import AsyncOpenAI, OpenAI
from openai.resources.chat.completions import AsyncCompletions, Completions

import imageshim
from imageshim.testing import pictures
from imageshim.testing.fake_gemini import Candidate, FunctionCall, Image, Reply, Text, fake_gemini

REQUEST = {"model": "m", "messages": [{"role": "user", "content": "Draw."}]}
BOTH = [pictures.png().url, pictures.jpeg().url]
FORMATS = ("content", "images", "parts", "litellm", "openrouter")


@pytest.fixture(autouse=True)
def _nothing_stays():
    places = [(cls, "create") for cls in (Completions, AsyncCompletions)]
    places += [(threading.Thread, "start"), (ThreadPoolExecutor, "submit")]
    before = [vars(cls)[name] for cls, name in places]
    yield
    assert [vars(cls)[name] for cls, name in places] == before


def ask(client, **more):
    return client.chat.completions.create(**REQUEST, **more)


@pytest.fixture
def answering():
    """Make a client of a server that answers as told."""
    with contextlib.ExitStack() as stack:

        def make(*answers):
            server = stack.enter_context(fake_gemini(*answers))
            return stack.enter_context(OpenAI(base_url=server.openai_url, api_key="any"))

        yield make


def urls(captured):
    return [image.url for image in captured]


def raw(client):
    response = client.chat.completions.with_raw_response.create(**REQUEST)
    response.parse()
    response.parse(to=dict)


def streaming_response(client):
    with client.chat.completions.with_streaming_response.create(**REQUEST) as response:
        response.parse()


def helper(client):
    with client.chat.completions.stream(**REQUEST) as stream:
        stream.until_done()


WAYS = {
    "whole": ask,
    "streamed": lambda client: list(ask(client, stream=True)),
    "parse": lambda client: client.chat.completions.parse(**REQUEST),
    "stream helper": helper,
    "raw, parsed twice": raw,
    "streaming response": streaming_response,
    "copy of the client": lambda client: ask(client.with_options(timeout=9)),
    "wrapped client": lambda client: ask(imageshim.wrap(client, emit="parts")),
}


@pytest.mark.parametrize("came", FORMATS)
@pytest.mark.parametrize("way", WAYS)
def test_each_image_is_captured_once_and_in_order(client, server, came, way):
    if (way, came) in {
        ("parse", "parts"),
        ("stream helper", "parts"),
        ("stream helper", "openrouter"),
    }:
        came = "litellm"  # the SDK's own helpers want text for content, and an index
    server.format = came

    with imageshim.capture_images() as captured:
        WAYS[way](client)
        WAYS[way](client)

    assert urls(captured) == BOTH * 2
    assert [image.index for image in captured] == [0, 1, 0, 1]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("emit", ["images", "content", "parts"])
def test_under_an_installation_it_is_the_same(client, server, way, emit):
    server.format = "image" if way == "streamed" else "images"
    emit = "images" if (way, emit) == ("stream helper", "parts") else emit

    with (
        warnings.catch_warnings(),
        imageshim.install(emit=emit),
        imageshim.capture_images() as captured,
    ):
        warnings.simplefilter("ignore", imageshim.LegacyImageFormatWarning)
        WAYS[way](client)

    assert urls(captured) == BOTH


async def test_asynchronous_calls_and_streams(async_client):
    async with imageshim.capture_images() as captured:
        await async_client.chat.completions.create(**REQUEST)
        stream = await async_client.chat.completions.create(**REQUEST, stream=True)
        async for _ in stream:
            pass

    assert urls(captured) == BOTH * 2


@pytest.mark.parametrize("how", ["create", "post"])
@pytest.mark.parametrize("installed", [True, False])
def test_litellm_over_the_sdk_counts_once(litellm_over_sdk, fake_litellm, how, installed):
    litellm_over_sdk[how]()
    installation = imageshim.install() if installed else None

    with imageshim.capture_images() as captured:
        fake_litellm.completion()
        list(fake_litellm.completion(stream=True))

    if installation is not None:
        installation.uninstall()
    assert urls(captured) == BOTH * 2


def test_names_that_were_taken_of_litellm_before_count(fake_litellm, monkeypatch):
    import sys
    import types

    shop = types.ModuleType("shop")
    exec("from litellm import completion as draw", vars(shop))  # noqa: S102  # a user's module
    monkeypatch.setitem(sys.modules, "shop", shop)

    with imageshim.capture_images() as captured:
        shop.draw(model="m")

    assert urls(captured) == BOTH[:1]
    assert shop.draw is fake_litellm.completion


def test_replies_do_not_change(client):
    plain = ask(client)

    with imageshim.capture_images():
        captured = ask(client)
        stream = ask(client, stream=True)
        streamed = list(stream)

    assert captured.to_dict() == {**plain.to_dict(), "id": captured.id}
    assert type(captured) is type(plain)
    assert isinstance(stream, type(ask(client, stream=True)))
    assert [chunk.choices[0].delta.to_dict() for chunk in streamed] == [
        chunk.choices[0].delta.to_dict() for chunk in ask(client, stream=True)
    ]


def test_the_request_does_not_change_either(client, server):
    said = {"role": "assistant", "content": None, "images": [{"image_url": {"url": BOTH[0]}}]}

    with imageshim.capture_images():
        client.chat.completions.create(model="m", messages=[*REQUEST["messages"], said])

    assert server.requests[-1].body["messages"][-1] == said


def test_an_image_knows_where_it_comes_from(answering):
    client = answering(Reply([Text("Here: "), Image("png")]), Reply([Image("jpeg")]))

    with imageshim.capture_images() as captured:
        first = ask(client)
        list(ask(client, stream=True))

    one, other = captured
    assert (one.reply_id, one.model, one.choice, one.index) == (first.id, "m", 0, 0)
    assert (other.reply_id is not None, other.model, other.choice, other.index) == (True, "m", 0, 0)
    assert one.call_site.file == other.call_site.file == __file__
    assert one.call_site.line == other.call_site.line  # ask()
    assert one.call_site.function == "ask"
    assert str(one.call_site) == f"{__file__}:{one.call_site.line}"
    assert (one.mime_type, one.data) == ("image/png", pictures.png().data)
    assert isinstance(one, imageshim.GeneratedImage)
    assert imageshim.CapturedImage(one.url).choice == 0


async def test_the_call_site_of_an_asynchronous_call_is_the_line_that_calls(async_client):
    with imageshim.capture_images() as captured:
        await async_client.chat.completions.create(**REQUEST)

    assert captured.images[0].call_site.file == __file__


def test_the_line_of_the_program_is_told_through_installed_packages(client, tmp_path):
    installed = tmp_path / "site-packages" / "framework.py"
    framework = {"__name__": "framework"}
    source = "def run(client, request): return client.chat.completions.create(**request)"
    exec(compile(source, installed, "exec"), framework)  # noqa: S102  # a package

    with imageshim.capture_images() as captured:
        framework["run"](client, REQUEST)

    assert captured.images[0].call_site.file == __file__


def test_every_choice_is_captured(answering):
    client = answering(
        Reply([Candidate([Text("a"), Image("png")]), Candidate([Image("jpeg"), Image("gif")])])
    )

    with imageshim.capture_images() as captured:
        ask(client, n=2)
        list(ask(client, n=2, stream=True))

    found = sorted((image.choice, image.index, image.mime_type) for image in captured)
    expected = [(0, 0, "image/png"), (1, 0, "image/jpeg"), (1, 1, "image/gif")]
    assert found == sorted(expected * 2)


def test_replies_without_images_give_none(answering):
    client = answering(Reply([Text("No.")]), Reply([Text("data: no image")]))

    with imageshim.capture_images() as captured:
        ask(client)
        list(ask(client, stream=True))

    assert not captured
    assert (len(captured), captured.images, list(captured)) == (0, (), [])


def test_a_loop_of_tools_is_captured_as_a_whole(answering):
    client = answering(
        Reply([Image("png"), FunctionCall("add", {"a": 1})]), Reply([Text("Done: "), Image("jpeg")])
    )

    with imageshim.capture_images() as captured:
        while ask(client).choices[0].message.tool_calls:
            pass

    assert urls(captured) == BOTH


def test_what_passes_outside_of_the_block_is_not_captured(client):
    ask(client)
    with imageshim.capture_images() as captured:
        stream = ask(client, stream=True)
        ask(client)
    ask(client)
    list(stream)

    assert urls(captured) == BOTH


def test_a_stream_that_somebody_leaves_gives_what_has_passed(client):
    with imageshim.capture_images() as captured, ask(client, stream=True) as stream:
        for chunk in stream:
            if getattr(chunk.choices[0].delta, "images", None):
                break

    assert urls(captured) == BOTH[:1]


def test_blocks_inside_of_each_other_each_have_it(client):
    with imageshim.capture_images() as outer:
        ask(client)
        with imageshim.capture_images() as inner:
            ask(client)
        ask(client)

    assert urls(outer) == BOTH * 3
    assert urls(inner) == BOTH


def test_one_object_can_be_entered_again_and_goes_on(client):
    captured = imageshim.capture_images()
    for _ in range(2):
        with captured:
            ask(client)

    assert urls(captured) == BOTH * 2


def test_a_block_that_is_left_by_an_exception_ends(client):
    def fail():
        with captured:
            ask(client)
            raise LookupError

    captured = imageshim.capture_images()
    with pytest.raises(LookupError):
        fail()
    ask(client)

    assert urls(captured) == BOTH


async def test_each_of_a_hundred_tasks_has_its_own():
    kinds = ("png", "jpeg", "webp", "gif")

    def answer(request):
        return Reply([Image(request.body["messages"][0]["content"])])

    async def draw(client, kind):
        messages = [{"role": "user", "content": kind}]
        async with imageshim.capture_images() as captured:
            await asyncio.sleep(0)
            await client.chat.completions.create(model="m", messages=messages)
        return urls(captured)

    with fake_gemini(answer) as server, imageshim.capture_images() as all_of_them:
        async with AsyncOpenAI(base_url=server.openai_url, api_key="any") as client:
            drawn = (draw(client, kinds[number % 4]) for number in range(100))
            found = await asyncio.gather(*drawn)

    assert found == [[getattr(pictures, kinds[number % 4])().url] for number in range(100)]
    assert len(all_of_them) == 100  # the tasks were made in this block


def test_each_of_twenty_threads_has_its_own(client):
    found = {}

    def draw(number):
        with imageshim.capture_images() as captured:
            for _ in range(number % 3):
                ask(client)
        found[number] = len(captured)

    threads = [threading.Thread(target=draw, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == {number: 2 * (number % 3) for number in range(20)}


def test_threads_that_are_started_in_a_block_belong_to_it(client):
    with imageshim.capture_images() as captured:
        thread = threading.Thread(target=ask, args=(client,))
        thread.start()
        thread.join()
        with ThreadPoolExecutor(1) as pool:
            pool.submit(ask, client).result()
            list(pool.map(ask, [client]))

    assert urls(captured) == BOTH * 3


async def test_so_do_executors_of_the_event_loop(client):
    with imageshim.capture_images() as captured:
        await asyncio.get_running_loop().run_in_executor(None, ask, client)
        await asyncio.to_thread(ask, client)

    assert urls(captured) == BOTH * 2


def test_a_pool_serves_those_outside_of_the_block_without_it(client):
    with ThreadPoolExecutor(1) as pool:
        started = threading.Event()

        def from_outside():
            started.wait()
            pool.submit(ask, client).result()

        other = threading.Thread(target=from_outside)
        other.start()
        with imageshim.capture_images() as captured:
            pool.submit(ask, client).result()  # starts the worker
            started.set()
            other.join()

    assert urls(captured) == BOTH


def test_a_subclass_that_has_its_own_run_is_a_thread_too(client):
    class Worker(threading.Thread):
        def run(self):
            ask(client)

    with imageshim.capture_images() as captured:
        worker = Worker()
        worker.start()
        worker.join()

    assert urls(captured) == BOTH
    assert "run" not in vars(worker)


def test_a_patch_of_threads_above_ours_stays(client, monkeypatch):
    python_s = threading.Thread.start
    with imageshim.capture_images() as captured:
        ours = threading.Thread.start

        @functools.wraps(ours)
        def theirs(thread):
            ours(thread)

        monkeypatch.setattr(threading.Thread, "start", theirs)
        with imageshim.capture_images():
            pass
    assert threading.Thread.start is theirs
    with imageshim.capture_images() as again:
        thread = threading.Thread(target=ask, args=(client,))
        thread.start()
        thread.join()
    outside = threading.Thread(target=ask, args=(client,))
    outside.start()
    outside.join()
    monkeypatch.undo()
    threading.Thread.start = python_s

    assert not captured
    assert urls(again) == BOTH


def test_the_newest_are_kept_up_to_the_limit(client):
    with imageshim.capture_images(limit=3) as captured:
        ask(client)
        ask(client)

    assert urls(captured) == [BOTH[1], *BOTH]
    assert captured.dropped == 1
    assert "1 not kept" in repr(captured)


def test_a_callback_gets_each_and_nothing_is_kept(client):
    seen = []

    with imageshim.capture_images(on_image=seen.append) as captured:
        ask(client)
    with imageshim.capture_images(on_image=seen.append, limit=1) as one:
        ask(client)

    assert urls(seen) == BOTH * 2
    assert not captured
    assert urls(one) == BOTH[1:]


def test_a_callback_that_raises_is_told_of_and_the_reply_comes(client):
    def refuse(_image):
        raise RuntimeError("full")

    with (
        pytest.warns(imageshim.ReplyUnchangedWarning, match="on_image raised.*full"),
        imageshim.capture_images(on_image=refuse),
        imageshim.capture_images() as captured,
    ):
        reply = ask(client)

    assert reply.choices[0].message.content == "Two: "
    assert urls(captured) == BOTH


@pytest.mark.parametrize("limit", [-1, -5])
def test_a_limit_below_nothing_is_refused(limit):
    with pytest.raises(imageshim.ImageShimError, match=f"limit is {limit}"):
        imageshim.capture_images(limit=limit)


@pytest.mark.parametrize("callback", ["print", 3])
def test_what_cannot_be_called_is_refused(callback):
    with pytest.raises(imageshim.ImageShimError, match="on_image is"):
        imageshim.capture_images(on_image=callback)
    with pytest.raises(imageshim.ImageShimError, match="on_image is"):
        imageshim.install(on_image=callback)


def test_a_callback_that_nobody_would_await_is_refused():
    async def later(_image): ...

    with pytest.raises(imageshim.ImageShimError, match="not a coroutine"):
        imageshim.capture_images(on_image=later)


def test_an_installation_gives_every_image_to_its_callback(client):
    seen, also = [], []

    with imageshim.install(on_image=seen.append):
        ask(client)
        with imageshim.install(emit="parts", on_image=also.append):
            list(ask(client, stream=True))
            thread = threading.Thread(target=ask, args=(imageshim.wrap(client),))
            thread.start()
            thread.join()
    ask(client)

    assert urls(seen) == BOTH * 3
    assert urls(also) == BOTH * 2


def test_an_installation_for_another_library_sees_nothing(client):
    seen = []

    with imageshim.install(libraries=["litellm"], on_image=seen.append):
        ask(client)

    assert seen == []


def test_functions_of_the_users_own_are_not_replies_of_a_library(client):
    with imageshim.capture_images() as captured:
        imageshim.wrap(lambda: ask(client))()

    assert urls(captured) == BOTH


def test_nothing_refers_to_the_block_afterwards(client):
    with imageshim.capture_images() as captured:
        stream = ask(client, stream=True)
        next(stream)
        task_like = threading.Thread(target=ask, args=(client,))
        task_like.start()
        task_like.join()
    gone = weakref.ref(captured)
    del captured
    gc.collect()

    assert gone() is None
    assert len(list(stream)) > 1


def test_a_reply_that_cannot_be_read_comes_as_it_is(client, monkeypatch):
    from imageshim.wrapping import captured as module

    def fail(*_args, **_options):
        raise RuntimeError("no")

    monkeypatch.setattr(module, "read_all", fail)
    monkeypatch.setattr(module, "read_delta", fail)

    with imageshim.capture_images() as captured:
        with pytest.warns(imageshim.ReplyUnchangedWarning, match="could not look for the images"):
            reply = ask(client)
        with pytest.warns(imageshim.ReplyUnchangedWarning, match="could not look for the images"):
            chunks = list(ask(client, stream=True))

    assert len(reply.choices[0].message.images) == 2
    assert len(imageshim.read(imageshim.collect(chunks)).images) == 2
    assert not captured
