"""Which files are analysed: those that replies come from, and those that they reach."""

import pytest

from imageshim.codemod.inputs.scanning import scan
from imageshim.codemod.project.settings import Project, Settings
from imageshim.codemod.running import preparation
from imageshim.codemod.running.preparation import prepared

ASK = "import litellm\n\ndef ask():\n    return litellm.completion()\n"
USE = "from {home} import ask\n\nprint(ask().choices[0].message.content)\n"
HAND_ON = "import litellm\nfrom new.show import show\n\nshow(litellm.completion())\n"


def reached(root, *, has_target=False, settings=None):
    project = Project(root, settings or Settings(), has_target)
    found = scan([str(root)], project, lambda _: None)
    how, paths = prepared(found, project, unsafe=False)
    return how, [path.removeprefix(f"{root}/") for path in paths]


def target_of(how, path):
    return how.of(str(path)).settings.target


def tree(root, **files):
    for name, text in files.items():
        file = root / f"{name.replace('__', '/')}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def test_a_file_that_gets_a_reply_from_another_is_analysed(tmp_path):
    tree(tmp_path, app=ASK, use=USE.format(home="app"), other="def ask(): return 1\n")

    assert reached(tmp_path)[1] == ["app.py", "use.py"]


def test_a_reply_is_followed_over_several_files(tmp_path):
    tree(
        tmp_path,
        app=ASK,
        middle="from app import ask\n\ndef again():\n    return ask()\n",
        use="from middle import again\n\nprint(again().choices[0].message.content)\n",
    )

    assert reached(tmp_path)[1] == ["app.py", "middle.py", "use.py"]


def test_a_file_that_is_handed_a_reply_is_analysed(tmp_path):
    tree(
        tmp_path,
        app="import litellm\nfrom show import show\n\nshow(litellm.completion())\n",
        show="def show(reply):\n    print(reply.choices[0].message.content)\n",
    )

    assert reached(tmp_path)[1] == ["app.py", "show.py"]


def test_a_file_that_only_mentions_litellm_hands_out_nothing(tmp_path):
    tree(tmp_path, app='"""As litellm."""\ndef ask(): return 1\n', use=USE.format(home="app"))

    assert reached(tmp_path)[1] == ["app.py"]


AGENT = "import litellm\n\nclass Agent:\n    def run(self):\n        return litellm.completion()\n"
USED = "from {home} import {name}\n\nprint({name}().run().choices[0].message.content)\n"


@pytest.mark.parametrize(
    ("home", "name", "is_read"),
    [
        ("a.agent", "Agent", True),
        ("agent", "Agent", True),
        ("lib.agent", "Agent", False),
        ("b.lib.agent", "Agent", False),
        (".agent", "Agent", False),
        ("..a.agent", "Agent", True),
        ("a", "agent", True),
        ("agents", "Agent", False),
    ],
)
@pytest.mark.parametrize("package", [True, False])
def test_a_common_name_is_looked_for_only_where_it_is_imported_from(
    tmp_path, home, name, is_read, package
):
    for folder in ("a", "b", "b/lib") if package else ():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").touch()
    other = "class Agent:\n    pass\n"
    tree(tmp_path, a__agent=AGENT, b__lib__agent=other, b__use=USED.format(home=home, name=name))
    used = (tmp_path / "b" / "use.py").read_text().replace("agent()", "agent.Agent()")
    (tmp_path / "b" / "use.py").write_text(used)

    assert ("b/use.py" in reached(tmp_path)[1]) is is_read


@pytest.mark.parametrize(("metadata", "expected"), [(True, ["a/app.py"]), (False, None)])
def test_installed_packages_do_not_reach_one_another(tmp_path, metadata, expected):
    tree(tmp_path, a__app=ASK, b__use=USE.format(home="a.app"))
    if metadata:
        (tmp_path / "a-1.0.dist-info").mkdir()

    assert reached(tmp_path)[1] == (expected or ["a/app.py", "b/use.py"])


def test_an_installed_package_reaches_its_own_files(tmp_path):
    tree(tmp_path, a____init__="", a__app=ASK, a__sub__use=USE.format(home="a.app"))
    (tmp_path / "a-1.0.dist-info").mkdir()

    assert reached(tmp_path)[1] == ["a/app.py", "a/sub/use.py"]


def test_the_pins_of_the_project_are_the_target_where_the_settings_have_none(tmp_path):
    tree(tmp_path, app=ASK)
    (tmp_path / "requirements.txt").write_text("litellm==1.76.1\n", encoding="utf-8")

    assert target_of(reached(tmp_path)[0], tmp_path / "app.py") == "litellm==1.76.1"
    given = Settings(target="litellm>=1.80")
    how, _ = reached(tmp_path, settings=given, has_target=True)
    assert target_of(how, tmp_path / "app.py") == given.target


def pinned(root, **requirements):
    for folder, requirement in requirements.items():
        (root / folder).mkdir()
        (root / folder / "__init__.py").write_text("", encoding="utf-8")
        (root / folder / "requirements.txt").write_text(requirement, encoding="utf-8")


def test_a_reply_made_under_one_pin_and_read_under_another_suits_both(tmp_path):
    pinned(tmp_path, new="litellm>=1.80", old="litellm==1.76.1")
    tree(tmp_path, new__app=ASK, old__use=USE.format(home="new.app"), new__own=ASK)
    how, _ = reached(tmp_path)

    assert target_of(how, tmp_path / "old" / "use.py") == "litellm==1.76.1"
    assert target_of(how, tmp_path / "new" / "own.py") == "litellm>=1.80"

    tree(tmp_path, old__app=ASK, new__use=USE.format(home="old.app"))
    how, _ = reached(tmp_path)
    assert target_of(how, tmp_path / "new" / "use.py") == "litellm==1.76.1"


def test_so_does_a_reply_that_is_handed_to_a_function(tmp_path):
    show = "def show(reply):\n    print(reply.choices[0].message.content)\n"
    pinned(tmp_path, new="litellm>=1.80", old="litellm==1.76.1")
    tree(tmp_path, new__show=show, old__app=HAND_ON)

    how, _ = reached(tmp_path)

    assert target_of(how, tmp_path / "new" / "show.py") == "litellm==1.76.1"


def test_the_fingerprint_changes_with_what_replies_come_from(tmp_path):
    tree(tmp_path, app=ASK, use=USE.format(home="app"))
    first = reached(tmp_path)[0].fingerprint
    assert first == reached(tmp_path)[0].fingerprint

    tree(tmp_path, app=ASK.replace("litellm.completion()", "litellm.completion(stream=True)"))
    assert reached(tmp_path)[0].fingerprint != first


def test_too_many_files_to_follow_are_looked_at_alone_and_that_is_told(tmp_path, monkeypatch):
    tree(tmp_path, app=ASK, use=USE.format(home="app"))
    monkeypatch.setattr(preparation, "_MOST_FOLLOWED", len(ASK) - 1)

    how, paths = reached(tmp_path)

    assert paths == ["app.py"]
    assert how.note.startswith("1 files import LiteLLM, too many to follow")
    monkeypatch.setattr(preparation, "_MOST_FOLLOWED", len(ASK))
    assert reached(tmp_path)[1] == ["app.py", "use.py"]
