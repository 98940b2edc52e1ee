"""What is installed, without an import of it."""

from __future__ import annotations

from importlib import metadata

import pytest

from imageshim.doctor import installed


def test_versions_are_those_of_the_metadata():
    found = installed()
    assert found.libraries["openai"] == metadata.version("openai")
    assert found.imageshim == metadata.version("imageshim")


def test_an_extra_says_what_it_misses(monkeypatch):
    real = metadata.version

    def version(name):
        if name in {"uvicorn", "httpx", "litellm"}:
            raise metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(metadata, "version", version)
    found = installed()
    assert set(found.extras["server"]) == {"uvicorn", "httpx"}
    assert found.extras["compression"] == ()
    assert "litellm" not in found.libraries


def test_sources_that_are_not_installed_have_no_extras(monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    monkeypatch.setattr(metadata, "metadata", missing)
    found = installed()
    assert found.imageshim.startswith("not installed")
    assert (found.libraries, found.extras) == ({}, {})


@pytest.mark.parametrize("extra", ["codemod", "server", "testing"])
def test_every_extra_is_known(extra):
    assert installed().extras[extra] == ()
