"""The settings: what a pyproject.toml may say, and how a mistake in it is told."""

import pytest

from imageshim.codemod.project.settings import (
    DEFAULT_TARGET,
    Settings,
    SettingsError,
    find,
    load,
    lower_bound,
)


def project(folder, text):
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "pyproject.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_every_key_of_the_table_arrives(tmp_path):
    file = project(
        tmp_path,
        """
        [project]
        requires-python = ">=3.11,<4"
        [tool.imageshim]
        target = "litellm>=1.76.1"
        assume-litellm = ["*gateway*"]
        select = ["IMG001", "img02"]
        ignore = ["IMG003"]
        exclude = ["generated/"]
        documents = true
        mark = true
        per-file-ignores = { "tests/*" = ["IMG004"] }
        """,
    )

    found = load(file)

    assert found.root == tmp_path.resolve()
    assert found.has_target
    assert found.settings == Settings(
        target="litellm>=1.76.1",
        assume_litellm=("*gateway*",),
        select=("IMG001", "IMG02"),
        ignore=("IMG003",),
        per_file_ignores=(("tests/*", ("IMG004",)),),
        exclude=("generated/",),
        requires_python=">=3.11,<4",
        documents=True,
        mark=True,
    )
    assert found.settings.oldest_litellm == "1.76.1"
    assert found.settings.oldest_python == (3, 11)


def test_without_a_file_the_defaults_hold(tmp_path):
    (tmp_path / ".git").mkdir()

    found = find(tmp_path / "module.py")

    assert found.settings == Settings()
    assert found.settings.target == DEFAULT_TARGET
    assert not found.has_target
    assert found.settings.oldest_python == (3, 10)


def test_a_file_with_the_table_wins_over_a_nearer_one_without(tmp_path):
    project(tmp_path, '[tool.imageshim]\nignore = ["IMG001"]')
    project(tmp_path / "package", "[project]\nname = 'x'")

    assert find(tmp_path / "package" / "module.py").root == tmp_path.resolve()


def test_without_the_table_the_nearest_file_says_the_root(tmp_path):
    project(tmp_path, "[project]\nname = 'outer'")
    project(tmp_path / "package", "[project]\nrequires-python = '>=3.12'")

    found = find(tmp_path / "package" / "src" / "module.py")

    assert found.root == (tmp_path / "package").resolve()
    assert found.settings.oldest_python == (3, 12)


def test_the_search_ends_at_the_top_of_a_repository(tmp_path):
    project(tmp_path, '[tool.imageshim]\nignore = ["IMG001"]')
    (tmp_path / "repository" / ".git").mkdir(parents=True)

    assert find(tmp_path / "repository").settings == Settings()


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("targe = 'litellm'", "tool.imageshim.targe: no such setting; did you mean 'target'?"),
        ("zzz = 1", "tool.imageshim.zzz: no such setting; choose one of target, "),
        ("target = 3", "tool.imageshim.target: expected a requirement such as"),
        ("target = 'openai>=1'", "tool.imageshim.target: 'openai>=1' is not a requirement"),
        ("target = 'litellm>>1'", "tool.imageshim.target: 'litellm>>1' is not a requirement"),
        ("select = 'IMG001'", "tool.imageshim.select: expected a list of strings"),
        ("select = ['E501']", "tool.imageshim.select: 'E501' is not the code of a rule"),
        ("mark = 'yes'", "tool.imageshim.mark: expected true or false"),
        ("per-file-ignores = ['a']", "tool.imageshim.per-file-ignores: expected a table"),
        ("per-file-ignores = {a = [1]}", "tool.imageshim.per-file-ignores.'a': expected a list"),
        ("requires-python = 'three'", "tool.imageshim.requires-python: expected a version"),
        ("requires-python = 3", "tool.imageshim.requires-python: expected a version"),
    ],
)
def test_a_mistake_names_the_file_and_the_key(tmp_path, table, said):
    file = project(tmp_path, f"[tool.imageshim]\n{table}")

    with pytest.raises(SettingsError) as caught:
        load(file)

    assert str(caught.value).startswith(f"{file}: ")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "text", ["[tool", "a = 1\na = 2", "\xff", f"{'.'.join('a' * 30_000)} = 1"], ids=range(4)
)
def test_a_file_that_is_no_toml_is_named(tmp_path, text):
    file = tmp_path / "pyproject.toml"
    file.write_bytes(text.encode("latin-1"))

    with pytest.raises(SettingsError, match=r"pyproject\.toml: "):
        load(file)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SettingsError, match=r"cannot read .*pyproject\.toml: No such file"):
        load(tmp_path / "pyproject.toml")


@pytest.mark.parametrize(
    ("requirement", "oldest"),
    [
        ("litellm>=1.77", "1.77"),
        ("litellm[proxy]>=1.75,!=1.76.2", "1.75"),
        ("litellm==1.76.*", "1.76"),
        ("litellm~=1.76.1", "1.76.1"),
        ("litellm<1.77", "0"),
        ("litellm", "0"),
        ("litellm>=1.70,>1.76.3", "1.76.3"),
        ("litellm>=1.77.0rc1", "1.77.0rc1"),
        ("litellm >= 1.80 , < 2", "1.80"),
    ],
)
def test_the_oldest_release_that_a_requirement_allows(requirement, oldest):
    assert lower_bound(requirement) == oldest
    assert Settings(target=requirement).oldest_litellm == oldest


def test_a_file_that_is_nested_without_end_is_told(tmp_path):
    (tmp_path / "pyproject.toml").write_text("a = " + "[" * 50_000, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"pyproject\.toml: "):
        find(tmp_path)
