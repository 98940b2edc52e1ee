import pytest
from prometheus_client import CollectorRegistry

from imageshim import Format
from imageshim.server import Asked, Decision
from imageshim.server.clients import ClientTable
from imageshim.server.metrics import MOST_CLIENTS, Metrics


def test_a_client_seen_again_and_again_takes_the_place_of_one_seen_once():
    gone = []
    table = ClientTable(3, gone.append)
    assert [table.admits(name) for name in "abcab"] == [True] * 5
    assert [table.admits("real"), table.admits("real")] == [False, True]
    assert gone == ["c"]
    assert [table.admits(name) for name in "ab"] == [True] * 2


def test_of_those_seen_as_often_the_one_not_seen_for_longest_goes():
    gone = []
    table = ClientTable(2, gone.append)
    for name in ("a", "b", "b", "a", "new", "new", "new"):
        table.admits(name)
    assert gone == ["b"]


def test_invented_names_neither_push_out_nor_hide_who_is_seen_often():
    table = ClientTable(10, lambda _: None)
    for number in range(5000):
        table.admits(f"invented{number}")
        known = table.admits("real")
    assert known
    assert len(table._known) <= 10
    assert len(table._waiting) <= 50


def test_a_client_that_was_seen_long_ago_goes_some_day():
    gone = []
    table = ClientTable(2, gone.append)
    for name in ["old"] * 1000 + ["new", "other"] * 1500:
        table.admits(name)
    assert "old" in gone


def test_where_nobody_can_be_forgotten_only_some_are_ever_let_in():
    table = ClientTable(4, None)
    let_in = {name for number in range(500) for name in [f"c{number}"] * 99 if table.admits(name)}
    assert len(let_in) == 20


@pytest.mark.parametrize("workers", [False, True])
def test_a_real_client_is_counted_by_name_after_many_invented_ones(workers, monkeypatch):
    if workers:
        monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")
    registry = CollectorRegistry()
    metrics = Metrics(registry)

    def reply(agent, source="default"):
        asked = Asked(headers={"user-agent": agent})
        decision = Decision(Format.IMAGES, source)
        metrics.reply(asked, decision, (1, 1), seconds=0.1, changed=True)

    for number in range(3 * MOST_CLIENTS):
        reply(f"invented{number}")
        reply(f"invented{number}", "header")
    for _ in range(9):
        reply("real/1.0")
    labels = {"format": "images", "source": "default", "client": "real/1.0"}
    assert registry.get_sample_value("imageshim_replies_total", labels) >= 7
    clients = {
        sample.labels["client"]
        for metric in registry.collect()
        for sample in metric.samples
        if "client" in sample.labels
    }
    assert len(clients) <= (6 if workers else 1) * MOST_CLIENTS + 1
