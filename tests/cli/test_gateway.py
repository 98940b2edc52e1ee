"""`imageshim gateway`, as a program."""

import dataclasses
import json
import re
import signal
import subprocess
import threading

import httpx
import pytest

import patient
from imageshim.cli.gateway import options
from imageshim.server.gateway import Settings
from imageshim.testing.fake_gemini import Image, Text, fake_gemini
from programs import COMMAND, gateway
from served import RawServer

CHAT = "/v1/chat/completions"
SECRET = "sk-do-not-log-me"  # noqa: S105  # it is none
BODY = {"model": "m", "messages": [{"role": "user", "content": "what-was-asked"}]}


def ask(url, **headers):
    return patient.post(url + CHAT, json=BODY, headers=headers)


def run(*arguments):
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_it_converts_and_logs_neither_keys_nor_bodies(tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rules]]\nformat = "image"\nmodel = "m"\n')
    with (
        fake_gemini([Text("Here: "), Image("png")]) as upstream,
        gateway(upstream.url, "--rules", str(rules), "--default", "content") as program,
    ):
        models = patient.get(f"{program.url}/v1/models?key={SECRET}")
        asked = ask(program.url, **{"Authorization": f"Bearer {SECRET}", "X-Image-Format": "parts"})
    assert models.status_code == 200
    assert asked.headers["x-image-format"] == "parts"
    assert upstream.requests[0].body == BODY
    assert program.process.returncode == 0
    for secret in (SECRET, "what-was-asked", "base64"):
        assert secret not in program.log


def test_told_to_stop_it_lets_a_stream_end():
    go_on = threading.Event()
    event = b"data: {}\n\n"

    async def conversation(_server, _reader, writer):
        import asyncio

        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                     b"Connection: close\r\n\r\n" + event)  # fmt: skip
        await writer.drain()
        await asyncio.get_running_loop().run_in_executor(None, go_on.wait, 120)
        writer.write(event)
        writer.close()

    with RawServer(conversation) as upstream, gateway(upstream.url) as program:
        with patient.stream("POST", program.url + CHAT, json=BODY) as answer:
            pieces = answer.iter_raw()
            assert next(pieces) == event
            program.process.send_signal(signal.SIGTERM)
            program.until("Waiting for connections to close")
            with pytest.raises(httpx.TransportError):
                ask(program.url)  # nobody new is let in
            go_on.set()
            assert b"".join(pieces) == event
        program.process.wait(120)
    assert program.process.returncode == 0
    assert "Traceback" not in program.log


def test_workers_add_up_their_metrics():
    with (
        fake_gemini([Text("Here: "), Image("png")]) as upstream,
        gateway(upstream.url, "--workers", "2") as program,
    ):
        for _ in range(20):  # each on a connection of its own, so that both workers get some
            assert ask(program.url, **{"User-Agent": "old/1.0", "X-Image-Format": "content"})
        code, out, _ = run("usage", program.url, "--json", "--old")
    row = json.loads(out)[0]
    assert (row["client"], row["format"], row["replies"]) == ("old/1.0", "content", 20)
    assert code == 1
    assert program.process.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code", "fault"),
    [
        (["--upstream", "openrouter.ai"], 1, "is not an http(s) URL"),
        (["--upstream", "http://x", "--rules", "RULES"], 1, "rules.toml:2: rules[0].format"),
        (
            ["--upstream", "http://x", "--default", "webp"],
            2,
            "argument --default: 'webp' is none of content, image, images, parts, as-is",
        ),
        (["--upstream", "http://x", "--workers", "0"], 2, "--workers"),
        ([], 2, "--upstream"),
    ],
)
def test_what_is_wrong_is_told_at_the_start(tmp_path, arguments, code, fault):
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rules]]\nformat = "webp"\nmodel = "m"\n')
    arguments = [str(rules) if word == "RULES" else word for word in arguments]
    returned, _, errors = run("gateway", *arguments)
    assert returned == code
    assert fault in errors
    assert "Traceback" not in errors


def test_a_port_that_is_taken_is_told_without_a_traceback():
    async def nothing(*_):
        pass

    with RawServer(nothing) as taken:
        port = taken.url.rpartition(":")[2]
        code, _, errors = run("gateway", "--upstream", taken.url, "--port", port)
    assert code == 1
    assert "address already in use" in errors
    assert "Traceback" not in errors


def test_lines_of_streams_are_kept_short_where_that_is_asked():
    text = "A long story. " * 2000
    asked = {**BODY, "stream": True}
    with (
        fake_gemini([Text(text), Image("png")]) as upstream,
        gateway(upstream.url, "--default", "content", "--max-line", "4096") as program,
    ):
        body = patient.post(program.url + CHAT, json=asked).text

    lines = [line for line in body.splitlines() if line.startswith("data: {")]
    deltas = [json.loads(line[6:])["choices"][0]["delta"] for line in lines]
    assert max(map(len, lines)) <= 4096
    joined = "".join(delta.get("content") or "" for delta in deltas)
    assert joined.startswith(text + "data:image/png;base64,")


def test_each_limit_says_what_it_is_by_default(capsys):
    with pytest.raises(SystemExit):
        options(["--help"])
    told = " ".join(capsys.readouterr().out.split())
    for limit in dataclasses.fields(Settings):
        name, default = limit.name.replace("_", "-"), limit.default
        if not name.startswith("max-") and not name.endswith(("-timeout", "drain", "workers")):
            continue
        said = re.search(rf"--{name} (?:BYTES|N|SECONDS) (?!\[)[^(]*\(default: ([^)]*)\)", told)
        assert said is not None, name
        number, _, unit = said[1].partition(" ")
        times = {"": 1, "KiB": 2**10, "MiB": 2**20}
        assert default is None or float(number) * times[unit] == default, name
