"""Folders of stored replies, and the command over them."""

from __future__ import annotations

import gzip
import io
import json
import sys

import pytest

from imageshim.cli import main
from imageshim.testing.pictures import jpeg, png

A, B = png(width=3).url, jpeg().url


def reply(**message):
    message = {"role": "assistant", **message}
    return {"id": "x", "choices": [{"index": 0, "message": message}], "cost": 1e-05}


def lines(*values, **how):
    return b"".join(json.dumps(value, **how).encode() + b"\n" for value in values)


COMPACT = {"separators": (",", ":"), "ensure_ascii": False}


@pytest.fixture
def archive(capfdbinary, monkeypatch, tmp_path):
    """Call `imageshim archive` in a folder; gives its exit code, output and errors."""
    monkeypatch.chdir(tmp_path)

    def call(*words):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
        with pytest.raises(SystemExit) as ended:
            main(["archive", *map(str, words)])
        sys.stdout.flush()
        out, err = capfdbinary.readouterr()
        counts = {}
        for line in out.decode().splitlines():
            number, _, name = line.strip().partition(" ")
            if number.endswith(":"):  # of a page: its name, and how many replies it has
                number, name = name.partition(" ")[0], "page"
            counts[name] = int(number.replace(",", ""))
        return ended.value.code or 0, counts, err.decode()

    return call


@pytest.fixture
def run_command(capfdbinary, monkeypatch, tmp_path):
    """Call another command in the folder; gives the lines that it prints."""
    monkeypatch.chdir(tmp_path)

    def call(*words):
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words])
        sys.stdout.flush()
        out, err = capfdbinary.readouterr()
        assert (ended.value.code or 0, err) == (0, b"")
        return out.decode().splitlines()

    return call


@pytest.fixture
def tree(tmp_path):
    """A folder ``in`` with every kind of file that holds JSON."""
    root = tmp_path / "in"
    (root / "deep").mkdir(parents=True)
    many = [reply(content=f"é{i}{A}") for i in range(4)]
    (root / "plain.jsonl").write_bytes(lines(*many))
    wrapped = [{"custom_id": str(i), "response": {"body": one}} for i, one in enumerate(many)]
    (root / "deep" / "batch.jsonl").write_bytes(lines(*wrapped, **COMPACT))
    exported = [{"name": i, "output": json.dumps(one)} for i, one in enumerate(many)]
    (root / "deep" / "export.ndjson").write_bytes(lines(*exported).replace(b"\n", b"\r\n")[:-2])
    (root / "document.json").write_text(json.dumps([{"r": one} for one in many], indent=2))
    (root / "tabs.json").write_text(json.dumps(many[0], indent="\t"))
    (root / "php.json").write_bytes(lines(many[0], separators=(",", ":")).replace(b"/", b"\\/"))
    (root / "packed.jsonl.gz").write_bytes(gzip.compress(lines(*many)))
    chunk = {"choices": [{"index": 0, "delta": {"role": "assistant", "content": f"hi{A}"}}]}
    stream = b"data: " + lines(chunk, **COMPACT) + b"\ndata: [DONE]\n\n"
    (root / "stream.sse").write_bytes(stream)
    return root


def contents(folder):
    """What each file holds below a folder, uncompressed, our own folder left out."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not name.startswith(".imageshim/"):
            data = path.read_bytes()
            found[name] = gzip.decompress(data) if name.endswith(".gz") else data
    return found
