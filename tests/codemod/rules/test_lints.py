"""The rules that report: what they find, and what they let be."""

from __future__ import annotations

from textwrap import dedent

import pytest

from imageshim.codemod import rules
from imageshim.codemod.project.settings import Settings
from imageshim.codemod.running.engine import check
from imageshim.codemod.text.source import Source

R = """
import base64, re
import litellm
r = litellm.completion(model="gemini/gemini-2.5-flash-image", messages=messages)
m = r.choices[0].message
"""
IN_PICTURES = R.replace("2.5-flash", "3-pro")
ROUTED = R.replace("gemini/", "openrouter/google/")

FOUND = {
    "IMG101": [
        (R, "save(m.images[0])"),
        (R, "save(r.choices[0].message.images[0]['image_url']['url'])"),
        (R, "images = m.images\nsave(images[-1])"),
        (R, "if m.content:\n    save(m.images[0])"),
        (R, "save(m.get('images')[0])"),
        (R, "try:\n    save(m.images[0])\nexcept KeyError:\n    pass"),
        (R, "def f():\n    return litellm.completion(model='x').choices[0].message.images[0]"),
        (R, "for image in m.images:\n    save(image)"),
        (R, "save([image for image in m['images']])"),
        (R, "for number, image in enumerate(m.images):\n    save(image, number)"),
    ],
    "IMG102": [
        (IN_PICTURES, "if m.images:\n    save(m.images[0])"),
        (IN_PICTURES, "images = m.images or []\nsave(images[0])"),
        (IN_PICTURES, "save(m.image['url'])"),
    ],
    "IMG103": [
        (R, "found = re.search(r'data:image/png;base64,[A-Za-z0-9+/=]+', m.content)"),
        (R, "content = m.content\nfound = re.findall(r'data:image/\\w+;base64,(.*)', content)"),
        (R, "P = re.compile('data:image/[a-z]+;base64,([^)]+)')\nfound = P.search(m.content)"),
    ],
    "IMG104": [
        (R, "data = base64.b64decode(m.content.split(',')[1])"),
        (R, ("content = m.content\nif content.startswith('data:image'):\n"
            "    data = content.split(',', 1)[1]")),
        (R, "head, _, data = m.content.partition('base64,')\nraw = base64.b64decode(data)"),
    ],
    "IMG105": [
        (R, ("if m.images:\n    data = base64.b64decode(m.images[0]['image_url']['url'])\n"
            "    open('cat.png', 'wb').write(data)")),
        (R, ("def f():\n    for item in m.images or []:\n"
            "        raw = base64.b64decode(item['image_url']['url'].split(',')[1])\n"
            "        Path(f'{name}.png').write_bytes(raw)")),
        (R, "data = base64.b64decode(m.content.split('base64,')[1])\nopen(name + '.jpg', 'wb')"),
        (R, ("def save(data, name):\n    open(name, 'wb').write(base64.b64decode(data))\n"
            "for i, one in enumerate(m.images or []):\n"
            "    save(one['image_url']['url'].split(',')[1], f'cat_{i}.png')")),
    ],
    "IMG106": [
        (R, ("for item in m.images or []:\n    url = item['image_url']['url']\n"
            "    if url[:200] not in seen:\n        seen.add(url)")),
        (R, "for item in m.images or []:\n    seen.add(item['image_url']['url'][:100])"),
        (R, "for item in m.images or []:\n    by[item['image_url']['url'][:64]] = item"),
    ],
    "IMG107": [
        (R, "for item in m.images or []:\n    save(item['index'])"),
        (R, "for item in m.images or []:\n    save(item.get('index', 0))"),
        (R, "if m.images:\n    save(m.images[0]['index'])"),
    ],
    "IMG108": [
        (R, "messages.append({'role': 'assistant', 'content': m.content})"),
        (R, "print(m.content)\nmessages.append(m)"),
        (R, "print(m.content)\nself.history.append(m.model_dump())"),
        (R, "messages = [*messages, {'role': 'assistant', 'content': m.content}]"),
    ],
    "IMG109": [
        ("", "import litellm\nm = litellm.Message(images=[{'image_url': {'url': u}}])"),
        ("", "import litellm\nf(1)\nm = litellm.Message(images=[{'image_url': {'url': u}}])\ng(2)"),
        ("", ("from litellm.types.utils import Message\n"
             "m = Message(content=None, images=[{'image_url': {'url': u}, 'type': 'image_url'}])")),
        ("", ("from litellm import Message as M\nfrom litellm.types.utils import Delta\n"
             "d = Delta(images=[{'url': u, 'index': 0, 'type': 'image_url'}])")),
    ],
    "IMG110": [
        (R, r"found = re.search(r'!\[.*?\]\((data:image/.*?)\)', m.content)"),
        (R, "text = m.content\nfound = re.findall(r'!\\[[^]]*\\]\\(([^)]+)\\)', text)"),
    ],
    "IMG111": [
        ("", ("from agents.extensions.models.litellm_model import LitellmModel\n"
             "m = LitellmModel(model='gemini/gemini-2.5-flash-image', api_key=k)")),
        ("", "import dspy, litellm\nlm = dspy.LM('gemini/gemini-2.5-flash-image-preview')"),
        ("", "from langchain_litellm import ChatLiteLLM as Chat\nm = Chat(model='nano-banana')"),
    ],
    "IMG112": [
        (R, "out = litellm.stream_chunk_builder(chunks)"),
        (R, "from litellm import stream_chunk_builder\nout = stream_chunk_builder(chunks=list(s))"),
    ],
    "IMG113": [(ROUTED, ""), (ROUTED, "print(m.content)")],
}  # fmt: skip

LEFT = {
    "IMG101": [
        (R, "if m.images:\n    save(m.images[0])"),
        (R, "images = getattr(m, 'images', None) or []\nif images:\n    save(images[0])"),
        (R, "save(m.images[0] if m.images else None)"),
        (R, "ok = m.images and m.images[0]"),
        (R, "try:\n    save(m.images[0])\nexcept (AttributeError, IndexError):\n    pass"),
        (R, "if not m.images:\n    raise SystemExit\nsave(m.images[0])"),
        (R, "assert m.images\nsave(m.images[0])"),
        (R, "save([one.images[0] for one in [m] if one.images])"),
        (R, "for image in m.images or []:\n    save(image)"),
        (R, "for image in getattr(m, 'images', None) or ():\n    save(image)"),
        (R, "for image in m.get('images', []):\n    save(image)"),
        (R, "if m.images:\n    for image in m.images:\n        save(image)"),
        (R, "save(m.images[key])"),
        ("import litellm\n", "save(page.images[0])"),
        ("import litellm\n", "def f(message):\n    return message.images[0]"),
    ],
    "IMG102": [
        (R, "if m.images:\n    save(m.images[0])"),
        (IN_PICTURES, "if m.images:\n    save(m.images[-1])"),
        (IN_PICTURES, "ok = hasattr(m, 'image')"),
    ],
    "IMG103": [
        (R, "found = re.search(r'data:image/png;base64,', m.content)"),
        (R, "found = re.search(r'data:image/png;base64,([A-Za-z0-9+/=]+?)\"', m.content)"),
        (R, "found = re.search(r'data:image/png;base64,[A-Za-z0-9+/=]+', page)"),
        ("import re\nimport litellm\n", "re.search('base64,[A-Za-z0-9+/]+', m.content)"),
    ],
    "IMG104": [
        (R, "words = m.content.split(',')"),
        (R, "first = m.content.split(' ')[1]"),
        (R, "for one in m.images or []:\n    d = one['image_url']['url'].split(',')[1]"),
        ("import litellm\n", "data = base64.b64decode(row.content.split(',')[1])"),
    ],
    "IMG105": [
        (R, "open('cat.png', 'rb')"),
        (R, "def f():\n    save(m.images)\ndef g(d):\n    open('x.png', 'wb').write(b64decode(d))"),
        (R, "data = base64.b64decode(m.content.split('base64,')[1])\nopen(name + suffix, 'wb')"),
    ],
    "IMG106": [
        (R, "for item in m.images or []:\n    print(item['image_url']['url'][:60])"),
        (R, "for item in m.images or []:\n    ok = item['image_url']['url'][:5] == 'data:'"),
        (R, "for item in rows:\n    seen.add(item['image_url']['url'][:100])"),
    ],
    "IMG107": [
        (R, "for number, item in enumerate(m.images or []):\n    save(number)"),
        ("import litellm\n", "for item in message.images:\n    save(item['index'])"),
    ],
    "IMG108": [
        (R.replace("gemini/gemini-2.5-flash-image", "gpt-4o"),
         "messages.append({'role': 'assistant', 'content': m.content})"),
        (R, "rows.append({'role': 'user', 'content': m.content})"),
        (R, "print(m.content)\nreplies.append(m)"),
        (R, "messages.append({'role': 'assistant', 'content': m.content, 'images': m.images})"),
    ],
    "IMG109": [
        ("", ("import litellm\nm = litellm.Message(images=[{'image_url': {'url': u}, 'index': 0, "
             "'type': 'image_url'}])")),
        ("", "import litellm\nfrom shop import Message\nm = Message(images=[{'url': u}])"),
        ("", "import litellm\nm = litellm.Message(images=[*items, {**item}])"),
    ],
    "IMG110": [
        (R, "found = re.search(r'data:image/png', m.content)"),
        ("import re\nimport litellm\n", r"re.search(r'!\[.*?\]\((data:.*?)\)', page.content)"),
    ],
    "IMG111": [
        ("", "import litellm\nm = litellm.completion(model='gemini/gemini-2.5-flash-image')"),
        ("", "import dspy, litellm\nlm = dspy.LM('openai/gpt-4o')"),
        ("", "import litellm\nfrom mine import LitellmModel\nm = LitellmModel(model='x-image')"),
    ],
    "IMG112": [
        ("import litellm\n", "out = litellm.stream_chunk_builder(chunks)"),
        (R, "out = mine.stream_chunk_builder(chunks)"),
    ],
    "IMG113": [(R, ""), (ROUTED.replace("-image", ""), "")],
}  # fmt: skip


def cases(table: dict[str, list[tuple[str, str]]]) -> list[object]:
    return [
        pytest.param(code, head + dedent(body), id=f"{code}-{place}")
        for code, programs in table.items()
        for place, (head, body) in enumerate(programs)
    ]


def codes(program: str, settings: Settings | None = None) -> list[str]:
    source = Source("program.py", program.encode())
    return [one.code for one in check(source, settings or Settings())]


@pytest.mark.parametrize(("code", "program"), cases(FOUND))
def test_a_mistake_is_found_where_it_is(code, program):
    source = Source("program.py", program.encode())
    found = [one for one in check(source, Settings()) if one.code == code]
    assert len(found) == 1
    assert not found[0].edits
    assert 1 <= found[0].line <= program.count("\n") + 1


@pytest.mark.parametrize(("code", "program"), cases(LEFT))
def test_what_is_no_mistake_is_let_be(code, program):
    assert code not in codes(program)


@pytest.mark.parametrize(
    ("code", "target", "program"),
    [
        ("IMG112", "litellm>=1.81.6", R + "out = litellm.stream_chunk_builder(chunks)"),
        ("IMG113", "litellm>=1.82.1", ROUTED),
        ("IMG108", "litellm>=1.81.10", R + "print(m.content)\nmessages.append(m)"),
    ],
)
def test_what_a_release_has_mended_is_no_finding_from_there_on(code, target, program):
    assert code in codes(program)
    assert code not in codes(program, Settings(target=target))


def test_every_rule_that_reports_is_tested_both_ways():
    reporting = {code for code in rules.load() if code.startswith("IMG1")}
    assert reporting == FOUND.keys() == LEFT.keys()
