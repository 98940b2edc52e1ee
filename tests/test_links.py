"""Links of the documents lead somewhere: to files and headings of the project, or to made pages."""

from __future__ import annotations

import ast
import posixpath
import re
from functools import cache
from pathlib import Path

import pytest

from imageshim.codemod import rules

ROOT = Path(__file__).parent.parent
HOOKS = ROOT / "docs" / "hooks.py"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_FENCE = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


@cache
def constants():
    """The tables of the site's hooks, which import mkdocs and so are read only."""
    tree = ast.parse(HOOKS.read_text())
    assigned = {
        node.targets[0].id: node.value for node in tree.body if isinstance(node, ast.Assign)
    }
    return {name: ast.literal_eval(assigned[name]) for name in ("TOP", "CHAPTERS")}


@cache
def made_pages():
    """Pages of the site without a file of their own, each with the file that it shows, if any."""
    pages = {f"docs/{page}": name for name, page in constants()["TOP"].items()}
    del pages["docs/index.md"]
    chapters = {*constants()["CHAPTERS"].values(), "Servers", "Testing"}
    reference = {f"reference/{title.lower().replace(' ', '-')}.md" for title in chapters}
    listed = {"rules/index.md", "reference/index.md", "compatibility.md", *reference}
    listed |= {f"rules/{code}.md" for code in rules.load()}
    return pages | {f"docs/{page}": None for page in listed}


def anchors(path):
    """The anchors of a page: those of GitHub and of mkdocs are alike where punctuation is plain."""
    text = _FENCE.sub("", path.read_text())
    words = (re.sub(r"[^\w\s-]", "", title.lower()).strip() for title in _HEADING.findall(text))
    return {re.sub(r"[-\s]+", "-", title) for title in words}


def fault(document, link):
    """What is wrong with a link, or None."""
    target, _, anchor = link.partition("#")
    folder = posixpath.dirname(document.relative_to(ROOT).as_posix())
    path = posixpath.normpath(posixpath.join(folder, target)) if target else None
    shown = document if path is None else ROOT / (made_pages().get(path) or path)
    if path in made_pages() and made_pages()[path] is None:
        return "an anchor of a made page" if anchor else None
    if not shown.exists():
        return "no such file"
    return f"no heading #{anchor}" if anchor and anchor not in anchors(shown) else None


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_to_files_and_headings(document):
    links = _LINK.findall(_FENCE.sub("", document.read_text()))
    local = [link for link in links if not re.match(r"\w+:", link)]
    faults = {link: found for link in local if (found := fault(document, link))}
    assert faults == {}


def test_faults_are_found():
    assert fault(ROOT / "README.md", "docs/nowhere.md") == "no such file"
    assert fault(ROOT / "README.md", "MIGRATION.md#nowhere") == "no heading #nowhere"
    assert fault(ROOT / "docs" / "index.md", "migration.md#streams") is None
    assert fault(ROOT / "docs" / "index.md", "rules/IMG001.md") is None
    assert fault(ROOT / "docs" / "index.md", "rules/IMG999.md") == "no such file"
