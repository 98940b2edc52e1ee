"""`imageshim usage`, against servers with metrics."""

import json
import time

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from imageshim import Format
from imageshim.cli.usage import _ago
from imageshim.server import Asked, Decision
from imageshim.server.metrics import Metrics
from served import served


def counted(*replies):
    """The text of ``/metrics`` after replies of (client, format, source, changed)."""
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    for client, name, source, changed in replies:
        decision = Decision(Format(name), source)
        asked = Asked(headers={"user-agent": client})
        metrics.reply(asked, decision, (1, 1), seconds=0.1, changed=changed)
    return generate_latest(registry).decode()


def pages(**texts):
    def page(request):
        assert request.headers.get("x-key", "k") == "k"
        return PlainTextResponse(texts[request.path_params["name"]])

    return served(Starlette(routes=[Route("/{name}", page)]))


@pytest.fixture
def usage(run, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("COLUMNS", "120")

    def call(*arguments):
        ended = run("usage", *arguments)
        return ended.code, ended.out.decode() + ended.err

    return call


OLD = ("curl/8.5.0", "content", "header", True)
NEW = ("OpenAI/Python 2.3.4", "images", "default", False)


def test_clients_stand_in_a_table_old_formats_first(usage):
    with pages(metrics=counted(NEW, OLD, OLD)) as url:
        code, out = usage(url)
    rows = [line for line in out.splitlines() if "/" in line]
    assert code == 0
    first, second = ([cell.strip() for cell in row.strip("│").split("│")] for row in rows)
    assert first[:4] + first[5:] == ["curl/8.5", "content", "2", "2", "header"]
    assert second[:4] + second[5:] == ["OpenAI/Python 2.3", "images", "1", "0", "default"]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.2, "now"), (1, "1 s ago"), (119, "1 min ago"), (7_200, "2 h ago"), (200_000, "2 d ago")],
)
def test_when_a_client_was_last_seen(seconds, said):
    assert _ago(seconds) == said


def test_several_servers_are_added_up(usage):
    with pages(metrics=counted(OLD), other=counted(OLD, NEW)) as url:
        code, out = usage(f"{url}/metrics", f"{url}/other", "--json", "--header", "X-Key: k")
    rows = json.loads(out)
    assert code == 0
    assert [(row["client"], row["replies"], row["sources"]) for row in rows] == [
        ("curl/8.5", 2, {"header": 2}), ("OpenAI/Python 2.3", 1, {"default": 1})
    ]  # fmt: skip
    assert abs(rows[0]["last_seen"] - time.time()) < 600


def test_it_can_be_asked_whether_anybody_is_left(usage):
    with pages(metrics=counted(NEW), other=counted(NEW, OLD)) as url:
        assert usage(url, "--old") == (0, "no client gets an old format\n")
        code, out = usage(f"{url}/other", "--old")
    assert code == 1
    assert "curl/8.5" in out
    assert "OpenAI" not in out


def test_a_server_that_has_answered_nobody_yet(usage):
    with pages(metrics=counted()) as url:
        assert usage(url) == (0, "no replies yet\n")


@pytest.mark.parametrize(
    ("text", "fault"), [("<html>{", "not metrics"), (None, "404 Not Found"), ("", "no replies yet")]
)
def test_what_cannot_be_had_is_told(usage, text, fault):
    with pages(metrics=text) as url:
        code, out = usage(url if text is not None else f"{url}/a/b")
    assert fault in out
    assert code == (0 if text == "" else 1)
    assert "Traceback" not in out


def test_a_header_needs_a_colon(usage):
    assert usage("http://x", "--header", "nonsense")[0] == 2


@pytest.mark.parametrize(
    "asked", [("http://[::1",), ("http://a:b",), ("http://a", "--header", "X-Key: \u2713")]
)
def test_what_cannot_be_asked_for_is_told(usage, asked):
    code, out = usage(*asked)
    assert code == 1
    assert out.startswith(f"Error: {asked[0]}")
