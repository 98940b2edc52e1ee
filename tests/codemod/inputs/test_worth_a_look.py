"""Which files are looked at, by their bytes."""

from __future__ import annotations

import pytest

from imageshim.codemod.inputs.worth_a_look import look_at


@pytest.mark.parametrize(
    ("data", "assume", "found"),
    [
        (b"import litellm", False, True),
        (b"from litellm.types.utils import Message", False, True),
        (b"message.image['url']", False, False),
        (b"message.image['url']", True, True),
        (b"message.content", True, True),
        (b"print(1)", True, False),
        (b"", False, False),
    ],
)
def test_which_files_are_worth_a_look(data, assume, found):
    assert look_at(data, assume=assume).worth_it is found


@pytest.mark.parametrize(
    ("data", "found", "unknown"),
    [
        (b"print(reply.choices[0].message.image)", True, True),
        (b"""data['choices'][0]['message']['images']""", True, True),
        (b"""data.get("choices", [{}])[0]["delta"]; base64.b64decode""", True, True),
        (b"print(reply.choices[0].message.content)", False, True),
        (b"jmespath.search('choices[0].message.image.url', data)", True, True),
        (b"class ImageField: choices = message = None", False, False),
        (b"self.choices = choices; self.message = message; image_file = 'png'", False, False),
        (b"litellm; reply.choices[0].message.image", True, False),
    ],
)
def test_a_reader_of_images_of_any_client_is_worth_a_look(data, found, unknown):
    assert look_at(data) == (found, unknown)
