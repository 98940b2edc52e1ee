import pytest

from imageshim.server.headers import added, value, varying, without

RAW = [(b"a", b"1"), (b"B", b"2"), (b"a", b"3")]


def test_lines_of_the_same_name_are_one_list():
    assert value(RAW, b"a") == "1, 3"
    assert value(RAW, b"b") == "2"
    assert value(RAW, b"c") is None


def test_headers_are_left_out_by_name_in_any_case():
    assert without(RAW, {b"b"}) == [(b"a", b"1"), (b"a", b"3")]


def test_a_header_that_is_added_replaces_those_of_its_name_but_links_add_up():
    old = [(b"X-A", b"1"), (b"link", b"<x>"), (b"y", b"2")]
    more = [("x-a", "3"), ("Link", "<z>"), ("Link", "<x>")]
    assert added(old, more) == [(b"link", b"<x>"), (b"y", b"2"), (b"x-a", b"3"), (b"link", b"<z>")]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, b"X-Image-Format, User-Agent"),
        (b"", b"X-Image-Format, User-Agent"),
        (b"Origin", b"Origin, X-Image-Format, User-Agent"),
        (b"user-agent , x-image-format", b"user-agent , x-image-format"),
        (b"*", b"*"),
    ],
)
def test_vary_names_what_it_did_not_name(before, after):
    headers = [] if before is None else [(b"vary", before)]
    assert varying(headers, ["X-Image-Format", "User-Agent"]) == [(b"vary", after)]
