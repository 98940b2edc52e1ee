"""The plugin, as pytest loads it in somebody else's tests."""

import io
import json
import subprocess
import sys
import warnings
from contextlib import redirect_stderr, redirect_stdout
from importlib.metadata import entry_points

import pytest

from imageshim.wrapping import call_sites


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
        [sys.executable, "-W", "error", "-m", "pytest", "-q", *OTHERS, *without("xdist"), tmp_path],
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


def without(*plugins):
    return [word for name in plugins for word in ("-p", f"no:{name}")]


OTHERS = without("cacheprovider", "cov", "asyncio", "anyio", "hypothesispytest")


@pytest.fixture
def pytest_run(tmp_path, monkeypatch):
    """Run pytest over a file of tests in this process; gives all that it says.

    A process of its own would import pytest and the SDK again, for most of its time.
    """
    state = call_sites._State()
    state.umbrella = True
    monkeypatch.setattr(call_sites, "_state", state)
    monkeypatch.chdir(tmp_path)

    def call(tests, *arguments):
        (tmp_path / "test_users.py").write_text(tests)
        sys.modules.pop("test_users", None)
        said = io.StringIO()
        # -s: our own pytest has the output. Garbage of other tests is not this one's.
        rest = ["-q", "-s", *OTHERS, *without("xdist", "faulthandler", "unraisableexception")]
        with warnings.catch_warnings(), redirect_stdout(said), redirect_stderr(said):
            warnings.resetwarnings()
            pytest.main(["--import-mode=importlib", *rest, *arguments])
        return said.getvalue()

    yield call
    sys.modules.pop("test_users", None)


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


def test_a_marked_test_runs_once_a_format(pytest_run):
    said = pytest_run(FORMATS, "-vv", "-W", "error", "--strict-markers")

    assert "10 passed" in said, said
    for name in ("test_two[content]", "test_two[images]", "test_each[image]", "test_each[parts]"):
        assert name in said


@pytest.mark.parametrize("place", [".", "test_users.py", "test_users.py::test_none"])
def test_a_report_is_not_written_over_tests(pytest_run, tmp_path, place):
    said = pytest_run(FORMATS, "--image-formats-report", place)

    assert f"--image-formats-report takes {place} for the file to write" in said
    assert (tmp_path / "test_users.py").read_text() == FORMATS


@pytest.mark.parametrize("place", ["new/folder/sites.json", "no_folder/sites.json"])
def test_where_a_report_cannot_be_written_no_test_runs(pytest_run, tmp_path, place):
    (tmp_path / "no_folder").write_text("")

    said = pytest_run("def test_it(): pass", "--image-formats-report", place)

    if place.startswith("new"):
        assert "1 passed" in said
        assert (tmp_path / place).read_text() == "[]\n"
    else:
        assert "--image-formats-report cannot write: " in said
        assert "passed" not in said


@pytest.mark.parametrize(
    ("mark", "reason"),
    [
        ("'content', 'picture'", "'picture' is not a format; choose one of"),
        ("['content', 'images']", "['content', 'images'] is not a format; choose one of"),
        ("formats=['content']", "it takes no keywords"),
    ],
)
def test_a_wrong_mark_is_told_with_its_test(pytest_run, mark, reason):
    said = pytest_run(f"import pytest\n@pytest.mark.image_formats({mark})\ndef test_it(): pass\n")

    assert f"@pytest.mark.image_formats of test_users.py::test_it: {reason}" in said
    assert "pytest_plugin.py" not in said


@pytest.mark.parametrize("place", ["method", "class", "module"])
def test_a_mark_that_cannot_work_is_not_passed_over(pytest_run, place):
    mark = "pytest.mark.image_formats('content', 'images')"
    said = pytest_run(
        "import pytest, unittest\n"
        + (f"pytestmark = {mark}\n" if place == "module" else "")
        + (f"@{mark}\n" if place == "class" else "")
        + "class TestOld(unittest.TestCase):\n"
        + (f"    @{mark}\n" if place == "method" else "")
        + "    def test_it(self): pass\n"
    )
    assert "is no unittest.TestCase" in said
    assert "1 error" in said


def test_a_format_that_is_named_twice_runs_once(pytest_run):
    said = pytest_run(
        "import pytest\n"
        "@pytest.mark.image_formats('parts', 'parts')\n"
        "def test_once(image_format): assert image_format == 'parts'\n"
    )

    assert "1 passed" in said


MADE = """
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


def test_replies_are_made_in_every_format_and_carrier(pytest_run):
    said = pytest_run(MADE, "-W", "error")

    assert "1 passed" in said, said


OLD = """
import openai, pytest

@pytest.mark.parametrize("number", range(2))
def test_old(fake_gemini, number):
    with openai.OpenAI(base_url=fake_gemini.openai_url, api_key="any") as client:
        message = client.chat.completions.create(model="m", messages=[]).choices[0].message
    assert message.image["url"].startswith("data:")
"""


def report_names_the_line(said, folder):
    assert "lines that read images in an old format" in said, said
    assert "test_users.py:8  2 ×  image  →  " in said
    (site,) = json.loads((folder / "sites.json").read_text())
    assert (site["line"], site["count"], site["read"]) == (8, 2, "image")


def test_the_report_names_the_lines_that_read_an_old_format(pytest_run, tmp_path):
    report_names_the_line(pytest_run(OLD, "--image-formats-report=sites.json"), tmp_path)


def test_the_report_names_the_lines_of_several_processes(tmp_path):
    (tmp_path / "test_users.py").write_text(OLD)

    run = subprocess.run(
        [sys.executable, "-m", "pytest", *OTHERS, "--image-formats-report=sites.json", "-n", "2"],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip

    report_names_the_line(run.stdout + run.stderr, tmp_path)


def test_the_table_alone_writes_no_file(pytest_run, tmp_path):
    said = pytest_run(OLD, "--image-formats-report")

    assert "1 in all" in said
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".json"] == []


def test_to_read_an_old_format_can_be_a_failure(pytest_run):
    said = pytest_run(OLD, "--image-formats=error")

    assert "2 failed" in said
    assert "LegacyImageFormatWarning" in said
