"""Fuzz one of ``TARGETS``, led by coverage (atheris): bytes that a stranger may send.

    python tests/support/fuzzing.py convert -max_total_time=60

The arguments behind the target are libFuzzer's. What fails is written to ``crash-*`` in the folder
where it runs, and belongs into a test of its own. `tests/test_fuzzed.py` runs each, bounded.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from hashlib import sha256
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["imageshim"]):
    from imageshim import ImageShimError, SSEConverter, convert_bytes
    from imageshim.codemod.running.writing import UndoError, undo
    from imageshim.image_data.structure.payload_end import PayloadScanner, payload_end
    from imageshim.server.rules import read_rules

CAPTURES = Path(__file__).parents[1] / "captures"
FORMATS = ("content", "image", "images", "parts")


def convert(data: bytes) -> None:
    """Bytes come out as they were, as JSON, or as an error of ours."""
    wanted = FORMATS[len(data) % len(FORMATS)]
    with suppress(ImageShimError):
        made = convert_bytes(data, wanted, source="images")
        assert made is data or json.loads(made)


def events(data: bytes) -> None:
    """Where a stream is cut makes no difference."""
    cut = data[0] if data else 0
    wanted = FORMATS[cut % len(FORMATS)]
    whole, pieces = SSEConverter(wanted), SSEConverter(wanted)
    out = whole.feed(data) + whole.finish()
    in_two = pieces.feed(data[:cut]) + pieces.feed(data[cut:]) + pieces.finish()
    assert out == in_two


def end(data: bytes) -> None:
    """An image ends where it ends, in a text as a whole and in pieces."""
    text = data[1:].decode("latin-1")
    size = data[0] % 50 + 1 if data else 1
    scanner = PayloadScanner()
    for at in range(0, len(text), size):
        scanner.feed(text[at : at + size])
    scanner.finish()
    assert scanner.end
    assert scanner.end.length == payload_end(text, 0).length


def rules(folder: Path, data: bytes) -> None:
    """A rules file is read, or an error of ours says why it is not."""
    path = folder / ("rules.toml" if data[:1] < b"x" else "rules.yaml")
    path.write_bytes(data[1:])
    with suppress(ImageShimError):
        read_rules(path)


def journal(folder: Path, data: bytes) -> None:
    """Whatever a journal says, nothing outside of the project changes."""
    root, kept, place = folder / "project", folder / "outside.py", folder / "journal"
    for made in (root, place):
        made.mkdir(exist_ok=True)
    kept.write_bytes(b"old")
    manifest, _, old = data.partition(b"\0")
    (place / "journal.json").write_bytes(manifest.replace(b"@", str(folder).encode()))
    (place / "0.old").write_bytes(old)
    with suppress(UndoError):
        undo(place, root)
    assert kept.read_bytes() == b"old"


def _captured() -> Iterator[bytes]:
    for file in sorted(CAPTURES.glob("litellm-*.jsonl")):
        for line in file.read_bytes().splitlines()[:40]:
            yield json.dumps(json.loads(line).get("response")).encode()


def _streamed() -> Iterator[bytes]:
    for body in _captured():
        yield b"data: " + body.replace(b'"message"', b'"delta"') + b"\n\ndata: [DONE]\n\n"


def _payloads() -> Iterator[bytes]:
    for body in _captured():
        for piece in body.split(b";base64,")[1:]:
            yield b"\x07" + piece.partition(b'"')[0] + b" and text"


_RULES = (
    b't[[rules]]\nformat = "image"\nmodel = "m"\nuser_agent = "old/*"\n',
    b"yrules:\n  - {format: content, user_agent: 'old/*'}\n\n  - format: parts\n",
)
_SUMS = (sha256(b"evil").hexdigest().encode(), sha256(b"old").hexdigest().encode())
_JOURNALS = (
    b'{"files": [{"path": "@/outside.py", "old": "%b", "new": "%b"}]}\0evil' % _SUMS,
    b'{"files": [{"path": "@/project/a.py", "old": "%b", "new": "%b"}]}\0evil' % _SUMS,
    b'{"files": [{"path": "@/project/../outside.py", "old": 1, "new": []}, {}]}\0',
)
_Target = tuple[Callable[..., None], Callable[[], Iterator[bytes]], bool]
TARGETS: dict[str, _Target] = {
    "convert": (convert, _captured, False),
    "events": (events, _streamed, False),
    "end": (end, _payloads, False),
    "rules": (rules, partial(iter, _RULES), True),
    "journal": (journal, partial(iter, _JOURNALS), True),
}


def main() -> None:
    """Run one target from its seeds, which are put beside what it finds."""
    _, name, *arguments = sys.argv
    target, seeds, on_disk = TARGETS[name]
    warnings.simplefilter("ignore")
    corpus, work = Path.cwd() / "corpus", Path.cwd() / "work"
    for made in (corpus, work):
        made.mkdir(exist_ok=True)
    for number, seed in enumerate(seeds()):
        (corpus / str(number)).write_bytes(seed)
    run = partial(target, work) if on_disk else target
    atheris.Setup([sys.argv[0], str(corpus), *arguments], run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
