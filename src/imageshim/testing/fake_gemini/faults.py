"""What can go wrong on the way: the faults that a script can ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from imageshim.errors import ImageShimError

__all__ = ["Drop", "Fault", "HTTPFault", "HalfJSON", "Stall"]


@dataclass(frozen=True)
class Fault:
    """The base of all faults. By itself it is none."""


@dataclass(frozen=True)
class HTTPFault(Fault):
    """The answer is an error, in the JSON of the protocol that was asked."""

    status: int = 500
    message: str = "The model is overloaded. Please try again later."
    headers: Mapping[str, str] = field(default_factory=dict)
    """More headers, such as ``Retry-After``."""

    def __post_init__(self) -> None:
        if not 400 <= self.status <= 599:
            raise ImageShimError(
                f"HTTPFault: {self.status} is not the status of an error (400 to 599)"
            )


@dataclass(frozen=True)
class Drop(Fault):
    """The connection is closed in the middle.

    ``after_chunks`` counts the chunks of a stream that are sent, ``after_bytes`` the bytes of the
    body; with neither, nothing is sent, not even a status line.
    """

    after_chunks: int | None = None
    after_bytes: int | None = None

    def __post_init__(self) -> None:
        if self.after_chunks is not None and self.after_bytes is not None:
            raise ImageShimError("Drop: say after_chunks or after_bytes, not both")
        if min(self.after_chunks or 0, self.after_bytes or 0) < 0:
            raise ImageShimError("Drop: after_chunks and after_bytes are not below 0")


@dataclass(frozen=True)
class HalfJSON(Fault):
    """The body, or the last chunk of a stream, ends in the middle of its JSON; HTTP is right."""


@dataclass(frozen=True)
class Stall(Fault):
    """Nothing more comes after so many chunks, until the client leaves or the server stops.

    Of a reply that is no stream nothing comes at all.
    """

    after_chunks: int = 0

    def __post_init__(self) -> None:
        if self.after_chunks < 0:
            raise ImageShimError("Stall: after_chunks is not below 0")
