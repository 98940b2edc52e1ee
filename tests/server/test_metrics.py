import sys

import pytest
from prometheus_client import REGISTRY, CollectorRegistry

from imageshim import Format, MissingExtraError
from imageshim.server import Asked, Decision
from imageshim.server.metrics import (
    MOST_CLIENTS,
    Metrics,
    client_name,
    default_metrics,
    exposition,
    serve_metrics,
)

DECISION = Decision(Format.IMAGES, "default")


def asked(agent):
    return Asked(headers={"user-agent": agent})


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("OpenAI/Python 1.60.0", "OpenAI/Python 1.60"),
        ("AsyncOpenAI/Python 3.54.0", "AsyncOpenAI/Python 3.54"),
        ("OpenAI/JS 4.20.1", "OpenAI/JS 4.20"),
        ("litellm/1.75.9", "litellm/1.75"),
        ("curl/8.5.0", "curl/8.5"),
        ("python-httpx/0.28.1", "python-httpx/0.28"),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/1", "Mozilla/5.0"),
        ("node", "node"),
        ("", "unknown"),
        ("<script>", "other"),
        ("é" * 100, "other"),
    ],
)
def test_a_client_is_named_by_product_and_version(agent, name):
    assert client_name(asked(agent)) == name


def test_a_name_stays_short_whatever_a_client_says():
    assert len(client_name(asked("a" * 10_000 + "/" + "b" * 10_000 + " " + "9" * 10_000))) < 80
    assert client_name(asked("a/" + "9" * 10_000)) == "a/99999"


def test_the_alias_of_a_key_names_the_client_better():
    assert client_name(Asked(headers={"user-agent": "curl/8"}, key_alias="billing")) == "billing"
    assert client_name(Asked(key_alias="a\nb" + "c" * 100)) == "a?b" + "c" * 61


def test_after_so_many_clients_new_ones_are_others():
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    for number in range(MOST_CLIENTS + 50):
        metrics.reply(asked(f"c{number}"), DECISION, (1, 1), seconds=0.1, changed=False)
    metrics.reply(asked("c0"), DECISION, (1, 1), seconds=0.1, changed=False)
    labels = {"format": "images", "source": "default"}

    def replies(client):
        return registry.get_sample_value("imageshim_replies_total", {**labels, "client": client})

    assert replies("other") == 50
    assert replies("c0") == 2
    assert replies(f"c{MOST_CLIENTS}") is None


def test_without_prometheus_client_nothing_is_counted(monkeypatch):
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with pytest.raises(MissingExtraError, match=r"imageshim\[server\]"):
        Metrics()
    uncounted = default_metrics.__wrapped__()  # what it would have found
    uncounted.reply(asked("x"), DECISION, (1, 1), seconds=0.1, changed=False)
    uncounted.failure("conversion")


def test_the_process_has_its_metrics_once_in_the_librarys_own_registry():
    assert default_metrics() is default_metrics()
    assert "imageshim_replies" in {metric.name for metric in REGISTRY.collect()}
    body, content_type = exposition()
    assert b"# TYPE imageshim_failures_total counter" in body
    assert content_type.startswith("text/plain")


@pytest.mark.parametrize("port", ["x", "99999999", "-1"])
def test_a_wrong_port_for_the_metrics_stops_no_proxy(port, caplog):
    serve_metrics(port)
    assert f"IMAGESHIM_METRICS_PORT={port}" in caplog.text


def test_metrics_without_prometheus_client_stop_no_proxy_and_the_extra_is_named(
    monkeypatch, caplog
):
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    serve_metrics("9108")
    assert "imageshim[server]" in caplog.text
    caplog.clear()
    serve_metrics(None)
    assert not caplog.text
