"""Who still needs the old format? Prometheus metrics, with labels that stay few.

================================================  ================================================
``imageshim_replies_total{format,source,client}``  replies, by the format that was decided on, the
                                                  source of the decision and the client
``imageshim_conversions_total{format,client}``     those of them that had to be changed
``imageshim_last_seen_timestamp_seconds``          when a client last got a format; the same labels
``imageshim_bytes_total{direction}``               bytes of replies, ``in`` and ``out``
``imageshim_conversion_seconds``                   time spent on a reply, a histogram
``imageshim_failures_total{reason}``               replies that passed unconverted, requests refused
================================================  ================================================

``client`` is the alias of the virtual key where that is known (in a LiteLLM proxy), or product and
version of the user agent, such as ``OpenAI/Python 1.60``. :data:`MOST_CLIENTS` of them have
series of their own, those that are seen most and last; the rest is ``other``.
"""

from __future__ import annotations

import logging
import os
import re
import time
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

from imageshim.errors import MissingExtraError

from .clients import ClientTable
from .rules import AS_IS

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Counter, Gauge

    from .asked import Asked
    from .negotiation import Decision

__all__ = [
    "FAILURES",
    "MOST_CLIENTS",
    "Metrics",
    "client_name",
    "default_metrics",
    "exposition",
    "serve_metrics",
]

MOST_CLIENTS = 200
"""How many clients one process tells apart."""

FAILURES = ("conversion", "coding", "too_large", "incomplete", "refused", "upstream", "timeout")
"""Why replies pass unconverted, or do not come at all."""

_MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
_LABEL = 64
_log = logging.getLogger(__name__)
_SECONDS = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3)

# "OpenAI/Python 1.60.0", "AsyncOpenAI/JS 4.2.0", "litellm/1.75.9", "curl/8.5.0", "node"
_PRODUCT = re.compile(
    r"([A-Za-z][\w.-]{0,40}(?:/[A-Za-z][\w.-]{0,20})?)(?:[ /]v?(\d{1,5}(?:\.\d{1,5})?))?", re.ASCII
)


def client_name(asked: Asked) -> str:
    """Name a client, shortly: ``"OpenAI/Python 1.60"``; ``"unknown"`` without a user agent."""
    if asked.key_alias:
        return "".join(map(_printable, asked.key_alias[:_LABEL]))
    if not asked.user_agent:
        return "unknown"
    found = _PRODUCT.match(asked.user_agent)
    if found is None:
        return "other"
    product, version = found.groups()
    return product + (f"{' ' if '/' in product else '/'}{version}" if version else "")


def _printable(letter: str) -> str:
    return letter if letter.isprintable() else "?"


class Metrics:
    """The counters, in a registry; each registry can have them once."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        try:
            from prometheus_client import REGISTRY, Counter, Gauge, Histogram  # noqa: PLC0415
        except ImportError:
            raise MissingExtraError("metrics", "server") from None
        into = registry or REGISTRY
        by_client = ("format", "client")
        self._replies = Counter(
            "imageshim_replies", "Replies, by format, what decided on it, and client.",
            ("format", "source", "client"), registry=into,
        )  # fmt: skip
        self._conversions = Counter(
            "imageshim_conversions", "Replies that had to be changed.", by_client, registry=into
        )
        self._last_seen = Gauge(
            "imageshim_last_seen_timestamp_seconds", "When a client last got a format.",
            by_client, registry=into, multiprocess_mode="max",
        )  # fmt: skip
        bytes_ = Counter(
            "imageshim_bytes", "Bytes of replies, before and after.", ("direction",), registry=into
        )
        self._seconds = Histogram(
            "imageshim_conversion_seconds", "Time spent on converting one reply.",
            buckets=_SECONDS, registry=into,
        )  # fmt: skip
        self._failures = Counter(
            "imageshim_failures", "Replies that passed unconverted, and requests refused.",
            ("reason",), registry=into,
        )  # fmt: skip
        self._received, self._sent = bytes_.labels("in"), bytes_.labels("out")
        # Workers share files, out of which no series goes.
        forget = None if _MULTIPROCESS in os.environ else self._forget
        self._clients = ClientTable(MOST_CLIENTS, forget)
        # Looking a child up by its labels costs more than counting does.
        self._rows: dict[tuple[str, str, str], tuple[Counter, Counter, Gauge]] = {}

    def _client(self, asked: Asked) -> str:
        name = client_name(asked)
        return name if self._clients.admits(name) else "other"

    def _forget(self, client: str) -> None:
        for key in [key for key in self._rows if key[2] == client]:
            del self._rows[key]
            self._replies.remove(*key)
            for metric in (self._conversions, self._last_seen):
                with suppress(KeyError):  # another source of the same format was there before
                    metric.remove(key[0], client)

    def reply(
        self,
        asked: Asked,
        decision: Decision,
        sizes: tuple[int, int],
        *,
        seconds: float,
        changed: bool,
    ) -> None:
        """Count a reply; ``sizes`` are its bytes in and out, ``seconds`` what it took."""
        written = AS_IS if decision.format is None else decision.format.value
        client = self._client(asked)
        key = (written, decision.source, client)
        row = self._rows.get(key)
        if row is None:
            by_client = (written, client)
            row = self._rows[key] = (
                self._replies.labels(*key),
                self._conversions.labels(*by_client),
                self._last_seen.labels(*by_client),
            )
        replies, conversions, last_seen = row
        replies.inc()
        last_seen.set(time.time())
        if changed:
            conversions.inc()
        self._received.inc(sizes[0])
        self._sent.inc(sizes[1])
        self._seconds.observe(seconds)

    def failure(self, reason: str) -> None:
        """Count a failure, by one of :data:`FAILURES`."""
        self._failures.labels(reason).inc()


class _Uncounted(Metrics):
    """What counts nothing, where prometheus-client is not installed."""

    def __init__(self) -> None:
        pass

    def reply(self, *_args: object, **_named: object) -> None:
        pass

    def failure(self, reason: str) -> None:
        pass


@cache
def default_metrics() -> Metrics:
    """Give the metrics of this process, in prometheus-client's own registry where there is one."""
    try:
        return Metrics()
    except MissingExtraError:
        return _Uncounted()


def exposition() -> tuple[bytes, str]:
    """Give what ``/metrics`` answers, and its content type.

    With ``PROMETHEUS_MULTIPROC_DIR`` set, it is the sum over all worker processes.
    """
    from prometheus_client import (  # noqa: PLC0415  # the extra "server"
        CONTENT_TYPE_LATEST,
        REGISTRY,
        CollectorRegistry,
        generate_latest,
    )
    from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415

    registry = REGISTRY
    if _MULTIPROCESS in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry), CONTENT_TYPE_LATEST


def serve_metrics(port: str | None) -> None:
    """Serve the metrics on a port of their own; the second of several workers finds it taken.

    What is wrong is logged: the proxy that asks for it is worth more than its metrics.
    """
    if not port:
        return
    try:
        from prometheus_client import start_http_server  # noqa: PLC0415  # only where asked for

        start_http_server(int(port))
    except ImportError:
        _log.warning("IMAGESHIM_METRICS_PORT: %s", MissingExtraError("metrics", "server"))
    except (OSError, ValueError, OverflowError) as fault:
        _log.warning("IMAGESHIM_METRICS_PORT=%s: %s", port, fault)
