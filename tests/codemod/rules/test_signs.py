"""What says that the text of a reply is an image, and what does not."""

from __future__ import annotations

import pytest

from imageshim.codemod.project.settings import Settings
from imageshim.codemod.running.engine import check
from imageshim.codemod.text.source import Source

HEAD = """import base64, binascii, re
import urllib.request
import litellm
import streamlit as st
from html import escape
from PIL import Image
from shop.pictures import save_base64_as_image

def f(model):
    text = litellm.completion(model=model, messages=[]).choices[0].message.content
    """

SIGNS = [
    "st.image(text)",
    "columns[0].image(text)",
    "picture = Image.open(text)",
    "page = f'<img src={text}>'",
    "page = '<img src=\"' + text + '\">'",
    "page = \"<img src='%s'>\" % text",
    "page = '<img src=\"{}\" />'.format(text)",
    "style = f'background: url({text})'",
    "note = f'![a cat]({text})'",
    "save_base64_as_image(base64_data=text)",
    "self.bot.send_photo(photo=text)",
    "ok = text[:5] == 'data:'",
    "ok = 'base64' in text",
    "ok = text.startswith('iVBOR')",
    "ok = any(text.startswith(one) for one in ['data:image/png', 'data:image/gif;base64,'])",
    "ok = text.startswith(('data:image/png', 'data:image/jpeg'))",
    "data = urllib.request.urlopen(text).read()",
    "data = binascii.a2b_base64(text)",
    "parts = [{'type': 'image_url', 'image_url': {'url': text}}]",
    "parts = [{'type': 'image_url', 'image_url': text}]",
]
NONE = [
    "print(text)",
    "return text",
    "page = '<p>' + text + '</p>'",
    "page = f'<p>{escape(text)}</p>'",
    "page = '<p>{}</p>'.format(text)",
    "plan = Plan.model_validate_json(text)",
    "picture = generate_image(text)",
    "picture = client.images.generate(prompt=text)",
    "describe_image(text)",
    "open('answer.txt', 'w').write(text)",
    "ok = text.startswith('Error')",
    "words = text.split(',')",
    "parts = [{'type': 'text', 'text': text}]",
]


def found(body: str) -> list[tuple[str, bool]]:
    source = Source("program.py", f"{HEAD}{body}\n".encode())
    return [(one.code, one.missing is None) for one in check(source, Settings())]


@pytest.mark.parametrize("body", SIGNS)
def test_a_text_that_is_taken_for_an_image_is_found(body):
    assert found(body) == [("IMG002", True)]


@pytest.mark.parametrize("body", NONE)
def test_a_text_that_is_taken_for_text_is_not(body):
    assert found(body) == []
