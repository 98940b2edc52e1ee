"""Each file is rewritten for what the nearest folder above it asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageshim.codemod.project.targets import ASSUMED, Target, Targets, taken

LOCK = '[[package]]\nname = "litellm"\nversion = "1.76.1"\n'


def write(folder, **files):
    for name, text in files.items():
        file = folder / name.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def requirement(folder, file):
    return Targets().of(str(folder / file)).requirement


@pytest.fixture
def repository(tmp_path):
    (tmp_path / ".git").mkdir()
    return tmp_path


def test_the_nearest_folder_decides(repository):
    write(
        repository, **{"requirements.txt": "litellm>=1.80", "a__requirements.txt": "litellm<1.77"}
    )

    assert requirement(repository, "a/deep/er/app.py") == "litellm<1.77"
    assert requirement(repository, "b/app.py") == "litellm>=1.80"
    assert requirement(repository, "app.py") == "litellm>=1.80"


def test_a_member_of_a_workspace_has_the_lock_of_the_workspace(repository):
    member = '[project]\ndependencies = ["litellm"]'
    write(repository, **{"uv.lock": LOCK, "packages__a__pyproject.toml": member})

    assert requirement(repository, "packages/a/app.py") == "litellm==1.76.1"


def test_what_is_above_the_repository_says_nothing(tmp_path):
    write(tmp_path, **{"requirements.txt": "litellm==1.76.1"})
    (tmp_path / "inner" / ".git").mkdir(parents=True)

    assert Targets().of(str(tmp_path / "inner" / "app.py")) == ASSUMED


def test_a_folder_says_what_its_files_are_for(repository):
    write(repository, **{"a__requirements.txt": "litellm==1.76.1"})

    assert Targets().of(str(repository / "a")).requirement == "litellm==1.76.1"


def test_each_target_is_said_with_its_source_and_the_number_of_its_files():
    old = Target("litellm==1.76.1", "a/pyproject.toml", "/a")

    assert list(taken([ASSUMED, old, ASSUMED])) == [
        "litellm==1.76.1 (a/pyproject.toml), for 1 file",
        "none found, litellm>=1.77 assumed, for 2 files",
    ]


VERSIONS = ["litellm==1.76.1", "litellm>=1.70,<2", "litellm>=1.80"]
PINS = st.dictionaries(
    st.lists(st.sampled_from("ab"), max_size=3).map(tuple),
    st.sampled_from([*VERSIONS, "litellm", "other==1"]),
)


@given(PINS, st.lists(st.sampled_from("ab"), max_size=4))
def test_any_file_has_the_first_version_on_the_way_up(tmp_path_factory, pins, place):
    root = tmp_path_factory.mktemp("repository")
    (root / ".git").mkdir()
    for folder, text in pins.items():
        write(root.joinpath(*folder), **{"requirements.txt": text})
    root.joinpath(*place).mkdir(parents=True, exist_ok=True)
    ways = [tuple(place[:length]) for length in range(len(place), -1, -1)]
    said = [pins[way] for way in ways if pins.get(way) in VERSIONS]

    found = requirement(root.joinpath(*place), "app.py")

    assert found == (said[0] if said else ASSUMED.requirement)
