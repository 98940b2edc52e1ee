"""The markup of the page."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from imageshim.page import Entry, PageWriter, Shown
from imageshim.testing.pictures import png


class Parsed(HTMLParser):
    """Every start tag with its attributes, and the text of texts."""

    def __init__(self, page):
        super().__init__()
        self.tags = []
        self.texts = []
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if ("class", "text") in attrs:
            self._inside = True
            self.texts.append("")

    def handle_endtag(self, tag):
        self._inside = self._inside and tag != "div"

    def handle_data(self, data):
        if self._inside:
            self.texts[-1] += data

    def named(self, name):
        return [attributes for tag, attributes in self.tags if tag == name]


def written(*entries, title="Replies"):
    out = io.StringIO()
    page = PageWriter(out, title)
    for entry in entries:
        page.add(entry)
    page.finish()
    return out.getvalue()


def entry(*parts, place="a.json", format="images", **more):  # noqa: A002
    known = {"model": None, "reasons": {}, "losses": {}, **more}
    return Entry(place, 0, format, parts=parts, **known)


def shown(**more):
    picture = png()
    known = {
        "number": 0, "uri": picture.url, "media_type": "image/png", "width": 2, "height": 2,
        "size": len(picture.data), "is_draft": False,
    }  # fmt: skip
    return Shown(**{**known, **more})


anything = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), min_size=1)


@given(anything, anything, anything)
def test_no_text_of_a_reply_is_markup(text, name, media_type):
    """Whatever a reply says, the page has the same elements, and shows what it says."""
    plain = Parsed(written(entry("t", shown()), title="t"))
    page = Parsed(
        written(
            entry(text, shown(media_type=media_type), place=name, format=name),
            title=name,
        )
    )
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in plain.tags]
    assert page.texts == [text]
    assert page.named("article")[0]["data-format"] == name
    for (_, attributes), (_, usual) in zip(page.tags, plain.tags, strict=True):
        assert attributes.keys() == usual.keys()


def test_the_policy_allows_our_style_and_our_script_and_nothing_else():
    page = written(entry("t", shown()))
    (policy,) = (
        meta["content"]
        for meta in Parsed(page).named("meta")
        if meta.get("http-equiv") == "Content-Security-Policy"
    )
    for tag in ("style", "script"):
        (inside,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "img-src data:" in policy
    assert not re.search(r"\sstyle=|\son\w+=", page)


def test_a_draft_is_marked_and_counted():
    page = written(entry(shown(is_draft=True), shown(number=1)))
    assert page.count('<figure class="draft">') == 1
    assert "image 0: image/png, 2 × 2, 71 bytes, draft" in page
    assert "1 answer, 2 images, 1 of them drafts, 142 bytes. Formats: images 1." in page


def test_an_image_that_cannot_be_shown_is_a_note():
    page = written(entry(shown(uri=None, problem="It is <far>", width=None, size=None)))
    assert "It is &lt;far&gt;" in page
    assert not Parsed(page).named("figure")[0]
    assert all("src" not in image for image in Parsed(page).named("img"))


def test_a_long_text_ends_and_says_so():
    page = written(entry("x" * 100_003))
    assert "… and 3 characters more" in page
    assert "x" * 100_001 not in page


def test_losses_and_reasons_stand_in_the_entry():
    page = written(
        entry("t", losses={"image": "holds one"}, reasons={"refusal": "no " * 400}, model="m")
    )
    assert "What a conversion would lose" in page
    assert "<dt>image</dt><dd><bdi>holds one</bdi></dd>" in page
    assert "<dt>model</dt><dd><bdi>m</bdi></dd>" in page
    assert "no no…" in page


def test_an_empty_page_is_a_page():
    assert "0 answers, 0 images, 0 bytes. Formats: none." in written()
