"""What a module hands out to others: what its functions give, what its names and fields hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import PurePath

from .foreign import foreign
from .functions import result_of
from .interpreter import Interpreter
from .module_names import qualified, without_init
from .scopes import Inst
from .values import UNKNOWN, Ref, Value, alternatives, holds

__all__ = ["aliases", "exported"]


def exported(flow: Interpreter, module: str) -> Iterable[tuple[str, Value]]:
    """Yield the dotted names that hold, or give when called (``name()``), pieces of replies."""
    where = PurePath(flow.path).name
    for info in flow.functions.values():
        name = qualified(info, module)
        value = result_of(flow, info) if name is not None else UNKNOWN
        if name is not None and holds(value):
            yield f"{name}()", foreign(value, where)
    for owner in flow.classes.values():
        if owner.scope.parent is flow.top:
            start = f"{without_init(module)}.{owner.node.name}()"
            for name, value in owner.attributes.items():
                if holds(value):
                    yield f"{start}.{name}", foreign(value, where)
    for name, value in flow.top.cells.items():
        if holds(value):
            yield f"{without_init(module)}.{name}", foreign(value, where)


def aliases(
    flow: Interpreter, module: str, matters: Callable[[str], bool]
) -> Iterable[tuple[str, Ref]]:
    """Yield the names that a module has for something else: of another module, or an instance."""
    for name, value in flow.top.cells.items():
        for one in alternatives(value):
            if isinstance(one, Ref) and matters(one.name):
                yield f"{without_init(module)}.{name}", one
            elif isinstance(one, Inst) and one.info.scope.parent is flow.top:
                made_by = f"{without_init(module)}.{one.info.node.name}()"
                yield f"{without_init(module)}.{name}", flow.ref(made_by)
