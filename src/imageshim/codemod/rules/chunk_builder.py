"""``litellm.stream_chunk_builder`` loses the images of a stream on releases before 1.81.6.

This happens on 1.76.1 to 1.81.5 (BerriAI/litellm issue #19478, fixed in PR #19654), also in the
cache and the logs of streamed calls; every release up to 1.90.7 joins several choices into one.
``imageshim.collect(chunks)`` gives the whole reply on all of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from imageshim.codemod.checking.file import File
from imageshim.codemod.checking.uses import called, is_litellms
from imageshim.codemod.findings import Finding
from imageshim.timeline import is_at_least

from . import rule

CODE = "IMG112"

_MENDED = "1.81.6"
_NAME = "stream_chunk_builder"


@rule(
    CODE,
    "chunk-builder",
    before="response = litellm.stream_chunk_builder(chunks)",
    after="response = imageshim.collect(chunks)",
)
def chunk_builder(file: File) -> Iterator[Finding]:
    """Yield the calls of the builder, where a release that loses images may run."""
    if is_at_least(file.settings.oldest_litellm, _MENDED):
        return
    if not any(origin.image for origin in file.flow.origins.values()):
        return
    for node in file.nodes.calls:
        if called(node) == _NAME and is_litellms(file, node.func):
            yield file.finding(
                CODE, node, f"LiteLLM before {_MENDED} loses the images of a stream here"
            )
