"""What some functions of the standard library do with their arguments."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from imageshim.codemod.flow import values as v
from imageshim.codemod.flow.methods import Given, nothing
from imageshim.codemod.flow.scopes import Class, Inst

if TYPE_CHECKING:
    from imageshim.codemod.flow.calls import Calls

__all__ = ["SPECIAL"]


def _getattr(self: Calls, given: Given) -> v.Value:
    node = given.node
    if len(given.args) < 2 or len(node.args) < 2:
        return v.UNKNOWN
    value, key = given.args[0], given.args[1]
    if not (isinstance(key, v.Const) and isinstance(key.value, str)):
        return v.UNKNOWN
    name = key.value
    if value is v.UNKNOWN:
        return self.unproven(node, node.args[0], name, "getattr")
    default = node.args[2] if len(node.args) > 2 else None
    self.read(node, node.args[0], value, name, "getattr", default)
    found = v.each(value, lambda one: self.attribute(one, name, node))
    return v.join(found, nothing(given.args[2])) if default is not None else found


def _hasattr(self: Calls, given: Given) -> v.Value:
    node = given.node
    if len(given.args) > 1 and isinstance(given.args[1], v.Const) and len(node.args) > 1:
        name = str(given.args[1].value)
        if given.args[0] is not v.UNKNOWN:
            self.read(node, node.args[0], given.args[0], name, "hasattr")
    return v.UNKNOWN


def _setattr(self: Calls, given: Given) -> v.Value:
    for one in v.alternatives(given.first()):
        if isinstance(one, Inst) and not one.info.dynamic:
            one.info.dynamic = True
            self.wake(*(reader for readers in one.info.readers.values() for reader in readers))
        if isinstance(one, v.Obj):
            for origin in one.origins:
                for name in ("image", "content", "images"):
                    origin.written[name] = given.node.lineno
    self.knowledge.unseen(self, "setattr", given)
    return v.Const(None)


def _gather(self: Calls, given: Given) -> v.Value:
    node = given.node
    if any(isinstance(one, ast.Starred) for one in node.args) or len(given.args) == 0:
        return v.Wrap(
            "await", v.Seq(None, v.join_all(v.each(one, self.awaited) for one in given.args))
        )
    return v.Wrap("await", v.Seq(tuple(v.each(one, self.awaited) for one in given.args)))


def _partial(self: Calls, given: Given) -> v.Value:
    del self
    keywords = v.Mapping(tuple(given.keywords.items()), None, given.spread)
    return v.Wrap("partial", v.Seq(tuple(given.args), keywords))


def _applied(place: int, how: str) -> Callable[[Calls, Given], v.Value]:
    """``to_thread(f, *args)``, ``submit(f, *args)``, ``run_in_executor(None, f, *args)``."""

    def apply(self: Calls, given: Given) -> v.Value:
        if len(given.args) <= place:
            return v.UNKNOWN
        inner = Given(given.node, given.args[place + 1 :], given.keywords)
        inner.spread = given.spread
        result = v.each(given.args[place], lambda one: self.call(one, inner))
        return v.Wrap(how, result)

    return apply


def _map(self: Calls, given: Given) -> v.Value:
    if len(given.args) < 2:
        return v.UNKNOWN
    inner = Given(given.node, [self.iterate(one) for one in given.args[1:]], {})
    return v.Wrap("iter", v.each(given.args[0], lambda one: self.call(one, inner)))


def _filter(self: Calls, given: Given) -> v.Value:
    return v.Wrap("iter", self.iterate(given.args[1])) if len(given.args) > 1 else v.UNKNOWN


def _next(self: Calls, given: Given) -> v.Value:
    found = self.iterate(given.first())
    return v.join(found, nothing(given.args[1])) if len(given.args) > 1 else found


def _anext(self: Calls, given: Given) -> v.Value:
    return v.Wrap("await", _next(self, given))


def _enumerate(self: Calls, given: Given) -> v.Value:
    return v.Wrap("iter", v.Seq((v.UNKNOWN, self.iterate(given.first()))))


def _zip(self: Calls, given: Given) -> v.Value:
    return v.Wrap("iter", v.Seq(tuple(self.iterate(one) for one in given.args)))


def _dict(self: Calls, given: Given) -> v.Value:
    del self
    value = given.first()
    if given.args and isinstance(value, v.Obj):
        return v.Obj(value.kind, "dict", value.origins, value.chain, value.reads)
    if not given.args:
        return v.Mapping(tuple(given.keywords.items()), given.node, given.spread)
    return value if isinstance(value, v.Mapping) else v.UNKNOWN


def _loads(self: Calls, given: Given) -> v.Value:
    value = given.first()
    if isinstance(value, v.Wrap) and value.how == "json":
        return value.value
    if isinstance(value, v.Obj) and value.kind in ("content", "text"):
        return v.UNKNOWN
    return self.labelled(given.node, given) if self.assume else v.UNKNOWN


def _compile(self: Calls, given: Given) -> v.Value:
    del self
    return v.Wrap("pattern", given.first())


def _import(self: Calls, given: Given) -> v.Value:
    del self
    name = given.first()
    return (
        v.Ref(name.value)
        if isinstance(name, v.Const) and isinstance(name.value, str)
        else v.UNKNOWN
    )


def _super(self: Calls, given: Given) -> v.Value:
    del given
    owner = self.function.owner if self.function is not None else None
    if owner is None:
        return v.UNKNOWN
    bases = [one for base in owner.bases for one in v.alternatives(base) if isinstance(one, Class)]
    return v.join_all(Inst(one.info) for one in bases) if bases else v.UNKNOWN


def _awaited(self: Calls, given: Given) -> v.Value:
    return v.each(given.first(), self.awaited)


def _first(self: Calls, given: Given) -> v.Value:
    del self
    return given.first()


def _made(name: str) -> Callable[[Calls, Given], v.Value]:
    def make(self: Calls, given: Given) -> v.Value:
        del self, given
        return v.Ref(name)

    return make


def _repeat(self: Calls, given: Given) -> v.Value:
    """``any(…)`` and its like look at every item."""
    del self, given
    return v.UNKNOWN


SPECIAL: dict[str, Callable[[Calls, Given], v.Value]] = {
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
