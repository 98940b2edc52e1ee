"""Pages of the site that are made: one a rule, the reference, and the documents at the top."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

import imageshim
from imageshim.codemod import rules
from imageshim.doctor import FAULTS

ROOT = Path(__file__).parent.parent
TOP = {
    "MIGRATION.md": "migration.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "README.md": "index.md",
}
"""Documents beside the folder of the site, and the pages that they are."""
CHAPTERS = {
    "conversion": "Converting", "wire": "Converting", "timeline": "Converting",
    "schema": "Converting", "reading": "Reading", "messages": "Reading", "legacy": "Reading",
    "streaming": "Streams",
    "history": "History", "wrapping": "Wrapping", "errors": "Errors and warnings",
}  # fmt: skip
SERVER = ("asgi", "gateway", "litellm_callback", "negotiation", "rules")
TESTING = ("strategies", "fake_gemini", "pictures", "pytest_plugin")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """List the pages that are made."""
    decisions = sorted(path.name for path in (ROOT / "docs" / "decisions").glob("0*.md"))
    made = {
        "rules/": ["rules/index.md", *(f"rules/{code}.md" for code in rules.load())],
        "reference/": ["reference/index.md", *(f"reference/{name}.md" for name in _reference())],
        "decisions/": ["decisions/README.md", *(f"decisions/{name}" for name in decisions)],
    }

    def filled(item: Any) -> Any:
        if isinstance(item, list):
            return [filled(one) for one in item]
        if isinstance(item, dict):
            return {title: filled(inner) for title, inner in item.items()}
        return made.get(item, item)

    config.nav = filled(config.nav)
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made."""
    pages = {page: _site_links((ROOT / name).read_text()) for name, page in TOP.items()}
    del pages["index.md"]
    pages |= {f"rules/{name}": text for name, text in _rule_pages()}
    pages |= {f"reference/{name}.md": text for name, text in _reference().items()}
    pages["reference/index.md"] = _reference_index()
    pages["compatibility.md"] = _compatibility()
    for name, text in pages.items():
        files.append(File.generated(config, name, content=text))
    return files


def on_page_content(html: str, **_: Any) -> str:
    """Leave out the roles of docstrings: what they stand before is shown as code."""
    return re.sub(r":(?:func|class|attr|data|meth|mod):(?=<code>)", "", html)


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Let links to the documents at the top lead to their pages."""
    depth = page.file.src_uri.count("/")
    for name, target in TOP.items():
        markdown = markdown.replace(f"]({'../' * (depth + 1)}{name}", f"]({'../' * depth}{target}")
    return markdown


def _site_links(text: str) -> str:
    """Write the links of a document at the top as its page needs them."""
    text = re.sub(r"\]\(docs/", "](", text).replace("](decisions/)", "](decisions/README.md)")
    for name, target in TOP.items():
        text = text.replace(f"]({name}", f"]({target}")
    return text


def _rule_pages() -> Any:
    """Yield a page for each rule, and the list of all."""
    known = rules.load()
    rows = [f"| [{r.code}]({r.code}.md) | {r.name} | {r.summary} |" for r in known.values()]
    index = _RULES + "\n".join(rows) + "\n"
    yield "index.md", index
    for rule in known.values():
        body = re.sub(r"``([^`]+)``", r"`\1`", rule.documentation.strip())
        page = _RULE.format(rule=rule, body=body)
        yield f"{rule.code}.md", page


_RULES = """# Rules

What `imageshim check` reports and `imageshim fix` rewrites; `imageshim explain CODE` prints the
same.

| code | name | |
|---|---|---|
"""
_RULE = """# {rule.code}: {rule.name}

{body}

## Before

```python
{rule.before}
```

## After

```python
{rule.after}
```
"""


def _reference() -> dict[str, str]:
    """Return the pages of the reference: every public name."""
    chapters: dict[str, list[str]] = defaultdict(list)
    for name in imageshim.__all__:
        module = getattr(getattr(imageshim, name), "__module__", "imageshim").split(".")
        chapters[CHAPTERS.get(module[1] if module[1:] else "", "Other")].append(name)
    pages = {
        title.lower().replace(" ", "-"): _page(title, [f"imageshim.{name}" for name in names])
        for title, names in sorted(chapters.items())
    }
    for title, package, modules in (("Servers", "server", SERVER), ("Testing", "testing", TESTING)):
        names = [f"imageshim.{package}.{module}" for module in modules]
        pages[title.lower()] = _page(title, names, members=True)
    return pages


def _page(title: str, names: list[str], *, members: bool = False) -> str:
    options = "    options:\n      show_submodules: false\n" if members else ""
    return f"# {title}\n\n" + "\n\n".join(f"::: {name}\n{options}" for name in names) + "\n"


def _compatibility() -> str:
    """Return the page of what the live tests showed, and of the known faults."""
    found: dict[str, dict[str, str]] = json.loads(OUTCOMES.read_text())
    litellm = {
        **_split(found["litellm calls"], "wrap(litellm), {}"),
        **_split(found["litellm install"], "install(), every way"),
        **_split(found["litellm vertex"], "wrap(litellm), vertex_ai/"),
        **_split(found["litellm objects"], "convert(), its own objects"),
    }
    sdk = {
        **_split(found["openai calls"], "{}"),
        **_split(found["openai objects"], "convert(), its own objects"),
    }
    faults = "\n".join(
        f"| {f.library} | {f.since} | {f.before or ''} | {f.what} | {f.mend} | {f.source} |"
        for f in FAULTS
    )
    return _COMPATIBILITY.format(litellm=_grid(litellm), sdk=_grid(sdk), faults=faults)


OUTCOMES = ROOT / "docs" / "compatibility.json"
_COMPATIBILITY = """# Compatibility

Made from the last run of the live tests (`make compatibility`), not by hand. **yes** means that
every scenario was asked for in each of the four formats (in the rows of many ways, in `images` and
`content`), and came out with the text and the images that the release itself gives.

## LiteLLM

{litellm}

## OpenAI SDK

Against servers that send each format and spelling.

{sdk}

## Known faults

What `imageshim doctor` knows of other libraries.

| library | from | mended in | what | way round | source |
|---|---|---|---|---|---|
{faults}
"""


def _split(outcomes: dict[str, str], row: str) -> dict[tuple[str, str], str]:
    """Return outcomes by row and column; the column is what stands before the first dash."""
    cells = {}
    for parameters, outcome in outcomes.items():
        column, _, way = parameters.partition("-")
        cells[row.format(_way(way)), column] = "yes" if outcome == "passed" else outcome
    return cells


def _way(parameters: str) -> str:
    way, dash, how = parameters.rpartition("-")
    return f"{how}(), {way}" if dash else parameters


def _grid(cells: dict[tuple[str, str], str]) -> str:
    rows = list(dict.fromkeys(row for row, _ in cells))
    columns = sorted({column for _, column in cells}, key=_release)
    lines = [f"| | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    lines += [f"| {row} | {' | '.join(cells.get((row, c), '') for c in columns)} |" for row in rows]
    return "\n".join(lines)


def _release(version: str) -> tuple[float, ...]:
    """Order releases; the newest is called so."""
    return tuple(map(float, version.split("."))) if version[0].isdigit() else (float("inf"),)


def _reference_index() -> str:
    links = "\n".join(
        f"- [{text.split(chr(10), 1)[0].removeprefix('# ')}]({name}.md)"
        for name, text in _reference().items()
    )
    return (
        "# Reference\n\nEvery public name: those of `imageshim`, and what the modules of "
        f"`imageshim.server` and `imageshim.testing` list.\n\n{links}\n"
    )
