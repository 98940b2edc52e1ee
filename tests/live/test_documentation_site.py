"""`make docs`: the site builds without a warning, and every page is reached."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from imageshim.codemod import rules

from . import environments

pytestmark = pytest.mark.live

ROOT = Path(__file__).parents[2]
_LOCAL = re.compile(r'(?:href|src)="(?!\w+:|//)([^"#?]*)(?:#([^"]*))?"')


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    python = environments.environment(environments.documentation())
    built = subprocess.run(
        [python, "-m", "mkdocs", "build", "--strict", "--site-dir", folder],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={
            "PATH": os.defpath, "HOME": str(folder), "LANG": "C.UTF-8", "PYTHONPATH": "src",
            "NO_MKDOCS_2_WARNING": "1",
        },
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    assert "WARNING" not in built.stderr
    return folder


def test_every_link_of_the_site_leads_to_a_page_and_an_anchor_of_it(site):
    pages = {path: path.read_text() for path in site.rglob("*.html") if path.name != "404.html"}
    for page, text in pages.items():
        for target, anchor in _LOCAL.findall(text):
            path = (page.parent / target).resolve() if target else page
            assert path.exists(), (page.name, target)
            if anchor and path in pages:
                assert f'id="{anchor}"' in pages[path], (page.name, target, anchor)


def test_each_rule_has_a_page_with_what_to_write(site):
    for rule in rules.load().values():
        text = (site / "rules" / f"{rule.code}.html").read_text()
        assert rule.name in text
        assert "After" in text
