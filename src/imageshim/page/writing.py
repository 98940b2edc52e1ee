"""The markup of the page. Every text of a reply is escaped here, and nowhere else."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from importlib.resources import files
from typing import TextIO

from imageshim.printing.counts import counted

from .entries import Entry, Shown

__all__ = ["PageWriter"]

_FOLDER = files("imageshim.page")
_NONE: Mapping[str, str] = {}
_LONGEST_TEXT = 100_000
"""Characters of one text that are shown: a browser is slow with one of many megabytes."""


class PageWriter:
    """Write a page, entry by entry.

    Args:
        out: where it goes, a text file in UTF-8 with ``errors="replace"``: a reply can hold
            halves of surrogate pairs.
        title: the page's heading.
        facts: what is known of all replies together, each with its name.

    """

    def __init__(self, out: TextIO, title: str, facts: Mapping[str, str] = _NONE) -> None:
        self._out = out
        self._entries = 0
        self._formats: Counter[str] = Counter()
        self._images = self._drafts = self._bytes = 0
        self._style = _FOLDER.joinpath("page.css").read_text("utf-8")
        self._script = _FOLDER.joinpath("page.js").read_text("utf-8")
        out.write(_HEAD.format(
            title=_text(title), policy=self._policy(), style=self._style,
        ))  # fmt: skip
        if facts:
            listed = (_fact(name, value) for name, value in facts.items())
            out.writelines(['<section aria-label="Report"><dl>', *listed, "</dl></section>\n"])
        out.write("<main>\n")

    def _policy(self) -> str:
        """Allow this style, this script and images inside of the page: nothing else, from nowhere.

        Source: Content Security Policy Level 3, W3C, sections 2.3.1 and 8.4 (hashes).
        """
        style, script = map(_hash, (self._style, self._script))
        return (
            f"default-src 'none'; img-src data:; style-src '{style}'; script-src '{script}'; "
            "base-uri 'none'; form-action 'none'"
        )

    def add(self, entry: Entry) -> None:
        """Write one entry."""
        self._entries += 1
        self._formats[entry.format] += 1
        for image in entry.images:
            self._images += 1
            self._drafts += image.is_draft
            self._bytes += image.size or 0
        self._out.writelines(_article(entry, self._entries))

    def finish(self) -> None:
        """Write what ends the page; it is no page before."""
        formats = ", ".join(f"{name} {count:,}" for name, count in sorted(self._formats.items()))
        drafts = f", {self._drafts:,} of them drafts" if self._drafts else ""
        summary = (
            f"{counted(self._entries, 'answer')}, {counted(self._images, 'image')}{drafts}, "
            f"{self._bytes:,} bytes. Formats: {formats or 'none'}."
        )
        self._out.write(_TAIL.format(summary=_text(summary), script=self._script))


_HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="imageshim">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<header>
<h1>{title}</h1>
<form role="search" hidden>
<label>Search <input type="search" name="words" autocomplete="off" spellcheck="false"></label>
<label>Format <select name="format"><option value="">all</option></select></label>
<label>Media type <select name="type"><option value="">all</option></select></label>
<label class="check"><input type="checkbox" name="drafts" checked> Drafts</label>
<output></output>
</form>
</header>
"""

_TAIL = """</main>
<footer><p>{summary}</p>
<p class="keys" hidden>Keys: <kbd>/</kbd> search, <kbd>j</kbd> and <kbd>k</kbd> next and previous
answer, <kbd>Enter</kbd> a picture in full, <kbd>←</kbd> <kbd>→</kbd> its neighbours,
<kbd>Esc</kbd> back.</p></footer>
<dialog aria-label="Picture in full"><button type="button" value="close">Close</button>
<figure><img alt=""><figcaption></figcaption></figure></dialog>
<script>{script}</script>
</body>
</html>
"""


def _article(entry: Entry, number: int) -> Iterator[str]:
    types = " ".join(dict.fromkeys(image.media_type for image in entry.images))
    yield (
        f'<article id="a{number}" tabindex="-1" data-format="{_text(entry.format)}" '
        f'data-types="{_text(types)}">\n'
        f"<h2><bdi>{_text(entry.place)}</bdi> <small>choice {entry.choice}</small></h2>\n<dl>"
    )
    facts = {
        "format": entry.format, **({"model": entry.model} if entry.model else {}), **entry.reasons,
    }  # fmt: skip
    yield from (_fact(name, value) for name, value in facts.items())
    yield "</dl>\n"
    for part in entry.parts:
        yield from _written(part) if isinstance(part, str) else _figure(part)
    if not entry.images:
        yield '<p class="note">No image.</p>\n'
    if entry.losses:
        yield "<details><summary>What a conversion would lose</summary><dl>"
        yield from (_fact(name, loss) for name, loss in entry.losses.items())
        yield "</dl></details>\n"
    yield "</article>\n"


def _written(text: str) -> Iterable[str]:
    more = len(text) - _LONGEST_TEXT
    rest = f'<p class="note">… and {more:,} characters more</p>\n' if more > 0 else ""
    opened = '<div class="text" dir="auto" tabindex="0" role="group" aria-label="Text">'
    return opened, _text(text[:_LONGEST_TEXT]), "</div>\n", rest


def _figure(image: Shown) -> Iterator[str]:
    size = f"{image.width} × {image.height}" if image.width else ""
    weight = f"{image.size:,} bytes" if image.size is not None else ""
    known = filter(None, (image.media_type, size, weight, "draft" if image.is_draft else ""))
    caption = f"image {image.number}: {', '.join(known)}"
    yield '<figure class="draft">' if image.is_draft else "<figure>"
    if image.uri is None:
        yield f'<p class="note"><bdi>{_text(_short(image.problem or ""))}</bdi></p>'
    else:
        yield (
            f'<button type="button"><img decoding="async" alt="{_text(caption)}"'
            f'{_dimensions(image)} src="'
        )
        yield _text(image.uri)
        yield '"></button>'
    yield f"<figcaption>{_text(caption)}</figcaption></figure>\n"


def _dimensions(image: Shown) -> str:
    """Say the size, so that nothing moves while pictures are decoded."""
    return f' width="{image.width}" height="{image.height}"' if image.width else ""


def _fact(name: str, value: str) -> str:
    return f"<div><dt>{_text(name)}</dt><dd><bdi>{_text(_short(value))}</bdi></dd></div>"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_FACT else f"{text[:_LONGEST_FACT]}…"


_LONGEST_FACT = 500


def _text(text: str) -> str:
    """Escape a text for any place of the page, attributes included."""
    return escape(text, quote=True)


def _hash(text: str) -> str:
    return f"sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}"
