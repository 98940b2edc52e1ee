"""Which files are looked at, by their bytes."""

from __future__ import annotations

import pytest

from imageshim.codemod.inputs.worth_a_look import Level, level


@pytest.mark.parametrize(
    ("data", "assume", "found"),
    [
        (b"import litellm", False, Level.STRONG),
        (b"from litellm.types.utils import Message", False, Level.STRONG),
        (b"message.image['url']", False, Level.NONE),
        (b"message.image['url']", True, Level.STRONG),
        (b"message.content", True, Level.STRONG),
        (b"print(1)", True, Level.NONE),
        (b"", False, Level.NONE),
    ],
)
def test_the_level_of_a_file(data, assume, found):
    assert level(data, assume=assume) is found
