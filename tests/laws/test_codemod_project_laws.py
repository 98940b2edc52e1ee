"""Laws of the codemod where a reply comes as JSON, and where folders have pins of their own."""

from __future__ import annotations

import json
import sys
import tempfile
import types
from pathlib import Path
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from imageshim.codemod.inputs.scanning import scan
from imageshim.codemod.project.settings import Settings, find
from imageshim.codemod.running.engine import check, fix
from imageshim.codemod.running.preparation import prepared
from imageshim.codemod.running.run import inspect_all
from imageshim.codemod.text.source import Source

URLS = ("data:image/png;base64,AAAA", "data:image/gif;base64,BBBB")
HEAD = 'import base64, json\nimport requests\nGATEWAY_URL = "http://gateway:4000"\n'

# What asks, and gives a dict.
FETCHES = (
    "data = requests.post(GATEWAY_URL, json={}).json()",
    'data = requests.post(f"{GATEWAY_URL}/v1/chat/completions", json={}).json()',
    'url = GATEWAY_URL.rstrip("/") + "/chat"\nr = requests.post(url)\ndata = r.json()',
    "data = json.loads(requests.post(GATEWAY_URL).text)",
    "def ask(body):\n    return requests.post(GATEWAY_URL, json=body).json()\ndata = ask({})",
    "session = requests.Session()\ndata = session.post(GATEWAY_URL).json()",
)
CHOICES = (
    'choice = data["choices"][0]',
    'choice = data.get("choices", [{}])[0]',
    'choice = (data.get("choices") or [{}])[0]',
    'choices = data.get("choices", [])\nchoice = choices[0]',
    'choice = next(iter(data["choices"]))',
)
MESSAGES = ('m = choice["message"]', 'm = choice.get("message", {})', 'm = choice.get("message")')
READS = {
    "image": (
        'show(m["image"]["url"])',
        'show(m.get("image"))',
        'show((m.get("image") or {}).get("url"))',
        'if m.get("image"):\n    show(m["image"]["url"])\nelse:\n    show("no")',
        'if "image" in m:\n    show(m["image"]["url"])',
        'image = m.get("image", None)\nif image is not None:\n    show(image["detail"])',
    ),
    "content": (
        (
            'text = m["content"]\nif text.startswith("data:image"):\n    show(text)\n'
            'else:\n    show("text", text)'
        ),
        'show(base64.b64decode(m["content"].split(",")[1]))',
        'text = m.get("content") or ""\nif "base64," in text:\n    show(text.split("base64,")[1])',
        'text = m.get("content", "")\nif text and text.startswith("data:"):\n    show(text)',
    ),
}
TRIES = (
    "",
    "except KeyError:\n    show('none')",
    "except (KeyError, IndexError):\n    show('none')",
    "except Exception:\n    show('none')",
    "except (KeyError, TypeError, IndexError, AttributeError):\n    show('none')",
)


@st.composite
def programs(draw: Any) -> tuple[str, str]:
    """A program that asks by HTTP, and the format that it was written for."""
    field = draw(st.sampled_from(sorted(READS)))
    steps = [draw(st.sampled_from(FETCHES)), draw(st.sampled_from(CHOICES))]
    steps += [draw(st.sampled_from(MESSAGES)), draw(st.sampled_from(READS[field]))]
    handler = draw(st.sampled_from(TRIES))
    place = draw(st.integers(0, len(steps) - 1))
    if handler:
        inside = "\n".join(steps[place:]).replace("\n", "\n    ")
        steps[place:] = [f"try:\n    {inside}\n{handler}"]
    body = "\n".join(steps)
    if draw(st.booleans()):
        body = "def main():\n    " + body.replace("\n", "\n    ") + "\nmain()"
    return f"{HEAD}{body}\n", field


def reply_in(format_name: str, text: str | None, urls: list[str] | None) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": text}
    images = [{"url": url, "detail": "auto"} for url in urls or ()]
    if format_name == "images" and urls is not None:
        message["images"] = [
            {"image_url": one, "index": place, "type": "image_url"}
            for place, one in enumerate(images)
        ]
    elif format_name == "image" and urls:
        message["image"] = images[0]
    elif format_name == "content" and urls:
        message["content"] = (text or "") + "".join(urls)
    return {"choices": [{"index": 0, "message": message}]}


def run(program: str, reply: dict[str, Any]) -> tuple[list[str], str | None]:
    shown: list[str] = []
    requests = types.ModuleType("requests")

    def post(*_: Any, **__: Any) -> Any:
        return types.SimpleNamespace(json=lambda: reply, text=json.dumps(reply))

    requests.post = post
    requests.Session = lambda: types.SimpleNamespace(post=post)
    before = sys.modules.get("requests")
    sys.modules["requests"] = requests
    try:
        names = {"show": lambda *values: shown.append(repr(values))}
        exec(compile(program, "program.py", "exec"), names)  # noqa: S102
    except Exception as error:  # noqa: BLE001  # what the program does is the result
        return shown, type(error).__name__
    finally:
        del sys.modules["requests"]
        if before is not None:
            sys.modules["requests"] = before
    return shown, None


def rewritten(program: str, *assumed: str, target: str = "litellm>=1.77") -> str:
    source = Source("program.py", program.encode())
    given_settings = Settings(assume_litellm=assumed, target=target)
    return fix(source, check(source, given_settings)).decode()


@given(
    programs(),
    st.sampled_from([None, "Here it is: "]),
    st.sampled_from([None, [], [URLS[0]], list(URLS)]),
)
def test_a_program_that_asks_by_http_does_what_it_did(written, text, urls):
    program, field = written
    # Plain code gives the picture where the text had more in it than one.
    assume(field == "image" or not urls or (not text and len(urls) == 1))
    new = rewritten(program, "GATEWAY_URL")
    assume(new != program)  # a handler that would tell the errors apart: the next test's
    before = run(program, reply_in(field, text, urls))
    after = run(new, reply_in("images", text, urls))
    if before[1] is None:
        assert after == before
    else:
        assert after[0][: len(before[0])] == before[0]


@given(programs())
def test_it_is_found_and_nothing_is_rewritten_that_nobody_vouches_for(written):
    program, _ = written
    source = Source("program.py", program.encode())

    assert rewritten(program) == program
    assert check(source, Settings()) != []
    kinds = {one.applicability for one in check(source, Settings(assume_litellm=("GATEWAY_URL",)))}
    assert kinds & {"safe", "unsafe"}


@given(programs())
def test_a_second_run_changes_nothing(written):
    once = rewritten(written[0], "GATEWAY_URL")
    assert rewritten(once, "GATEWAY_URL") == once


PROGRAM = """import litellm
m = litellm.completion(model="gemini-image", messages=[]).choices[0].message
print(m.image["url"])
"""
PINS = (None, "litellm==1.76.1", "litellm>=1.76.2,<1.77", "litellm>=1.77", "litellm>=1.80")
TREES = st.lists(
    st.tuples(st.lists(st.sampled_from("abc"), max_size=3).map("/".join), st.sampled_from(PINS)),
    min_size=1,
    max_size=5,
    unique_by=lambda one: one[0],
)


@settings(max_examples=15)
@given(TREES)
def test_the_nearest_pin_above_a_file_decides(folders):
    pins = dict(folders)
    with tempfile.TemporaryDirectory() as root:
        (Path(root) / "pyproject.toml").write_text("[project]\nname = 'a'\nversion = '0'\n")
        for folder, pin in folders:
            where = Path(root) / folder
            where.mkdir(parents=True, exist_ok=True)
            (where / "app.py").write_text(PROGRAM)
            if pin is not None:
                (where / "requirements.txt").write_text(f"{pin}\n")
        project = find(Path(root))
        how, paths = prepared(scan([root], project, lambda _: None), project, unsafe=False)
        new = {report.path: report.new for report in inspect_all(paths, how)}
        for folder, _ in folders:
            above = folder.split("/") if folder else []
            nearest = ("/".join(above[:count]) for count in range(len(above), -1, -1))
            pin = next((pins[one] for one in nearest if pins.get(one)), "litellm>=1.77")
            written = new[str(Path(root) / folder / "app.py")]
            assert written == rewritten(PROGRAM, target=pin).encode()
