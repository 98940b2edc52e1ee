"""TOML and YAML files whose values know their line."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imageshim.errors import MissingExtraError, RulesFileError

__all__ = ["Document", "open_document"]

Place = tuple["str | int", ...]
"""The keys and positions that lead to a value."""


@dataclass(frozen=True)
class Document:
    """A file, what it says, and where: ``line`` gives the line of a place, counted from 1."""

    path: Path
    value: dict[str, Any]
    line: Callable[[Place], int]


def open_document(path: Path) -> Document:
    """Read a TOML or a YAML file, by its ending.

    Raises:
        RulesFileError: it cannot be read, or is not what its ending says.
        MissingExtraError: no reader for it is installed.

    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise RulesFileError(f"{path}: the name must end with {', '.join(_READERS)}")
    try:
        text = path.read_text("utf-8")
    except OSError as fault:
        raise RulesFileError(f"{path}: {fault.strerror}") from None
    except UnicodeDecodeError as fault:
        line = fault.object[: fault.start].count(b"\n") + 1
        raise RulesFileError(f"{path}:{line}: no UTF-8: {fault.reason}") from None
    return reader(path, text)


def _found(value: Any, place: Place) -> int:
    """Tell how many steps of a place a value has."""
    if place:
        with suppress(KeyError, IndexError, TypeError):
            return 1 + _found(value[place[0]], place[1:])
    return 0


def _toml(path: Path, text: str) -> Document:
    if sys.version_info >= (3, 11):
        import tomllib  # noqa: PLC0415
    else:
        try:
            import tomli as tomllib  # noqa: PLC0415
        except ImportError:
            raise MissingExtraError("a rules file in TOML", "server") from None
    try:
        value = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise RulesFileError(f"{path}: no TOML: {fault}") from None

    def statements() -> Iterator[tuple[int, Any]]:
        """Give each statement's first line, and the document up to its end.

        The reader tells no lines, but it does tell where a statement ends: what was read up to
        there is TOML.
        """
        lines = text.splitlines(keepends=True)
        first = 0
        for end in range(1, len(lines) + 1):
            try:
                known = tomllib.loads("".join(lines[:end]))
            except tomllib.TOMLDecodeError:
                continue
            if lines[first].strip() and not lines[first].lstrip().startswith("#"):
                yield first + 1, known
            first = end

    def line(place: Place) -> int:
        wanted = _found(value, place)
        return next((at for at, known in statements() if _found(known, place) == wanted), 1)

    return Document(path, value, line)


def _yaml(path: Path, text: str) -> Document:
    try:
        import yaml  # noqa: PLC0415
    except ImportError:
        raise MissingExtraError("a rules file in YAML", "server") from None
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        lines = dict(_yaml_lines(path, root, ())) if root is not None else {}
        value = yaml.safe_load(text)
    except RecursionError:
        raise RulesFileError(f"{path}: nested too deeply, or inside itself") from None
    except yaml.MarkedYAMLError as fault:
        at = fault.problem_mark.line + 1 if fault.problem_mark else 1
        raise RulesFileError(f"{path}:{at}: no YAML: {fault.problem}") from None
    except (yaml.YAMLError, ValueError) as fault:
        raise RulesFileError(f"{path}: no YAML: {fault}") from None
    if value is None:
        value = {}
    if not isinstance(value, dict):
        raise RulesFileError(f"{path}:1: the file must have keys, not be a {type(value).__name__}")

    def line(place: Place) -> int:
        return lines.get(place[: _found(value, place)], 1)

    return Document(path, value, line)


def _yaml_lines(path: Path, node: Any, place: Place) -> Iterator[tuple[Place, int]]:
    yield place, node.start_mark.line + 1
    if node.id == "mapping":
        seen: set[str] = set()
        for key, child in node.value:
            at = key.start_mark.line + 1
            if key.value in seen:  # PyYAML would take the last in silence
                raise RulesFileError(f"{path}:{at}: {key.value}: the key is there twice")
            seen.add(key.value)
            yield from _yaml_lines(path, child, (*place, key.value))
            yield (*place, key.value), at
    elif node.id == "sequence":
        for index, child in enumerate(node.value):
            yield from _yaml_lines(path, child, (*place, index))


_READERS: dict[str, Callable[[Path, str], Document]] = {
    ".toml": _toml,
    ".yaml": _yaml,
    ".yml": _yaml,
}
