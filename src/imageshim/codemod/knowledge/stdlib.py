"""What some functions of the standard library do with their arguments."""

from __future__ import annotations

import ast
from collections.abc import Callable

from imageshim.codemod.flow import values as v
from imageshim.codemod.flow.annotations import annotation
from imageshim.codemod.flow.fields import attribute_of
from imageshim.codemod.flow.functions import escape
from imageshim.codemod.flow.hooks import Given
from imageshim.codemod.flow.interpreter import Interpreter
from imageshim.codemod.flow.iteration import awaited, iterate
from imageshim.codemod.flow.labels import labelled
from imageshim.codemod.flow.methods import nothing, scan
from imageshim.codemod.flow.scopes import Channel, Class, Inst, Queue

from .library import Library

__all__ = ["LIBRARY"]


def _getattr(at: Interpreter, given: Given) -> v.Value:
    node = given.node
    if len(given.args) < 2 or len(node.args) < 2:
        return v.UNKNOWN
    value, key = given.args[0], given.args[1]
    if not (isinstance(key, v.Const) and isinstance(key.value, str)):
        return _any_of(at, node, value, key)
    name = key.value
    if value is v.UNKNOWN or isinstance(value, v.Maybe):
        return at.watcher.unproven(at.function, node, node.args[0], name, "getattr")
    default = node.args[2] if len(node.args) > 2 else None
    at.watcher.read(at.function, node, node.args[0], value, name, "getattr", default)
    found = v.each(value, lambda one: attribute_of(at, one, name, node))
    return v.join(found, nothing(given.args[2])) if default is not None else found


def _any_of(at: Interpreter, node: ast.Call, value: v.Value, key: v.Value) -> v.Value:
    """``for name in ("image", "content"): getattr(message, name)``."""
    names = v.constants(key)
    if names is None:
        at.watcher.computed(node, node.args[0], value)
    for name in names or ():
        if isinstance(name, str):
            at.watcher.read(at.function, node, node.args[0], value, name, "match")
    return v.UNKNOWN


def _hasattr(at: Interpreter, given: Given) -> v.Value:
    node = given.node
    if len(given.args) > 1 and isinstance(given.args[1], v.Const) and len(node.args) > 1:
        name = str(given.args[1].value)
        if given.args[0] is not v.UNKNOWN:
            at.watcher.read(at.function, node, node.args[0], given.args[0], name, "hasattr")
    return v.UNKNOWN


def _setattr(at: Interpreter, given: Given) -> v.Value:
    for one in v.alternatives(given.first()):
        if isinstance(one, Inst) and not one.info.dynamic:
            one.info.dynamic = True
            at.wake(*(reader for readers in one.info.readers.values() for reader in readers))
        if isinstance(one, v.Obj):
            for origin in one.origins:
                for name in ("image", "content", "images"):
                    origin.written[name] = given.node.lineno
    at.libraries.replacing["setattr"](at, given)
    return v.Const(None)


def _gather(at: Interpreter, given: Given) -> v.Value:
    node = given.node
    if any(isinstance(one, ast.Starred) for one in node.args) or len(given.args) == 0:
        return v.Wrap("await", v.Seq(None, v.join_all(awaited(at, one) for one in given.args)))
    return v.Wrap("await", v.Seq(tuple(awaited(at, one) for one in given.args)))


def _partial(at: Interpreter, given: Given) -> v.Value:
    at.found |= v.holds(given.first())  # another file may be what calls it
    keywords = v.Mapping(tuple(given.keywords.items()), None, given.spread)
    return v.Wrap("partial", v.Seq(tuple(given.args), keywords))


def _applied(place: int, how: str) -> Callable[[Interpreter, Given], v.Value]:
    """``to_thread(f, *args)``, ``submit(f, *args)``, ``run_in_executor(None, f, *args)``."""

    def apply(at: Interpreter, given: Given) -> v.Value:
        if len(given.args) <= place:
            return v.UNKNOWN
        inner = Given(given.node, given.args[place + 1 :], given.keywords)
        inner.spread = given.spread
        result = v.each(given.args[place], lambda one: at.call(one, inner))
        return v.Wrap(how, result)

    return apply


def _map(at: Interpreter, given: Given) -> v.Value:
    if len(given.args) < 2:
        return v.UNKNOWN
    inner = Given(given.node, [iterate(at, one) for one in given.args[1:]], {})
    return v.Wrap("iter", v.each(given.args[0], lambda one: at.call(one, inner)))


def _filter(at: Interpreter, given: Given) -> v.Value:
    return v.Wrap("iter", iterate(at, given.args[1])) if len(given.args) > 1 else v.UNKNOWN


def _next(at: Interpreter, given: Given) -> v.Value:
    found = iterate(at, given.first())
    return v.join(found, nothing(given.args[1])) if len(given.args) > 1 else found


def _anext(at: Interpreter, given: Given) -> v.Value:
    return v.Wrap("await", _next(at, given))


def _iter(at: Interpreter, given: Given) -> v.Value:
    if len(given.args) < 2:
        return given.first()
    inner = Given(given.node, [], {})  # iter(queue.get, None) calls it again and again
    return v.Wrap("iter", v.each(given.args[0], lambda one: at.call(one, inner)))


def _enumerate(at: Interpreter, given: Given) -> v.Value:
    return v.Wrap("iter", v.Seq((v.UNKNOWN, iterate(at, given.first()))))


def _zip(at: Interpreter, given: Given) -> v.Value:
    return v.Wrap("iter", v.Seq(tuple(iterate(at, one) for one in given.args)))


def _dict(at: Interpreter, given: Given) -> v.Value:
    del at
    value = given.first()
    if given.args and isinstance(value, v.Obj):
        return v.Obj(value.kind, "dict", value.origins, value.chain, value.reads)
    if not given.args:
        return v.Mapping(tuple(given.keywords.items()), given.node, given.spread)
    return value if isinstance(value, v.Mapping) else v.UNKNOWN


def _kept(at: Interpreter, given: Given) -> v.Value:
    """``OrderedDict()``, ``TTLCache(100, 60)``: dicts of another make, and empty."""
    del at
    return v.Mapping((), given.node)


def _loads(at: Interpreter, given: Given) -> v.Value:
    value = given.first()
    if isinstance(value, v.Wrap) and value.how == "json":
        return value.value
    if isinstance(value, v.Obj) and value.kind in ("content", "text"):
        return v.UNKNOWN
    return labelled(at, given.node, given) if at.tracks else v.UNKNOWN


def _compile(at: Interpreter, given: Given) -> v.Value:
    del at
    return v.Wrap("pattern", given.first())


def _import(at: Interpreter, given: Given) -> v.Value:
    return v.each(given.first(), lambda one: _module(at, one))


def _module(at: Interpreter, name: v.Value) -> v.Value:
    said = name.value if isinstance(name, v.Const) else None
    return at.ref(said) if isinstance(said, str) else v.UNKNOWN


def _super(at: Interpreter, given: Given) -> v.Value:
    del given
    owner = at.function.owner if at.function is not None else None
    if owner is None:
        return v.UNKNOWN
    bases = [one for base in owner.bases for one in v.alternatives(base)]
    above: list[v.Value] = [Inst(one.info) for one in bases if isinstance(one, Class)]
    if at.neighbours is not None:  # a class of another file: its methods are known by their names
        above += [v.Ref(f"{one.name}()") for one in bases if isinstance(one, v.Ref)]
    return v.join_all(above) if above else v.UNKNOWN


def _awaited(at: Interpreter, given: Given) -> v.Value:
    return awaited(at, given.first())


def _first(at: Interpreter, given: Given) -> v.Value:
    del at
    return given.first()


def _made(name: str) -> Callable[[Interpreter, Given], v.Value]:
    def make(at: Interpreter, given: Given) -> v.Value:
        del at, given
        return v.Ref(name)

    return make


def _queue(how: str = "") -> Callable[[Interpreter, Given], v.Value]:
    def make(at: Interpreter, given: Given) -> v.Value:
        return Queue(at.channels.setdefault(given.node, Channel()), how)

    return make


def _ends(how: str = "") -> Callable[[Interpreter, Given], v.Value]:
    """``multiprocessing.Pipe()``: two ends of one channel."""
    make = _queue(how)
    return lambda at, given: v.Seq((make(at, given),) * 2)


def _started(at: Interpreter, given: Given) -> v.Value:
    """``Thread(target=f, args=(…), kwargs={…})`` calls it, and nobody gets what it returns."""
    named = given.keywords
    target = named.get("target", given.args[1] if len(given.args) > 1 else v.UNKNOWN)
    args, keywords = named.get("args", v.Seq(())), named.get("kwargs", v.Mapping(()))
    places = args.items if isinstance(args, v.Seq) else None
    if places is None or not isinstance(keywords, v.Mapping):
        return _unseen(at, given)
    inner = Given(given.node, list(places), dict(keywords.items))
    inner.spread = keywords.partial
    v.each(target, lambda one: at.call(one, inner))
    return v.UNKNOWN


def _unseen(at: Interpreter, given: Given) -> v.Value:
    for one in given.all():
        escape(at, one)
    return v.UNKNOWN


def _repeat(at: Interpreter, given: Given) -> v.Value:
    """``any(…)`` and its like look at every item."""
    del at, given
    return v.UNKNOWN


_SPECIAL: dict[str, Callable[[Interpreter, Given], v.Value]] = {
    "getattr": _getattr,
    "hasattr": _hasattr,
    "setattr": _setattr,
    "iter": _iter,
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
    "threading.Thread": _started,
    "multiprocessing.Process": _started,
    **dict.fromkeys(
        (
            "queue.Queue",
            "queue.SimpleQueue",
            "queue.LifoQueue",
            "queue.PriorityQueue",
            "multiprocessing.Queue",
            "multiprocessing.SimpleQueue",
            "concurrent.futures.Future",
            "contextvars.ContextVar",
        ),
        _queue(),
    ),
    **dict.fromkeys(
        (
            "asyncio.Queue",
            "asyncio.LifoQueue",
            "asyncio.PriorityQueue",
            "asyncio.Future",
            "loop.create_future",
        ),
        _queue("await"),
    ),
    "multiprocessing.Pipe": _ends(),
    "anyio.create_memory_object_stream": _ends("await"),
    **dict.fromkeys(
        (
            "collections.OrderedDict",
            "collections.defaultdict",
            "cachetools.TTLCache",
            "cachetools.LRUCache",
            "weakref.WeakValueDictionary",
        ),
        _kept,
    ),
    "re.compile": _compile,
    "importlib.import_module": _import,
    "__import__": _import,
}

_IDENTITY: dict[str, int] = {
    "copy.copy": 0, "copy.deepcopy": 0, "typing.cast": 1, "cast": 1, "typing.assert_type": 0,
    "list": 0, "tuple": 0, "aiter": 0, "reversed": 0, "sorted": 0, "set": 0,
    "collections.deque": 0,
    "asyncio.wait_for": 0, "asyncio.shield": 0, "asyncio.create_task": 0, "asyncio.run": 0,
    "asyncio.ensure_future": 0, "asyncio.timeout": 0, "anyio.run": 0, "asyncio.as_completed": 0,
    "tqdm.tqdm": 0, "contextlib.closing": 0, "contextlib.aclosing": 0, "str": 0,
}  # fmt: skip
"""Functions that hand on one of their arguments, and its place."""

_AWAITED = frozenset({"asyncio.run", "anyio.run", "asyncio.as_completed"})
"""Those of them that wait for it."""

_COLLECTED = frozenset({"list", "tuple", "sorted", "set", "collections.deque"})
"""Those of them that make a collection of its items."""

_SCANNERS = frozenset(
    {"re.search", "re.match", "re.fullmatch", "re.findall", "re.finditer", "re.split", "re.sub",
     "regex.search", "regex.match", "regex.findall", "regex.finditer"}
)  # fmt: skip

_TYPING = frozenset({"typing", "typing_extensions"})


def _collected(at: Interpreter, value: v.Value) -> v.Value:
    later = isinstance(value, v.Mapping) or (isinstance(value, v.Wrap) and value.how == "iter")
    return v.Seq(None, iterate(at, value)) if later else value


def _cast(at: Interpreter, given: Given, value: v.Value) -> v.Value:
    stated = annotation(at, given.node.args[0])
    known = any(isinstance(one, (v.Obj, v.Maybe)) for one in v.alternatives(value))
    if stated is v.UNKNOWN or known:
        return value
    return stated


def _call(  # noqa: PLR0911
    at: Interpreter, name: str, given: Given
) -> v.Value | None:
    root, _, last = name.rpartition(".")
    special = _SPECIAL.get(name) or _SPECIAL.get(last if root in _TYPING else "")
    if special is not None:
        return special(at, given)
    place = _IDENTITY.get(name)
    if place is not None and len(given.args) <= place:
        return v.Seq(()) if name in _COLLECTED else None
    if place is not None:
        value = given.args[place]
        if name in ("cast", "typing.cast"):
            return _cast(at, given, value)
        if name in _COLLECTED:
            return v.each(value, lambda one: _collected(at, one))
        return awaited(at, value) if name in _AWAITED else value
    if name in _SCANNERS:
        scan(at, given.first(), given.args[1:], given)
        return v.UNKNOWN
    return None


LIBRARY = Library(call=_call)
