"""What names hold on the path at hand, and how it parts and goes back.

There is one table for all paths of a function: a path is what it changes, in a log. To leave one
costs as much as it changed, however many names there are.
"""

from __future__ import annotations

from .values import Value

__all__ = ["Changes", "Env"]

Changes = dict[str, "Value | None"]
"""What names hold at the end of a path, where that differs; None for those that are gone."""


class Env(dict[str, Value]):
    """Names on the path at hand. ``a.b`` and ``a.[b]`` are fields of ``a`` that were just set."""

    def __init__(self) -> None:
        super().__init__()
        self._log: list[tuple[str, Value | None]] = []
        self._open = 0
        self.fields: dict[str, set[str]] = {}
        """The fields that may be set, by the name of what they are set on."""

    def __setitem__(self, name: str, value: Value) -> None:
        """Set a name."""
        if self._open:
            self._log.append((name, self.get(name)))
        self._put(name, value)

    def drop(self, name: str) -> None:
        """Unset a name, or do nothing."""
        if name in self:
            if self._open:
                self._log.append((name, self[name]))
            super().__delitem__(name)

    def _put(self, name: str, value: Value) -> None:
        super().__setitem__(name, value)
        base, dot, _ = name.partition(".")
        if dot:
            self.fields.setdefault(base, set()).add(name)

    def forget(self, name: str) -> None:
        """Forget the fields that were set on what a name holds."""
        for field in self.fields.pop(name, ()):
            self.drop(field)

    def fork(self) -> int:
        """Begin a path; returns what :meth:`since` and :meth:`back` want."""
        self._open += 1
        return self.here()

    def here(self) -> int:
        """Return a place on the path at hand, which :meth:`since` wants."""
        return len(self._log)

    def since(self, mark: int) -> Changes:
        """Return what the path has changed since then."""
        return {name: self.get(name) for name, _ in self._log[mark:]}

    def back(self, mark: int) -> Changes:
        """Leave the path: names hold again what they held; returns what it had changed."""
        changes = self.since(mark)
        for name, value in reversed(self._log[mark:]):
            if value is not None:
                self._put(name, value)
            elif name in self:
                super().__delitem__(name)
        del self._log[mark:]
        self._open -= 1
        return changes

    def apply(self, changes: Changes) -> None:
        """Change names as a path did."""
        for name, value in changes.items():
            if value is None:
                self.drop(name)
            else:
                self[name] = value
