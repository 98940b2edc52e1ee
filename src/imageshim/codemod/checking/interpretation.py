"""The data flow of a file: that of the project's index, or one made for the look at it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imageshim.codemod.flow.interpreter import Interpreter
from imageshim.codemod.flow.worklist import run
from imageshim.codemod.inputs.worth_a_look import is_tracked
from imageshim.codemod.knowledge import known
from imageshim.codemod.knowledge.reads import Reads
from imageshim.codemod.project.trace import call_ends
from imageshim.codemod.text.source import Source, SourceError

if TYPE_CHECKING:
    from imageshim.codemod.flow.project_index import ProjectIndex
    from imageshim.codemod.project.settings import Settings
    from imageshim.codemod.project.trace import TracedRead

__all__ = ["interpreted"]


def interpreted(
    source: Source,
    settings: Settings,
    index: ProjectIndex | None,
    trace: Sequence[TracedRead],
) -> tuple[Interpreter, Reads]:
    """Return what a file's expressions can be, and what is read in it.

    Raises:
        SourceError: the file cannot be parsed or followed.

    """
    flow = index.flow_of(source) if index is not None else None
    if flow is not None:
        assert isinstance(flow.watcher, Reads)  # noqa: S101  # those that an index makes as well
        return flow, flow.watcher
    module = index.module_of(source.path) if index is not None else ""
    assumed, reads = settings.assume_litellm, Reads()
    flow = Interpreter(source.tree, source.path, module, assumed, index, known(), reads)
    flow.tracks |= is_tracked(source.data)
    flow.seen_calls = call_ends(trace)
    # Without a name of LiteLLM's, without another file and without the user's word there is no
    # reply: nothing has to be interpreted.
    if b"litellm" in source.data or index is not None or flow.tracks or trace:
        try:
            run(flow)
        except RecursionError:
            raise SourceError(source.path, 1, "nested too deeply to be followed") from None
    return flow, reads
