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
        ("uv.lock", UV_LOCK, 5, "litellm==1.76.1"),
        ("poetry.lock", UV_LOCK, 5, "litellm==1.76.1"),
    ],
)  # fmt: skip
def test_a_pin_is_found_where_it_stands(tmp_path, name, text, line, requirement):
    write(tmp_path, **{name.replace("/", "__"): text})

    (pin,) = pins(tmp_path)

    assert (pin.path, pin.line, pin.requirement) == (tmp_path / name, line, requirement)
    assert pin.locked == name.endswith(".lock")
    assert target(tmp_path) == requirement


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements.txt", "litellm-proxy-extras==1\nnot-litellm==1\n# litellm==1.2\n"),
        ("requirements.txt", "litellm @ https://host/litellm.whl\nlitellm==\n"),
        ("pyproject.toml", '[project]\nname = "litellm-client"\ndependencies = "litellm"'),
        ("pyproject.toml", '[tool.poetry.dependencies]\nlitellm = {path = "../litellm"}'),
        ("pyproject.toml", '[project]\ndependencies = ["litellm"]'),
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
