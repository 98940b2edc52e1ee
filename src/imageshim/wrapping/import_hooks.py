"""Something to do when a module has been imported, cancelled when it is no longer wanted.

wrapt has such hooks, but none can be taken back, and wrapt itself imports asyncio: a program that
never calls a model should not pay for that.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.machinery import ModuleSpec
from types import ModuleType

__all__ = ["ImportHooks"]


class ImportHooks:
    """Calls ``imported`` with each module of ``names`` right after it was executed.

    A finder of ``sys.meta_path``; importlib.abc has a base class for those, and imports tempfile
    and more with it.
    """

    def __init__(self, names: frozenset[str], imported: Callable[[ModuleType], None]) -> None:
        self._names = names
        self._imported = imported
        self._looking = threading.local()

    def start(self) -> None:
        """Watch imports from now on."""
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def stop(self) -> None:
        """Watch no longer; what is being imported at this moment is left alone."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Find what the other finders find, with a loader that tells when it is done."""
        del path, target
        if fullname not in self._names or getattr(self._looking, "for_", None) == fullname:
            return None
        self._looking.for_ = fullname
        try:
            spec = _find(fullname)
        finally:
            self._looking.for_ = None
        if spec is not None and spec.loader is not None:
            self._listen(spec.loader)
        return spec

    def _listen(self, loader: object) -> None:
        """Put a function in front of the loader's own, on this one loader; it takes itself away."""
        execute = getattr(loader, "exec_module", None)
        if execute is None:
            return

        def exec_module(module: ModuleType) -> None:
            del loader.exec_module  # type: ignore[attr-defined]
            execute(module)
            if self in sys.meta_path:
                self._imported(module)

        with suppress(AttributeError):  # a loader without attributes loads no file of Python's
            loader.exec_module = exec_module  # type: ignore[attr-defined]


def _find(name: str) -> ModuleSpec | None:
    parent, _, _ = name.rpartition(".")
    where = sys.modules[parent].__path__ if parent in sys.modules else None
    for finder in sys.meta_path:
        find_spec = getattr(finder, "find_spec", None)
        spec = find_spec(name, where, None) if find_spec is not None else None
        if isinstance(spec, ModuleSpec):
            return spec
    return None
