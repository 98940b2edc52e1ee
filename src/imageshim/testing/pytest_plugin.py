"""The pytest plugin: ``fake_gemini``, ``reply_factory``, ``image_formats``, and a report.

- ``fake_gemini``: a loopback Gemini for one test; ``reply_factory`` makes replies.
- ``@pytest.mark.image_formats("content", "images")`` runs a test once a format, with LiteLLM and
  the OpenAI SDK answering in it; without formats, in each.
- ``--image-formats-report``: the lines that read an old format while the tests ran, as a table, and
  as JSON in a file if you name one; ``--image-formats=error`` makes a failure of each.

pytest loads it by itself where imageshim is installed. What it needs is imported by the first test
that asks for it, so that other tests pay nothing.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from imageshim.messages.options import FormatLike
    from imageshim.timeline import Format

    from .fake_gemini import FakeGemini
    from .scripted import Part

__all__ = ["fake_gemini", "image_format", "reply_factory"]

_MARK = "image_formats"
_SITES = "imageshim_sites"


@pytest.fixture
def fake_gemini() -> Iterator[FakeGemini]:
    """Run a loopback Gemini for one test; ``enqueue()`` tells it what to answer."""
    from .fake_gemini import fake_gemini as make  # noqa: PLC0415  # see the module's docstring

    with make() as server:
        yield server


@pytest.fixture
def reply_factory() -> Callable[..., Any]:
    """Make replies: ``reply_factory("content", ["Here: ", pictures.png()], carrier="openai")``.

    The format is ``images``, the parts are a text and a PNG, and the carrier is a dict, unless told
    otherwise.
    """
    from . import pictures  # noqa: PLC0415  # as above
    from .reply_carriers import carried, checked_carriers  # noqa: PLC0415  # as above
    from .scripted import write_message  # noqa: PLC0415  # as above

    def make(
        format: FormatLike = "images",  # noqa: A002  # the field's word
        parts: Sequence[Part] = ("Here: ", pictures.png()),
        *,
        carrier: str = "dict",
        model: str = "gemini-2.5-flash-image",
    ) -> Any:
        (kind,) = checked_carriers([carrier])
        choice = {"index": 0, "finish_reason": "stop", "message": write_message(parts, format)}
        reply = {"id": "chatcmpl-1", "created": 1, "model": model, "choices": [choice]}
        return carried({**reply, "object": "chat.completion"}, kind)

    return make


@pytest.fixture
def image_format(request: pytest.FixtureRequest) -> Iterator[Format]:
    """Have LiteLLM and the OpenAI SDK answer in the format of a test that is so marked."""
    import imageshim  # noqa: PLC0415  # as above

    name: FormatLike = getattr(request, "param", "images")
    with imageshim.install(emit=name), warnings.catch_warnings():
        # The test asks for the format: that is no news to it.
        warnings.simplefilter("ignore", imageshim.LegacyImageFormatWarning)
        warnings.filterwarnings("ignore", "this program reads generated images", FutureWarning)
        yield imageshim.Format(name)


@pytest.fixture(autouse=True)
def _image_format_of_the_mark(request: pytest.FixtureRequest) -> None:
    # A test need not name the fixture, and what pytest_generate_tests adds to a test's fixtures is
    # taken away again. This one comes behind those of the session and before those of the test.
    if request.node.get_closest_marker(_MARK) is None:
        return
    if not hasattr(request.node, "callspec"):
        # As those of unittest.TestCase: it would run once, in one format, and look as if in all.
        pytest.fail(
            f"@pytest.mark.{_MARK} of {request.node.nodeid}: pytest cannot run it once a format; "
            "make it a function, or a method of a class that is no unittest.TestCase",
            pytrace=False,
        )
    request.getfixturevalue("image_format")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what is marked once a format."""
    mark = metafunc.definition.get_closest_marker(_MARK)
    if mark is None:
        return
    names = _formats(mark, metafunc.definition.nodeid)
    if "image_format" not in metafunc.fixturenames:
        metafunc.fixturenames.append("image_format")  # else it cannot be parametrized
    metafunc.parametrize("image_format", names, indirect=True)


def _formats(mark: pytest.Mark, test: str) -> list[str]:
    """Give the formats that a mark names, each once; without any, all."""
    from imageshim.errors import UnknownFormatError  # noqa: PLC0415  # as above
    from imageshim.timeline import Format, target_format  # noqa: PLC0415  # as above

    reason = "it takes no keywords"
    if not mark.kwargs:
        try:
            return [*dict.fromkeys(target_format(one).value for one in mark.args or tuple(Format))]
        except UnknownFormatError as error:
            reason = str(error)
    # As pytest does for its own marks: the place and the reason, without our lines.
    return pytest.fail(f"@pytest.mark.{_MARK} of {test}: {reason}", pytrace=False)


# -- the report -----------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("imageshim")
    group.addoption(
        "--image-formats-report", nargs="?", const="", metavar="FILE",
        help="show the lines that read images in an old format; FILE: as JSON, too",
    )  # fmt: skip
    group.addoption(
        "--image-formats", choices=["error"], help="error: reading an old format fails the test"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Install the shim for the session, where a report or failures are asked for."""
    config.addinivalue_line(
        "markers",
        f"{_MARK}(*formats): run once per format, with LiteLLM and the OpenAI SDK answering in it",
    )
    if not _is_asked_for(config):
        return
    file = _file(config)
    if file and (Path(file).is_dir() or file.partition("::")[0].endswith(".py")):
        # Else `pytest --image-formats-report tests/` would run all tests, and write over one.
        raise pytest.UsageError(
            f"--image-formats-report takes {file} for the file to write; if it is a test to run, "
            "write it before the option"
        )
    if file:
        _check_writable(Path(file))
    import imageshim  # noqa: PLC0415  # as above

    config.add_cleanup(imageshim.install().uninstall)
    if config.getoption("image_formats") == "error":
        config.addinivalue_line("filterwarnings", "error::imageshim.LegacyImageFormatWarning")


def _check_writable(file: Path) -> None:
    """Tell it before the tests run, not after."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.open("a").close()
    except OSError as error:
        raise pytest.UsageError(f"--image-formats-report cannot write: {error}") from None


def _is_asked_for(config: pytest.Config) -> bool:
    return bool(config.getoption("image_formats")) or _file(config) is not None


def _file(config: pytest.Config) -> str | None:
    found: str | None = config.getoption("image_formats_report")
    return found


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Keep what was seen in this process, and write the file."""
    config = session.config
    if _file(config) is None:
        return
    import imageshim  # noqa: PLC0415  # as above

    seen = [site.as_dict() for site in imageshim.sites()]
    output = getattr(config, "workeroutput", None)
    if output is not None:
        output[_SITES] = seen
        return
    config.stash.setdefault(_SEEN, []).extend(seen)
    file = _file(config)
    if file:
        Path(file).write_text(json.dumps(_merged(config), indent=2) + "\n", encoding="utf-8")


_SEEN: pytest.StashKey[list[dict[str, Any]]] = pytest.StashKey()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Take what a worker of pytest-xdist has seen."""
    del error
    seen = getattr(node, "workeroutput", {}).get(_SITES, ())
    node.config.stash.setdefault(_SEEN, []).extend(seen)


def _merged(config: pytest.Config) -> list[dict[str, Any]]:
    """Add up what several processes have seen of one place."""
    places: dict[tuple[Any, ...], dict[str, Any]] = {}
    for site in config.stash.get(_SEEN, []):
        key = (site["file"], site["line"], site["column"], site["read"], site["how"])
        known = places.setdefault(key, {**site, "count": 0})
        known["count"] += site["count"]
    return [places[key] for key in sorted(places)]


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Show the table."""
    if _file(config) is None:
        return
    terminalreporter.section("lines that read images in an old format")
    found = _merged(config)
    for site in found:
        line = f"{site['file']}:{site['line']}  {site['count']} ×  {site['read']}"
        terminalreporter.write_line(f"{line}  →  {site['instead']}" if site["instead"] else line)
    terminalreporter.write_line(f"{len(found)} in all")
