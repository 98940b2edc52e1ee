"""Images of OpenRouter raise on LiteLLM 1.77.0 to 1.82.0, and are hidden on 1.76.

OpenRouter's items have no ``index``. LiteLLM 1.77.0 to 1.82.0 refuses such a reply as a whole,
although it is good ("Invalid response object", BerriAI/litellm issue #22640, mended in 1.82.1 by PR
#22642), and 1.76.0 to 1.76.3 leaves the images in ``provider_specific_fields["images"]``. Ask for
1.82.1 or newer.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from imageshim.codemod.checking.file import File
from imageshim.codemod.checking.uses import model_of
from imageshim.codemod.findings import Finding
from imageshim.timeline import is_at_least

from . import rule

CODE = "IMG113"

_MENDED = "1.82.1"


@rule(
    CODE,
    "openrouter-index",
    before='litellm.completion(model="openrouter/google/gemini-2.5-flash-image", messages=m)\n'
    "# pyproject.toml: litellm>=1.77",
    after='litellm.completion(model="openrouter/google/gemini-2.5-flash-image", messages=m)\n'
    "# pyproject.toml: litellm>=1.82.1",
)
def openrouter_index(file: File) -> Iterator[Finding]:
    """Yield the calls of OpenRouter's image models on releases that refuse the answer."""
    if is_at_least(file.settings.oldest_litellm, _MENDED):
        return
    for node, origin in file.flow.origins.items():
        model = model_of(node) if origin.image else None
        if isinstance(node, ast.Call) and model is not None and model.startswith("openrouter/"):
            yield file.finding(
                CODE, node, f"LiteLLM before {_MENDED} refuses OpenRouter's images, or hides them"
            )
