"""Warnings: at the user's line, once a line, as the user's filters and variables say."""

from __future__ import annotations

import asyncio
import contextlib
import textwrap
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import imageshim
from imageshim.testing import pictures
from imageshim.testing.strategies import write_message
from imageshim.wrapping import call_sites
from imageshim.wrapping.old_names import with_old_name

PARTS = ("Here: ", pictures.png())


def reply(emit="images"):
    message = write_message(PARTS, emit)
    return {"id": "x", "choices": [{"index": 0, "finish_reason": "stop", "message": message}]}


def message():
    return with_old_name(reply())["choices"][0]["message"]


@contextlib.contextmanager
def recorded():
    """Record every warning, whatever the filters say."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        yield seen


def legacy(seen):
    return [one for one in seen if one.category is imageshim.LegacyImageFormatWarning]


def line_of(word):
    """The number of the line in this file that ends in a comment with ``word``."""
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    return next(n for n, line in enumerate(lines, 1) if line.endswith(f"# <{word}>"))


async def test_a_call_warns_at_its_line_however_it_is_awaited():
    async def ask():
        await asyncio.sleep(0)
        return reply()

    old = imageshim.wrap(ask, emit="content")
    with recorded() as seen:
        await old()  # <await>
        await asyncio.create_task(old())  # <create_task>
        await asyncio.gather(old(), old())  # <gather>
        await asyncio.wait_for(old(), 5)  # <wait_for>
        _ = [await old() for _ in range(2)]  # <comprehension>
        waiting = old()  # <later>
        await waiting

    words = ("await", "create_task", "gather", "wait_for", "comprehension", "later")
    assert [one.lineno for one in legacy(seen)] == [line_of(word) for word in words]
    assert {one.filename for one in legacy(seen)} == {__file__}


def test_a_read_warns_at_its_line_wherever_it_runs():
    found = message()

    def read():
        return found["image"]  # <thread>

    async def read_later():
        await asyncio.sleep(0)
        return found.get("image")  # <coroutine>

    with recorded() as seen:
        _ = [one["image"] for one in (found, found)]  # <list>
        _ = found.get("image")  # <get>
        with ThreadPoolExecutor() as pool:
            pool.submit(read).result()
        asyncio.run(read_later())
        _ = list(map(lambda one: one["image"], [found]))  # noqa: C417  # <lambda>

    words = ("list", "get", "thread", "coroutine", "lambda")
    assert [one.lineno for one in legacy(seen)] == [line_of(word) for word in words]


def test_a_stream_warns_at_the_line_of_its_call():
    def ask():
        delta = write_message(PARTS, "images")
        yield {"id": "x", "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}

    with recorded() as seen:
        stream = imageshim.wrap(ask, emit="content")()  # <stream>
        list(stream)

    assert [one.lineno for one in legacy(seen)] == [line_of("stream")]
    assert imageshim.sites()[0].carrier == "delta"


def test_a_line_is_warned_about_once_and_counted_always():
    found = message()
    with recorded() as seen:
        for _ in range(3):
            _ = found["image"]

    assert len(legacy(seen)) == 1
    (site,) = imageshim.sites()
    assert site.count == 3


def test_all_says_every_read_and_off_none(monkeypatch):
    found = message()
    for mode, times in (("all", 3), ("off", 0), ("once", 1)):
        monkeypatch.setenv("IMAGESHIM_WARN", mode)
        with recorded() as seen:
            for _ in range(3):
                _ = found["image"]
        assert len(legacy(seen)) == times
    assert imageshim.sites()[0].count == 9


def test_another_word_is_told_once_and_means_once(monkeypatch):
    monkeypatch.setenv("IMAGESHIM_WARN", "loud")
    found = message()
    with recorded() as seen:
        for _ in range(2):
            _ = found["image"]

    told = [str(one.message) for one in seen if one.category is UserWarning]
    assert told == ["IMAGESHIM_WARN is 'loud'; choose one of once, all, off"]
    assert len(legacy(seen)) == 1


def test_as_an_error_it_is_raised_at_every_read():
    found = message()
    warnings.simplefilter("error", imageshim.LegacyImageFormatWarning)

    for _ in range(2):
        with pytest.raises(imageshim.LegacyImageFormatWarning, match="images"):
            _ = found["image"]


async def test_as_an_error_it_is_raised_by_calls_too():
    async def ask():
        return reply()

    warnings.simplefilter("error", imageshim.LegacyImageFormatWarning)

    with pytest.raises(imageshim.LegacyImageFormatWarning):
        imageshim.wrap(reply, emit="content")()
    with pytest.raises(imageshim.LegacyImageFormatWarning):
        await imageshim.wrap(ask, emit="content")()


def test_there_is_one_umbrella_a_process(monkeypatch):
    monkeypatch.setattr(call_sites._state, "umbrella", False)
    found = message()
    with recorded() as seen:
        _ = found["image"]
        _ = found["image"]
        _ = found.get("image")

    umbrellas = [one for one in seen if one.category is FutureWarning]
    assert len(umbrellas) == 1
    assert "imageshim.sites()" in str(umbrellas[0].message)
    assert "IMAGESHIM_WARN=off" in str(umbrellas[0].message)


def test_a_call_without_images_asks_for_no_old_format():
    plain = {"id": "x", "choices": [{"index": 0, "message": {"content": "Hi", "images": []}}]}

    assert imageshim.wrap(lambda: plain, emit="content")() is plain
    assert imageshim.sites() == []


@pytest.mark.parametrize("emit", ["images", "parts"])
def test_formats_of_today_are_not_warned_about(emit):
    imageshim.wrap(reply, emit=emit)()

    assert imageshim.sites() == []


def test_a_call_for_a_format_that_is_there_already_warns_too():
    with recorded() as seen:
        imageshim.wrap(lambda: reply("content"), emit="content")()

    assert len(legacy(seen)) == 1


def module(tmp_path, source):
    """Make a module of its own in a file."""
    path = tmp_path / "shop.py"
    path.write_text(textwrap.dedent(source), encoding="utf-8")
    names = {
        "__name__": "shop.views",
        "found": message(),
        "ask": imageshim.wrap(reply, emit="image"),
    }
    return names, compile(path.read_text(encoding="utf-8"), str(path), "exec"), path


def test_a_site_says_where_exactly(tmp_path):
    names, code, path = module(
        tmp_path,
        """\
        class Page:
            def draw(self, r):
                é = r["message"]["image"]["url"]
                return ask(
                )
        page = Page().draw({"message": found})
        """,
    )
    with recorded():
        exec(code, names)  # noqa: S102  # our own module

    read, call = imageshim.sites()
    assert (read.file, read.module, read.line, read.end_line) == (str(path), "shop.views", 3, 3)
    text = path.read_bytes().splitlines()
    assert text[2][read.column : read.end_column] == b'r["message"]["image"]'
    assert read.function in {"Page.draw", "draw"}
    assert read.instead == 'r["message"]["images"][0]["image_url"]'
    assert (call.line, call.end_line, call.column, call.end_column) == (4, 5, 15, 9)
    assert (call.how, call.read, call.instead) == (
        "call",
        "image",
        'message.images[0]["image_url"]',
    )
    assert call.as_dict()["carrier"] == "message"


def test_without_columns_the_source_is_searched(tmp_path, monkeypatch):
    from imageshim.wrapping import expressions

    monkeypatch.setattr(expressions, "_span", lambda _place: None)
    names, code, path = module(
        tmp_path, 'x = len(found) and found.get("image")\ny = ask(); z = y\n'
    )
    with recorded():
        exec(code, names)  # noqa: S102  # our own module

    read, call = imageshim.sites()
    lines = path.read_text().splitlines()
    assert lines[0][read.column : read.end_column] == 'found.get("image")'
    assert read.instead == "imageshim.first_image(found)"
    assert lines[1][call.column : call.end_column] == "ask()"


def test_code_without_source_has_a_line_at_least():
    names = {"__name__": "typed", "found": message()}
    with recorded() as seen:
        for _ in range(2):  # each exec makes new code: it is one place all the same
            exec(compile("\n\nfound['image']", "<typed>", "exec"), names)  # noqa: S102

    (site,) = imageshim.sites()
    assert (site.file, site.line, site.count) == ("<typed>", 3, 2)
    assert site.instead == 'message["images"][0]["image_url"]'
    assert legacy(seen)[0].filename == "<typed>"


def test_many_threads_count_right():
    found = message()

    def read():
        for _ in range(500):
            _ = found["image"]

    threads = [threading.Thread(target=read) for _ in range(4)]
    with recorded():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert imageshim.sites()[0].count == 2000


def test_code_that_is_made_again_and_again_is_not_kept(monkeypatch):
    monkeypatch.setattr(call_sites, "_MOST_CODES", 3)
    names = {"__name__": "typed", "found": message()}
    with recorded():
        for _ in range(10):
            exec(compile("found['image']", "<typed>", "exec"), names)  # noqa: S102

    assert len(call_sites._state.fast) <= 4
    assert imageshim.sites()[0].count == 10
