"""The wheel, built and installed into an environment with what it asks for and nothing else.

Nothing comes from an index: what the wheel asks for is linked from where these tests run.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from zipfile import Path as ZippedPath

import pytest
from packaging.requirements import Requirement
from uv import find_uv_bin

import imageshim

ROOT = Path(__file__).parent.parent


def uv(*words):
    words = [find_uv_bin(), *map(str, words), "--quiet", "--offline", "--no-config"]
    ended = subprocess.run(words, check=False, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return path


def asked_for(distribution, extras=("",)):
    """The distributions that one asks for, and those that they ask for."""
    found = {}
    for one in map(Requirement, distribution.requires or ()):
        if one.marker is None or any(one.marker.evaluate({"extra": name}) for name in extras):
            asked = metadata.distribution(one.name)
            found |= {asked.name: asked} | asked_for(asked, one.extras or ("",))
    return found


def link(distribution, folder):
    for name in {file.parts[0] for file in distribution.files} - {"..", "__pycache__"}:
        if name.endswith(".dist-info"):  # uv does not follow links to these
            shutil.copytree(distribution.locate_file(name), folder / name)
        else:
            (folder / name).symlink_to(distribution.locate_file(name))


def installed(folder, wheel, *extras):
    """Install the wheel, with extras; gives how to run a program there.

    uv links nothing and has no index: what would be missing is an error.
    """
    uv("venv", "--python", sys.executable, folder)
    python = folder / "bin" / "python"
    (packages,) = folder.glob("lib/python*/site-packages")
    about = next(path for path in ZippedPath(wheel).iterdir() if path.name.endswith(".dist-info"))
    for one in asked_for(metadata.PathDistribution(about), ("", *extras)).values():
        link(one, packages)
    what = f"imageshim[{','.join(extras)}] @ {wheel.as_uri()}"
    uv("pip", "install", "--no-index", "--python", python, what)

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
    run = installed(tmp_path / "cli", wheel, "cli")
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


def test_the_readme_of_the_wheel_has_only_links_that_work_on_an_index_page(wheel):
    about = next(path for path in ZippedPath(wheel).iterdir() if path.name.endswith(".dist-info"))
    described = metadata.PathDistribution(about).metadata.get_payload()
    assert "# imageshim\n" in described
    links = re.findall(r"\]\(([^)]*)\)", described)
    assert [link for link in links if not link.startswith(("https://", "#"))] == []


def test_with_an_address_the_readme_links_to_the_files_of_its_release(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    from hatch_build import for_an_index

    text = "[guide](docs/a.md#part), [site](https://example.com), [below](#b)"
    wanted = text.replace("docs", "https://example.org/i/blob/v1.2.0/docs")
    assert for_an_index(text, "https://example.org/i/", "1.2.0") == wanted
    assert for_an_index(text, None, "1.2.0") == text.replace("[guide](docs/a.md#part)", "guide")


def test_the_wheel_has_the_package_and_its_type_marker_only(wheel):
    from zipfile import ZipFile

    names = ZipFile(wheel).namelist()
    assert "imageshim/py.typed" in names
    tops = {name.partition("/")[0] for name in names}
    assert tops == {"imageshim", f"imageshim-{imageshim.__version__}.dist-info"}
