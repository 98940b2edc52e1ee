"""TOML and YAML files whose values know their line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from imageshim.errors import MissingExtraError, RulesFileError
from imageshim.files import toml

__all__ = ["Document", "open_document"]

_MOST_SHARED = 10_000
"""How many values a YAML file may have beyond one a letter, by aliases: each stands for a copy."""

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
        raise RulesFileError(f"{path}:{line}: not UTF-8: {fault.reason}") from None
    return reader(path, text)


def _toml(path: Path, text: str) -> Document:
    try:
        value = toml.loads(text)
    except ImportError:
        raise MissingExtraError("a rules file in TOML", "server") from None
    except ValueError as fault:
        raise RulesFileError(f"{path}: not TOML: {fault}") from None

    lines = cache(lambda: _toml_lines(text))  # only where something is wrong
    return Document(path, value, lambda place: _line_of(place, lines()))


def _line_of(place: Place, lines: Mapping[Place, int]) -> int:
    return next((lines[known] for known in _prefixes(place) if known in lines), 1)


def _prefixes(place: Place) -> Iterator[Place]:
    """Give a place and those around it, from the inside out."""
    return (place[:end] for end in range(len(place), 0, -1))


# What can hold the end of a line, or hide a bracket, in a text that is TOML.
_TOML_TOKEN = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}'
    r"|'{3}.*?'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'"
    r"|\#[^\n]*|[\[\]{}]|\n",
    re.DOTALL,
)


def _toml_statements(text: str) -> Iterator[tuple[int, str]]:
    """Give each statement with the number of its first line, which the reader does not tell."""
    depth, start, line, ends = 0, 0, 1, 0
    for token in _TOML_TOKEN.finditer(text + "\n"):
        said = token[0]
        ends += said.count("\n")
        depth += (said in "[{") - (said in "]}")
        if said == "\n" and depth == 0:
            yield line, text[start : token.end()]
            start, line = token.end(), ends + 1


def _toml_lines(text: str) -> dict[Place, int]:
    """Give the first line of each table and key; what stands in a value has the value's."""
    table: Place = ()
    elements: dict[Place, int] = {}  # of each list of tables, how many there were so far
    lines: dict[Place, int] = {}
    for at, statement in _toml_statements(text):
        keys = _only_keys(toml.loads(statement))
        place: Place = (*table, *keys)
        header = statement.lstrip()
        if header.startswith("["):
            place = table = _table(keys, elements, is_element=header.startswith("[["))
        for known in _prefixes(place):
            lines.setdefault(known, at)
    return lines


def _only_keys(value: Any) -> tuple[str, ...]:
    """Give the keys that one statement names: ``a.b = 1`` and ``[a.b]``."""
    keys: list[str] = []
    while isinstance(value, dict) and len(value) == 1:
        [(key, value)] = value.items()
        keys.append(key)
    return tuple(keys)


def _table(keys: Iterable[str], elements: dict[Place, int], *, is_element: bool) -> Place:
    """Give the place of a table: below a list of tables it belongs to the last of them."""
    keys = tuple(keys)
    place: Place = ()
    for number, key in enumerate(keys, 1):
        place = (*place, key)
        if is_element and number == len(keys):
            elements[place] = elements.get(place, 0) + 1
        if place in elements:
            place = (*place, elements[place] - 1)
    return place


def _yaml(path: Path, text: str) -> Document:
    try:
        import yaml  # noqa: PLC0415
    except ImportError:
        raise MissingExtraError("a rules file in YAML", "server") from None
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        lines: dict[Place, int] = {}
        for place, at in _yaml_lines(path, root, ()) if root is not None else ():
            lines[place] = at
            if len(lines) > len(text) + _MOST_SHARED:
                raise RulesFileError(f"{path}:{at}: its aliases stand for too much")
        value = yaml.safe_load(text)
    except RecursionError:
        raise RulesFileError(f"{path}: nested too deeply, or inside itself") from None
    except yaml.MarkedYAMLError as fault:
        at = fault.problem_mark.line + 1 if fault.problem_mark else 1
        raise RulesFileError(f"{path}:{at}: not YAML: {fault.problem}") from None
    except (yaml.YAMLError, ValueError) as fault:
        raise RulesFileError(f"{path}: not YAML: {fault}") from None
    if value is None:
        value = {}
    if not isinstance(value, dict):
        raise RulesFileError(
            f"{path}:1: the file must have keys; it is of type {type(value).__name__}"
        )

    return Document(path, value, lambda place: _line_of(place, lines))


def _yaml_lines(path: Path, node: Any, place: Place) -> Iterator[tuple[Place, int]]:
    yield place, node.start_mark.line + 1
    if node.id == "mapping":
        seen: set[str] = set()
        for key, child in node.value:
            at = key.start_mark.line + 1
            if key.id != "scalar":
                raise RulesFileError(f"{path}:{at}: a key must be a string")
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
