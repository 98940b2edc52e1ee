"""Mocks in the place of replies: which things a test is made of stand for a message with an image.

A mock is known by its shape: a namespace, a ``Mock`` or a dict under ``message`` or ``delta``, or
beside a ``content`` or a ``role``, that has an ``image`` with a ``url``, or a data URI for its
``content``. What may be one and is spelled in another way is *unclear*: where there is such a
thing, neither it nor what reads it in the same file is rewritten.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from imageshim.codemod.flow.module_names import ending

from .names import Names
from .nodes import Nodes

__all__ = ["Mocks", "Spot", "is_url_dict"]

_MAKERS = frozenset(
    {"SimpleNamespace", "Namespace", "Mock", "MagicMock", "AsyncMock", "NonCallableMock",
     "NonCallableMagicMock", "Box", "Munch", "AttrDict", "dict", "Message", "Delta"}
)  # fmt: skip
_HOLDERS = frozenset({"message", "delta"})
_BESIDE = frozenset({"content", "role"})
_MESSAGE = re.compile(r"(?:\w*_)?(?:message|msg|delta)\d*", re.IGNORECASE)
_FAKE = re.compile(r"fake|mock|stub|dummy|message|delta", re.IGNORECASE)


@dataclass(frozen=True)
class Spot:
    """The field of a mock that holds an image."""

    node: ast.expr | ast.keyword
    """What names the field: a keyword, a key, or the target of an assignment."""
    value: ast.expr
    field: str
    """image or content."""


@dataclass
class Mocks:
    """The mocks of one file."""

    parents: Mapping[ast.AST, ast.AST]
    names: Names
    proven: frozenset[ast.AST]
    """What the flow knows already: reads of replies, and fixtures of a library's own types."""
    spots: list[Spot] = field(default_factory=list)
    unclear: list[ast.expr | ast.stmt] = field(default_factory=list)
    """What may be a mock's image, and is not spelled as one."""

    def __post_init__(self) -> None:
        for node in self.parents:
            if isinstance(node, ast.Call):
                self._call(node)
            elif isinstance(node, ast.Dict):
                self._dict(node)
            elif isinstance(node, ast.Assign):
                self._assignment(node)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                read = node.attr == "image" and node not in self.proven
                if read and self._is_message(node.value):
                    self.unclear.append(node)

    @classmethod
    def of_tree(cls, tree: ast.Module) -> Mocks:
        """Return the mocks of a file of which nothing else is known."""
        nodes = Nodes(tree)
        return cls(nodes.parents, Names(tree, nodes.function_of), frozenset())

    def of(self, fields: Iterable[str]) -> list[Spot]:
        """Return those that hold the image in one of some fields."""
        return [spot for spot in self.spots if spot.field in fields]

    @cached_property
    def _other_names(self) -> dict[str, str]:
        """``from types import SimpleNamespace as NS``, ``NS = SimpleNamespace``."""
        found = {}
        for node in self.parents:
            if isinstance(node, ast.alias) and node.asname is not None:
                found[node.asname] = node.name
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                found[node.targets[0].id] = ending(node.value)
        return found

    def _is_maker(self, node: ast.Call) -> bool:
        name = ending(node.func)
        return name in _MAKERS or self._other_names.get(name) in _MAKERS

    def _call(self, node: ast.Call) -> None:
        named = {one.arg: one for one in node.keywords if one.arg is not None}
        for name in ("image", "content"):
            keyword = named.get(name)
            if keyword is None or node in self.proven:
                continue
            is_message = self._is_maker(node) and (
                "content" in named or is_url_dict(keyword.value) or self._stands_for_message(node)
            )
            self._found(keyword, keyword.value, name, node, is_message=is_message)

    def _dict(self, node: ast.Dict) -> None:
        if node in self.proven or _is_request(node):
            return
        keys = {one.value for one in node.keys if isinstance(one, ast.Constant)}
        for key, value in zip(node.keys, node.values, strict=True):
            said = key.value if isinstance(key, ast.Constant) else None
            if not isinstance(key, ast.Constant) or not isinstance(said, str):
                continue
            *before, name = said.split(".")
            if name not in ("image", "content"):
                continue
            is_message = bool(before) and before[-1] in _HOLDERS
            if not before:
                is_message = self._stands_for_message(node) or bool(keys & _BESIDE - {name})
            self._found(key, value, name, node, is_message=is_message)

    def _assignment(self, node: ast.Assign) -> None:
        for target in node.targets:
            if isinstance(target, ast.Attribute) and target.attr in ("image", "content"):
                is_message = self._is_message(target.value)
                if isinstance(target.value, ast.Name) and target.value.id == "self":
                    if target.attr == "image" and _FAKE.search(self._class_of(node)):
                        self.unclear.append(node)
                else:
                    self._found(target, node.value, target.attr, node, is_message=is_message)
                continue
            owner = self.parents[node]
            if not isinstance(target, ast.Name) or not isinstance(owner, ast.ClassDef):
                continue
            if target.id in ("image", "content"):
                is_message = _FAKE.search(owner.name) is not None
                self._found(target, node.value, target.id, node, is_message=is_message)

    def _class_of(self, node: ast.AST) -> str:
        while node in self.parents:
            node = self.parents[node]
            if isinstance(node, ast.ClassDef):
                return node.name
        return ""

    def _found(
        self,
        node: ast.expr | ast.keyword,
        value: ast.expr,
        name: str,
        whole: ast.expr | ast.stmt,
        *,
        is_message: bool,
    ) -> None:
        value_of = self._given(value)
        if name == "content":
            if _is_data_uri(value_of) and is_message:
                self.spots.append(Spot(node, value, name))
            return
        may_be = is_url_dict(value_of) or _is_none(value) or _is_somebodys(value)
        if is_message and may_be:
            self.spots.append(Spot(node, value, name))
        elif is_url_dict(value_of):
            self.unclear.append(whole)

    def _given(self, value: ast.expr) -> ast.expr:
        """Return what a name, or the end of an ``or``, stands for, where one line says so."""
        if isinstance(value, ast.BoolOp) and isinstance(value.op, ast.Or):
            return self._given(value.values[-1])
        if not isinstance(value, ast.Name):
            return value
        return self.names.last_given(None, value.id, value.lineno) or value

    def _is_message(self, node: ast.expr) -> bool:
        """Whether something is spelled like a message: ``….message``, or a name that says so."""
        if isinstance(node, ast.Attribute):
            return node.attr in _HOLDERS
        if isinstance(node, ast.Subscript):
            return isinstance(node.slice, ast.Constant) and node.slice.value in _HOLDERS
        return isinstance(node, ast.Name) and _MESSAGE.fullmatch(node.id) is not None

    def _stands_for_message(self, node: ast.expr) -> bool:
        """Whether what is made stands under ``message``, or gets a name that does."""
        parent = self.parents[node]
        if isinstance(parent, ast.keyword) and parent.arg is None:  # Mock(**{…})
            call = self.parents[parent]
            if not isinstance(call, ast.Call) or not self._is_maker(call):
                return False
            return self._stands_for_message(call)
        if isinstance(parent, ast.keyword):
            return parent.arg in _HOLDERS
        if isinstance(parent, ast.Dict):
            return any(
                value is node and isinstance(key, ast.Constant) and key.value in _HOLDERS
                for key, value in zip(parent.keys, parent.values, strict=True)
            )
        if isinstance(parent, ast.Assign):
            return any(self._is_message(one) or self._goes_there(one) for one in parent.targets)
        return False

    def _goes_there(self, target: ast.expr) -> bool:
        return isinstance(target, ast.Name) and target.id in self._sent

    @cached_property
    def _sent(self) -> frozenset[str]:
        """The names that stand under ``message`` somewhere."""
        return frozenset(
            one.value.id
            for one in self.parents
            if isinstance(one, ast.keyword)
            and one.arg in _HOLDERS
            and isinstance(one.value, ast.Name)
        )


def _is_request(node: ast.Dict) -> bool:
    """Whether a dict is what a user or a tool says, rather than a model."""
    return any(
        isinstance(key, ast.Constant)
        and key.value == "role"
        and isinstance(value, ast.Constant)
        and value.value != "assistant"
        for key, value in zip(node.keys, node.values, strict=True)
    )


def is_url_dict(node: ast.expr) -> bool:
    """Whether an expression is the dict of an image, as ``image`` was."""
    return isinstance(node, ast.Dict) and any(
        isinstance(key, ast.Constant) and key.value == "url" for key in node.keys
    )


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_somebodys(node: ast.expr) -> bool:
    """Whether a value comes from elsewhere: what it is nobody sees here."""
    return isinstance(node, (ast.Name, ast.Attribute, ast.Subscript, ast.Call))


def _is_data_uri(node: ast.expr) -> bool:
    if isinstance(node, ast.JoinedStr) and node.values:
        node = node.values[0]
    if isinstance(node, ast.BinOp):
        node = node.left
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.startswith("data:image")
    )
