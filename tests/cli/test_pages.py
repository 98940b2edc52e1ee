"""`imageshim show --html`."""

from __future__ import annotations

import json


def test_the_page_has_every_reply(run, replies):
    out = replies / "out" / "page.html"
    ended = run("show", "--html", out, replies / "one.json", replies / "many.jsonl")
    count = 1 + len((replies / "many.jsonl").read_text().splitlines())
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.decode() == f"{out}: {count} replies; open it in a browser.\n"
    page = out.read_text()
    assert page.count("<article ") >= count
    assert "many.jsonl:2" in page
    assert page.endswith("</html>\n")


def test_what_is_no_reply_is_said_and_the_rest_is_on_the_page(run, tmp_path):
    lines = [json.dumps({"error": {"message": "no"}}), "nonsense", '{"choices": []}']
    (tmp_path / "a.jsonl").write_text("\n".join([json.dumps(REPLY), *lines]))
    ended = run("show", "--html", tmp_path / "page.html", tmp_path / "a.jsonl")
    assert ended.code == 1
    assert [line.split(": ")[0][-9:] for line in ended.err.splitlines()] == [
        "a.jsonl:2", "a.jsonl:3",
    ]  # fmt: skip
    assert (tmp_path / "page.html").read_text().count("<article ") == 2


REPLY = {"choices": [{"message": {"content": "half \ud83d a pair"}}]}


def test_many_files_are_counted_in_the_title(run, tmp_path):
    for name in "abcde":
        (tmp_path / f"{name}.json").write_text(json.dumps(REPLY))
    run("show", "--html", tmp_path / "page.html", *sorted(tmp_path.glob("*.json")))
    assert "c.json and 2 files more</h1>" in (tmp_path / "page.html").read_text("utf-8")
