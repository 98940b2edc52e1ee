"""Write the table of docs/frameworks.md: ``make frameworks-page``.

A framework that cannot be installed keeps the row that it has.
"""

from __future__ import annotations

import re
import sys
from typing import Any

from .results import DRIVERS, PAGE, result

__all__ = ["row", "rows", "write"]

_HEAD = (
    "| framework | class | `images` | `content` | `parts` | `capture_images()` |\n"
    "|---|---|---|---|---|---|"
)
_MARKS = re.compile(r"(<!-- table: [^>]* -->\n).*?(<!-- end of table -->)", re.DOTALL)


def row(found: dict[str, Any]) -> str:
    """The row of one framework: whole replies, then streams where they differ."""
    cells = []
    for emit in ("off", "content", "parts"):
        ways = [found["table"][way][emit] for way in ("whole", "streamed") if way in found["table"]]
        cells.append(" / ".join(dict.fromkeys(ways)))
    asked = dict.fromkeys(name.split()[0] for name in found["captured"])
    names = {"whole": "whole", "streamed": "streams", "agent": "agent with a tool"}
    all_of_it = ", ".join(names[one] for one in asked)
    version = f"{found['framework']} {found['version']}"
    return f"| {version} | `{found['class']}` | {' | '.join(cells)} | {all_of_it} |"


def rows(page: str) -> dict[str, str]:
    """The rows that the page has, by framework and class."""
    found = re.findall(r"^\| (\S+) \S+ \| `([^`]+)` .*$", page, re.MULTILINE)
    lines = re.findall(r"^\| \S+ \S+ \| `[^`]+` .*$", page, re.MULTILINE)
    return {f"{name} {cls}": line for (name, cls), line in zip(found, lines, strict=True)}


def write(found: list[dict[str, Any]]) -> None:
    """Put rows into the page, in the order of their names."""
    page = PAGE.read_text()
    table = rows(page)
    table |= {f"{one['framework']} {one['class']}": row(one) for one in found}
    body = "\n".join([_HEAD, *(table[name] for name in sorted(table))])
    PAGE.write_text(_MARKS.sub(rf"\g<1>\n{body}\n\n\g<2>", page))


def main() -> None:
    write([found for found in map(_result, DRIVERS) if found is not None])


def _result(driver: str) -> dict[str, Any] | None:
    try:
        return result(driver)
    except RuntimeError as error:
        sys.stderr.write(f"{driver}: {error}\n")
        return None


if __name__ == "__main__":
    main()
