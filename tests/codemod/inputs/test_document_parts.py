"""What of a document is a command, and which of its fences show old code."""

import pytest

from imageshim.codemod.inputs.document_parts import is_shown_as_old
from imageshim.codemod.inputs.shell import shell_reads
from imageshim.codemod.project.settings import Settings

READ = "curl $LITELLM_URL | jq -r '.choices[0].message.image.url'"
PYTHON = 'print(response.choices[0].message.image["url"])  # python, jq'


def lines(text, path="guide.md"):
    return [one.line for one in shell_reads(path, f"LiteLLM\n\n{text}\n".encode(), Settings())]


@pytest.mark.parametrize(
    "text",
    [
        f"```bash\n{READ}\n```",
        f"~~~\n{READ}\n~~~",
        f"```console\n$ {READ}\n```",
        f"> ```sh\n> {READ}\n> ```",
        f"1. ask\n\n   ```shell\n   {READ}\n   ```",
        f"\n    {READ}",
    ],
)
def test_a_command_is_found_where_commands_stand(text):
    assert len(lines(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        f"```python\n{PYTHON}\n```",
        f"```py title='app.py'\n{PYTHON}\n```",
        f"````{{code-cell}} python\n{PYTHON}\n````",
        f"Then `{READ}` gives null.",
        f"In Python, jq or yq: `{PYTHON}`",
        f"- a list\n\n    with `{READ}` in it",
    ],
)
def test_code_of_another_language_and_prose_are_no_commands(text):
    assert lines(text) == []


def test_directives_have_a_language_as_well():
    assert lines(f".. code-block:: bash\n\n   {READ}\n\nText.", "guide.rst") == [5]
    assert lines(f".. code-block:: python\n\n   {PYTHON}\n\nText.\n\n   {READ}", "a.rst") == [9]


def test_a_comment_of_the_document_leaves_a_command_alone():
    assert lines(f"<!-- imageshim: ignore[IMG201] -->\n```bash\n{READ}\n```") == [5]
    assert lines(f"```bash\n# imageshim: ignore[IMG201]\n{READ}\n```") == []


@pytest.mark.parametrize(
    "before",
    ["## Before\n", "# x\n\n### Before (LiteLLM 1.76)\n\nThis is how it was.\n", "**Before**\n",
     "Old code:\n\n", "## Previously\n"],
)  # fmt: skip
def test_a_fence_under_such_a_heading_shows_what_was(before):
    assert is_shown_as_old(before)


@pytest.mark.parametrize(
    "before", ["", "## After\n", "## Before\n\n```python\nx\n```\n\n## After\n",
               "## Before you begin\n", "# Using the images of a reply\n", "Text before it.\n"],
)  # fmt: skip
def test_one_under_another_is_code_to_migrate(before):
    assert not is_shown_as_old(before)
