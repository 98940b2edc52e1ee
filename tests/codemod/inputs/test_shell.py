"""Commands that read old formats."""

import pytest

from imageshim.codemod.inputs.shell import shell_reads
from imageshim.codemod.project.settings import Settings


def reads(text, path="run.sh", assume=()):
    found = shell_reads(path, text.encode(), Settings(assume_litellm=tuple(assume)))
    return [(one.line, one.column, one.missing) for one in found]


@pytest.mark.parametrize(
    "line",
    [
        "curl $LITELLM_URL | jq -r '.choices[0].message.image.url'",
        "curl http://localhost:4000/v1/chat/completions | jq .choices[].message.image",
        "curl $LITELLM_URL | jq '.choices[0].delta?.image'",
        "curl $LITELLM_URL | jq '.choices[0].message[\"image\"]'",
        'curl $LITELLM_URL | jq ".choices[0].message[\\"image\\"]"',
        "curl $LITELLM_URL | jq -r '.choices[0].message.content' | base64 -d > x.png",
        "curl $LITELLM_URL | jq -r '.choices[0].message.content | split(\",\")[1] | @base64d'",
        "curl $LITELLM_URL | jq -r .choices[0].message.content | cut -d, -f2 | base64 --decode",
        "curl $LITELLM_URL | python3 -c 'print(r[\"choices\"][0][\"message\"][\"image\"])'",
    ],
)  # fmt: skip
def test_a_read_of_an_old_format_is_found(line):
    ((number, column, missing),) = reads(f"# x\n\n{line}\n")

    assert (number, missing) == (3, None)
    assert line[column:].startswith((".message", ".delta", '["message"]'))


@pytest.mark.parametrize(
    "line",
    [
        "curl $LITELLM_URL | jq -r '.choices[0].message.images[0].image_url.url'",
        "curl $LITELLM_URL | jq -r '.choices[0].message.content'",
        "curl $LITELLM_URL | jq .data[0].b64_json | base64 -d",
        "The field message.image of LiteLLM",
        "curl $LITELLM_URL | jq .x  # .message.images",
        "curl $LITELLM_URL | jq .message.image  # imageshim: ignore[IMG201]",
        "# imageshim: ignore\ncurl $LITELLM_URL | jq .message.image",
        "curl $LITELLM_URL | jq .message.image_url",
    ],
)
def test_what_is_right_or_something_else_is_not(line):
    assert reads(line) == []


def test_a_command_of_several_lines_is_one():
    text = "curl $LITELLM_URL \\\n  -d @x |\n  jq -r '.choices[0].message.content' |\n  base64 -d"
    text = text.replace("\n", "\r\n")

    assert [one[0] for one in reads(text)] == [3]


def test_without_evidence_the_finding_says_what_is_missing():
    line = "curl https://gate.example.com/v1 | jq .choices[0].message.image"

    ((_, _, missing),) = reads(line)

    assert missing is not None
    assert "https://gate.example.com/v1" in missing
    assert "--assume-litellm" in missing
    assert reads("jq .choices[0].message.image x")[0][2].startswith("nothing names LiteLLM")


@pytest.mark.parametrize("pattern", ["*gate.example*", "*", "run.sh"])
def test_what_is_assumed_is_evidence(pattern):
    line = "curl https://gate.example.com/v1 | jq .choices[0].message.image"

    assert reads(line, assume=[pattern]) == [(1, 49, None)]
