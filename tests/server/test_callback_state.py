import pytest

from imageshim import Format
from imageshim.server import Decision
from imageshim.server.callback_state import decided, drop, keep


@pytest.mark.parametrize("decision", [Decision(Format.CONTENT, "key"), Decision(None, "rule")])
@pytest.mark.parametrize("before", [{}, {"metadata": None}, {"metadata": {"user": "u"}}])
def test_a_decision_is_kept_until_the_reply(decision, before):
    keep(before, decision)
    assert decided(before) == decision


@pytest.mark.parametrize("name", ["metadata", "litellm_metadata"])
def test_what_a_client_writes_there_is_dropped_and_its_own_keys_stay(name):
    data = {name: {"imageshim": {"format": "content", "source": "evil0"}, "user": "u"}}
    drop(data)
    assert data == {name: {"user": "u"}}
    for other in (None, {}, {name: 5}):
        drop(other)


@pytest.mark.parametrize(
    "held",
    [{}, {"format": "content"}, {"format": "zz", "source": "key"}, {"format": [], "source": "key"},
     {"format": "content", "source": "evil0"}, {"format": "content", "source": []}, "content", 5],
)  # fmt: skip
def test_a_broken_state_is_no_decision(held):
    assert decided({"metadata": {"imageshim": held}}) is None


@pytest.mark.parametrize("data", [None, {}, {"metadata": []}, {"metadata": {}}])
def test_without_a_state_there_is_no_decision(data):
    assert decided(data) is None
