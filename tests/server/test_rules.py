import pytest

from imageshim.errors import RulesFileError
from imageshim.server import Asked
from imageshim.server.rules import Rule, read_rules

TOML = """\
default = "images"   # a comment
sunset = 2027-03-01

[[rules]]
format = "content"
user_agent = ["OpenAI/Python 1.*",
              "curl/*"]

[[rules]]
format = "image"
model = "gemini-?"
path = "/v1/*"
"""

YAML = """\
default: images
sunset: 2027-03-01

rules:
  - format: content
    user_agent: ["OpenAI/Python 1.*",
                 "curl/*"]
  - format: image
    model: gemini-?
    path: /v1/*
"""

WRONG = [
    # what is replaced in both files, by what, and the place and the fault that must be told
    ("sunset", "sunse", 2, "sunse: there is no such key"),
    ("content", "webp", 5, r"rules\[0\].format: Input should be 'content'"),
    ("2027-03-01", '"soon"', 2, "sunset: 'soon' is not a date"),
    ("2027-03-01", "2020-03-01", 1, "sunset is before deprecated"),
    ("2027-03-01", "true", 2, "sunset: True is not a date"),
    ("path", "paht", None, r"rules\[1\].paht: there is no such key"),
]


def written(folder, kind, text):
    file = folder / f"rules.{kind}"
    file.write_text(text)
    return file


@pytest.mark.parametrize(("kind", "text"), [("toml", TOML), ("yaml", YAML), ("yml", YAML)])
def test_both_languages_say_the_same(tmp_path, kind, text):
    rules = read_rules(written(tmp_path, kind, text))
    assert rules.default == "images"
    assert rules.sunset == 1803859200
    assert [rule.target for rule in rules.rules] == ["content", "image"]
    assert rules.read_user_agents


@pytest.mark.parametrize(("kind", "text"), [("toml", TOML), ("yaml", YAML)])
@pytest.mark.parametrize(("old", "new", "line", "fault"), WRONG)
def test_what_is_wrong_is_told_with_line_and_key(tmp_path, kind, text, old, new, line, fault):
    line = line or text[: text.index(old)].count("\n") + 1
    with pytest.raises(RulesFileError, match=rf"rules\.{kind}:{line}: {fault}"):
        read_rules(written(tmp_path, kind, text.replace(old, new, 1)))


def test_everything_wrong_is_told_at_once(tmp_path):
    with pytest.raises(RulesFileError) as told:
        read_rules(written(tmp_path, "toml", 'default = "x"\nlink = "y z"\n[[rules]]\nmodel = 3\n'))
    lines = str(told.value).splitlines()
    assert [line.split(":")[1] for line in lines] == ["1", "2", "3", "4"]
    assert "rules[0].format: Field required" in lines[2]


@pytest.mark.parametrize(
    ("kind", "text", "fault"),
    [
        ("toml", "default = \n", r"not TOML: .*line 1"),
        ("toml", "a = 1\na = 2\n", r"not TOML: .*line 2"),
        ("yaml", "rules: [\n", r"rules\.yaml:2: not YAML"),
        ("yaml", "default: images\ndefault: image\n", r":2: default: the key is there twice"),
        ("yaml", "- a\n", r":1: the file must have keys"),
        ("yaml", "a: &x [*x]\n", "inside itself"),
        ("yaml", "a: 2027-13-45\n", "not YAML"),
        ("yaml", "? [a, b]\n: 1\n", r":1: a key must be a string"),
        ("yaml", "default: " + "9" * 5000 + "\n", "not YAML: .*digits"),
        ("yaml", "[" * 1200, "nested too deeply"),
        (
            "yaml",
            "\n".join(
                [
                    "a: &a [x, x]",
                    *(
                        f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]"
                        for a, b in zip("abcdefghi", "bcdefghij", strict=True)
                    ),
                ]
            ),
            r":\d+: its aliases stand for too much",
        ),
        ("toml", "a = " + "[" * 3000, "nested too deeply|not TOML"),
        ("toml", ".".join("a" * 30_000) + " = 1", r"not TOML: line 1 has a key of more than 64"),
        ("toml", "default = " + "9" * 5000 + "\n", "not TOML: .*integer"),
        ("json", "{}", r"must end with \.toml, \.yaml, \.yml"),
        ("toml", '[[rules]]\nformat = "image"\n', r":1: rules\[0\]: a rule needs at least one of"),
        ("toml", 'after_sunset = "images"\n', "after_sunset needs the date"),
        (
            "toml",
            '[[rules]]\nformat = "image"\nmodel = []\n',
            r":3: rules\[0\]\.model: .*at least 1 item",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(tmp_path, kind, text, fault):
    with pytest.raises(RulesFileError, match=fault):
        read_rules(written(tmp_path, kind, text))


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(RulesFileError, match=r"none\.toml: No such file"):
        read_rules(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b"a = 1\n# \xe9\n")
    with pytest.raises(RulesFileError, match=r"latin\.toml:2: not UTF-8"):
        read_rules(tmp_path / "latin.toml")


def test_an_empty_file_changes_nothing(tmp_path):
    for kind in ("toml", "yaml"):
        assert read_rules(written(tmp_path, kind, "")).default == "images"


def test_the_line_of_a_statement_over_several_lines_is_its_first(tmp_path):
    text = '# one\n\n[[rules]]\n# two\nformat = "image"\nmodel = [\n  "a",\n  3,\n]\n'
    with pytest.raises(RulesFileError, match=r":6: rules\[0\]\.model\[1\]"):
        read_rules(written(tmp_path, "toml", text))


HARD = [
    'link = """',
    '[[rules]] # "no" table \\""\\" \\',
    '"""  # one text up to here',
    "[[rules]]   # the first [",
    'format = "image"',
    "model = [ # ]",
    "  \"a\\\"]\", '''b # [''',",
    "]",
    "",
    '[[ "rules" ]]',
    "\"format\" = 'content'",
    'path = """/""\\',
    '"""""',
    "user_agent = 3",
]


def test_lines_are_right_whatever_texts_and_comments_hold(tmp_path):
    with pytest.raises(RulesFileError) as told:
        read_rules(written(tmp_path, "toml", "\n".join(HARD)))
    lines = [line.partition("rules.toml:")[2] for line in str(told.value).splitlines()]
    assert [line.partition(": ")[0] for line in lines] == ["1", "14"]


def test_one_wrong_rule_among_many_is_found_by_reading_each_statement_once(tmp_path, monkeypatch):
    tomllib = pytest.importorskip("tomllib")
    rules = ["[[rules]]", 'format = "image"', 'model = "m"'] * 1500
    rules[-2] = 'format = "webp"'
    reads, loads = [], tomllib.loads
    monkeypatch.setattr(tomllib, "loads", lambda text: reads.append(len(text)) or loads(text))
    with pytest.raises(RulesFileError, match=r":4499: rules\[1499\]\.format"):
        read_rules(written(tmp_path, "toml", "\n".join(rules)))
    assert sum(reads) < 3 * len("\n".join(rules))


def test_aliases_that_share_a_few_values_are_read(tmp_path):
    text = "rules:\n  - &one {format: image, model: [a, b]}\n  - *one\n  - {<<: *one, path: /x}\n"
    assert len(read_rules(written(tmp_path, "yaml", text)).rules) == 3


@pytest.mark.parametrize(
    ("patterns", "asked", "matches"),
    [
        ({"model": "gemini-*"}, {"model": "gemini-2.5"}, True),
        ({"model": "gemini-*"}, {"model": "x-gemini-2.5"}, False),
        ({"model": "gemini-*"}, {}, False),
        ({"model": ["a", "b"]}, {"model": "b"}, True),
        ({"model": "a", "path": "/v1/*"}, {"model": "a", "path": "/v2/x"}, False),
        ({"model": "a", "path": "/v1/*"}, {"model": "a", "path": "/v1/x"}, True),
        ({"key_alias": "billing-[0-9]"}, {"key_alias": "billing-7"}, True),
        ({"user_agent": "curl/*"}, {"headers": {"user-agent": "curl/8.5.0"}}, True),
        ({"user_agent": "curl/*"}, {"headers": {"user-agent": "CURL/8.5.0"}}, False),
        ({"model": "a|b"}, {"model": "a"}, False),
    ],
)
def test_a_rule_matches_where_each_of_its_patterns_does(patterns, asked, matches):
    assert Rule.model_validate({"format": "image", **patterns}).matches(Asked(**asked)) is matches
