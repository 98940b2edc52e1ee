"""Reports lead to the page of each rule: by its address where there is one, else by a command."""

import importlib.metadata
import json
from email.message import Message

import pytest

from imageshim.cli.codemod.output import Outcome, renderer, rule_pages
from imageshim.codemod.findings import Finding
from imageshim.codemod.running.reports import FileReport, Reported

FINDING = Finding("IMG004", "reads an attribute", 1, 0, 1, 5)
REPORTS = [FileReport("a.py", (Reported(FINDING, "", fixed=False),))]
PAGE = "https://docs.example.org/imageshim/rules/IMG004.html"


def rendered(name):
    return "\n".join(renderer(name)(Outcome(REPORTS, 1, 1, rewrites=False)))


@pytest.fixture
def addresses(monkeypatch):
    """The package's ``[project.urls]``."""
    about = Message()
    monkeypatch.setattr(importlib.metadata, "metadata", lambda _name: about)
    rule_pages._documentation.cache_clear()
    yield lambda name, url: about.add_header("Project-URL", f"{name}, {url}")
    rule_pages._documentation.cache_clear()


@pytest.mark.usefixtures("addresses")
def test_without_an_address_reports_name_the_command_that_prints_the_page():
    assert "imageshim explain IMG004" in rendered("text")
    assert "More: imageshim explain IMG004" in rendered("github")
    driver = json.loads(rendered("sarif"))["runs"][0]["tool"]["driver"]
    assert not any("helpUri" in rule for rule in driver["rules"])


def test_with_the_address_of_the_documentation_reports_link_to_the_page(addresses):
    addresses("Source", "https://example.org/imageshim")
    addresses("Documentation", "https://docs.example.org/imageshim/")
    assert f"More: {PAGE}" in rendered("github").replace("%3A", ":")
    driver = json.loads(rendered("sarif"))["runs"][0]["tool"]["driver"]
    assert PAGE in [rule["helpUri"] for rule in driver["rules"]]


def test_source_that_is_not_installed_has_no_address(monkeypatch):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "metadata", missing)
    rule_pages._documentation.cache_clear()
    assert rule_pages.link("IMG004") is None
    rule_pages._documentation.cache_clear()
