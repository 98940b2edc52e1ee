"""`imageshim fake-gemini`, as a program."""

import json
import signal
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from imageshim.testing.fake_gemini import fake_gemini

COMMAND = [sys.executable, "-c", "from imageshim.cli import main; main()", "fake-gemini"]


@contextmanager
def program(*arguments):
    """Run the command; gives the process and the environment that it prints."""
    with subprocess.Popen(
        [*COMMAND, "--port", "0", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            assert process.stdout
            environment = {}
            while "VERTEXAI_API_BASE" not in environment:
                line = process.stdout.readline()
                assert line, process.stderr.read()
                name, _, value = line.strip().removeprefix("export ").partition("=")
                environment[name] = value
            yield process, environment
        finally:
            process.kill()


def ask(environment):
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "Draw."}]}).encode()
    url = f"{environment['OPENAI_BASE_URL']}/chat/completions"
    with urllib.request.urlopen(url, data=body) as answer:  # noqa: S310  # loopback
        return json.load(answer)["choices"][0]["message"]


def failing(*arguments):
    run = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)
    return run.returncode, run.stderr


def test_it_answers_a_picture_and_logs_the_request_until_it_is_interrupted():
    with program() as (process, environment):
        message = ask(environment)
        line = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate()

    assert message["images"][0]["image_url"]["url"].startswith("data:image/png;base64,")
    assert line == "POST /v1/chat/completions (1 texts, 0 images) -> whole\n"
    assert (process.returncode, rest, errors) == (0, "stopped\n", "")


def test_it_answers_what_the_script_says_in_the_format_of_the_option(tmp_path):
    script = tmp_path / "script.json"
    script.write_text(json.dumps([[{"text": "Here: "}, {"image": "png"}]]))

    with program("--script", str(script), "--format", "content", "--quiet") as (_, environment):
        message = ask(environment)

    assert message["content"].startswith("Here: data:image/png;base64,")


def test_the_script_can_say_the_format(tmp_path):
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"format": "image"}))

    with program("--script", str(script)) as (_, environment):
        assert "image" in ask(environment)


def test_a_mistake_in_the_script_is_told_with_its_place(tmp_path):
    script = tmp_path / "script.json"
    script.write_text('[[{"image": "jpg"}]]')

    code, errors = failing("--script", str(script))

    assert code == 1
    assert f"Error: {script}: answers[0]: parts[0]: Image: there is no picture 'jpg'" in errors


@pytest.mark.parametrize("arguments", [["--port", "x"], ["--script", "no.json"], ["--format", "x"]])
def test_bad_usage_is_told(arguments):
    code, errors = failing(*arguments)
    assert code == 2
    assert "error: argument --" in errors


def test_a_port_that_is_taken_is_told():
    with fake_gemini() as server:
        port = str(urlsplit(server.url).port)
        code, errors = failing("--port", port)
    assert code == 1
    assert errors == f"Error: port {port}: Address already in use\n"
