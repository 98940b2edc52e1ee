"""The plugin, as pytest loads it in somebody else's tests."""

import json
import subprocess
import sys
from importlib.metadata import entry_points

import pytest


def test_pytest_finds_the_plugin():
    (found,) = [entry for entry in entry_points(group="pytest11") if entry.name == "imageshim"]
    assert found.value == "imageshim.testing.pytest_plugin"


def test_a_test_gets_a_server_of_its_own(tmp_path):
    (tmp_path / "test_users.py").write_text(
        """
import json, urllib.request
from imageshim.testing.fake_gemini import Text

def ask(server):
    url = f"{server.url}/v1beta/models/m:generateContent"
    with urllib.request.urlopen(url, data=b"{}") as answer:
        return json.load(answer)["candidates"][0]["content"]["parts"]

def test_scripted(fake_gemini):
    fake_gemini.enqueue([Text("hi")])
    assert ask(fake_gemini) == [{"text": "hi"}]

def test_fresh(fake_gemini):
    assert len(ask(fake_gemini)) == 2
    assert len(fake_gemini.requests) == 1
"""
    )

    run = subprocess.run(
        [sys.executable, "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider",
         "-p", "no:cov", "-p", "no:xdist", "-p", "no:asyncio", tmp_path],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip

    assert "2 passed" in run.stdout, run.stdout + run.stderr


def test_starting_pytest_does_not_load_the_server():
    code = (
        "import sys, imageshim.testing.pytest_plugin; "
        "print([name for name in sys.modules if 'fake_gemini' in name or name == 'http.server'])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def pytest_run(folder, *arguments, workers=False):
    others = ["cov", "asyncio", "anyio", "hypothesispytest", *([] if workers else ["xdist"])]
    without = [word for name in others for word in ("-p", f"no:{name}")]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *without, *arguments],
        capture_output=True, text=True, check=False, cwd=folder,
    )  # fmt: skip


FORMATS = """
import openai, pytest, imageshim
import imageshim.testing.fake_gemini
from imageshim.testing.fake_gemini import Image, Text

def ask(server):
    server.enqueue([Text("Here: "), Image("png")])
    with openai.OpenAI(base_url=server.openai_url, api_key="any") as client:
        return client.chat.completions.create(model="m", messages=[])

@pytest.mark.image_formats("content", "images")
def test_two(fake_gemini, image_format):
    assert imageshim.detect(ask(fake_gemini)) is image_format

@pytest.fixture
def answer(fake_gemini):
    return ask(fake_gemini)

@pytest.fixture(scope="session")
def first_answer():
    with imageshim.testing.fake_gemini.fake_gemini() as server:
        return ask(server)

@pytest.mark.image_formats
def test_each(answer, request):
    assert imageshim.detect(answer) == request.node.callspec.params["image_format"]

@pytest.mark.image_formats("parts")
class TestAll:
    def test_one(self, answer):
        assert imageshim.detect(answer) == "parts"

    @pytest.mark.parametrize("number", [1, 2])
    def test_another(self, first_answer, answer, number):
        assert imageshim.detect(first_answer) == "images"
        assert imageshim.detect(answer) == "parts"

def test_none(answer):
    assert imageshim.detect(answer) == "images"
"""


def test_a_marked_test_runs_once_a_format(tmp_path):
    (tmp_path / "test_users.py").write_text(FORMATS)

    run = pytest_run(tmp_path, "-vv", "-W", "error", "--strict-markers")

    assert "10 passed" in run.stdout, run.stdout + run.stderr
    for name in ("test_two[content]", "test_two[images]", "test_each[image]", "test_each[parts]"):
        assert name in run.stdout


@pytest.mark.parametrize("place", [".", "test_users.py", "test_users.py::test_none"])
def test_a_report_is_not_written_over_tests(tmp_path, place):
    (tmp_path / "test_users.py").write_text(FORMATS)

    run = pytest_run(tmp_path, "--image-formats-report", place)

    assert f"--image-formats-report takes {place} for the file to write" in run.stderr
    assert (tmp_path / "test_users.py").read_text() == FORMATS


def test_a_format_that_does_not_exist_is_told(tmp_path):
    (tmp_path / "test_users.py").write_text(FORMATS.replace('"images"', '"picture"'))

    run = pytest_run(tmp_path)

    assert "'picture' is not a format" in run.stdout


def test_replies_are_made_in_every_format_and_carrier(tmp_path):
    (tmp_path / "test_users.py").write_text(
        """
import imageshim
from imageshim.testing import pictures
from openai.types.chat import ChatCompletion

def test_made(reply_factory):
    assert imageshim.detect(reply_factory()) == "images"
    made = reply_factory("content", [pictures.jpeg(), "!"], carrier="openai", model="m")
    assert type(made) is ChatCompletion and made.model == "m"
    (image,) = imageshim.read(made, source="content").images
    assert image.data == pictures.jpeg().data
"""
    )

    run = pytest_run(tmp_path, "-W", "error")

    assert "1 passed" in run.stdout, run.stdout + run.stderr


OLD = """
import openai, pytest

@pytest.mark.parametrize("number", range(2))
def test_old(fake_gemini, number):
    with openai.OpenAI(base_url=fake_gemini.openai_url, api_key="any") as client:
        message = client.chat.completions.create(model="m", messages=[]).choices[0].message
    assert message.image["url"].startswith("data:")
"""


def test_the_report_names_the_lines_that_read_an_old_format(tmp_path):
    (tmp_path / "test_users.py").write_text(OLD)

    for workers in (False, True):
        several = ["-n", "2"] if workers else []
        run = pytest_run(tmp_path, "--image-formats-report=sites.json", *several, workers=workers)

        assert "lines that read images in an old format" in run.stdout, run.stdout + run.stderr
        assert "test_users.py:8  2 ×  image  →  " in run.stdout
        (site,) = json.loads((tmp_path / "sites.json").read_text())
        assert (site["line"], site["count"], site["read"]) == (8, 2, "image")


def test_the_table_alone_writes_no_file(tmp_path):
    (tmp_path / "test_users.py").write_text(OLD)

    run = pytest_run(tmp_path, "--image-formats-report")

    assert "1 in all" in run.stdout
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".json"] == []


def test_to_read_an_old_format_can_be_a_failure(tmp_path):
    (tmp_path / "test_users.py").write_text(OLD)

    run = pytest_run(tmp_path, "--image-formats=error")

    assert "2 failed" in run.stdout
    assert "LegacyImageFormatWarning" in run.stdout
