"""The fields of a message are walked through, and one of them is told by its name."""

import textwrap

import pytest

from imageshim.codemod.project.settings import Settings
from imageshim.codemod.running.engine import check
from imageshim.codemod.text.source import Source

ASK = 'litellm.completion(model="gemini-image", messages=[p]).choices[0].message'


def findings(program):
    text = f"import litellm\ndef draw(p):\n    m = {ASK}\n" + textwrap.indent(
        textwrap.dedent(program), "    "
    )
    return [one.code for one in check(Source("draw.py", text.encode()), Settings()) if one.proven]


@pytest.mark.parametrize(
    "walked", ["dict(m).items()", "m.model_dump().items()", "m", "vars(m).items()"]
)
@pytest.mark.parametrize("test", ['key == "image"', '"image" == key', 'key in ("image", "audio")'])
def test_a_loop_over_fields_that_looks_for_image_is_found(walked, test):
    assert findings(f"for key, value in {walked}:\n    if {test}: show(value)\n") == ["IMG001"]


@pytest.mark.parametrize(
    "program",
    [
        'for key in m.model_dump().keys():\n    if key == "image": return key\n',
        'for key in m.model_dump():\n    match key:\n        case "image": return key\n',
        'kept = {k: v for k, v in m if v}\nreturn kept.get("image")\n',
        'data = m.model_dump()\nreturn data.pop("image", None)\n',
        'kept = {k: v for k, v in m.model_dump().items() if v}\nreturn kept["image"]["url"]\n',
        'for name in ("image", "content"):\n    if getattr(m, name, None): return name\n',
    ],
)
def test_other_ways_of_telling_a_field_by_its_name(program):
    assert findings(program) == ["IMG001"]


@pytest.mark.parametrize(
    "program",
    [
        'for key, value in dict(m).items():\n    if key == "role": return value\n',
        "return {key: value for key, value in m if value is not None}\n",
        'for key, value in m:\n    if key in ("images", "image"): return value\n',
        'for name in ("content", "role"):\n    if getattr(m, name, None): return name\n',
        'kept = {k: v for k, v in m}\nreturn kept["role"]\n',
        'for key in other():\n    if key == "image": return key\n',
    ],
)
def test_who_does_not_look_for_image_or_knows_images_is_left_alone(program):
    assert findings(program) == []


@pytest.mark.parametrize(
    "program", ['if "image" in m: return 1\n', "if 'image' in dict(m): return 1"]
)
def test_a_message_that_is_asked_for_a_field_is_no_walk_through_fields(program):
    text = f"import litellm\ndef draw(p):\n    m = {ASK}\n    {program}"
    found = check(Source("draw.py", text.encode()), Settings())

    assert [one.missing for one in found if not one.edits] == []
    assert len(found) == 1
