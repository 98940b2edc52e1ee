"""`imageshim check`, `fix`, `undo` and `explain`, as a user calls them."""

import json
import os
import re
import stat
import subprocess
import sys
from hashlib import sha256

import pytest

OLD = b"""import litellm

reply = litellm.completion(model="gemini/gemini-2.5-flash-image", messages=[])
url = reply.choices[0].message.image["url"]
"""
NEW = OLD.replace(b'.image["url"]', b'.images[0]["image_url"]["url"]')
UNPROVEN = b"""import litellm

url = client.chat.completions.create(model="m").choices[0].message.image["url"]
"""
PLAIN = b"import os\n\nprint(os.name)\n"
DIFF = """--- app.py
+++ app.py
@@ -1,4 +1,4 @@
 import litellm
 
 reply = litellm.completion(model="gemini/gemini-2.5-flash-image", messages=[])
-url = reply.choices[0].message.image["url"]
+url = reply.choices[0].message.images[0]["image_url"]["url"]
"""  # noqa: W293  # as diff -u writes an empty line


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    """A folder without anything of the user's own around it, to work in."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    return folder


def write(folder, **files):
    for name, data in files.items():
        file = folder / name.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data if isinstance(data, bytes) else data.encode())


def git(folder, *words):
    identity = ["-c", "user.name=n", "-c", "user.email=e@example.com"]
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


def test_check_reports_with_its_chain_and_changes_nothing(run, project):
    write(project, **{"app.py": OLD, "other.py": PLAIN})

    ended = run("check")

    assert ended.code == 1
    assert ended.lines[0].startswith("app.py:4:7: IMG001 ")
    assert ended.lines[0].endswith("[fixable]")
    assert ended.lines[1] == "    completion() line 3 → reply line 3 → read line 4"
    assert ended.lines[2:] == [
        "1 to be fixed by imageshim fix.",
        "To read about these rules: imageshim explain IMG001",
        "Target: none found, litellm>=1.77 assumed, for 1 file.",
        "2 files read, 1 of them analysed.",
    ]
    assert (project / "app.py").read_bytes() == OLD


def test_nothing_to_report_exits_with_0(run, project):
    write(project, **{"app.py": NEW.replace(b"images[0]", b"images"), "other.py": PLAIN})

    ended = run("check", "other.py")

    assert (ended.code, ended.lines[0]) == (0, "Nothing found.")


def test_what_is_not_proven_says_what_is_missing_and_fails_nothing(run, project):
    write(project, **{"app.py": UNPROVEN})

    ended = run("check")

    assert ended.code == 0
    assert ended.lines[0].endswith("[not proven]")
    assert "pass --assume-litellm" in ended.lines[1]
    assert ended.lines[2] == "1 not proven."
    assert ended.lines[3].startswith("    1 × the reply comes from `client.chat.completions")

    assert run("check", "--assume-litellm", "client").code == 1
    assert run("check", "--assume-litellm", "nothing").code == 0


def test_fix_shows_a_difference_and_writes_nothing(run, project):
    write(project, **{"app.py": OLD})

    ended = run("fix")

    assert ended.code == 0
    assert ended.out.decode().startswith(DIFF)
    assert "1 would be fixed in 1 file." in ended.lines
    assert ended.lines[-1] == "Nothing was written: pass --write to do so."
    assert (project / "app.py").read_bytes() == OLD
    assert run("fix", "--check").code == 1


def test_fix_writes_is_done_then_and_can_be_taken_back(run, project):
    write(project, **{"app.py": OLD})
    (project / "app.py").chmod(0o755)

    ended = run("fix", "--write")
    assert ended.code == 0
    assert "1 fixed in 1 file." in ended.lines
    assert (project / "app.py").read_bytes() == NEW
    assert stat.S_IMODE((project / "app.py").stat().st_mode) == 0o755
    assert run("fix", "--check").code == 0

    ended = run("undo")
    assert (ended.code, ended.lines) == (0, [str(project / "app.py")])
    assert ended.err == "imageshim: 1 file is as before\n"
    assert (project / "app.py").read_bytes() == OLD
    assert [path.name for path in project.iterdir()] == ["app.py"]

    ended = run("undo")
    assert (ended.code, ended.err) == (2, "imageshim: there is no run to take back\n")


def test_undo_refuses_where_a_file_changed_since(run, project):
    write(project, **{"app.py": OLD})
    run("fix", "--write")
    write(project, **{"app.py": b"by hand"})

    ended = run("undo")

    assert ended.code == 2
    assert "changed since, nothing was taken back" in ended.err
    assert (project / "app.py").read_bytes() == b"by hand"


def test_files_with_changes_that_are_not_committed_are_refused(run, project):
    write(project, **{"app.py": OLD})
    git(project, "init")

    ended = run("fix", "--write")

    assert ended.code == 2
    assert "--allow-dirty" in ended.err
    assert str(project / "app.py") in ended.err
    assert (project / "app.py").read_bytes() == OLD

    assert run("fix", "--write", "--allow-dirty").code == 0
    assert (project / "app.py").read_bytes() == NEW
    assert not (project / ".git" / "imageshim-undo").exists()
    assert run("undo").code == 0

    git(project, "add", ".")
    git(project, "commit", "-m", "m")
    assert run("fix", "--write").code == 0
    assert (project / "app.py").read_bytes() == NEW


def test_standard_input_goes_to_standard_output(run):
    ended = run("fix", "-", "--write", stdin=OLD)
    assert (ended.code, ended.out) == (0, NEW)
    assert "fixed" in ended.err

    assert run("fix", "-", "--write", stdin=PLAIN).out == PLAIN
    assert run("fix", "-", "--stdin-filename", "app.py", stdin=OLD).out.decode().startswith(DIFF)
    assert run("fix", "-", "--check", stdin=OLD).code == 1
    assert run("check", "-", stdin=OLD).code == 1
    ended = run("check", "-", "app.py")
    assert (ended.code, ended.err) == (2, "imageshim: - (standard input) goes alone\n")


def test_a_file_that_is_no_python_is_told_and_the_others_are_done(run, project):
    write(project, **{"a.py": b"import litellm\nprint 1\n", "app.py": OLD})

    ended = run("fix", "--write")

    assert ended.code == 2
    assert ended.out.startswith(b"a.py:2: error: not the syntax of Python ") or (
        b"\na.py:2: error: not the syntax of Python " in ended.out
    )
    assert "1 could not be read or written, see above." in ended.lines
    assert (project / "app.py").read_bytes() == NEW


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nothing.py"], "nothing.py: no such file or folder"),
        (["--select", "E501"], "--select: 'E501' is not the code of a rule"),
        (["--target", "openai"], "--target: 'openai' is not a requirement"),
        (["--trace", "nothing"], "cannot read the trace nothing"),
        (["--config", "nothing"], "cannot read nothing"),
        (["--jobs", "0"], "--jobs: 0 is out of range: 1 or more"),
        (["--nonsense"], "there is no option --nonsense"),
        (["--select", "IMG0,IMG9"], "no rule has a code that begins with IMG9"),
        (["--ignore", "IMG010"], "begins with IMG010"),
    ],
)
def test_a_mistake_in_the_arguments_is_told(run, words, said):
    ended = run("check", *words)

    assert ended.code == 2
    assert said in ended.err
    assert "Traceback" not in ended.err


def test_writing_and_checking_do_not_go_together(run):
    assert run("fix", "--write", "--check").code == 2


UNGUARDED = OLD.replace(b'.image["url"]', b'.images[0]["image_url"]["url"]')


def test_advice_is_a_note_that_fails_nothing_and_is_not_marked(run, project):
    write(project, **{"app.py": UNGUARDED})

    ended = run("check")

    assert ended.code == 0
    assert ended.lines[0].startswith("app.py:4:7: IMG101 ")
    assert ended.lines[0].endswith("[note]")
    assert "1 note." in ended.lines
    assert run("fix", "--mark", "--write").code == 0
    assert (project / "app.py").read_bytes() == UNGUARDED


@pytest.mark.parametrize("asked", [("--select", "IMG1"), ("--strict",)])
def test_advice_fails_where_it_is_asked_for(run, project, asked):
    write(project, **{"app.py": UNGUARDED})

    ended = run("check", *asked)

    assert ended.code == 1
    assert ended.lines[0].endswith("[needs a person]")


UNKNOWN = b"""from openai import OpenAI

print(OpenAI().chat.completions.create(model="m").choices[0].message.content)
"""


def test_nothing_found_says_how_many_files_read_replies_of_clients_that_are_not_known(run, project):
    write(project, **{"app.py": UNKNOWN, "more.py": UNKNOWN, "other.py": PLAIN})

    ended = run("check")

    assert ended.code == 0
    assert ended.lines[0] == "Nothing found."
    assert ended.lines[1].startswith("2 files read replies of clients that nothing says to be")
    assert "--assume-litellm" in ended.lines[1]
    assert ended.lines[-1] == "3 files read, 0 of them analysed."
    assert "unknown_clients" in run("check", "--format", "json").out.decode()
    assert "clients" not in run("check", "--assume-litellm", "*").lines[1]


def test_a_reply_of_the_openai_sdk_has_no_image_whatever_serves_it(run, project):
    write(project, **{"app.py": UNKNOWN.replace(b"content", b"image")})

    ended = run("check")

    assert ended.code == 1
    assert "OpenAI SDK" in ended.lines[0]
    assert "--assume-litellm" in ended.lines[1]


def test_an_import_that_is_added_is_a_dependency_and_the_summary_says_where(run, project):
    write(project, **{"app.py": OLD, "requirements.txt": "litellm>=1.76.1\n"})

    assert any(
        line.startswith("imageshim is a dependency of the code now, in app.py: ")
        for line in run("fix").lines
    )
    assert not any("dependency" in line for line in run("fix", "--target", "litellm>=1.77").lines)


def test_helpers_are_written_where_the_style_asks_for_them(run, project):
    old = OLD.replace(b'.image["url"]', b'.get("image")')
    write(project, **{"app.py": old})

    assert b"import imageshim" not in run("fix").out
    assert b'(reply.choices[0].message.get("images") or [{}])[0]' in run("fix").out
    assert b"+from imageshim import first_image" in run("fix", "--style", "helpers").out
    write(project, **{"pyproject.toml": '[tool.imageshim]\nstyle = "helpers"\n'})
    assert b"+from imageshim import first_image" in run("fix").out
    write(project, **{"pyproject.toml": '[tool.imageshim]\nstyle = "shims"\n'})
    assert "expected 'plain' or 'helpers'" in run("fix").err


GUIDE = """# Images with LiteLLM

Read `response.choices[0].message.image` as python does.

## Before

```python
import litellm
r = litellm.completion(model="gemini-image", messages=[])
print(r.choices[0].message.image["url"])
```

## After

```python
import litellm
r = litellm.completion(model="gemini-image", messages=[])
print(r.choices[0].message.images[0]["image_url"]["url"])
```

## With the proxy

```python
from openai import OpenAI
client = OpenAI(api_key="sk-1234", base_url="http://0.0.0.0:4000")
response = client.chat.completions.create(model="gemini-image", messages=[])
print(response.choices[0].message.image)
```
"""


def test_a_migration_guide_is_read_as_a_person_reads_it(run, project):
    write(project, **{"guide.md": GUIDE})

    ended = run("check", "--documents")

    assert ended.code == 1
    said = [line.split(":")[1] for line in ended.lines if line.startswith("guide.md:")]
    assert said == ["18", "27"]  # advice on "after", the proxy's read; nothing on "before"
    assert b"+" not in run("fix", "--documents").out.partition(b"guide.md")[0]
    assert run("check").code == 0


def test_a_setting_makes_what_is_not_proven_fail(run, project):
    write(project, **{"app.py": UNPROVEN})
    assert run("check").code == 0

    write(project, **{"pyproject.toml": "[tool.imageshim]\nstrict = true\n"})
    assert run("check").code == 1
    assert run("fix").code == 0


def test_what_was_fixed_passes_the_check(run, project):
    write(project, **{"app.py": OLD})

    ended = run("fix", "--write")
    assert ended.code == 0
    advice = [line for line in ended.lines if line.endswith("[note on the new code]")]
    assert [line.split()[:2] for line in advice] == [["app.py:4:7:", "IMG101"]]
    assert run("check").code == 0


def test_rules_are_selected_and_ignored(run, project):
    write(project, **{"app.py": OLD})

    assert run("check", "--select", "IMG2,IMG1").code == 0
    assert run("check", "--ignore", "IMG001").code == 0
    assert run("check", "--select", "img001").code == 1


def test_a_comment_or_the_settings_leave_a_place_alone(run, project):
    ignored = OLD.replace(b'["url"]', b'["url"]  # imageshim: ignore[IMG001] on purpose')
    write(project, **{"app.py": ignored, "tests__test_app.py": OLD})
    write(project, **{"pyproject.toml": '[tool.imageshim.per-file-ignores]\n"tests/*" = ["IMG"]\n'})

    assert run("check").code == 0
    assert run("fix", "--check").code == 0


def test_the_projects_own_pin_decides_how_code_is_written(run, project):
    write(project, **{"app.py": OLD, "requirements.txt": "litellm==1.76.1\n"})

    ended = run("fix")

    assert "from imageshim import first_image" in ended.out.decode()
    assert "requirements.txt:1:1: IMG202 asks for litellm==1.76.1" in ended.out.decode()
    assert ".images[0]" in run("fix", "--target", "litellm>=1.77").out.decode()

    write(project, **{"requirements.txt": "litellm==1.76.1  # imageshim: ignore[IMG202]\n"})
    assert "IMG202" not in run("fix").out.decode()


def test_a_mark_is_left_once_and_fails_the_check_until_it_is_gone(run, project):
    write(project, **{"app.py": UNPROVEN})

    assert run("fix", "--check").code == 0
    assert run("fix", "--mark", "--write").code == 0
    marked = (project / "app.py").read_bytes()
    assert b"\n# imageshim: todo[IMG001] litellm: " in marked
    assert run("fix", "--mark", "--write").code == 0
    assert (project / "app.py").read_bytes() == marked

    ended = run("fix", "--check")
    assert ended.code == 1
    assert "app.py:3: IMG001 is marked as not done" in ended.lines
    assert run("check").code == 1

    write(project, **{"app.py": marked.replace(b"todo[", b"ignore[")})
    assert run("fix", "--check").code == 0
    assert run("check").code == 0


def traced(project, source, read):
    start = source.index(read)
    line = source.count(b"\n", 0, start) + 1
    column = start - source.rfind(b"\n", 0, start) - 1
    return {
        "v": 1, "file": str(project / "app.py"), "sha256": sha256(source).hexdigest(),
        "line": line, "end_line": line, "column": column, "end_column": column + len(read),
        "module": "app", "function": "f", "read": "image", "carrier": "message",
        "how": "attribute", "count": 3, "instead": "",
    }  # fmt: skip


def test_what_a_trace_saw_is_rewritten_where_nothing_else_proves_it(run, project):
    source = b"def show(thing):\n    return thing.image['url']\n"
    write(project, **{"app.py": source})
    row = traced(project, source, b"thing.image")
    write(project, **{"trace.jsonl": json.dumps(row) + "\n"})
    assert run("fix", "--check").code == 0

    ended = run("fix", "--trace", "trace.jsonl", "--write")

    assert ended.code == 0
    assert b"thing.images[0]['image_url']" in (project / "app.py").read_bytes()

    ended = run("fix", "--trace", "trace.jsonl")
    assert ended.code == 2
    assert "app.py: the file changed since the trace was recorded" in ended.err


def test_a_file_of_the_trace_that_is_not_among_the_inputs_is_named(run, project):
    write(project, **{"app.py": PLAIN, "b.py": PLAIN, "trace.jsonl": ""})
    row = traced(project, PLAIN, b"os.name")
    write(project, **{"trace.jsonl": json.dumps(row)})

    ended = run("check", "b.py", "--trace", "trace.jsonl")

    assert f"in the trace, but not among the inputs: {project / 'app.py'}" in ended.err


def test_a_notebook_is_rewritten_inside_of_its_strings(run, project):
    source = ["%pip install litellm\n", *OLD.decode().splitlines(keepends=True)[:3]]
    read = ['reply.choices[0].message.image["url"]']
    cells = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": 1, "source": lines}
        for lines in (source, read)
    ]
    text = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    write(project, **{"n.ipynb": text})

    ended = run("check")
    assert ended.lines[0].startswith("n.ipynb: cell 2, line 1: IMG001 ")
    assert "reply cell 1, line 4" in ended.lines[1]

    run("fix", "--write")
    new = text.replace('message.image[\\"url\\"]', 'message.images[0][\\"image_url\\"][\\"url\\"]')
    assert (project / "n.ipynb").read_text() == new
    assert new != text


def test_the_code_of_documents_is_rewritten_on_request(run, project):
    text = f"# Title\n\n```python\n{OLD.decode()}```\n"
    write(project, **{"README.md": text, "script.sh": "curl :4000 | jq .message.image\n"})

    assert "README.md" not in run("check").out.decode()
    run("fix", "--documents", "--write")

    assert (project / "README.md").read_text() == text.replace(OLD.decode(), NEW.decode())
    assert "script.sh:1:17: IMG201 " in run("check").out.decode()


def test_a_reply_is_followed_into_other_files(run, project):
    source = OLD.replace(b"url = reply", b"def ask():\n    return reply").replace(
        b'.choices[0].message.image["url"]', b""
    )
    use = b"from app import ask\n\nurl = ask().choices[0].message.image['url']\n"
    write(project, **{"app.py": source, "use.py": use, "other.py": PLAIN})

    ended = run("check")

    assert ended.lines[0].startswith("use.py:3:7: IMG001 ")
    assert "app.py" in ended.lines[1]
    assert ended.lines[-1] == "3 files read, 2 of them analysed."


def test_statistics_count_by_rule(run, project):
    write(project, **{"app.py": OLD, "b.py": OLD})

    assert run("check", "--statistics").lines[0] == "      2  IMG001  image-field  [fixable]"


def test_a_cache_gives_the_same_and_is_not_asked_where_something_changed(run, project, tmp_path):
    big = OLD + b"# " + b"x" * 60_000 + b"\n"
    write(project, **{"app.py": big})
    first = run("fix")
    entries = list((tmp_path / "cache").rglob("??/*"))
    assert len(entries) == 1

    assert run("fix").out == first.out
    entries[0].write_bytes(b"{}")  # a damaged entry is as good as none
    assert run("fix").out == first.out
    assert run("fix", "--ignore", "IMG001").lines[0] == "Nothing found."
    write(project, **{"app.py": NEW + big[len(OLD) :]})
    assert "IMG001" not in run("check").out.decode()


def test_workers_give_what_one_process_gives(run, project):
    filler = b"# " + b"x" * 300_000 + b"\n"
    for number in range(6):
        write(project, **{f"app{number}.py": OLD + filler})

    one = run("check", "--jobs", "1", "--no-cache")
    two = run("check", "--jobs", "2", "--no-cache")

    assert two.out == one.out
    assert one.out.count(b": IMG001 ") == 6


def test_a_terminal_gets_colours_and_nobody_else(on_terminal, run, project, monkeypatch):
    write(project, **{"app.py": OLD})

    assert b"\x1b[31m-url = reply" in on_terminal("fix", streams=("stdout",)).out
    assert b"\x1b[" not in run("fix").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert b"\x1b[" not in on_terminal("fix", streams=("stdout",)).out
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert b"\x1b[" in run("fix").out


def test_explain_lists_the_rules_and_tells_what_one_is(run):
    listed = run("explain")
    assert listed.code == 0
    assert any(line.startswith("IMG001  image-field ") for line in listed.lines)

    ended = run("explain", "img201")
    assert ended.code == 0
    assert ended.lines[0] == "IMG201 (shell-read)"
    assert "Before:" in ended.lines
    assert "After:" in ended.lines

    ended = run("explain", "IMG999")
    assert ended.code == 2
    assert "there is no rule 'IMG999'; did you mean IMG" in ended.err

    ended = run("explain", "unguarded-imag")
    assert "did you mean unguarded-image?" in ended.err

    ended = run("explain", "IMG2", "lost-history")
    assert [line[:6] for line in ended.lines[:2]] == ["IMG201", "IMG202"]
    assert "IMG108 (lost-history)" in ended.lines


def test_check_needs_neither_click_nor_the_analysis_for_a_file_without_litellm(project):
    write(project, **{"a.py": PLAIN})
    program = (
        "import sys\n"
        "from imageshim.cli import main\n"
        "try:\n    main(['check', 'a.py'])\n"
        "except SystemExit: pass\n"
        "wanted = ('click', 'rich', 'pydantic', 'packaging', 'imageshim.codemod.running.engine')\n"
        "print([name for name in wanted if name in sys.modules])\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True, text=True, check=True, env={**os.environ},
    )  # fmt: skip
    assert ended.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("pathspec", ["check", "--exclude", "x"]),
        ("packaging.requirements", ["check", "--target", "litellm>=1.77.0rc1"]),
        ("markdown_it", ["check", "--documents"]),
    ],
)
def test_without_the_extra_it_says_which(run, project, monkeypatch, missing, words):
    write(project, **{"README.md": f"```python\n{OLD.decode()}```\n"})
    monkeypatch.setitem(sys.modules, missing, None)

    ended = run(*words)

    assert ended.code == 2
    assert "pip install 'imageshim[codemod]'" in ended.err + ended.out.decode()


def test_a_link_to_nowhere_is_told(run, project):
    (project / "gone.py").symlink_to("nowhere.py")

    ended = run("check")

    assert ended.code == 2
    assert ended.lines[0] == "gone.py:1: error: gone.py: cannot be read: No such file or directory"


def test_a_reader_that_has_seen_enough_is_no_error(project):
    for number in range(300):
        write(project, **{f"app{number}.py": OLD})
    command = [sys.executable, "-m", "imageshim", "fix", "--no-cache"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""


def test_the_pin_of_each_folder_decides_whatever_is_named(run, project):
    write(project, **{"old/app.py": OLD, "new/app.py": OLD, "old/requirements.txt": "litellm<1.77"})

    ended = run("fix", "--write")

    assert "first_image(" in (project / "old" / "app.py").read_text(encoding="utf-8")
    assert ".images[0]" in (project / "new" / "app.py").read_text(encoding="utf-8")
    assert "old/requirements.txt:1:1: IMG202 asks for litellm<1.77" in ended.out.decode()
    assert "Target: litellm<1.77 (old/requirements.txt), for 1 file." in ended.lines
    assert "Target: none found, litellm>=1.77 assumed, for 1 file." in ended.lines


def test_formats_without_a_place_for_the_target_say_it_on_standard_error(run, project):
    write(project, **{"app.py": OLD})

    assert "target: none found, litellm>=1.77 assumed" in run("check", "--format", "github").err
    assert json.loads(run("check", "--format", "json").out)["summary"]["targets"]


def test_a_loose_pin_is_no_finding(run, project):
    write(project, **{"requirements.txt": "litellm>=1.70\n", "uv.lock": "\n"})
    assert run("check").code == 0

    write(project, **{"requirements.txt": "litellm>=1.70,<1.77\n"})
    assert run("check").code == 1
    assert run("check", "--ignore", "IMG202").code == 0


def test_the_settings_may_be_named(run, project, tmp_path):
    write(project, **{"app.py": OLD})
    write(tmp_path, **{"other.toml": '[tool.imageshim]\nignore = ["IMG001"]\n'})

    assert run("check", "--config", tmp_path / "other.toml").code == 0


def program(project, *words, **streams):
    """Start the command line as a program of its own."""
    start = "from imageshim.cli import main; main()"
    return subprocess.Popen(
        [sys.executable, "-c", start, *words], cwd=project, stderr=subprocess.PIPE, **streams
    )


@pytest.mark.parametrize(("command", "code"), [("check", 1), ("fix", 0), ("explain", 0)])
def test_a_reader_that_has_seen_enough_changes_no_exit_code(project, command, code):
    write(project, **{f"app{number}.py": OLD for number in range(9)})
    reading, writing = os.pipe()
    os.close(reading)

    started = program(project, command, stdout=writing)
    os.close(writing)

    assert started.communicate()[1] == b""
    assert started.returncode == code


@pytest.mark.parametrize(("command", "code"), [("check", 1), ("fix", 0), ("explain", 0)])
def test_a_closed_standard_output_changes_no_exit_code(project, command, code):
    write(project, **{"app.py": OLD})

    started = program(project, command, preexec_fn=lambda: os.close(1))

    assert started.communicate()[1] == b""
    assert started.returncode == code


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is full")  # noqa: PTH110
@pytest.mark.parametrize(
    ("words", "said"),
    [(["check"], "nothing was written"), (["fix"], "nothing was written"),
     (["fix", "--write"], "1 file was written (imageshim undo takes that back)")],
)  # fmt: skip
def test_a_full_disk_is_told_with_what_was_written(project, words, said):
    write(project, **{"app.py": OLD})

    with open("/dev/full", "wb") as full:  # noqa: PTH123
        started = program(project, *words, stdout=full)
        err = started.communicate()[1].decode()

    assert started.returncode == 2
    assert err.startswith("imageshim: the report could not be written: ")
    assert err.rstrip().endswith(said)
    assert (project / "app.py").read_bytes() == (NEW if "--write" in words else OLD)


def test_an_interruption_says_what_was_written(run, project, monkeypatch):
    from imageshim.cli.codemod import command

    def interrupted(*_):
        raise KeyboardInterrupt

    write(project, **{"app.py": OLD})
    monkeypatch.setattr(command, "_print", interrupted)

    ended = run("fix")
    assert (ended.code, ended.err) == (130, "imageshim: interrupted; nothing was written\n")
    ended = run("fix", "--write")
    assert ended.code == 130
    assert "1 file was written (imageshim undo takes that back)" in ended.err


def test_the_formats_say_the_same_places(run, project):
    write(project, **{"app.py": OLD})

    places = {
        "text": re.search(rb"app.py:(\d+):(\d+):", run("check").out).groups(),
        "github": re.search(
            rb"line=(\d+),.*,col=(\d+)", run("check", "--format", "github").out
        ).groups(),
    }
    found = json.loads(run("check", "--format", "json").out)["files"][0]["findings"][0]
    places["json"] = (b"%d" % found["line"], b"%d" % found["column"])
    sarif = json.loads(run("check", "--format", "sarif").out)["runs"][0]["results"][0]
    region = sarif["locations"][0]["physicalLocation"]["region"]
    places["sarif"] = (b"%d" % region["startLine"], b"%d" % region["startColumn"])

    assert set(places.values()) == {(b"4", b"7")}


def test_one_place_is_one_finding_and_its_evidence_is_said_once(run, project):
    prefixes = ", ".join(repr(f"data:image/{kind};base64,") for kind in ("png", "jpeg", "gif"))
    write(project, **{
        "items.py": OLD.replace(b'.image["url"]', b".images[0].image_url.url"),
        "text.py": "import base64, litellm\n"
        "text = litellm.completion(model=m, messages=[]).choices[0].message.content\n"
        f"if any(text.startswith(one) for one in [{prefixes}]):\n"
        "    base64.b64decode(text.split(',')[1])\n",
    })  # fmt: skip

    lines = run("check").lines

    assert [line.split()[1] for line in lines if line.startswith("items.py")] == ["IMG004"]
    assert sum(line.count("startswith(") for line in lines) == 1


def test_the_difference_of_a_notebook_is_in_its_own_lines(run, project):
    source = OLD.replace(b"\n\n", b"\n!ls\n%time\n").decode().splitlines(keepends=True)
    cell = {"cell_type": "code", "source": source, "metadata": {}, "outputs": [],
            "execution_count": None}  # fmt: skip
    notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    write(project, **{"app.ipynb": json.dumps(notebook)})

    lines = run("fix").lines

    assert {" !ls", " %time"} <= set(lines)
    assert " pass" not in lines
    assert '-url = reply.choices[0].message.image["url"]' in lines
