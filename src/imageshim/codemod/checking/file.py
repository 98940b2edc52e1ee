"""An analysed file, as the rules see it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from imageshim.codemod.findings import Applicability, Edit, Finding, Step
from imageshim.codemod.flow.values import Obj, Origin
from imageshim.codemod.knowledge.reads import Read
from imageshim.codemod.knowledge.testing import is_for_tests, replaces_replies
from imageshim.codemod.knowledge.texts import is_shown
from imageshim.codemod.text.imports import Imports
from imageshim.codemod.text.source import Positioned, Source
from imageshim.timeline import Format, format_of

from .groups import Groups
from .interpretation import interpreted
from .mocks import Mocks
from .names import Names
from .nodes import Nodes

if TYPE_CHECKING:
    from imageshim.codemod.flow.project_index import ProjectIndex
    from imageshim.codemod.flow.scopes import Function
    from imageshim.codemod.project.settings import Settings
    from imageshim.codemod.project.trace import TracedRead

__all__ = ["File"]

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
# client.images.generate() is another interface of OpenAI's, not a field of a message.
_IMAGE_CALLS = frozenset({"generate", "edit", "create_variation"})
# What a call of this name gives is parsed JSON: response.json(), json.loads(text).
_PARSING = frozenset({"json", "loads", "load"})


class File:
    """A file with its data flow; everything that a rule may use.

    Raises:
        SourceError: the file cannot be parsed.

    """

    def __init__(
        self,
        source: Source,
        settings: Settings,
        index: ProjectIndex | None = None,
        trace: Iterable[TracedRead] = (),
    ) -> None:
        self.source = source
        self.settings = settings
        self.tree = source.tree
        self.nodes = Nodes(source.tree)
        self.index = index
        rows = tuple(trace)
        self.flow, self.seen = interpreted(source, settings, index, rows)
        self.traced: set[ast.expr] = set()
        """Expressions that read an old field at run time."""
        self.untreated: set[ast.expr] = set()
        """Reads of ``content`` among them whose text was not seen to be treated as an image."""
        shared: dict[tuple[ast.AST | None, str], Origin] = {}
        for row in rows:
            if not row.is_call:
                self._add_traced(row, shared)

    # What was read

    @property
    def reads(self) -> Iterable[Read]:
        """Every read of a field of a reply, proven or not (then it has no origins)."""
        return self.seen.reads.values()

    @cached_property
    def computed(self) -> dict[ast.expr, ast.expr]:
        """Reads of a field of a message whose name is computed, in code that may mean ``image``."""
        if not self.seen.of_any_name:
            return {}
        strings = {one.value for one in self.nodes.parents if isinstance(one, ast.Constant)}
        return self.seen.of_any_name if "image" in strings and "images" not in strings else {}

    def reads_of(self, *fields: str) -> Iterator[Read]:
        """Yield the reads of some fields: image, content, images, image_url, url."""
        return (read for read in self.reads if read.field in fields)

    def origins_of(self, *fields: str) -> frozenset[Origin]:
        """Return where the reads of some fields come from."""
        return frozenset[Origin]().union(*{read.origins for read in self.reads_of(*fields)})

    def beside(self, read: Read) -> list[Read]:
        """Return the reads of ``content`` in the same function that share a reply with one."""
        function = self.nodes.function_of(read.node)
        found = {
            one: place
            for origin in read.origins
            for one, place in self._contents.get((function, origin), {}).items()
        }
        return sorted(found, key=found.__getitem__)

    @cached_property
    def _contents(self) -> dict[tuple[ast.AST | None, Origin], dict[Read, int]]:
        out: dict[tuple[ast.AST | None, Origin], dict[Read, int]] = {}
        for place, read in enumerate(self.reads_of("content")):
            for origin in read.origins:
                out.setdefault((self.nodes.function_of(read.node), origin), {})[read] = place
        return out

    def sources_of(self, read: Read) -> set[str]:
        """Return what the reply of a read that is not proven comes from: names and URLs."""
        places = {place for one in read.objects for place in one.reads}
        return {label for place in places for label in self.seen.sources.get(place, ())}

    def is_openai(self, read: Read) -> bool:
        """Whether a read that is not proven is of a reply of the OpenAI SDK."""
        return self._comes_from(read, lambda label: label.startswith("openai."))

    def is_json(self, read: Read) -> bool:
        """Whether a read that is not proven is of parsed JSON: of dicts, whoever sent it."""
        return read.carriers == {"dict"} and self._comes_from(read, _PARSING.__contains__)

    def _comes_from(self, read: Read, is_source: Callable[[str], bool]) -> bool:
        places = {place for one in read.objects for place in one.reads}
        sources = [self.seen.sources.get(place, frozenset()) for place in places]
        return bool(sources) and all(any(map(is_source, labels)) for labels in sources)

    def signals(self, read: Read) -> tuple[Step, ...]:
        """Return what says that a ``content`` holds an image: where it is decoded, or looked at.

        One read of a function speaks for the others of the same reply in it.
        """
        found = dict(self.seen.signals.get(read.node, {}))
        for origin in read.origins:
            found.update(self._signals.get((read.function, origin), {}))
        # One that is said again with another string, as a list of prefixes does, is said once.
        once: dict[tuple[int, str], Step] = {}
        for step in sorted(found, key=lambda step: (step.line, step.text)):
            once.setdefault((step.line, _kind_of(step)), step)
        return tuple(once.values())

    @cached_property
    def _signals(self) -> dict[tuple[Function | None, Origin], dict[Step, None]]:
        """What speaks for the reads of a reply in a function: the first step of each kind."""
        out: dict[tuple[Function | None, Origin], dict[str, Step]] = {}
        for read in self.reads:
            said = self.seen.signals.get(read.node)
            for origin in read.origins if said else ():
                kinds = out.setdefault((read.function, origin), {})
                for step in said or ():
                    kinds.setdefault(_kind_of(step), step)
        return {key: dict.fromkeys(kinds.values()) for key, kinds in out.items()}

    def is_certain(self, read: Read) -> bool:
        """Whether a read is proven on every path: by the flow, or because it was seen."""
        if read.node in self.traced:
            return True
        if not self.flow.stable or self.doubt_of(read) is not None:
            return False
        return read.certain or self.flow.assumption(self.nodes.names_of(read.base)) is not None

    def doubt_of(self, read: Read) -> str | None:
        """Return why a read that is proven may be of something else: of a mock, in a test."""
        if self.index is not None and self.source.path in self.index.doubts:
            return self.index.doubts[self.source.path]
        if read.field in self.mocked:
            return None
        return self.groups.facts(read.origins).doubt

    @cached_property
    def mocks(self) -> Mocks | None:
        """The mocks that the file is made of, if it puts any in the place of replies."""
        replaced = self.flow.overwritten
        assume = bool(self.settings.assume_litellm)
        if not replaces_replies(replaced, self.source.data, assume=assume) and not (
            self.index is not None and is_for_tests(self.source.path)
        ):
            return None
        known = {*self.flow.fixtures, *(one.node for one in self.reads if one.origins)}
        return Mocks(self.nodes.parents, self.names, frozenset(known))

    @cached_property
    def mocked(self) -> frozenset[str]:
        """The fields of mocks that are rewritten with what reads them, in this file and others.

        Where a mock is not clear, neither it nor what reads it here is rewritten.
        """
        if self.mocks is None or not (self.mocks.spots or self.flow.fixtures):
            return frozenset()
        if self.mocks.unclear:
            return frozenset()
        fields = self.seen.fields
        if self.index is not None:
            fields |= self.index.fields_beside(self.source.path, self.source.data)
        return fields

    def is_handled(self, read: Read) -> bool:
        """Whether the code takes care of several formats already."""
        return not self.seen.handled.isdisjoint(read.origins) or (
            self.mentions_images(self.nodes.function_of(read.node))
        )

    def is_handled_origin(self, origin: Origin, node: ast.AST) -> bool:
        """Whether the new format of what comes from somewhere is taken care of."""
        return origin in self.seen.handled or self.mentions_images(self.nodes.function_of(node))

    def _add_traced(
        self, row: TracedRead, shared: dict[tuple[ast.AST | None, str], Origin]
    ) -> None:
        node = self.nodes.at(row.line, row.column, row.end_line, row.end_column)
        parts = taken_apart(node, row.read) if node is not None else None
        if node is None or parts is None:
            return
        base, how, default = parts
        function = self.nodes.function_of(node)
        known = self.seen.reads.get(node)
        if known is None:
            info = self.flow.functions.get(function or self.tree)
            known = Read(node, base, row.read, how, default, info)
            self.seen.reads[node] = known
        if not known.origins:
            # What is spelled in the same way in one function is one message.
            made = Origin(node, "seen at run time", "litellm")
            origin = shared.setdefault((function, ast.dump(base)), made)
            step = Step(node.lineno, f"a {row.carrier}'s {row.read} was read here at run time")
            # What is read by key may be a dict; LiteLLM's messages can do what a dict can.
            carrier = "dict" if how in ("item", "get") else "litellm"
            known.objects = [Obj(row.carrier, carrier, frozenset((origin,)), (step,))]
        self.traced.add(node)
        if row.read == "content" and not row.treated and not is_shown(row.went_to):
            self.untreated.add(node)

    @property
    def writes_plain(self) -> bool:
        """Whether new code reads ``images`` itself, rather than by helpers of imageshim."""
        new = format_of(self.settings.oldest_litellm) is Format.IMAGES
        return new and self.settings.style == "plain"

    # The tree

    @cached_property
    def names(self) -> Names:
        """Where names are read and set, and what they are given."""
        return Names(self.tree, self.nodes.function_of)

    def mentions_images(self, function: ast.AST | None) -> bool:
        """Whether a function (None: the module's own statements) reads ``images`` of anything."""
        return function in self._mentioning

    def may_be_handled(self, read: Read) -> bool:
        """Whether other code may take care of ``images`` of what a read is handed.

        One function a format, each given the message, is a way to write that.
        """
        function = self.nodes.function_of(read.node)
        root: ast.expr = read.base
        while isinstance(root, (ast.Attribute, ast.Subscript)):
            root = root.value
        if isinstance(root, ast.Name) and isinstance(function, _FUNCTIONS):
            arguments = function.args
            every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
            if any(one.arg == root.id for one in every):
                return bool(self._mentioning)
        return self.mentions_images(function)

    @cached_property
    def _mentioning(self) -> set[ast.AST | None]:
        return {
            self.nodes.function_of(node)
            for node in self.nodes.parents
            if isinstance(node, (ast.Attribute, ast.Constant)) and self._mentions(node)
        }

    def _mentions(self, node: ast.Attribute | ast.Constant) -> bool:  # noqa: PLR0911
        parent = self.nodes.parents[node]
        if isinstance(node, ast.Attribute):
            if node.attr != "images" or not isinstance(node.ctx, ast.Load):
                return False
            if isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
                return False
            return not (isinstance(parent, ast.Attribute) and parent.attr in _IMAGE_CALLS)
        if node.value != "images":
            return False
        if isinstance(parent, ast.Dict):
            return node not in parent.keys
        if isinstance(parent, ast.Subscript):
            return isinstance(parent.ctx, ast.Load)
        return not isinstance(parent, ast.Expr)

    # What a rule says

    def group_of(self, read: Read) -> int:
        """Return the group of a read: what is rewritten with it, or not at all."""
        return self.groups.of(read, self.nodes.function_of(read.node), self.mocked)

    @cached_property
    def groups(self) -> Groups:
        """The groups of origins, and what is known of origins that are read together."""
        return Groups(self.flow.origins.values(), self.reads)

    @cached_property
    def imports(self) -> Imports:
        """Imports of imageshim: what there is, and how to add to it."""
        return Imports(self.source)

    def finding(  # noqa: PLR0913
        self,
        code: str,
        node: Positioned,
        message: str,
        *,
        edits: Sequence[Edit] = (),
        applicability: Applicability | None = None,
        group: int | None = None,
        chain: tuple[Step, ...] = (),
        missing: str | None = None,
        proven: bool = False,
    ) -> Finding:
        """Make a finding about a node."""
        return Finding(
            code,
            message,
            node.lineno,
            node.col_offset,
            node.end_lineno or node.lineno,
            node.end_col_offset or node.col_offset,
            applicability if edits else None,
            tuple(edits),
            group,
            chain,
            missing,
            proven,
        )


def _kind_of(step: Step) -> str:
    return step.text.partition("'")[0]


def taken_apart(node: ast.expr, field: str) -> tuple[ast.expr, str, ast.expr | None] | None:
    """Return what a read reads from, how, and its default; None if it is no read of the field."""
    if isinstance(node, ast.Attribute) and node.attr == field:
        return node.value, "attribute", None
    if isinstance(node, ast.Subscript):
        return node.value, "item", None
    if isinstance(node, ast.Call) and node.args:
        function = node.func
        if isinstance(function, ast.Attribute) and function.attr == "get":
            return function.value, "get", node.args[1] if len(node.args) > 1 else None
        if isinstance(function, ast.Name) and function.id == "getattr" and len(node.args) > 1:
            default = node.args[2] if len(node.args) > 2 else None
            return node.args[0], "getattr", default
    return None
