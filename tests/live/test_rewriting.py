"""The codemod's pairs, executed: new code gives on `images` what the old gave on its format."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from codemod.cases import Case, cases_of

from . import environments
from .environments import PackageSet
from .probing import Probe

pytestmark = pytest.mark.live

FOLDER = Path(__file__).parents[1] / "codemod" / "rules" / "cases"
# What each rule's old code was written for.
FORMATS = {"image_field": "image", "content_image": "content", "fixture": "image"}
# Old code that is wrong on every format: what it shows has nothing to be compared with.
WRONG = ("item_attribute", "membership", "key_error", "model_extra")
WITH_IMAGES = ("an image", "text and an image", "two images", "text and two images")


def pairs(*files: str) -> list[Case]:
    return [
        case
        for name in files
        for case in cases_of(FOLDER / f"{name}.txt")
        if case.changes and case.options.get("run") != "no" and case.can_be_parsed
    ]


@pytest.fixture(scope="module")
def newest(probe: Callable[[PackageSet], Probe]) -> Probe:
    return probe(environments.litellm(environments.NEWEST))


@pytest.mark.parametrize("name", FORMATS)
def test_new_code_gives_what_old_code_gave(newest, name):
    cases = [case for case in pairs(name) if not case.is_unsafe]
    programs = [
        {"before": case.before, "after": case.after, "format": FORMATS[name]} for case in cases
    ]
    wrong = []
    worked = 0
    for case, results in zip(cases, newest.call("rewriting.run", programs=programs), strict=True):
        for kind, result in results.items():
            before, after = result["before"], result["after"]
            # Where the old code did not work on a reply, there is nothing to be kept but what it
            # had shown until then.
            if before["error"] is None:
                worked += kind in WITH_IMAGES
                if before != after:
                    wrong.append((case.title, kind, before, after))
            elif after["shown"][: len(before["shown"])] != before["shown"]:
                wrong.append((case.title, kind, before, after))
    assert wrong == []
    assert worked >= len(cases) * 2


@pytest.mark.parametrize("name", WRONG)
def test_code_that_never_worked_does(newest, name):
    cases = pairs(name)
    programs = [{"before": case.before, "after": case.after, "format": "images"} for case in cases]
    for case, results in zip(cases, newest.call("rewriting.run", programs=programs), strict=True):
        shown = {kind: results[kind]["after"] for kind in results}
        assert all(shown[kind]["error"] is None for kind in WITH_IMAGES), case.title
        assert shown["an image"]["shown"] != shown["nothing"]["shown"], case.title
        assert any(result["before"] != result["after"] for result in results.values()), case.title


def test_every_pair_runs_that_can():
    assert len(pairs(*FORMATS, *WRONG)) >= 150
