"""Which format a reply is given in: one decision, made before the upstream is asked.

The first of these that says something decides:

============  ==================================================================================
``header``    the request header ``X-Image-Format``
``metadata``  ``metadata.image_format`` in the request's body
``key``       ``image_format`` in the metadata of the virtual key (LiteLLM proxy only)
``team``      the same in the metadata of the key's team
``rule``      the first rule of the rules file that matches (:mod:`.rules`)
``default``   the default
============  ==================================================================================

A client that asks for an unknown format gets an error (status 400); an operator who
misspells one in a key's metadata does not break the key's clients: that is logged and passed over.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping
from email.utils import formatdate
from typing import Any, NamedTuple

from imageshim.errors import FormatRequestError, ImageShimError
from imageshim.messages.options import PICK, Pick, check_option
from imageshim.timeline import Format, target_format

from .asked import HEADER, METADATA_KEY, Asked
from .rules import AS_IS, Policy, Rules, read_rules

__all__ = ["OLD_FORMATS", "SOURCES", "Decision", "Negotiation", "pick_of_environment"]

SOURCES = ("header", "metadata", "key", "team", "rule", "default")
"""Where a decision can come from, the first first."""
OLD_FORMATS = frozenset({Format.CONTENT, Format.IMAGE})
"""The formats that LiteLLM has given up: their replies carry the deprecation headers."""

_log = logging.getLogger(__name__)
_NOTHING: Mapping[str, Any] = {}


class Decision(NamedTuple):
    """What a reply is converted to (None: it passes as it is), and which source decided that."""

    format: Format | None
    source: str


class Negotiation:
    """The operator's choices.

    Args:
        default: the format of replies that nothing else decides: a format, or ``"as-is"``. It
            overrides that of the rules; without either it is ``"images"``.
        rules: the rules, or the TOML or YAML file that has them.
        now: a clock, in seconds since 1970.

    Raises:
        UnknownFormatError: ``default`` is no format.
        RulesFileError: the file is wrong; the message names line and key.

    """

    def __init__(
        self,
        default: str | Format | None = None,
        rules: Rules | str | os.PathLike[str] | None = None,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        if not isinstance(rules, Rules):
            rules = Rules() if rules is None else read_rules(rules)
        self._rules = rules
        self._default = rules.default_target if default is None else _policy(default)
        self._now = now
        self._headers = {written: _headers(written, rules) for written in Format}
        self.vary = (HEADER, *(("User-Agent",) if rules.read_user_agents else ()))
        """The request headers on which replies depend, for the reply's ``Vary``."""
        self.reads_models = rules.read_models
        """Whether a rule looks at the model, which stands in the request's body."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Negotiation:
        """Read ``IMAGESHIM_DEFAULT`` (a format) and ``IMAGESHIM_RULES`` (a file); both optional."""
        return cls(environ.get("IMAGESHIM_DEFAULT") or None, environ.get("IMAGESHIM_RULES") or None)

    @classmethod
    def for_proxy(cls, environ: Mapping[str, str] = os.environ) -> Negotiation:
        """Read the environment; what is wrong there stops no proxy, but is logged.

        Until it is put right, replies pass as they come, unless a client asks for a format.
        """
        try:
            return cls.from_environment(environ)
        except ImageShimError as fault:
            _log.error("the environment: %s; replies pass as they come", fault)
            return cls(AS_IS)

    def decide(self, asked: Asked) -> Decision:
        """Choose the format of one reply.

        Raises:
            FormatRequestError: the client asked for an unknown format.

        """
        decision = self._decide(asked)
        if (
            decision.format in OLD_FORMATS
            and self._rules.after_sunset != "serve"
            and self._rules.sunset is not None
            and self._now() >= self._rules.sunset
        ):
            return Decision(Format.IMAGES, decision.source)
        return decision

    def _decide(self, asked: Asked) -> Decision:
        header = asked.headers.get(HEADER.lower(), "").strip()
        if header:
            return Decision(_wanted(header, HEADER), "header")
        if asked.metadata_format is not None:
            wish = _wanted(asked.metadata_format, f"metadata.{METADATA_KEY}")
            return Decision(wish, "metadata")
        for source, metadata in (("key", asked.key_metadata), ("team", asked.team_metadata)):
            value = (metadata or _NOTHING).get(METADATA_KEY)
            if value is not None:
                try:
                    return Decision(_policy(value), source)
                except ValueError as fault:
                    _log.warning("the metadata of a %s: %s: %s", source, METADATA_KEY, fault)
        for rule in self._rules.rules:
            if rule.matches(asked):
                return Decision(rule.target, "rule")
        return Decision(self._default, "default")

    def response_headers(self, decision: Decision) -> list[tuple[str, str]]:
        """Give the headers that tell the client what it got.

        ``X-Image-Format``, and for old formats ``Deprecation`` (RFC 9745), ``Sunset`` (RFC 8594)
        where the operator has set a date, and ``Link``. Nothing where the reply passes as it is.
        """
        return [] if decision.format is None else list(self._headers[decision.format])


def pick_of_environment(environ: Mapping[str, str] = os.environ) -> Pick:
    """Read ``IMAGESHIM_PICK``; what is wrong there stops no proxy, but is logged."""
    pick: Any = environ.get("IMAGESHIM_PICK") or "first"
    try:
        check_option("IMAGESHIM_PICK", pick, PICK)
    except ImageShimError as fault:
        _log.error("the environment: %s; it is the first", fault)
        return "first"
    return pick  # type: ignore[no-any-return]  # checked


def _headers(written: Format, rules: Rules) -> list[tuple[str, str]]:
    headers = [(HEADER, written.value)]
    if written in OLD_FORMATS:
        headers.append(("Deprecation", f"@{int(rules.deprecated)}"))
        if rules.sunset is not None:
            headers.append(("Sunset", formatdate(rules.sunset, usegmt=True)))
        headers.append(("Link", f'<{rules.link}>; rel="deprecation"'))
    return headers


def _policy(value: object) -> Policy:
    return None if value == AS_IS else target_format(value)  # type: ignore[arg-type]


def _wanted(value: object, param: str) -> Format:
    if isinstance(value, str):
        value = value.strip().lower()
    try:
        return target_format(value)  # type: ignore[arg-type]
    except ValueError as fault:
        raise FormatRequestError(f"{param}: {fault}", param) from None
