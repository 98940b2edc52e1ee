"""A text that is handed to another file is an image's where that file takes it for one."""

import textwrap

import pytest

from imageshim.codemod.project.settings import Settings
from imageshim.codemod.running.engine import check
from imageshim.codemod.text.source import Source
from indexing import fixed, indexed

READER = """
    import base64, litellm
    import images
    from images import *
    def draw(prompt, model):
        reply = litellm.completion(model=model, messages=[prompt])
        text = reply.choices[0].message.content
        return {use}
"""


def signs(helper: str, use: str, **more: str) -> list[str]:
    """Return what the findings in the reader say of its text, last step by last step."""
    imports = "from images import Picture, Store, cut, pixels"
    reader = READER.replace("from images import *", imports).format(use=use)
    index, data = indexed({"images.py": helper, "reader.py": reader, **more})
    source = Source("reader.py", data["reader.py"])
    return [one.chain[-1].text for one in check(source, Settings(), index=index)]


@pytest.mark.parametrize(
    ("helper", "use", "said"),
    [
        (
            "import base64\ndef pixels(uri): return base64.b64decode(uri.split(',')[1])",
            "pixels(text)",
            "decoded in images.py",
        ),
        (
            "import base64\ndef pixels(name, *, uri): return base64.b64decode(uri)",
            "images.pixels('cat', uri=text)",
            "decoded in images.py",
        ),
        (
            "def pixels(text):\n    if text.startswith('data:image'): return text",
            "pixels(text.strip())",
            "startswith('data:image') in images.py",
        ),
        (
            (
                "from PIL import Image\nclass Picture:\n"
                "    def __init__(self, uri): self.image = Image.open(uri)"
            ),
            "Picture(text)",
            "PIL.Image.open() in images.py",
        ),
        (
            (
                "import base64\nclass Picture:\n    def __init__(self, uri): self.uri = uri\n"
                "    def save(self): return base64.b64decode(self.uri)"
            ),
            "Picture(text).save()",
            "decoded in images.py",
        ),
        (
            (
                "import base64\nclass Store:\n"
                "    def save(self, name, uri): return base64.b64decode(uri)"
            ),
            "Store().save('a.png', text)",
            "decoded in images.py",
        ),
        (
            "def cut(uri): return uri.split(',', 1)[1]",
            "base64.b64decode(cut(text))",
            "decoded",
        ),
        (
            "def cut(uri): return uri.partition(',')",
            "base64.b64decode(images.cut(text)[2])",
            "decoded",
        ),
        (
            "async def cut(uri): return uri.split(',')[1]",
            "base64.b64decode(await cut(uri=text))",
            "decoded",
        ),
    ],
)
def test_a_function_that_takes_it_for_an_image_is_a_sign(helper, use, said):
    assert signs(helper, use) == [said]


@pytest.mark.parametrize(
    ("helper", "use"),
    [
        ("def pixels(text): print(text)", "pixels(text)"),
        ("import base64\ndef pixels(name, uri): return base64.b64decode(uri)", "pixels(text, uri)"),
        ("import base64\ndef pixels(uri=None): return base64.b64decode(uri)", "pixels(other=text)"),
        ("def cut(uri, other): return other", "base64.b64decode(cut(text, uri))"),
        ("import base64\nclass Store:\n    def save(self, u): base64.b64decode(u)", "Store(text)"),
    ],
)
def test_a_function_that_takes_something_else_is_none(helper, use):
    assert signs(textwrap.dedent(helper), use) == []


def test_through_two_files():
    helper = "from pixels import decode\ndef pixels(uri): return decode(uri.strip())"
    inner = "import base64\ndef decode(data): return base64.b64decode(data)"

    assert signs(helper, "pixels(text)", **{"pixels.py": inner}) == ["decoded in pixels.py"]


def test_what_is_an_image_elsewhere_is_rewritten_as_one():
    files = {
        "images.py": "import base64\ndef pixels(uri): return base64.b64decode(uri)",
        "reader.py": READER.replace("from images import *", "").format(use="images.pixels(text)"),
    }

    assert "legacy_content(reply.choices[0].message)" in fixed(files)["reader.py"]
