"""The wheel, built and installed into an environment with nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from uv import find_uv_bin

import imageshim

ROOT = Path(__file__).parent.parent

pytestmark = pytest.mark.live


def uv(*words):
    subprocess.run([find_uv_bin(), *map(str, words)], check=True, capture_output=True)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    uv("build", "--quiet", "--wheel", "--out-dir", folder, ROOT)
    (path,) = folder.glob("*.whl")
    return path


def installed(folder, what):
    """An environment that has a wheel, with extras, and what it asks for."""
    uv("venv", "--quiet", "--python", sys.executable, folder)
    python = folder / "bin" / "python"
    uv("pip", "install", "--quiet", "--python", python, what)

    def run(program, *words):
        return subprocess.run(
            [folder / "bin" / program, *words],
            capture_output=True,
            text=True,
            check=False,
            cwd=folder,
            env={"PATH": os.defpath, "HOME": str(folder), "LANG": "C.UTF-8"},
        )

    return run


def test_without_extras_the_core_and_its_commands_work_and_the_rest_names_its_extra(
    wheel, tmp_path
):
    run = installed(tmp_path / "bare", wheel)
    ended = run("imageshim", "--help")
    assert (ended.returncode, ended.stderr) == (0, "")
    (tmp_path / "bare" / "reply.json").write_text('{"content": "hello"}')
    for name in ("convert", "show", "detect"):
        ended = run("imageshim", name, "reply.json")
        assert (ended.returncode, ended.stderr) == (0, ""), ended.stderr
    ended = run("imageshim", "gateway", "--upstream", "http://127.0.0.1:1")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "the extra 'server': pip install 'imageshim[server]'" in ended.stderr
    program = """if True:
        import sys, imageshim
        from imageshim.testing.pictures import png
        url = png().url
        reply = imageshim.normalize({"content": "x" + url})
        assert imageshim.first_image_url(reply) == url
        for call in (imageshim.read(reply).images[0].to_pil,):
            try:
                call()
            except imageshim.MissingExtraError as error:
                print(error)
        try:
            from imageshim.testing import strategies
        except imageshim.MissingExtraError as error:
            print(error)
        heavy = {"litellm", "openai", "libcst", "starlette", "hypothesis", "PIL", "click"}
        assert not heavy & sys.modules.keys()
    """
    ended = run("python", "-c", program)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines() == [
        "GeneratedImage.to_pil() needs the extra 'pillow': pip install 'imageshim[pillow]'",
        "imageshim.testing.strategies needs the extra 'testing': pip install 'imageshim[testing]'",
    ]


def test_with_its_extra_the_commands_work(wheel, tmp_path):
    run = installed(tmp_path / "cli", f"imageshim[cli] @ {wheel.as_uri()}")
    ended = run("imageshim", "--help")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "convert" in ended.stdout
    assert "pip install" not in ended.stdout
    for words in (("imageshim", "--version"), ("python", "-m", "imageshim", "--version")):
        assert run(*words).stdout == f"imageshim, version {imageshim.__version__}\n"
    (tmp_path / "cli" / "reply.json").write_text('{"content": "hello"}')
    for name in ("convert", "show", "detect"):
        ended = run("imageshim", name, "reply.json")
        assert (ended.returncode, ended.stderr) == (0, ""), ended.stderr


def test_the_wheel_has_the_package_and_its_type_marker_only(wheel):
    from zipfile import ZipFile

    names = ZipFile(wheel).namelist()
    assert "imageshim/py.typed" in names
    tops = {name.partition("/")[0] for name in names}
    assert tops == {"imageshim", f"imageshim-{imageshim.__version__}.dist-info"}
