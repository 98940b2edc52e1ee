from pathlib import Path

import pytest

from imageshim.files.caches import cache_folder


@pytest.mark.parametrize(
    ("base", "expected"), [("/somewhere", "/somewhere"), ("", "/me/.cache"), (None, "/me/.cache")]
)
def test_caches_are_where_the_xdg_specification_says(monkeypatch, base, expected):
    monkeypatch.setenv("HOME", "/me")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    if base is not None:
        monkeypatch.setenv("XDG_CACHE_HOME", base)

    assert cache_folder("codemod") == Path(expected, "imageshim", "codemod")
