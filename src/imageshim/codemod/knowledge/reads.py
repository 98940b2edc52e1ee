"""Reads of the fields of replies: those that the rules are told of, and what speaks for each."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from imageshim.codemod.findings import Step
from imageshim.codemod.flow import values as v
from imageshim.codemod.flow.hooks import Meeting
from imageshim.codemod.flow.scopes import Function, Inst

from .replies import READS
from .texts import SHOWING, SHOWS, cut, says_image

__all__ = ["Read", "Reads"]

# Holders of messages, by the name of the field: what an unproven chain has to look like.
_SHAPE = {"message": "choices", "delta": "choices"}


@dataclass(eq=False)
class Read:
    """A read of a field that a reply has, over all paths that were seen."""

    node: ast.expr
    """The whole expression: ``m.image``, ``m["image"]``, ``m.get("image", …)``, …"""
    base: ast.expr
    """What is read from."""
    field: str
    how: str
    """attribute, item, get, getattr, hasattr, in or match."""
    default: ast.expr | None
    function: Function | None
    objects: list[v.Obj] = dataclasses.field(default_factory=list)
    certain: bool = True
    """Whether it is a reply's on every path."""

    @property
    def carriers(self) -> set[str]:
        """Return the kinds of objects that it reads from: litellm, openai, dict."""
        return {one.carrier for one in self.objects}

    @property
    def origins(self) -> frozenset[v.Origin]:
        """Where what it reads comes from; empty where that is not proven at all."""
        # Those of one object are not copied: where functions share a name, each has those of all.
        of_each = [one.origins for one in self.objects]
        return of_each[0] if len(of_each) == 1 else frozenset[v.Origin]().union(*of_each)

    @property
    def holders(self) -> set[str]:
        """The kinds of what it reads from: message, delta, item, and so on."""
        return {one.kind for one in self.objects}

    @property
    def chain(self) -> tuple[Step, ...]:
        """How what it reads got there."""
        chain = next((one.chain for one in self.objects if one.chain), ())
        return (*chain, Step(self.node.lineno, "read"))


class Reads:
    """What was read of replies in one file."""

    spelled = frozenset({"image", "content"})
    """Fields whose reads are noted even where nothing proves what they are read from."""

    def __init__(self) -> None:
        self.reads: dict[ast.AST, Read] = {}
        self.signals: dict[v.Place, dict[Step, None]] = {}
        """What says, of a read of ``content`` or of a parameter, that there is an image in it."""
        self.markdown: set[v.Place] = set()
        """Reads of ``content`` that are searched for Markdown images."""
        self.sources: dict[v.Place, frozenset[str]] = {}
        """Reads of ``choices`` that nothing proves, with what their replies come from."""
        self.handled: set[v.Origin] = set()
        """Something in the file reads the new format of what comes from there, or converts it."""
        self.of_any_name: dict[ast.expr, ast.expr] = {}
        """Reads of a field of a message whose name is not known, with what they read from."""
        self._is_near = False

    @property
    def is_concerned(self) -> bool:
        """Whether something was read, or is spelled like a reply that may reach it yet."""
        return self._is_near or bool(self.reads)

    @property
    def fields(self) -> frozenset[str]:
        """The fields that are read of proven replies for their images, in an old format."""
        return frozenset(
            one.field
            for one in self.reads.values()
            if one.origins and (one.field == "image" or one.node in self.signals)
        )

    @property
    def handed(self) -> dict[v.Parameter, Step]:
        """The parameters whose texts are taken for images, each with what says so."""
        return {
            place: next(iter(said))
            for place, said in self.signals.items()
            if isinstance(place, v.Parameter)
        }

    def read(  # noqa: PLR0913
        self,
        function: Function | None,
        node: ast.expr,
        base: ast.expr,
        value: v.Value,
        name: str,
        how: str,
        default: ast.expr | None = None,
    ) -> None:
        """Note a read of a field, if it is one that the rules are told of."""
        objects = [
            one
            for one in v.alternatives(value)
            if isinstance(one, v.Obj) and (one.kind, name) in READS
        ]
        if not objects:
            return
        found = self.reads.get(node)
        if found is None or (how == "match" and name == "image"):  # of several names the broken one
            found = self.reads[node] = Read(node, base, name, how, default, function)
        found.objects += [one for one in objects if one not in found.objects]
        if isinstance(value, v.Alt):
            found.certain &= not any(
                one is v.UNKNOWN or isinstance(one, (v.Maybe, Inst)) for one in value.values
            )
        if name == "images" and how != "in":
            self.takes_care_of(found.origins)

    def unproven(
        self, function: Function | None, node: ast.expr, base: ast.expr, name: str, how: str
    ) -> v.Value:
        """Note a read that looks like one of a reply although nothing proves it."""
        if name not in self.spelled or not _looks_like_message(base):
            return v.UNKNOWN
        nobody = v.Obj("message", "litellm", frozenset())
        self.read(function, node, base, v.Alt((nobody, v.UNKNOWN)), name, how)
        return nobody.piece(name, node) if name == "content" else v.UNKNOWN

    def unknown(self, node: ast.AST, labels: frozenset[str]) -> None:
        """Note what the choices of something come from that may be a reply."""
        self.sources[node] = self.sources.get(node, frozenset()) | labels

    def computed(self, node: ast.expr, base: ast.expr, value: v.Value) -> None:
        """Note a read of a field whose name is not known."""
        if any(one.kind in _SHAPE for one in _objects(value)):
            self.of_any_name[node] = base

    def unreached(self, base: ast.expr, name: str) -> None:
        """Note a read of which the first round knows nothing yet."""
        self._is_near |= name in self.spelled and _looks_like_message(base)

    def meets(self, value: v.Value, how: Meeting, said: str, line: int, name: str = "") -> None:
        """Note that a text meets a string which says that it is taken for an image."""
        found = _objects(value)
        if how in _OF_TEXTS:
            found = [one for one in found if one.kind in v.TEXTS]
        if not found:
            return
        test, what = _MEETINGS[how]
        if how == "pattern" and "](" in said.replace("\\", ""):
            self.markdown.update(read for one in found for read in one.reads)
        elif test(said):
            self._signal(found, line, what.format(name or said, cut(said)))

    def takes_care_of(self, origins: Iterable[v.Origin]) -> None:
        """Note that the file converts what comes from somewhere, or reads its new format."""
        self.handled.update(origins)

    def shown(self, value: v.Value, line: int, what: str) -> None:
        """Note that a text is taken for an image."""
        self._signal(_objects(value), line, what)

    def _signal(self, objects: Iterable[v.Obj], line: int, what: str) -> None:
        step = Step(line, what)
        for one in objects:
            for read in one.reads:
                self.signals.setdefault(read, {})[step] = None


def _objects(value: v.Value) -> list[v.Obj]:
    return [one for one in v.alternatives(value) if isinstance(one, v.Obj)]


# How a text meets a string: what the string has to be, and what is told of it.
_MEETINGS: dict[str, tuple[Callable[[str], object], str]] = {
    "argument": (SHOWING.fullmatch, "{0}()"),
    "compared": (says_image, "compared with {1}"),
    "frame": (SHOWS.search, "shown as an image"),
    "in": (says_image, "looked for {1}"),
    "key": ("image_url".__eq__, "sent as an image"),
    "method": (says_image, "{0}({1})"),
    "pattern": (says_image, "searched for a data URI"),
}
_OF_TEXTS = ("argument", "frame")


def _looks_like_message(node: ast.expr) -> bool:
    """Whether an expression is spelled ``….choices[…].message`` or ``…["choices"][…]["delta"]``."""
    name, inner = _step(node)
    if name not in _SHAPE or inner is None:
        return False
    if isinstance(inner, ast.Subscript):  # choices[0]
        inner = inner.value
        return _step(inner)[0] == _SHAPE[name]
    return isinstance(inner, ast.Name) and "choice" in inner.id


def _step(node: ast.expr) -> tuple[str, ast.expr | None]:
    if isinstance(node, ast.Attribute):
        return node.attr, node.value
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return str(node.slice.value), node.value
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "get"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    ):
        return str(node.args[0].value), node.func.value
    return "", None
