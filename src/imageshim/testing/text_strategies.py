"""Text as models write it, and as would be worst (extra ``testing``)."""

from __future__ import annotations

from hypothesis import strategies as st

from .option_checks import check_counts

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
_MOST_PIECES = 3
_OPENERS = "\"'`“<(["


def texts(*, min_size: int = 0) -> st.SearchStrategy[str]:
    """Text as models write it, and as would be worst.

    It never ends in an opening quote or bracket, nor (unless quoted) holds a whole data URI of an
    image: either would be read as what it looks like.

    Raises:
        ImageShimError: the size is less than 0.

    """
    check_counts(min_size=min_size)
    pieces = st.one_of(
        st.sampled_from(_FRAGMENTS),
        st.text(st.characters(codec="utf-8", exclude_characters=":"), max_size=8),
    )
    # Few, so that none come often: what models send most is a picture with one text or without.
    some = st.lists(pieces, max_size=max(_MOST_PIECES, min_size))
    joined = some.map("".join).map(lambda text: text.rstrip(_OPENERS))
    return joined.filter(lambda text: len(text) >= min_size and not _reads_as_image(text))


def _reads_as_image(text: str) -> bool:
    """Tell whether a loose ``data:image/png;base64,`` runs into what could be its payload."""
    header = "data:image/png;base64,"
    loose = text.replace(_QUOTED, "")
    after = [piece[:1] for piece in loose.split(header)[1:]]
    return any(letter.isascii() and (letter.isalnum() or letter in "+/-_=%") and letter
               for letter in after)  # fmt: skip


_QUOTED = '"data:image/png;base64,iVBORw0KGgo="'
