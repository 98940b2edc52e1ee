"""What the server answers: candidates, how they are cut and sent, and what goes wrong.

Everything is a frozen dataclass that checks itself when it is made, so that a mistake in a script
is told where it is written, not by a client that waits for an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Union

from imageshim.errors import ImageShimError

from .faults import Fault
from .image_fields import FORMATS
from .parts import PARTS, Part

if TYPE_CHECKING:
    from .request import Request

__all__ = ["Answer", "Blocked", "Candidate", "Reply", "Usage", "as_reply", "check_format"]


@dataclass(frozen=True)
class Candidate:
    """One of the alternatives of a reply.

    ``parts=None`` sends no ``content`` at all, as Gemini does when it stops an image;
    an empty one sends a ``content`` without ``parts``. ``finish_reason`` is Gemini's word.
    """

    parts: Sequence[Part] | None = ()
    finish_reason: str = "STOP"

    def __post_init__(self) -> None:
        for place, part in enumerate(self.parts or ()):
            if not isinstance(part, PARTS):
                raise ImageShimError(
                    f"Candidate: parts[{place}] is {type(part).__name__}, not one of "
                    + ", ".join(kind.__name__ for kind in PARTS)
                )


@dataclass(frozen=True)
class Blocked:
    """The prompt was refused: a reply without candidates (``promptFeedback.blockReason``)."""

    reason: str = "SAFETY"


@dataclass(frozen=True)
class Usage:
    """Token counts. A picture of 1024 x 1024 costs 1290 (ai.google.dev/gemini-api/docs/pricing)."""

    prompt_tokens: int = 7
    completion_tokens: int = 1300


Cut = Union[Literal["parts", "whole"], Sequence[Sequence[int]]]  # noqa: UP007
_CUTS = ("parts", "whole")
_FINISHES = (None, "last", "separate", "empty_text")


@dataclass(frozen=True)
class Reply:
    """One answer of the model, and the way it goes over the wire.

    Args:
        content: parts (one candidate), a :class:`Candidate`, several, or :class:`Blocked`.
        usage: the token counts.
        cut: how a stream is cut. ``"parts"``: each part its own chunk, candidates in turns;
            ``"whole"``: one chunk; or a list of chunks, each a list of the places of its parts,
            counted through all candidates, such as ``[[0], [1, 2]]``.
        finish: ``"last"``: the chunk with a candidate's last part tells its finish reason;
            ``"separate"``: a chunk of its own does; ``"empty_text"``: that chunk has an empty
            text too. None: as the protocol at hand usually does (Gemini: last, OpenAI: separate).
        delay: seconds before the answer begins.
        chunk_delay: seconds before each chunk of a stream after the first.
        fault: what goes wrong.
        format: how an OpenAI-compatible answer carries images; None: as the server is set.

    Raises:
        ImageShimError: something of it is not as described.

    """

    content: Sequence[Part] | Candidate | Sequence[Candidate] | Blocked
    usage: Usage = field(default_factory=Usage, kw_only=True)
    cut: Cut = field(default="parts", kw_only=True)
    finish: Literal["last", "separate", "empty_text"] | None = field(default=None, kw_only=True)
    delay: float = field(default=0.0, kw_only=True)
    chunk_delay: float = field(default=0.0, kw_only=True)
    fault: Fault | None = field(default=None, kw_only=True)
    format: str | None = field(default=None, kw_only=True)
    candidates: tuple[Candidate, ...] = field(init=False, repr=False)
    """The candidates; none where the prompt is blocked."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "candidates", _candidates(self.content))
        if self.format is not None:
            check_format(self.format)
        if self.finish not in _FINISHES:
            raise ImageShimError(f"Reply: finish is {self.finish!r:.80}; choose one of {_FINISHES}")
        if self.delay < 0 or self.chunk_delay < 0:
            raise ImageShimError("Reply: delay and chunk_delay are seconds, not below 0")
        _check_cut(self.cut, sum(len(candidate.parts or ()) for candidate in self.candidates))

    @property
    def blocked(self) -> Blocked | None:
        """Why there are no candidates."""
        return self.content if isinstance(self.content, Blocked) else None


def _candidates(content: object) -> tuple[Candidate, ...]:
    if isinstance(content, Blocked):
        return ()
    if isinstance(content, Candidate):
        return (content,)
    if isinstance(content, (str, bytes)) or not isinstance(content, Sequence):
        raise ImageShimError(
            f"Reply: content is {type(content).__name__}, not parts, candidates or Blocked"
        )
    if content and all(isinstance(item, Candidate) for item in content):
        return tuple(content)
    return (Candidate(tuple(content)),)


def _check_cut(cut: object, parts: int) -> None:
    if cut in _CUTS:
        return
    if isinstance(cut, (str, bytes)) or not isinstance(cut, Sequence):
        raise ImageShimError(
            f"Reply: cut is {cut!r:.80}; choose one of {_CUTS}, or give a list of places"
        )
    places = [place for chunk in cut for place in chunk]
    if sorted(places) != list(range(parts)):
        raise ImageShimError(
            f"Reply: cut names the parts {places}, and the reply has {list(range(parts))}, "
            "each of which belongs in one chunk"
        )


Answer = Union[  # noqa: UP007
    Reply,
    Candidate,
    Blocked,
    Fault,
    Sequence[Part],
    Sequence[Candidate],
    Callable[["Request"], "Answer"],
]
"""What a script may say: a reply, what one is made of, what goes wrong instead, or a function that
gives one of these for a request."""


def as_reply(answer: Reply | Candidate | Blocked | Fault | Sequence[Any]) -> Reply:
    """Make a reply of what a script says, all but a function.

    Raises:
        ImageShimError: it is nothing of the kind.

    """
    if isinstance(answer, Reply):
        return answer
    if isinstance(answer, Fault):
        return Reply((), fault=answer)
    return Reply(answer)


def check_format(name: str) -> str:
    """Return the name of a format of OpenAI-compatible answers.

    Raises:
        ImageShimError: there is no such format.

    """
    if name not in FORMATS:
        raise ImageShimError(f"format is {name!r:.80}; choose one of {', '.join(FORMATS)}")
    return name
