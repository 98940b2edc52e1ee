"""Markdown images are looked for in the content of a LiteLLM reply, where there are none.

``![image](data:image/png;base64,…)`` in ``content`` is how new-api, uni-api and resellers built on
them answer; no LiteLLM release does. Code like that is for another gateway, or for both, so it is
never rewritten. ``imageshim.read(response)`` reads either.
"""

from __future__ import annotations

from collections.abc import Iterator

from imageshim.codemod.checking.file import File
from imageshim.codemod.checking.uses import is_proven
from imageshim.codemod.findings import Finding

from . import rule

CODE = "IMG110"


@rule(
    CODE,
    "markdown-images",
    before='found = re.search(r"!\\[.*?\\]\\((data:image/.*?)\\)", message.content)',
    after="images = imageshim.read(response).images",
)
def markdown_images(file: File) -> Iterator[Finding]:
    """Yield the searches for Markdown images."""
    for read in file.reads_of("content"):
        if read.node in file.seen.markdown and is_proven(file, read):
            yield file.finding(
                CODE,
                read.node,
                "LiteLLM's replies have no Markdown images; other gateways' do",
                chain=read.chain,
            )
