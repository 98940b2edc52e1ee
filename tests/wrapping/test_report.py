"""`imageshim run` and the report: what is written, when, and how a program ends."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import textwrap
import zipfile

import pytest

from imageshim.testing.fake_gemini import fake_gemini
from imageshim.wrapping.report import _project

PROGRAM = """\
import os, sys
import imageshim
from imageshim.testing import pictures

def ask():
    image = {"url": pictures.png().url, "detail": "auto"}
    return {"choices": [{"index": 0, "message": {"content": "Here", "image": image}}]}

message = imageshim.wrap(ask)()["choices"][0]["message"]
for _ in range(3):
    url = message["image"]["url"]
print(sys.argv, __name__, __file__, sys.path[0], flush=True)
"""
READ = PROGRAM.splitlines().index('    url = message["image"]["url"]') + 1


@pytest.fixture
def program(tmp_path):
    def write(*more, name="program.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(PROGRAM + textwrap.dedent("\n".join(more)))
        return path

    return write


def run(*arguments, cwd, python=(), **environ):
    environ = {**os.environ, "PYTHONWARNINGS": "", **environ}
    for name in ("IMAGESHIM_REPORT", "IMAGESHIM_WARN"):
        if name not in environ:
            continue
        environ[name] = str(environ[name])
    command = [sys.executable, *python, *map(str, arguments)]
    return subprocess.run(
        command, cwd=cwd, env=environ, capture_output=True, text=True, check=False
    )


def shim(*arguments, **options):
    return run("-m", "imageshim", "run", *arguments, **options)


def rows(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_site_is_a_line_of_json(program, tmp_path):
    path, report = program(), tmp_path / "sites.jsonl"

    ended = shim("--report", report, path, "a", "--emit", "x", cwd=tmp_path)

    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines()[-1] == (
        f"{[str(path), 'a', '--emit', 'x']} __main__ {path} {tmp_path}"
    )
    assert rows(report) == [
        {
            "v": 1,
            "file": "program.py",
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "line": READ,
            "end_line": READ,
            "column": 10,
            "end_column": 26,
            "module": "__main__",
            "function": "<module>",
            "read": "image",
            "carrier": "message",
            "how": "item",
            "count": 3,
            "instead": 'message["images"][0]["image_url"]',
        }
    ]
    assert "LegacyImageFormatWarning" in ended.stderr
    assert ended.stderr.count("FutureWarning") == 1
    assert ended.stderr.splitlines()[-1] == (
        "imageshim: 1 call seen, 1 with images; 1 place read `image`, 0 treated `content` as an "
        f"image. Next: imageshim fix --trace {report}"
    )
    assert list(tmp_path.iterdir()) == [path, report] or set(tmp_path.iterdir()) == {path, report}


@pytest.mark.parametrize(
    ("calls", "images", "clients", "said"),
    [
        (0, 0, (), "If it asks by HTTP itself: --clients requests,httpx,aiohttp"),
        (0, 0, ("httpx",), "There is nothing to rewrite"),
        (2, 0, (), "There is nothing to rewrite"),
        (2, 1, (), "If it was written for an old format: --emit content, or --emit image"),
    ],
)
def test_where_nothing_old_was_seen_no_rewriting_is_advised(
    calls, images, clients, said, monkeypatch, capsys
):
    from imageshim.cli import run as command
    from imageshim.wrapping import call_sites, content_sites

    monkeypatch.setattr(call_sites, "sites", list)
    monkeypatch.setattr(content_sites, "tally", lambda: content_sites.Tally(calls, images))
    command._tell("report.jsonl", clients, "images")
    assert capsys.readouterr().err.endswith(f"{said}\n")


@pytest.mark.parametrize(
    ("ending", "code", "count"),
    [
        ("raise ValueError('theirs')", 1, 3),
        ("sys.exit(7)", 7, 3),
        ("sys.exit('a reason')", 1, 3),
        ("raise KeyboardInterrupt", 130, 3),
        ("os.kill(os.getpid(), 9)", -signal.SIGKILL, 1),
        ("os._exit(5)", 5, 1),
    ],
)
def test_it_is_written_however_a_program_ends(program, tmp_path, ending, code, count):
    report = tmp_path / "sites.jsonl"

    ended = shim("--report", report, program(ending), cwd=tmp_path)
    again = run(program(ending), cwd=tmp_path, IMAGESHIM_REPORT=tmp_path / "other.jsonl")

    assert ended.returncode == code
    assert rows(report)[0]["count"] == rows(tmp_path / "other.jsonl")[0]["count"] == count
    if "theirs" in ending:
        assert "ValueError: theirs" in ended.stderr
        frames = [line for line in ended.stderr.splitlines() if line.startswith("  File")]
        assert len(frames) == 1  # the program's, none of ours
        assert again.stderr.splitlines()[-1] in ended.stderr.splitlines()


def test_processes_that_share_a_report_add_to_it(program, tmp_path):
    report = tmp_path / "sites.jsonl"
    path = program(
        """
        import subprocess
        if "child" not in sys.argv:
            subprocess.run([sys.executable, __file__, "child"], check=True)
            if hasattr(os, "fork"):
                if os.fork() == 0:
                    url = message.get("image")
                    os._exit(0)
                os.wait()
        """
    )

    shim("--report", report, path, cwd=tmp_path)

    counts = {row["how"]: row["count"] for row in rows(report)}
    assert counts == {"item": 6, "get": 1}


def test_sites_of_files_that_changed_are_dropped(program, tmp_path):
    report = tmp_path / "sites.jsonl"
    run(program(), cwd=tmp_path, IMAGESHIM_REPORT=report)
    path = program("# changed")
    run(path, cwd=tmp_path, IMAGESHIM_REPORT=report)

    (row,) = rows(report)
    assert row["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert row["count"] == 3


def test_run_begins_a_new_report(program, tmp_path):
    report = tmp_path / "sites.jsonl"
    for _ in range(2):
        shim("--report", report, program(), cwd=tmp_path)

    assert rows(report)[0]["count"] == 3


def test_a_report_that_cannot_be_written_stops_nobody(program, tmp_path):
    mine = tmp_path / "notes.txt"
    mine.write_text("not JSON\n")

    ended = run(program(), cwd=tmp_path, IMAGESHIM_REPORT=mine)
    nowhere = run(program(), cwd=tmp_path, IMAGESHIM_REPORT=tmp_path / "no" / "folder")

    assert ended.returncode == nowhere.returncode == 0
    assert mine.read_text() == "not JSON\n"
    assert "cannot be written" in ended.stderr
    assert "cannot be written" in nowhere.stderr


def test_a_package_a_folder_and_a_zip_file_are_run(program, tmp_path):
    main = program(name="shop/__main__.py")
    (tmp_path / "shop" / "__init__.py").write_text("")
    with zipfile.ZipFile(tmp_path / "shop.pyz", "w") as archive:
        archive.write(main, "__main__.py")

    package = shim("-m", "shop", "x", cwd=tmp_path)
    folder = shim("shop", "x", cwd=tmp_path)
    archive = shim("shop.pyz", "x", cwd=tmp_path)

    assert package.stdout.strip() == f"{[str(main), 'x']} __main__ {main} {tmp_path}"
    assert "'x'] __main__" in folder.stdout
    assert "'x'] __main__" in archive.stdout


def test_main_is_the_program(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(
        "import sys, pickle, threading, atexit\n"
        "class Own: pass\n"
        "def late():\n"
        "    assert pickle.loads(pickle.dumps(Own())).__class__ is Own\n"
        "    print('late')\n"
        "assert sys.modules['__main__'].Own is Own\n"
        "assert __spec__ is None and __package__ is None\n"
        "threading.Timer(0.05, late).start()\n"
        "atexit.register(late)\n"
    )

    ended = shim(path, cwd=tmp_path)

    assert ended.stdout.split() == ["late", "late"], ended.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "a script, or -m and a module, is missing"),
        (["nothing.py"], "nothing.py: No such file or directory"),
        (["-m", "no.module"], "no module named 'no'"),
        (["-m", "no_module"], "no module named 'no_module'"),
        (["--emit", "picture", "x.py"], "picture"),
        (["--emit"], "expected one argument"),
        (["--callers"], "expected one argument"),
        (["--callers", "shop", "x.py"], "'shop' is not MODULES=FORMAT"),
        (["--callers", "=parts", "x.py"], "'=parts' is not MODULES=FORMAT"),
        (["--callers", "shop.*=picture", "x.py"], "the formats are content, image, images, parts"),
        (["--pick", "last", "x.py"], "'last'"),
        (["--pick"], "expected one argument"),
        (["--odd", "x.py"], "--odd"),
        (["--report", ".", "x.py"], "is a folder"),
        (["--report", "no/folder/x", "x.py"], "there is no folder"),
        (["--report", "pipe", "x.py"], "--report: pipe is no file"),
    ],
)
def test_wrong_usage_is_told(tmp_path, arguments, message):
    os.mkfifo(tmp_path / "pipe")

    # In a process of its own: `run` has installed the shim before it looks for the program.
    ended = shim(*arguments, cwd=tmp_path)

    assert ended.returncode == 2
    assert message in ended.stderr
    assert "Traceback" not in ended.stderr
    assert (tmp_path / "pipe").is_fifo()


def test_two_dashes_end_our_own_arguments(program, tmp_path):
    path = program()

    ended = shim("--emit", "images", "--", path, "--emit", "x", cwd=tmp_path)

    assert f"{[str(path), '--emit', 'x']}" in ended.stdout


def test_help_needs_no_program(tmp_path):
    ended = shim("--help", cwd=tmp_path)

    assert ended.returncode == 0
    assert "--report FILE" in ended.stdout
    assert "run" in run("-m", "imageshim", "--help", cwd=tmp_path).stdout


def test_it_runs_without_click(program, tmp_path):
    (tmp_path / "click.py").write_text("raise ImportError\n")

    ended = shim(program(), cwd=tmp_path, PYTHONPATH=tmp_path)

    assert ended.returncode == 0


def test_a_syntax_error_is_the_programs(tmp_path):
    (tmp_path / "bad.py").write_text("x = = 1\n")

    ended = shim("bad.py", cwd=tmp_path)

    assert ended.returncode == 1
    assert "SyntaxError" in ended.stderr
    assert "imageshim" not in ended.stderr


def test_warnings_as_errors_work_from_the_command_line(program, tmp_path):
    option = "error::imageshim.LegacyImageFormatWarning"

    ended = shim(program(), cwd=tmp_path, python=["-W", option])
    plain = run(program(), cwd=tmp_path, python=["-W", option])
    variable = run(program(), cwd=tmp_path, PYTHONWARNINGS=option)

    for one in (ended, plain, variable):
        assert one.returncode == 1
        assert "imageshim.errors.LegacyImageFormatWarning" in one.stderr


@pytest.mark.parametrize(("mode", "times"), [("once", 1), ("all", 3), ("off", 0)])
def test_the_variable_says_how_often(program, tmp_path, mode, times):
    ended = shim(program(), cwd=tmp_path, IMAGESHIM_WARN=mode)

    assert ended.stderr.count("LegacyImageFormatWarning:") == times
    assert ended.stderr.count("FutureWarning:") == min(times, 1)
    assert ("1 place reads" in ended.stderr) == (mode != "off")


CALLER = """
import os
from openai import OpenAI
def show():
    with OpenAI(base_url=os.environ["URL"], api_key="any") as client:
        request = {"model": "m", "messages": [{"role": "user", "content": "Draw."}]}
        message = client.chat.completions.create(**request).choices[0].message
    print(__name__, type(message.content).__name__, hasattr(message, "images"))
"""


def test_callers_say_which_modules_get_which_format(tmp_path):
    for name in ("langchain_openai", "langchain_core", "shop"):
        (tmp_path / f"{name}.py").write_text(CALLER)
    path = tmp_path / "app.py"
    path.write_text(
        "import langchain_openai, langchain_core, shop\n"
        "for module in (langchain_openai, langchain_core, shop): module.show()\n"
    )
    rules = ["--callers", "langchain_core=images", "--callers=langchain_*=parts"]
    rules += ["--callers", "langchain_core=parts"]

    with fake_gemini() as server:
        ended = shim(*rules, "--emit", "images", path, cwd=tmp_path, URL=server.openai_url)

    assert ended.stdout.splitlines() == [
        "langchain_openai list False", "langchain_core str True", "shop str True",
    ], ended.stderr  # fmt: skip


PICKING = """
import httpx, openai
from imageshim.testing.pictures import png
from imageshim.testing.scripted import write_message

drawn = [png(filling=1), png(filling=2)]
choice = {"index": 0, "finish_reason": "stop", "message": write_message(drawn, "images")}
reply = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
answering = httpx.MockTransport(lambda request: httpx.Response(200, json=reply))
with httpx.Client(base_url="http://any", transport=answering) as plain:
    client = openai.OpenAI(base_url="http://any", api_key="any", http_client=plain)
    asked = {"model": "m", "messages": [{"role": "user", "content": "Draw."}]}
    typed = client.chat.completions.create(**asked).choices[0].message.image
    read = plain.post("/chat/completions").json()["choices"][0]["message"]["image"]
print([[one.url for one in drawn].index(image["url"]) for image in (typed, read)])
"""


@pytest.mark.parametrize(("pick", "place"), [([], 0), (["--pick", "final"], 1)])
def test_pick_says_which_of_several_images_the_program_gets(tmp_path, pick, place):
    path = tmp_path / "program.py"
    path.write_text(PICKING)

    ended = shim("--emit", "image", "--clients", "httpx", *pick, path, cwd=tmp_path)

    assert ended.stdout.split("\n")[-2:] == [f"[{place}, {place}]", ""], ended.stderr


def test_emit_says_what_the_program_gets(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(
        "import os, openai\n"
        "client = openai.OpenAI(base_url=os.environ['URL'], api_key='any')\n"
        "messages = [{'role': 'user', 'content': 'x'}]\n"
        "reply = client.chat.completions.create(model='m', messages=messages)\n"
        "print(reply.choices[0].message.content[:40])\n"
    )
    with fake_gemini() as server:
        ended = shim("--emit", "content", path, cwd=tmp_path, URL=server.openai_url)

    assert "data:image" in ended.stdout
    assert f"{path}:4: LegacyImageFormatWarning" in ended.stderr


@pytest.mark.parametrize("mark", [".git", "pyproject.toml"])
def test_a_folder_with_one_of_the_marks_is_the_project(tmp_path, mark):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / mark).touch()

    assert _project(tmp_path / "a" / "b") == tmp_path / "a"
