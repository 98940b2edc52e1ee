"""Cases of the rules: programs with the places where they change, in text files.

``=== title [options]`` starts a case. ``[[old|new]]`` is a place that changes: the program before
has every *old*, the one after every *new*; a program without such a place has to stay as it is.
Options: ``unsafe`` (the change is made with ``--unsafe`` only), ``target=…``, ``python=…``,
``assume=…`` (settings), ``needs=3.12`` (the Python that the program itself needs), ``run=no`` (it
cannot be executed), ``finds=CODE`` (what is reported although nothing changes),
``offer=unsafe`` (nothing changes without ``--unsafe``), ``safe=other`` (another rule's change of
the same code is safe).

``%r`` stands for a reply in ``r``, ``%m`` for its message in ``m``, ``%s`` for a stream; with
``+name`` the change imports that helper. ``show`` is where programs put their results.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from imageshim.codemod.project.settings import Settings

__all__ = ["Case", "cases_of"]

_CALL = 'litellm.completion(model="gemini-image", messages=[]{})\n'
_MACROS = {
    "r": "r = " + _CALL.format(""),
    "m": "r = " + _CALL.format("") + "m = r.choices[0].message\n",
    "s": "stream = " + _CALL.format(", stream=True"),
}
_MARK = re.compile(r"\[\[(.*?)\|(.*?)\]\](?!\])", re.DOTALL)
_HELPERS = re.compile("imageshim|first_image|old_image|legacy_content")
_MACRO = re.compile(r"^%([rms])(?:\+(\w+))?\n", re.MULTILINE)


@dataclass(frozen=True)
class Case:
    """One program."""

    file: str
    title: str
    options: dict[str, str]
    text: str

    @property
    def id(self) -> str:
        return f"{self.file}: {self.title}"

    @cached_property
    def before(self) -> str:
        return _MARK.sub(r"\1", self.text)

    @cached_property
    def after(self) -> str:
        return _MARK.sub(r"\2", self.text)

    @property
    def changes(self) -> bool:
        return self.before != self.after

    @property
    def is_unsafe(self) -> bool:
        return "unsafe" in self.options

    @property
    def settings(self) -> Settings:
        # The pairs that end in calls of imageshim are those of a style of its own.
        helped = any(_HELPERS.search(new) for _, new in _MARK.findall(self.text))
        style = "helpers" if helped else "plain"
        given = Settings(requires_python=self.options.get("python"), style=style)
        if "target" in self.options:
            given = given._replace(target=self.options["target"])
        if "assume" in self.options:
            given = given._replace(assume_litellm=(self.options["assume"],))
        return given

    @property
    def can_be_parsed(self) -> bool:
        """Whether this Python can parse what comes out."""
        needed = self.options.get("needs", "3.10").split(".")
        return sys.version_info[:2] >= (int(needed[0]), int(needed[1]))


def _expanded(match: re.Match[str]) -> str:
    helper = f"[[|from imageshim import {match[2]}\n]]" if match[2] else ""
    return f"import litellm\n{helper}{_MACROS[match[1]]}"


def cases_of(file: Path) -> list[Case]:
    """Read the cases of a file."""
    out = []
    for block in re.split(r"^=== ", file.read_text(), flags=re.MULTILINE)[1:]:
        head, _, text = block.partition("\n")
        title, _, options = head.partition(" [")
        pairs = (one.strip().partition("=") for one in options.rstrip("]").split(";") if one)
        text = _MACRO.sub(_expanded, text.rstrip("\n") + "\n")
        out.append(Case(file.stem, title, {key: value for key, _, value in pairs}, text))
    titles = [case.title for case in out]
    assert len(set(titles)) == len(titles), f"{file}: a title twice"
    return out
