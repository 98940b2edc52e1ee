"""Text from elsewhere, as it may be printed and logged.

What a reply, a file's name, a URL or a request says can hold characters that a terminal obeys: it
would set the title, move the cursor, or print a line that looks like one of ours. They are shown
as the escapes by which Python writes them.
"""

from __future__ import annotations

import re

__all__ = ["shown"]

# Control characters, halves of surrogate pairs, ends of lines and what turns the direction of
# writing round: the categories Cc, Cs, Zl, Zp, and of Cf the bidirectional ones (UAX #9).
_OBEYED = re.compile("[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def shown(text: str, *, keep: str = "") -> str:
    r"""Write what a terminal would obey as escapes: ``\x1b``, ``\n``, ``\u202e``.

    ``keep`` are characters that stay: ``"\n\t"`` for a text of several lines.
    """
    if text.isprintable():
        return text
    return _OBEYED.sub(
        lambda found: found[0] if found[0] in keep else _escaped(found[0]),
        text,
    )


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")
