"""The rules file: which clients get which format, and until when.

TOML or YAML, by its ending (``.toml``, ``.yaml``, ``.yml``)::

    default = "images"            # or "content", "image", "parts", "as-is"
    deprecated = 2025-09-09       # the Deprecation header of old formats
    sunset = 2027-03-01           # their Sunset header
    after_sunset = "images"       # what asks for an old format from then on; or "serve"
    link = "https://example.com/images"

    [[rules]]                     # the first that matches decides
    format = "content"
    user_agent = ["OpenAI/Python 1.*", "AsyncOpenAI/Python 1.*"]
    model = "gemini-*"

A rule matches where each of ``key_alias``, ``user_agent``, ``model`` and ``path`` that it has
does: a shell pattern (``*``, ``?``, ``[a-z]``, case counts) or a list of them, of which one must.
The file is read once, when the server starts, and everything wrong in it is told at once.
"""

from __future__ import annotations

import os
import re
from datetime import date, datetime, time, timezone
from fnmatch import translate
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from imageshim.errors import RulesFileError
from imageshim.timeline import Format

from .documents import Document, open_document

if TYPE_CHECKING:
    from .asked import Asked

__all__ = ["AS_IS", "Policy", "Rule", "Rules", "read_rules"]

AS_IS = "as-is"
"""The word for: the reply passes as it came."""

Policy = Format | None
"""A format, or None: the reply passes as it came."""

_NAMES = Literal["content", "image", "images", "parts", "as-is"]

# BerriAI/litellm 1.77.0, the first release with `images`, was published on that day (PyPI).
_DEPRECATED = datetime(2025, 9, 9, tzinfo=timezone.utc).timestamp()
_LINK = "https://docs.litellm.ai/docs/extras/gemini_img_migration"


def _moment(value: object) -> object:
    """Turn a date, or an ISO 8601 text, into seconds since 1970; UTC where no zone is given."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip().replace("Z", "+00:00"))
        except ValueError:
            raise ValueError(f"{value!r:.40} is not a date; write 2027-03-01") from None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if not isinstance(value, datetime):
        raise ValueError(f"{value!r:.40} is not a date; write 2027-03-01")  # noqa: TRY004  # for pydantic
    if value.tzinfo is None:
        value = value.replace(tzinfo=timezone.utc)
    return value.timestamp()


def _one_or_more(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _link(value: str) -> str:
    if not re.fullmatch(r"https?://[!-;=?-~]+", value):
        raise ValueError("it must be an http(s) URL in ASCII, without spaces, < and >")
    return value


Moment = Annotated[float, BeforeValidator(_moment)]
Patterns = Annotated[list[str], BeforeValidator(_one_or_more), Field(min_length=1)]

_STRICT = ConfigDict(extra="forbid", frozen=True)


class Rule(BaseModel):
    """One rule; without any pattern it would match everything, which is what ``default`` is for."""

    model_config = _STRICT

    format: _NAMES
    key_alias: Patterns | None = None
    user_agent: Patterns | None = None
    model: Patterns | None = None
    path: Patterns | None = None

    _tests: list[tuple[str, re.Pattern[str]]]

    @model_validator(mode="after")
    def _compile(self) -> Rule:
        fields = ("key_alias", "user_agent", "model", "path")
        named = {name: patterns for name in fields if (patterns := getattr(self, name))}
        if not named:
            raise ValueError(f"a rule needs at least one of {', '.join(fields)}")
        self._tests = [
            (name, re.compile("|".join(map(translate, patterns))))
            for name, patterns in named.items()
        ]
        return self

    @property
    def target(self) -> Policy:
        """What the replies of requests that match are converted to."""
        return None if self.format == AS_IS else Format(self.format)

    def matches(self, asked: Asked) -> bool:
        """Tell whether a request is one that the rule is for."""
        return all(
            (value := getattr(asked, name)) is not None and pattern.match(value)
            for name, pattern in self._tests
        )


class Rules(BaseModel):
    """What a rules file says; see the module for the words."""

    model_config = _STRICT

    default: _NAMES = "images"
    deprecated: Moment = _DEPRECATED
    sunset: Moment | None = None
    after_sunset: Literal["serve", "images"] = "serve"
    link: Annotated[str, AfterValidator(_link)] = _LINK
    rules: list[Rule] = []

    @model_validator(mode="after")
    def _check_dates(self) -> Rules:
        # RFC 9745, section 4: the sunset date must not be earlier than the deprecation's.
        if self.sunset is not None and self.sunset < self.deprecated:
            raise ValueError("sunset is before deprecated")
        if self.after_sunset != "serve" and self.sunset is None:
            raise ValueError("after_sunset needs the date: sunset")
        return self

    @property
    def default_target(self) -> Policy:
        """What replies are converted to that nothing else decides."""
        return None if self.default == AS_IS else Format(self.default)

    @property
    def read_user_agents(self) -> bool:
        """Whether a rule looks at the request's user agent."""
        return any(rule.user_agent for rule in self.rules)

    @property
    def read_models(self) -> bool:
        """Whether a rule looks at the request's model."""
        return any(rule.model for rule in self.rules)


def read_rules(path: str | os.PathLike[str]) -> Rules:
    """Read and check a rules file.

    Raises:
        RulesFileError: it cannot be read, is no TOML or YAML, or says what makes no sense.
        MissingExtraError: it is YAML (or TOML, before Python 3.11), and no reader is installed.

    """
    document = open_document(Path(path))
    try:
        return Rules.model_validate(document.value)
    except ValidationError as fault:
        lines = [_tell(document, error) for error in fault.errors()]
        raise RulesFileError("\n".join(dict.fromkeys(lines))) from None


def _tell(document: Document, error: Any) -> str:
    where = tuple(error["loc"])
    key = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in where)
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        message = "there is no such key"
    named = f"{key.lstrip('.')}: " if key else ""
    return f"{document.path}:{document.line(where)}: {named}{message}"
