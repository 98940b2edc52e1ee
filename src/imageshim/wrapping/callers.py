"""Formats by caller: modules that were not migrated yet get the format that they know."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from imageshim.errors import ImageShimError
from imageshim.messages.options import FormatLike
from imageshim.timeline import Format, target_format

__all__ = ["Callers"]


class Callers:
    """Patterns of module names, each with a format; the first that matches counts.

    ``shop.reports.*`` stands for ``shop.reports`` and every module in it; a ``*`` elsewhere for
    any part of a name.
    """

    def __init__(self, patterns: Mapping[Any, FormatLike] | None) -> None:
        self._rules: list[tuple[re.Pattern[str], Format]] = []
        self._written: list[tuple[str, Format]] = []
        for pattern, emit in (patterns or {}).items():
            if not isinstance(pattern, str) or not pattern:
                raise ImageShimError(
                    f"callers: {pattern!r:.80} is not a pattern of module names such as 'shop.*'"
                )
            self._written.append((pattern, target_format(emit)))
            self._rules.append((_compiled(pattern), target_format(emit)))
        self.format_for = lru_cache(maxsize=1024)(self._format_for)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Callers) and self._written == other._written

    __hash__ = None  # type: ignore[assignment]  # it is compared, and no key of anything

    def __bool__(self) -> bool:
        return bool(self._rules)

    def _format_for(self, module: str) -> Format | None:
        """Return the format for a module; None where no pattern matches."""
        return next((emit for rule, emit in self._rules if rule.fullmatch(module)), None)


def _compiled(pattern: str) -> re.Pattern[str]:
    stem = pattern.removesuffix(".*")
    tail = r"(\..*)?" if stem != pattern else ""
    return re.compile(re.escape(stem).replace(r"\*", ".*") + tail)
