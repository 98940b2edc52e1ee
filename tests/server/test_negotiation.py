import pytest

from imageshim import Format, UnknownFormatError
from imageshim.errors import FormatRequestError
from imageshim.server import Asked, Decision, Negotiation
from imageshim.server.asked import take_format
from imageshim.server.negotiation import SOURCES
from imageshim.server.rules import Rules

RULES = Rules.model_validate({"rules": [{"format": "parts", "model": "gemini-*"}]})

# The same request says all of it; each source in turn is the first that speaks.
EVERYTHING = {
    "header": {"headers": {"x-image-format": "image"}},
    "metadata": {"metadata_format": "content"},
    "key": {"key_metadata": {"image_format": "images"}},
    "team": {"team_metadata": {"image_format": "image"}},
    "rule": {"model": "gemini-image"},
    "default": {},
}
EXPECTED = dict(
    zip(SOURCES, ("image", "content", "images", "image", "parts", "content"), strict=True)
)


@pytest.mark.parametrize("source", SOURCES)
def test_the_first_source_that_says_something_decides(source):
    said = {}
    for later in SOURCES[SOURCES.index(source) :]:
        said |= EVERYTHING[later]
    decision = Negotiation("content", RULES).decide(Asked(**said))
    assert decision == Decision(Format(EXPECTED[source]), source)


def test_without_any_word_replies_are_canonical():
    assert Negotiation().decide(Asked()) == Decision(Format.IMAGES, "default")


def test_the_header_may_be_written_in_capitals_and_empty_says_nothing():
    assert Negotiation().decide(Asked(headers={"x-image-format": " Content "})).format == "content"
    assert Negotiation().decide(Asked(headers={"x-image-format": " "})).source == "default"


@pytest.mark.parametrize(
    ("said", "param"),
    [
        ({"headers": {"x-image-format": "webp"}}, "X-Image-Format"),
        ({"headers": {"x-image-format": "images, content"}}, "X-Image-Format"),
        ({"metadata_format": "webp"}, "metadata.image_format"),
        ({"metadata_format": 3}, "metadata.image_format"),
        ({"metadata_format": ["images"]}, "metadata.image_format"),
    ],
)
def test_an_unknown_format_asked_for_is_refused_with_the_list(said, param):
    with pytest.raises(
        FormatRequestError, match="choose one of content, image, images, parts"
    ) as told:
        Negotiation().decide(Asked(**said))
    assert told.value.param == param


@pytest.mark.parametrize("source", ["key", "team"])
def test_a_misspelt_format_in_a_keys_metadata_is_logged_and_passed_over(source, caplog):
    asked = Asked(**{f"{source}_metadata": {"image_format": "webp"}})
    assert Negotiation("image").decide(asked) == Decision(Format.IMAGE, "default")
    assert f"{source}: image_format: 'webp' is not a format" in caplog.text


def test_as_is_is_a_default_and_a_rule_of_the_operator():
    assert Negotiation("as-is").decide(Asked()) == Decision(None, "default")
    rules = Rules.model_validate({"rules": [{"format": "as-is", "path": "/raw/*"}]})
    assert Negotiation(rules=rules).decide(Asked(path="/raw/x")) == Decision(None, "rule")
    assert Negotiation().response_headers(Decision(None, "default")) == []


def test_a_default_that_is_no_format_is_refused():
    with pytest.raises(UnknownFormatError, match="'webp' is not a format"):
        Negotiation("webp")


def test_the_rules_default_holds_unless_another_is_given():
    rules = Rules.model_validate({"default": "content"})
    assert Negotiation(rules=rules).decide(Asked()).format == "content"
    assert Negotiation("image", rules).decide(Asked()).format == "image"


def test_the_environment_names_the_default_and_the_rules(tmp_path):
    file = tmp_path / "rules.toml"
    file.write_text('default = "parts"\n')
    read = Negotiation.from_environment({"IMAGESHIM_RULES": str(file)})
    assert read.decide(Asked()).format == "parts"
    read = Negotiation.from_environment(
        {"IMAGESHIM_RULES": str(file), "IMAGESHIM_DEFAULT": "image"}
    )
    assert read.decide(Asked()).format == "image"
    assert Negotiation.from_environment({}).decide(Asked()).format == "images"


# -- the reply's headers ---------------------------------------------------------------------


@pytest.mark.parametrize("name", ["images", "parts"])
def test_a_reply_in_a_format_that_lives_on_says_so_and_no_more(name):
    headers = Negotiation().response_headers(Decision(Format(name), "default"))
    assert headers == [("X-Image-Format", name)]


@pytest.mark.parametrize("name", ["content", "image"])
def test_a_reply_in_an_old_format_says_since_when_until_when_and_where_to_read_more(name):
    rules = Rules.model_validate(
        {"deprecated": "2026-09-01", "sunset": "2027-03-01T12:00:00+02:00", "link": "https://x.y/z"}
    )
    headers = Negotiation(rules=rules).response_headers(Decision(Format(name), "header"))
    assert headers == [
        ("X-Image-Format", name),
        ("Deprecation", "@1788220800"),  # RFC 9745: a structured date, in seconds
        ("Sunset", "Mon, 01 Mar 2027 10:00:00 GMT"),  # RFC 8594: an HTTP date
        ("Link", '<https://x.y/z>; rel="deprecation"'),
    ]


def test_without_a_file_old_formats_are_deprecated_since_litellm_1_77_0():
    headers = dict(Negotiation().response_headers(Decision(Format.CONTENT, "header")))
    assert headers["Deprecation"] == "@1757376000"  # 2025-09-09
    assert headers["Link"].endswith('gemini_img_migration>; rel="deprecation"')
    assert "Sunset" not in headers


SUNSET = {"sunset": "2027-03-01", "after_sunset": "images"}
AT = 1803859200  # 2027-03-01, in seconds


@pytest.mark.parametrize(
    ("rules", "now", "given"),
    [
        (SUNSET, AT - 1, "content"),
        (SUNSET, AT, "images"),
        ({"sunset": "2027-03-01"}, AT, "content"),  # announced only
    ],
)
def test_on_the_sunset_date_old_formats_are_turned_off_where_the_operator_says_so(
    rules, now, given
):
    negotiation = Negotiation(rules=Rules.model_validate(rules), now=lambda: now)
    decision = negotiation.decide(Asked(headers={"x-image-format": "content"}))
    assert decision == Decision(Format(given), "header")


def test_replies_vary_by_what_the_decision_reads():
    rules = Rules.model_validate({"rules": [{"format": "image", "user_agent": "curl/*"}]})
    assert Negotiation().vary == ("X-Image-Format",)
    assert Negotiation(rules=rules).vary == ("X-Image-Format", "User-Agent")


# -- metadata.image_format ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "wish", "left"),
    [
        ({"metadata": {"image_format": "image", "a": 1}}, "image", {"metadata": {"a": 1}}),
        ({"model": "m", "metadata": {"image_format": "image"}}, "image", {"model": "m"}),
        ({"metadata": {}}, None, {"metadata": {}}),
        ({"metadata": "image_format"}, None, {"metadata": "image_format"}),
        ({"image_format": "image"}, None, {"image_format": "image"}),
        (["metadata"], None, ["metadata"]),
        (None, None, None),
    ],
)
def test_the_wish_is_taken_out_of_the_bodys_metadata(body, wish, left):
    assert take_format(body) == wish
    assert body == left


def test_a_wrong_environment_stops_no_proxy_but_is_told(caplog):
    negotiation = Negotiation.for_proxy({"IMAGESHIM_DEFAULT": "webp"})
    assert "webp" in caplog.text
    assert negotiation.decide(Asked()) == Decision(None, "default")
    asked = Asked(headers={"x-image-format": "content"})
    assert negotiation.decide(asked).format == "content"
    assert Negotiation.for_proxy({"IMAGESHIM_DEFAULT": "image"}).decide(Asked()).format == "image"
