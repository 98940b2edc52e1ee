"""Readers that nothing proves to be LiteLLM's: each is said, with the pattern that proves it."""

from __future__ import annotations

import re

import pytest

from imageshim.codemod.findings import Finding
from imageshim.codemod.project.settings import Settings
from imageshim.codemod.running.engine import check
from imageshim.codemod.text.source import Source

OPENAI = """from openai import OpenAI
client = OpenAI(base_url="http://localhost:4000/v1", api_key=API_TOKEN)
reply = client.chat.completions.create(model="m", messages=[], extra_headers={"Authorization": KEY})
"""
DECODED = "if text.startswith('data:image'):\n    save(text)\n"
# A program, and what its note has to name.
UNPROVEN = {
    "a constant in an f-string": (
        "import requests\nLITELLM_PROXY_URL = 'http://localhost:4000/v1'\n"
        "url = f'{LITELLM_PROXY_URL}/chat/completions'\n"
        "data = requests.post(url, headers=HEADERS, json={'model': MODEL}).json()\n"
        "text = data['choices'][0]['message']['content']\n" + DECODED,
        "LITELLM_PROXY_URL",
    ),
    "an environment variable, stripped": (
        "import os, requests\nbase = os.environ.get('LLM_GATEWAY_URL', '').rstrip('/')\n"
        "data = requests.post(base + '/chat/completions').json()\n"
        "text = data['choices'][0]['message']['content']\n"
        + DECODED,
        "LLM_GATEWAY_URL",
    ),
    "urljoin and getenv": (
        ("import os, httpx\nfrom urllib.parse import urljoin\n"
        "url = urljoin(os.getenv('PROXY_URL') or 'http://a/', 'v1/chat/completions')\n"
        "print(httpx.post(url).json()['choices'][0]['message']['image']['url'])\n"),
        "PROXY_URL",
    ),
    "a chain of get": (
        "import httpx\ndata = httpx.post(CHAT_URL).json()\n"
        "text = data.get('choices', [{}])[0].get('message', {}).get('content', '')\n" + DECODED,
        "CHAT_URL",
    ),
    "choices in a name": (
        "import httpx\ndata = httpx.post(CHAT_URL).json()\nchoices = data.get('choices', [])\n"
        "text = choices[0].get('message', {}).get('content', '')\n" + DECODED,
        "CHAT_URL",
    ),
    "a loop over the choices": (
        ("import httpx\nfor choice in httpx.post(CHAT_URL).json()['choices']:\n"
        "    print(choice['message']['image'])\n"),
        "CHAT_URL",
    ),
    "aiohttp": (
        ("import aiohttp\nasync def ask():\n    async with aiohttp.ClientSession() as session:\n"
        "        async with session.post(f'{GATEWAY_BASE}/chat', json={}) as response:\n"
        "            data = await response.json()\n"
        "    return data['choices'][0]['message']['image']['url']\n"),
        "GATEWAY_BASE",
    ),
    "urllib": (
        ("import json\nfrom urllib.request import Request, urlopen\n"
        "request = Request(LLM_URL, data=b'', headers={'Authorization': TOKEN_URL})\n"
        "with urlopen(request) as answer:\n    data = json.loads(answer.read().decode())\n"
        "print(data['choices'][0]['message']['image']['url'])\n"),
        "LLM_URL",
    ),
    "a session with a base URL": (
        ("import httpx\nclient = httpx.Client(base_url=GATEWAY_URL, headers={'x': SECRET_BASE})\n"
        "data = client.post('/chat/completions', json={}).json()\n"
        "print(data['choices'][0]['message']['image']['url'])\n"),
        "GATEWAY_URL",
    ),
    "a class of one's own that asks": (
        ("import requests\nclass Gateway:\n    def __init__(self):\n"
        "        self.base = IMAGE_GATEWAY_URL\n"
        "    def ask(self, body):\n"
        "        return requests.post(self.base + '/chat', json=body).json()\n"
        "print(Gateway().ask({})['choices'][0]['message']['image'])\n"),
        "IMAGE_GATEWAY_URL",
    ),
    "a helper that nobody calls": (
        ("def image_of(response):\n    text = response.choices[0].message.content\n"
        "    return text if text.startswith('data:image/png;base64,') else None\n"),
        "response",
    ),
    "a client from elsewhere": (
        ("from shop.clients import llm\n"
        "print(llm.chat.completions.create(model='m').choices[0].message.image['url'])\n"),
        "llm",
    ),
    "a type of one's own, checked": (
        ("import httpx, pydantic\nclass Reply(pydantic.BaseModel):\n    choices: list\n"
        "reply = Reply.model_validate(httpx.post(CHAT_URL).json())\n"
        "print(reply.choices[0].message.image)\n"),
        "CHAT_URL",
    ),
    "a type of one's own, made": (
        ("import httpx, pydantic\nclass Reply(pydantic.BaseModel):\n    choices: list\n"
        "reply = Reply(**httpx.post(CHAT_URL).json())\nprint(reply.choices[0].message.image)\n"),
        "CHAT_URL",
    ),
    "a type of one's own, stated": (
        ("import httpx\nfrom typing import TypedDict\nclass Reply(TypedDict):\n    choices: list\n"
        "reply: Reply = httpx.post(CHAT_URL).json()\n"
        "print(reply['choices'][0]['message']['image'])\n"),
        "CHAT_URL",
    ),
    "a stream": (
        ("for chunk in gateway_client.chat.completions.create(model='m', stream=True):\n"
        "    if chunk.choices[0].delta.content.startswith('data:image'):\n        show(chunk)\n"),
        "gateway_client",
    ),
}  # fmt: skip
NOTHING = {
    "text chat": OPENAI + "print(reply.choices[0].message.content, 'image')\n",
    "OpenRouter's images": OPENAI + "for one in reply.choices[0].message.images or []:\n"
    "    save(one['image_url']['url'])\n",
    "a shim with a function a format": OPENAI + "def old(message):\n    return message.image\n"
    "def new(message):\n    return message.images[0]['image_url']\n"
    "show(new(reply.choices[0].message) or old(reply.choices[0].message))\n",
    "Markdown of another gateway": OPENAI + "import re\n"
    "re.findall(r'!\\[.*?\\]\\((data:image.*?)\\)', reply.choices[0].message.content)\n",
    "a wrapper that gives the old format": "from imageshim import wrap\nfrom openai import OpenAI\n"
    "client = wrap(OpenAI(), emit='image')\n"
    "print(client.chat.completions.create(model='m').choices[0].message.image)\n",
    "a Django field": "class Post(Model):\n    kind = CharField(choices=KINDS)\n"
    "    message = ForeignKey(Message)\ndef f(post):\n    return post.message.image.url\n",
    "another field whose name is computed": OPENAI
    + "for name in NAMES:\n    show(getattr(reply.choices[0].message, name, None), 'image_url')\n",
}  # fmt: skip


def found(program: str, *assumed: str) -> list[Finding]:
    settings = Settings(assume_litellm=assumed)
    return check(Source("program.py", program.encode()), settings)


@pytest.mark.parametrize(("program", "named"), UNPROVEN.values(), ids=UNPROVEN)
def test_a_reader_that_nothing_proves_is_said_with_the_pattern_that_proves_it(program, named):
    (one,) = found(program)
    assert one.edits == ()
    assert one.missing is not None
    assert f"pass --assume-litellm {named} if it is LiteLLM's" in one.missing
    assert not one.proven

    (proven,) = found(program, named)
    assert proven.edits
    assert any(f"{named} (--assume-litellm {named})" in step.text for step in proven.chain)


@pytest.mark.parametrize("program", NOTHING.values(), ids=NOTHING)
def test_what_is_no_image_of_litellms_is_not_said(program):
    assert found(program) == []


@pytest.mark.parametrize(
    "client",
    [
        OPENAI,
        OPENAI.replace("OpenAI", "AzureOpenAI"),
        OPENAI.replace("from openai import OpenAI\n", "import openai\n").replace(
            "= OpenAI", "= openai.OpenAI"
        ),
    ],
)
@pytest.mark.parametrize("read", ["message.image['url']", "message.image", "message['image']"])
def test_no_reply_of_the_openai_sdk_has_an_image(client, read):
    (one,) = found(f"{client}print(reply.choices[0].{read})\n")

    assert "OpenAI SDK" in one.message
    assert one.proven
    assert "--assume-litellm 'http://localhost:4000*'" in str(one.missing)
    (rewritten,) = found(f"{client}print(reply.choices[0].{read})\n", "http://localhost:4000*")
    assert rewritten.applicability == "safe"


def test_neither_has_one_that_is_handed_to_a_function_that_names_its_type():
    program = (
        "from openai import AsyncOpenAI\nasync def ask(client: AsyncOpenAI):\n"
        "    reply = await client.chat.completions.create(model='m', messages=[])\n"
        "    return getattr(reply.choices[0].message, 'image')\n"
    )
    assert [one.proven for one in found(program)] == [True]


def test_the_items_of_the_openai_sdk_are_dicts_as_well():
    program = OPENAI + "for one in reply.choices[0].message.images:\n    print(one.image_url.url)\n"

    assert [(one.code, one.applicability) for one in found(program)] == [("IMG004", "safe")]


@pytest.mark.parametrize("name", ["API_TOKEN", "KEY", "Authorization", "m", "messages"])
def test_what_is_sent_along_proves_nothing(name):
    (one,) = found(OPENAI + "print(reply.choices[0].message.image)\n", name)
    assert one.edits == ()


def test_the_origin_that_is_named_is_the_one_that_matched():
    (one,) = found(OPENAI + "print(reply.choices[0].message.image)\n", "http://localhost*")
    said = [step.text for step in one.chain if "--assume-litellm" in step.text]
    assert said == ["http://localhost:4000/v1 (--assume-litellm http://localhost*)"]


def test_a_field_whose_name_is_computed_is_said():
    (one,) = found(
        "import requests\nFIELD = pick('image')\n"
        "message = requests.post(CHAT_URL).json()['choices'][0]['message']\nprint(message[FIELD])\n"
    )
    assert "computed" in one.message
    assert re.search("trace", str(one.missing))


def test_a_back_end_imported_by_a_computed_name_is_litellms_on_some_paths():
    (one,) = found(
        "import importlib\ndef backend():\n    return 'litellm' if LOCAL else 'routehub'\n"
        "reply = importlib.import_module(backend()).completion(model='m', messages=[])\n"
        "print(reply.choices[0].message.image['url'])\n"
    )
    assert one.applicability == "unsafe"
    assert "on some paths" in str(one.missing)


SOMETIMES = """
import importlib, litellm
def image_of(response):
    content = response.choices[0].message.content
    prefixes = ["data:image/png;base64,", "data:image/webp;base64,"]
    if any(content.strip().startswith(prefix) for prefix in prefixes):
        return content
def ours(model):
    return image_of(litellm.completion(model=model, messages=[]))
def theirs(model):
    return image_of(importlib.import_module(BACK_END).ask(model))
"""


def test_what_is_litellms_on_some_paths_says_which_pattern_makes_it_certain():
    (one,) = found(SOMETIMES)
    assert one.applicability == "unsafe"
    assert str(one.missing).endswith("pass --assume-litellm response if always")

    for pattern in ("response", "image_of"):
        (one,) = found(SOMETIMES, pattern)
        assert (one.applicability, one.missing) == ("safe", None)


def test_another_pattern_leaves_it_as_it_is():
    (one,) = found(SOMETIMES, "BACK_END")
    assert one.applicability == "unsafe"
