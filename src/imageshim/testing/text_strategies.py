"""Text as models write it, and as would be worst (extra ``testing``)."""

from __future__ import annotations

from hypothesis import strategies as st

__all__ = ["texts"]

_FRAGMENTS = (
    "Here: ",  # the smallest case
    "Here is the image: ",
    "Here you go",
    "AndNowTheSecond",
    "iVBORw0KGgo",
    "QmCC====",
    "AAAA",
    "x=1",
    "data:",
    "data:image/png;base64,",
    "data:text/plain,hello ",
    "data:application/pdf;base64,JVBERi0xLjQgeA== ",
    "```\n",
    "\n```",
    "<b>bold</b>",
    '<img src="data:image/png;base64,iVBORw0KGgo="> ',
    "![alt](cat.png)",
    "/9j/4AAQ",
    "R0lGODlh",
    "UklGR",
    "\n\n",
    " ",
    "é",
    "日本",
    "\u2028",
    "\0",
)
_OPENERS = "\"'`“<(["


def texts(*, min_size: int = 0) -> st.SearchStrategy[str]:
    """Text as models write it, and as would be worst.

    It never ends in an opening quote or bracket, nor (unless quoted) holds a whole data URI of an
    image: either would be read as what it looks like.
    """
    pieces = st.one_of(
        st.sampled_from(_FRAGMENTS),
        st.text(st.characters(codec="utf-8", exclude_characters=":"), max_size=8),
    )
    joined = st.lists(pieces, max_size=5).map("".join).map(lambda text: text.rstrip(_OPENERS))
    return joined.filter(lambda text: len(text) >= min_size and not _reads_as_image(text))


def _reads_as_image(text: str) -> bool:
    """Tell whether a loose ``data:image/png;base64,`` runs into what could be its payload."""
    header = "data:image/png;base64,"
    loose = text.replace(_QUOTED, "")
    after = [piece[:1] for piece in loose.split(header)[1:]]
    return any(letter.isascii() and (letter.isalnum() or letter in "+/-_=%") and letter
               for letter in after)  # fmt: skip


_QUOTED = '"data:image/png;base64,iVBORw0KGgo="'
