"""Which files are looked at."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from imageshim.codemod.inputs.discovery import InputError, Kind, discover, kind_of
from imageshim.codemod.inputs.scanning import scan
from imageshim.codemod.inputs.sources import read_file
from imageshim.codemod.project.settings import find


def tree(root, *paths, **texts):
    for path in (*paths, *texts):
        file = root / path.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(texts.get(path, ""), encoding="utf-8")


def found(root, *inputs, exclude=()):
    paths = discover([str(root / one) for one in inputs or (".",)], root, exclude)
    return [os.path.relpath(path, root) for path in paths]


def test_a_folder_gives_its_source_in_order(tmp_path):
    tree(tmp_path, "b.py", "a/z.py", "a/n.ipynb", "a.md", "run.sh", "data.json", "pyproject.toml")

    assert found(tmp_path) == ["a.md", "b.py", "run.sh", "a/n.ipynb", "a/z.py"]


def test_environments_and_the_folders_of_tools_are_skipped(tmp_path):
    tree(
        tmp_path,
        "a.py", ".venv/x.py", "env/pyvenv.cfg", "env/lib/x.py", "node_modules/x.py",
        "__pycache__/x.py", ".git/x.py", ".tox/x.py",
    )  # fmt: skip

    assert found(tmp_path) == ["a.py"]


def test_an_environment_that_is_named_itself_is_looked_at(tmp_path):
    tree(tmp_path, "env/pyvenv.cfg", "env/x.py")

    assert found(tmp_path, "env") == ["env/x.py"]


def test_a_file_that_is_named_is_looked_at_whatever_its_suffix_and_once(tmp_path):
    tree(tmp_path, "script", "a.py", ".gitignore")
    (tmp_path / ".gitignore").write_text("script\n", encoding="utf-8")

    assert found(tmp_path, "script", "a.py", ".") == ["script", "a.py"]


def test_ignore_files_hold_below_them_and_the_nearest_decides(tmp_path):
    tree(
        tmp_path,
        "keep.py", "build/x.py", "deep/build/x.py", "deep/gen_a.py", "deep/gen_b.py", "only/a.py",
        "only/deep/a.py", ".git/HEAD",
        **{
            ".gitignore": "build/\ngen_*.py\n/only/a.py\n",
            "deep__.gitignore": "!gen_a.py\n",
        },
    )  # fmt: skip

    assert found(tmp_path) == ["keep.py", "deep/gen_a.py", "only/deep/a.py"]
    assert found(tmp_path, "deep") == ["deep/gen_a.py"]


@pytest.mark.skipif(shutil.which("git") is None, reason="compares with git itself")
def test_ignoring_agrees_with_git(tmp_path):
    tree(
        tmp_path,
        "a.py", "x/a.py", "x/b.py", "x/y/a.py", "x/y/keep.py", "logs/a.py", "logs/b/c.py",
        "docs/a.py", "docs/api/a.py", "docs/api/deep/a.py", "z z/a.py", "#a.py", "!b.py",
        **{
            ".gitignore": "/a.py\nx/**/a.py\nlogs/*\n!logs/b/\n\\#a.py\n\\!b.py\ndocs/api\n"
            "z\\ z/\n",
            "x__y__.gitignore": "!a.py\n",
        },
    )  # fmt: skip
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z", "*.py"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip

    assert sorted(found(tmp_path)) == sorted(name for name in listed.split("\0") if name)


def test_ignore_files_above_hold_only_inside_of_a_repository(tmp_path):
    tree(tmp_path, "project/a.py", **{".gitignore": "*.py\n"})

    assert found(tmp_path, "project") == ["project/a.py"]

    tree(tmp_path, ".git/HEAD")
    assert found(tmp_path, "project") == []


def test_excluded_paths_are_skipped_also_where_they_are_named(tmp_path):
    tree(tmp_path, "a.py", "gen/b.py", "gen/keep.py")

    exclude = ["gen/*", "!gen/keep.py"]
    assert found(tmp_path, exclude=exclude) == ["a.py", "gen/keep.py"]
    assert found(tmp_path, "gen/b.py", "a.py", exclude=exclude) == ["a.py"]


def test_links_to_folders_are_not_followed(tmp_path):
    tree(tmp_path, "a/x.py")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    (tmp_path / "a" / "link.py").symlink_to(tmp_path / "a" / "x.py")

    assert found(tmp_path) == ["a/link.py", "a/x.py"]


def test_an_input_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(InputError, match="nothing: no such file or folder"):
        found(tmp_path, "nothing")


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.py", Kind.PYTHON), ("a.IPYNB", Kind.NOTEBOOK), ("a.rst", Kind.DOCUMENT),
     ("a.sh", Kind.SHELL), ("script", Kind.PYTHON)],
)  # fmt: skip
def test_the_suffix_says_what_a_file_is(name, kind):
    assert kind_of(name) is kind


def test_paths_below_the_working_directory_have_no_dot_in_front(tmp_path, monkeypatch):
    tree(tmp_path, "a.py", "b/c.py")
    monkeypatch.chdir(tmp_path)

    assert list(discover([".", "./a.py", "b"], tmp_path)) == ["a.py", "b/c.py"]


def test_an_ignored_folder_that_is_named_is_looked_at(tmp_path):
    tree(tmp_path, "build/x.py", "build/deep/y.py", ".git/HEAD", **{".gitignore": "/build/\n"})

    assert found(tmp_path) == []
    assert found(tmp_path, "build") == ["build/x.py", "build/deep/y.py"]
    assert found(tmp_path, "build/deep") == ["build/deep/y.py"]


def test_links_to_themselves_and_pipes_stop_nothing(tmp_path):
    tree(tmp_path, "a.py")
    (tmp_path / "loop.py").symlink_to("loop.py")
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "zero.py").symlink_to("/dev/zero")
    told = []
    paths = list(discover([str(tmp_path)], tmp_path, (), told.append))
    assert [Path(path).name for path in paths] == ["a.py", "loop.py", "pipe.py"]
    assert [one.rpartition("/")[2] for one in told] == [
        "zero.py: a link out of the project; left alone"
    ]
    for path, why in [(paths[1], "symbolic links"), (paths[2], "not a regular file")]:
        with pytest.raises(InputError, match=why):
            read_file(path)


def test_links_out_of_the_project_are_left_alone_and_said(tmp_path):
    project = tmp_path / "project"
    tree(tmp_path, "project/a.py", "other.py")
    (project / "out.py").symlink_to("../other.py")
    (project / "in.py").symlink_to("a.py")
    told = []
    paths = list(discover([str(project)], project, (), told.append))
    assert [Path(path).name for path in paths] == ["a.py", "in.py"]
    assert told == [f"{project}/out.py: a link out of the project; left alone"]


def test_ignore_lines_that_are_no_patterns_are_left_out_and_said(tmp_path):
    long = "a" * 240 + ".py"
    tree(tmp_path, "a.py", "gen.py", long)
    lines = ["!", "\\", "a\\", "[z-a]", "*a" * 18 + "b", "**/a/**/a/**/b", "x" * 5000, "gen.py"]
    (tmp_path / ".gitignore").write_text("\n".join(lines), encoding="utf-8")
    told = []
    paths = list(discover([str(tmp_path)], tmp_path, ("*b*" * 9,), told.append))
    assert [Path(path).name for path in paths] == ["a.py", long]
    assert sum("too many wildcards" in one for one in told) == 4
    assert any(".gitignore" in one and "it is not valid" in one for one in told)


@pytest.mark.parametrize("line", ["[[:foo:]]", "[[a]", "[a--b]", "[a||b]"])
def test_an_ignore_line_with_brackets_in_brackets_gets_no_warning(tmp_path, line):
    tree(tmp_path, "a.py", "gen.py")
    (tmp_path / ".gitignore").write_text(f"{line}\ngen.py\n", encoding="utf-8")
    assert [Path(path).name for path in discover([str(tmp_path)], tmp_path, ())] == ["a.py"]


@pytest.mark.parametrize("kind", ["pipe", "device", "large"])
def test_an_ignore_file_that_is_none_is_said(tmp_path, kind):
    tree(tmp_path, "a.py")
    file = tmp_path / ".gitignore"
    if kind == "pipe":
        os.mkfifo(file)
    elif kind == "device":
        file.symlink_to("/dev/zero")
    else:
        file.write_bytes(b"a\n" * 100_000)
    told = []
    paths = list(discover([str(tmp_path)], tmp_path, (), told.append))
    assert [Path(path).name for path in paths] == ["a.py"]
    assert "not read" in told[0]


def test_every_file_that_was_read_is_told_in_hundreds(tmp_path):
    told = []
    for number in range(300):
        (tmp_path / f"{number}.py").touch()

    scan([str(tmp_path)], find(tmp_path), told.append)

    assert told == [256, 44]
