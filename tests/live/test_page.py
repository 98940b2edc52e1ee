"""The page in real Chromium: looks, keys, accessibility, and replies that mean harm."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from imageshim.page import PageWriter, entries_of
from imageshim.testing.pictures import jpeg, png

from . import environments

pytestmark = pytest.mark.live

CHROMIUM = shutil.which("chromium")
PROGRAM = Path(__file__).parent / "programs" / "browse.py"
HARM = (
    "<script>window.opened=1</script><img src=x onerror=window.opened=1>"
    "</div></article></main><h1>no</h1><style>*{display:none}</style>"
    "<meta http-equiv=refresh content='0;url=https://example.com/'>\u202e\u0000" + "W" * 5000
)
EVIL_SVG = (
    "data:image/svg+xml;base64,"
    + base64.b64encode(
        b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" onload="window.opened=1">'
        b'<script>window.opened=1</script><image href="https://example.com/x.png"/></svg>'
    ).decode()
)


def reply(**message):
    return {"choices": [{"finish_reason": "stop", "message": {"role": "assistant", **message}}]}


def item(url):
    return {"type": "image_url", "image_url": {"url": url}}


REPLIES = {
    "a.json": reply(content="A needle.", images=[item(png().url), item(jpeg().url)]),
    "b.json": reply(content="One", image={"url": png(width=40, height=30).url, "detail": "auto"}),
    f"{HARM[:120]}.json": reply(content=HARM, images=[item(EVIL_SVG)]),
    "d.json": reply(content="", images=[item("https://example.com/far.png")]),
    "e.json": reply(content="no picture", refusal=HARM),
    "f.json": reply(content="", images=[item("data:image/png;base64,iVBORw0KGgo="), item("x" * 9)]),
    "g.json": reply(content="", images=[item(f'data:image/png" onerror="x";base64,{"A" * 64}')]),
}


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (on Debian: apt-get install chromium)")
    folder = tmp_path_factory.mktemp("page")
    path = folder / "page.html"
    with path.open("w", encoding="utf-8", errors="replace") as out:
        page = PageWriter(out, "Replies " + HARM, {"formats " + HARM: "7", "images": HARM})
        for place, body in REPLIES.items():
            for entry in entries_of(body, place):
                page.add(entry)
        page.finish()
    browser = environments.PackageSet("browser", ("playwright", "axe-playwright-python"))
    ended = subprocess.run(
        [environments.environment(browser), PROGRAM, CHROMIUM, path.as_uri(), folder],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr[-3000:]
    return json.loads(ended.stdout)


@pytest.mark.parametrize("view", ["wide", "dark", "phone"])
def test_it_looks_right(seen, view):
    looks = seen["looks"][view]
    assert looks["violations"] == []
    assert looks["wider"] <= 0
    assert looks["pictures"][:4] == [2, 8, 40, 9]


@pytest.mark.parametrize("view", ["wide", "dark", "phone"])
def test_nothing_in_a_reply_runs_or_loads(seen, view):
    looks = seen["looks"][view]
    assert looks["dialogs"] == 0
    assert set(looks["asked"]) <= {"file:", "data:"}
    assert looks["said"] == []


def test_the_keyboard_does_it_all(seen):
    keys = seen["keys"]
    assert keys["all"] == f"{len(REPLIES)} of {len(REPLIES)} answers"
    assert (keys["found"], keys["places"]) == (f"1 of {len(REPLIES)} answers", ["a.json"])
    assert keys["image"] == f"1 of {len(REPLIES)} answers"
    assert (keys["first"], keys["second"]) == ("a1", "a2")
    assert keys["full"].startswith("image 0: image/png")
    assert keys["neighbour"].startswith("image 1: image/jpeg")
    assert keys["closed"]
