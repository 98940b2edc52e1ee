"""What a project's own files say of the LiteLLM releases that it runs on."""

import pytest

from imageshim.codemod.project.pins import pins
from imageshim.codemod.project.settings import DEFAULT_TARGET
from imageshim.codemod.project.targets import Targets

UV_LOCK = """version = 1

[[package]]
name = "litellm"
version = "1.76.1"
source = { registry = "x" }
"""


def target(folder):
    return Targets().of(str(folder / "app.py")).requirement


def write(folder, **files):
    for name, text in files.items():
        file = folder / name.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "text", "line", "requirement"),
    [
        ("requirements.txt", "# a\nlitellm==1.76.1  # why\n", 2, "litellm==1.76.1"),
        ("requirements-dev.txt", "litellm[proxy] >= 1.70 ; python_version < '4'", 1,
         "litellm[proxy] >= 1.70"),
        ("requirements.txt", "litellm==1.75.0 \\\n    --hash=sha256:aa\n", 1, "litellm==1.75.0"),
        ("requirements/base.in", "LiteLLM~=1.76.0\n", 1, "LiteLLM~=1.76.0"),
        ("pyproject.toml", '[project]\ndependencies = [\n"a",\n"litellm>=1.80"]', 4,
         "litellm>=1.80"),
        ("pyproject.toml", '[project.optional-dependencies]\nx = ["litellm<1.77"]', 2,
         "litellm<1.77"),
        ("pyproject.toml", '[dependency-groups]\nx = ["litellm==1.76.3", {include-group = "y"}]', 2,
         "litellm==1.76.3"),
        ("pyproject.toml", '[tool.poetry.dependencies]\nlitellm = "^1.75.2"', 2, "litellm>=1.75.2"),
        ("pyproject.toml", '[tool.poetry.group.x.dependencies]\nlitellm = {version = "1.76.2"}', 2,
         "litellm==1.76.2"),
        ("requirements-dev/base.txt", "litellm>=1.75\n", 1, "litellm>=1.75"),
        ("pyproject.toml", '[tool.poetry.dependencies]\nlitellm = "1.76.*"', 2, "litellm==1.76.*"),
        ("pyproject.toml", '[tool.poetry.dependencies]\nlitellm = [{version = "~1.75"}]', 2,
         "litellm>=1.75"),
        ("pyproject.toml", '[tool.uv]\noverride-dependencies = ["litellm==1.76.1"]', 2,
         "litellm==1.76.1"),
        ("setup.cfg", "[options]\ninstall_requires = litellm>=1.74  # why\n", 2, "litellm>=1.74"),
        ("setup.cfg", "[options]\ninstall_requires =\n    litellm>=1.74\n", 3, "litellm>=1.74"),
        ("setup.py", "setup(install_requires=[\n   'litellm>=1.74', # why\n])", 2, "litellm>=1.74"),
        ("constraints.txt", "litellm==1.76.2\n", 1, "litellm==1.76.2"),
        ("environment.yml", "dependencies:\n  - litellm=1.76.1\n", 2, "litellm==1.76.1.*"),
        ("environment-dev.yaml", "- conda-forge::litellm=1.76.1=pyh_0", 1, "litellm==1.76.1"),
        ("environment.yml", "- 'litellm >=1.75,<1.77'  # why", 1, "litellm >=1.75,<1.77"),
        ("conda.yaml", "- litellm 1.76.1", 1, "litellm==1.76.1"),
        ("conda.yaml", "- litellm=1.76.*", 1, "litellm==1.76.*"),
        ("environment.yml", "  - pip:\n    - litellm[proxy]==1.75.3 ; x", 2,
         "litellm[proxy]==1.75.3"),
        ("Pipfile", '[packages]\nlitellm = {version = "~=1.76.1"}', 2, "litellm~=1.76.1"),
        ("Pipfile", '[dev-packages]\nlitellm = "==1.76.1"', 2, "litellm==1.76.1"),
        ("pixi.toml", '[feature.x.pypi-dependencies]\nlitellm = "==1.76.2"', 2, "litellm==1.76.2"),
        ("pyproject.toml", '[tool.pixi.dependencies]\nlitellm = "1.76.*"', 2, "litellm==1.76.*"),
        ("pyproject.toml", '[tool.hatch.envs.x]\nextra-dependencies = ["litellm==1.76.1"]', 2,
         "litellm==1.76.1"),
        ("pyproject.toml", '[tool.pdm.dev-dependencies]\nx = ["litellm==1.76.1"]', 2,
         "litellm==1.76.1"),
        ("pyproject.toml", '[project.optional-dependencies]\nlitellm = ["litellm>=1.76"]', 2,
         "litellm>=1.76"),
        ("Pipfile.lock", '{"default": {"litellm": {\n"hashes": ["a"],\n"version": "==1.76.0"}}}', 3,
         "litellm==1.76.0"),
        ("pylock.lock.toml", UV_LOCK, 5, "litellm==1.76.1"),
        ("conda-lock.yml", "package:\n- name: litellm\n  version: 1.76.1\n", 3, "litellm==1.76.1"),
        ("pixi.lock", "- pypi: x\n  name: litellm\n  version: 1.76.1\n", 3, "litellm==1.76.1"),
        ("uv.lock", UV_LOCK, 5, "litellm==1.76.1"),
        ("uv.lock", f"\n{UV_LOCK}", 6, "litellm==1.76.1"),
        ("poetry.lock", UV_LOCK, 5, "litellm==1.76.1"),
    ],
)  # fmt: skip
def test_a_pin_is_found_where_it_stands(tmp_path, name, text, line, requirement):
    write(tmp_path, **{name.replace("/", "__"): text})

    (pin,) = pins(tmp_path)

    assert (pin.path, pin.line, pin.requirement) == (tmp_path / name, line, requirement)
    assert pin.locked == ("lock" in name)
    assert target(tmp_path) == requirement


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements.txt", "litellm-proxy-extras==1\nnot-litellm==1\n# litellm==1.2\n"),
        ("requirements.txt", "litellm @ https://host/litellm.whl\nlitellm==\n"),
        ("pyproject.toml", '[project]\nname = "litellm-client"\ndependencies = "litellm"'),
        ("pyproject.toml", '[tool.poetry.dependencies]\nlitellm = {path = "../litellm"}'),
        ("pyproject.toml", '[project]\ndependencies = ["litellm"]'),
        ("pyproject.toml", '[tool.uv.sources]\nlitellm = {version = "1.76.1"}'),
        ("setup.py", 'print("litellm>=1.76 is needed")  # "litellm==1.2"'),
        ("environment.yml", "- litellm\n- litellm-proxy=1.76.1\n"),
        ("pyproject.toml", '[tool.poetry.dependencies]\nlitellm = "*"'),
    ],
)
def test_what_pins_no_version_leaves_the_default(tmp_path, name, text):
    write(tmp_path, **{name: text})

    assert target(tmp_path) == DEFAULT_TARGET


def test_of_several_declarations_the_oldest_release_counts(tmp_path):
    write(
        tmp_path,
        **{
            "requirements.txt": "litellm>=1.80",
            "requirements-old.txt": "litellm>=1.9,<2",
            "uv.lock": UV_LOCK.replace("1.76.1", "1.0.0"),
        },
    )

    assert target(tmp_path) == "litellm>=1.9,<2"


def test_the_lock_decides_where_the_project_declares_no_version(tmp_path):
    write(tmp_path, **{"requirements.txt": "litellm", "uv.lock": UV_LOCK})

    assert target(tmp_path) == "litellm==1.76.1"


def test_files_that_requirements_include_count_once(tmp_path):
    write(
        tmp_path,
        **{
            "requirements.txt": "-r deps/base.txt\n--constraint=deps/c.txt  # why\n-r nowhere",
            "deps__base.txt": "-r ../requirements.txt\nlitellm\n",
            "deps__c.txt": "litellm==1.76.1\n",
        },
    )

    assert [pin.path.name for pin in pins(tmp_path)] == ["base.txt", "c.txt"]
    assert target(tmp_path) == "litellm==1.76.1"


@pytest.mark.parametrize(
    "block",
    [
        '# dependencies = ["litellm==1.76.1"]\n',
        '# dependencies = [\n#   "requests",\n#   "litellm==1.76.1",  # why\n# ]\n',
        '# dependencies = [\r\n#   "litellm==1.76.1",\r\n# ]\r\n',
    ],
)
def test_a_script_with_requirements_of_its_own_runs_with_those(tmp_path, block):
    write(tmp_path, **{"requirements.txt": "litellm>=1.80"})
    code = f"#!/usr/bin/env -S uv run\n# /// script\n{block}# ///\nimport litellm\n".encode()

    found = Targets().of(str(tmp_path / "app.py"), code)

    assert (found.requirement, found.source.endswith("app.py")) == ("litellm==1.76.1", True)
    unended = code.replace(b"# ///\n", b"")
    assert Targets().of(str(tmp_path / "app.py"), unended).requirement == "litellm>=1.80"


def test_a_script_that_asks_for_any_release_is_left_to_its_project(tmp_path):
    write(tmp_path, **{"requirements.txt": "litellm>=1.80"})
    code = b'# /// script\n# dependencies = ["litellm"]\n# ///\n'

    assert Targets().of(str(tmp_path / "app.py"), code).requirement == "litellm>=1.80"
