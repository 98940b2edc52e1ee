"""Warning options of the interpreter that name a class of ours: put in force once it exists."""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Mapping

__all__ = ["obey"]


def obey(package: str, classes: Mapping[str, object]) -> None:
    """Put ``-W action::imageshim.SomeWarning`` and PYTHONWARNINGS of that kind in force.

    Python reads them before it can import what is installed in an environment, and ignores those
    that name a class of it ("Invalid -W option ignored: invalid module name", seen on 3.11).
    """
    for option in sys.warnoptions:
        action, message, category, module, line = (*option.split(":"), "", "", "", "")[:5]
        named, _, name = category.strip().rpartition(".")
        known = classes.get(name) if named == package else None
        if (
            isinstance(known, type)
            and issubclass(known, Warning)
            and not any(rule[2] is known for rule in warnings.filters)
        ):
            warnings.filterwarnings(
                _whole(action),  # type: ignore[arg-type]  # an unknown one raises there
                re.escape(message.strip()),
                known,
                re.escape(module.strip()) + r"\Z" if module else "",
                int(line) if line.strip().isdigit() else 0,
            )


_ACTIONS = ("default", "always", "ignore", "module", "once", "error")


def _whole(action: str) -> str:
    """Complete an abbreviated action, as Python does."""
    action = action.strip() or "default"
    return next((name for name in _ACTIONS if name.startswith(action)), "default")
