"""What some functions of the standard library do with their arguments."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from imageshim.codemod.flow.methods import Given, nothing
from imageshim.codemod.flow.scopes import Class, Inst
from imageshim.codemod.flow.values import (
    UNKNOWN,
    Const,
    Mapping,
    Obj,
    Ref,
    Seq,
    Value,
    Wrap,
    alternatives,
    each,
    join,
    join_all,
)

if TYPE_CHECKING:
    from imageshim.codemod.flow.calls import Calls

__all__ = ["SPECIAL"]


def _getattr(self: Calls, given: Given) -> Value:
    node = given.node
    if len(given.args) < 2 or len(node.args) < 2:
        return UNKNOWN
    value, key = given.args[0], given.args[1]
    if not (isinstance(key, Const) and isinstance(key.value, str)):
        return UNKNOWN
    name = key.value
    if value is UNKNOWN:
        return self.unproven(node, node.args[0], name, "getattr")
    default = node.args[2] if len(node.args) > 2 else None
    self.read(node, node.args[0], value, name, "getattr", default)
    found = each(value, lambda one: self.attribute(one, name, node))
    return join(found, nothing(given.args[2])) if default is not None else found


def _hasattr(self: Calls, given: Given) -> Value:
    node = given.node
    if len(given.args) > 1 and isinstance(given.args[1], Const) and len(node.args) > 1:
        name = str(given.args[1].value)
        if given.args[0] is not UNKNOWN:
            self.read(node, node.args[0], given.args[0], name, "hasattr")
    return UNKNOWN


def _setattr(self: Calls, given: Given) -> Value:
    for one in alternatives(given.first()):
        if isinstance(one, Inst) and not one.info.dynamic:
            one.info.dynamic = True
            self.wake(*(reader for readers in one.info.readers.values() for reader in readers))
        if isinstance(one, Obj):
            for origin in one.origins:
                for name in ("image", "content", "images"):
                    origin.written[name] = given.node.lineno
    self.mocked("setattr", given)
    return Const(None)


def _gather(self: Calls, given: Given) -> Value:
    node = given.node
    if any(isinstance(one, ast.Starred) for one in node.args) or len(given.args) == 0:
        return Wrap("await", Seq(None, join_all(each(one, self.awaited) for one in given.args)))
    return Wrap("await", Seq(tuple(each(one, self.awaited) for one in given.args)))


def _partial(self: Calls, given: Given) -> Value:
    del self
    keywords = Mapping(tuple(given.keywords.items()), None, given.spread)
    return Wrap("partial", Seq(tuple(given.args), keywords))


def _applied(place: int, how: str) -> Callable[[Calls, Given], Value]:
    """``to_thread(f, *args)``, ``submit(f, *args)``, ``run_in_executor(None, f, *args)``."""

    def apply(self: Calls, given: Given) -> Value:
        if len(given.args) <= place:
            return UNKNOWN
        inner = Given(given.node, given.args[place + 1 :], given.keywords)
        inner.spread = given.spread
        result = each(given.args[place], lambda one: self.call(one, inner))
        return Wrap(how, result)

    return apply


def _map(self: Calls, given: Given) -> Value:
    if len(given.args) < 2:
        return UNKNOWN
    inner = Given(given.node, [self.iterate(one) for one in given.args[1:]], {})
    return Wrap("iter", each(given.args[0], lambda one: self.call(one, inner)))


def _filter(self: Calls, given: Given) -> Value:
    return Wrap("iter", self.iterate(given.args[1])) if len(given.args) > 1 else UNKNOWN


def _next(self: Calls, given: Given) -> Value:
    found = self.iterate(given.first())
    return join(found, nothing(given.args[1])) if len(given.args) > 1 else found


def _anext(self: Calls, given: Given) -> Value:
    return Wrap("await", _next(self, given))


def _enumerate(self: Calls, given: Given) -> Value:
    return Wrap("iter", Seq((UNKNOWN, self.iterate(given.first()))))


def _zip(self: Calls, given: Given) -> Value:
    return Wrap("iter", Seq(tuple(self.iterate(one) for one in given.args)))


def _dict(self: Calls, given: Given) -> Value:
    del self
    value = given.first()
    if given.args and isinstance(value, Obj):
        return Obj(value.kind, "dict", value.origins, value.chain, value.reads)
    if not given.args:
        return Mapping(tuple(given.keywords.items()), given.node, given.spread)
    return value if isinstance(value, Mapping) else UNKNOWN


def _loads(self: Calls, given: Given) -> Value:
    value = given.first()
    if isinstance(value, Wrap) and value.how == "json":
        return value.value
    if isinstance(value, Obj) and value.kind in ("content", "text"):
        return UNKNOWN
    return self.labelled(given.node, given) if self.assume else UNKNOWN


def _compile(self: Calls, given: Given) -> Value:
    del self
    return Wrap("pattern", given.first())


def _import(self: Calls, given: Given) -> Value:
    del self
    name = given.first()
    return Ref(name.value) if isinstance(name, Const) and isinstance(name.value, str) else UNKNOWN


def _super(self: Calls, given: Given) -> Value:
    del given
    owner = self.function.owner if self.function is not None else None
    if owner is None:
        return UNKNOWN
    bases = [one for base in owner.bases for one in alternatives(base) if isinstance(one, Class)]
    return join_all(Inst(one.info) for one in bases) if bases else UNKNOWN


def _awaited(self: Calls, given: Given) -> Value:
    return each(given.first(), self.awaited)


def _first(self: Calls, given: Given) -> Value:
    del self
    return given.first()


def _made(name: str) -> Callable[[Calls, Given], Value]:
    def make(self: Calls, given: Given) -> Value:
        del self, given
        return Ref(name)

    return make


def _repeat(self: Calls, given: Given) -> Value:
    """``any(…)`` and its like look at every item."""
    del self, given
    return UNKNOWN


SPECIAL: dict[str, Callable[[Calls, Given], Value]] = {
    "getattr": _getattr,
    "hasattr": _hasattr,
    "setattr": _setattr,
    "next": _next,
    "anext": _anext,
    "enumerate": _enumerate,
    "zip": _zip,
    "map": _map,
    "filter": _filter,
    "dict": _dict,
    "vars": _dict,
    "super": _super,
    "any": _repeat,
    "all": _repeat,
    "print": _repeat,
    "isinstance": _repeat,
    "asyncio.gather": _gather,
    "asyncio.to_thread": _applied(0, "await"),
    "anyio.to_thread.run_sync": _applied(0, "await"),
    "starlette.concurrency.run_in_threadpool": _applied(0, "await"),
    "fastapi.concurrency.run_in_threadpool": _applied(0, "await"),
    "executor.submit": _applied(0, "future"),
    "executor.map": _map,
    "loop.run_in_executor": _applied(1, "await"),
    "loop.run_until_complete": _awaited,
    "loop.create_task": _first,
    "group.create_task": _first,
    "concurrent.futures.as_completed": _first,
    "concurrent.futures.ThreadPoolExecutor": _made("executor"),
    "concurrent.futures.thread.ThreadPoolExecutor": _made("executor"),
    "asyncio.get_event_loop": _made("loop"),
    "asyncio.get_running_loop": _made("loop"),
    "asyncio.new_event_loop": _made("loop"),
    "asyncio.TaskGroup": _made("group"),
    "functools.partial": _partial,
    "json.loads": _loads,
    "re.compile": _compile,
    "importlib.import_module": _import,
    "__import__": _import,
}
