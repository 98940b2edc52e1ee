"""Classes of a project whose bases are in other files: what they inherit, and what they override.

A base class that asks a model and calls ``self.extract(message)`` is in one file, the classes that
have an ``extract`` are in others, which need not name the library at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from .interpreter import Interpreter
from .module_names import without_init
from .scopes import MOST_ABOVE, Class, ClassInfo
from .values import BOTTOM, UNKNOWN, Ref, Value, alternatives, join, join_all

__all__ = ["Hierarchy", "class_name"]

_MOST_OF_OTHERS = 16


class _Known(NamedTuple):
    """A class, as other files see it."""

    bases: list[str]
    methods: frozenset[str]


class Hierarchy:
    """The classes at the top of a project's modules, by their dotted names."""

    def __init__(self) -> None:
        self.known: dict[str, _Known] = {}
        self._given: dict[str, dict[str, Value]] = {}
        """What methods of classes below give, by the method of the class above and the file."""

    def add(
        self,
        path: str,
        flow: Interpreter,
        module: str,
        facts: Mapping[str, Value],
        resolved: Callable[[str], str],
    ) -> None:
        """Learn the classes of a file, and what their methods give that others call by a base."""
        for given in self._given.values():
            given.pop(path, None)
        for info in flow.classes.values():
            if info.scope.parent is not flow.top:
                continue
            name = class_name(info, module)
            known = _Known(_bases(info, module, resolved), frozenset(info.methods))
            self.known[name] = known
            results = {
                one: facts[f"{name}().{one}()"]
                for one in known.methods
                if f"{name}().{one}()" in facts
            }
            for above in self.upwards(known.bases) if results else ():
                for method, value in results.items():
                    given = self._given.setdefault(f"{above}().{method}", {})
                    given[path] = join(given.get(path, BOTTOM), value)

    def upwards(self, names: Iterable[str]) -> list[str]:
        """Return classes and those above them, the nearest first."""
        out = list(dict.fromkeys(names))
        for one in out:
            known = self.known.get(one)
            if known is not None and len(out) < _MOST_OF_OTHERS:
                out += [base for base in known.bases if base not in out]
        return out

    def above(self, info: ClassInfo, module: str, resolved: Callable[[str], str]) -> list[str]:
        """Return the classes above one of the file at hand."""
        return self.upwards(_bases(info, module, resolved))

    def defines(self, owner: str, name: str) -> bool:
        """Whether a class has a method of its own."""
        return owner in self.known and name in self.known[owner].methods

    def below(self, method: str, path: str | None) -> Value:
        """Return what classes below give in files other than one; yet others give anything."""
        given = [one for file, one in self._given.get(method, {}).items() if file != path]
        return join(join_all(given), UNKNOWN) if given else BOTTOM

    def given_by(self, path: str) -> Iterator[tuple[str, Value]]:
        """Yield what a file's methods give for those of classes above."""
        return ((method, one[path]) for method, one in self._given.items() if path in one)


def class_name(info: ClassInfo, module: str) -> str:
    """Return the dotted name of a class at the top of a module."""
    return f"{without_init(module)}.{info.node.name}"


def _bases(info: ClassInfo, module: str, resolved: Callable[[str], str]) -> list[str]:
    """Name the classes above one, the nearest first, each once; of very many the nearest."""
    out: dict[str, None] = {}
    todo, seen = [info], {info}
    for one in todo:
        if len(out) >= MOST_ABOVE:
            break
        for base in (kind for value in one.bases for kind in alternatives(value)):
            if isinstance(base, Ref):
                out[resolved(base.name)] = None
            elif isinstance(base, Class) and base.info not in seen:
                out[class_name(base.info, module)] = None
                seen.add(base.info)
                todo.append(base.info)
    return list(out)
