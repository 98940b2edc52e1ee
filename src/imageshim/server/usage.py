"""Who still needs the old format: what a server's metrics say, client by client."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

from imageshim.errors import ImageShimError, MissingExtraError

from .negotiation import OLD_FORMATS

try:
    import httpx
    from prometheus_client.parser import text_string_to_metric_families
except ImportError:
    raise MissingExtraError("usage", "server") from None

__all__ = ["Use", "fetch_metrics", "uses"]

_TIMEOUT = 10.0


class _Key(NamedTuple):
    client: str
    format: str


@dataclass
class Use:
    """One client and one format."""

    client: str
    format: str
    replies: int = 0
    converted: int = 0
    """How many of the replies had to be changed for this client: those had images."""
    last_seen: float | None = None
    """In seconds since 1970."""
    sources: dict[str, int] = field(default_factory=dict)
    """What decided on the format, and how often."""

    @property
    def is_old(self) -> bool:
        """Whether the format is one that LiteLLM has given up."""
        return self.format in {member.value for member in OLD_FORMATS}


def fetch_metrics(url: str, headers: Mapping[str, str] | None = None) -> str:
    """Get the text of ``/metrics`` from a gateway, or from a whole URL of it.

    Raises:
        ImageShimError: it cannot be had.

    """
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        if parts.path in {"", "/"}:
            parts = parts._replace(path="/metrics")
        url = urlunsplit(parts)
        answer = httpx.get(url, headers=headers, timeout=_TIMEOUT, follow_redirects=True)
        answer.raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as fault:  # a header may be no ASCII
        first_line = str(fault).partition("\n")[0]
        raise ImageShimError(f"{url}: {first_line}") from None
    return answer.text


def uses(texts: Iterable[str]) -> list[Use]:
    """Add up what the metrics of one or more servers say, old formats first, the last seen first.

    Raises:
        ImageShimError: a text is not in Prometheus' format.

    """
    found: dict[_Key, Use] = {}

    def use(labels: Mapping[str, str]) -> Use:
        key = _Key(labels.get("client", ""), labels.get("format", ""))
        return found.setdefault(key, Use(*key))

    for text in texts:
        try:
            samples = [
                sample
                for family in text_string_to_metric_families(text)
                for sample in family.samples
            ]
        except (ValueError, KeyError, IndexError) as fault:
            raise ImageShimError(f"these are not metrics: {fault}") from None
        for name, labels, value, *_ in samples:
            if name == "imageshim_replies_total":
                row = use(labels)
                source = labels.get("source", "")
                row.replies += int(value)
                row.sources[source] = row.sources.get(source, 0) + int(value)
            elif name == "imageshim_conversions_total":
                use(labels).converted += int(value)
            elif name == "imageshim_last_seen_timestamp_seconds":
                row = use(labels)
                row.last_seen = max(value, row.last_seen or 0.0)
    return sorted(found.values(), key=lambda row: (not row.is_old, -(row.last_seen or 0.0)))
