"""The plugin, as pytest loads it in somebody else's tests."""

import subprocess
import sys
from importlib.metadata import entry_points


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
