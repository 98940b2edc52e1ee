"""A model that draws, behind a framework that drops its images.

These read text and tool calls of a LiteLLM reply and nothing else (wheels looked through for reads
of ``images``): google-adk 2.13.0, openai-agents 0.24.0, langchain-litellm 0.11.2,
langchain-openrouter 0.2.9, llama-index-llms-litellm 0.8.0 and -openrouter 0.6.0, smolagents 1.26.0,
strands-agents 1.62.0, crewai 1.15.30, dspy 3.4.1. No change of the code that calls them brings the
images back; call LiteLLM itself for pictures. Only files that name LiteLLM are looked at.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from imageshim.codemod.checking.file import File
from imageshim.codemod.checking.uses import called, said
from imageshim.codemod.findings import Finding
from imageshim.codemod.knowledge.replies import IMAGE_MODEL

from . import rule

CODE = "IMG111"

_CLASSES: dict[str, str] = {
    "google.adk.models.lite_llm.LiteLlm": "google-adk",
    "agents.extensions.models.litellm_model.LitellmModel": "openai-agents",
    "langchain_litellm.ChatLiteLLM": "langchain-litellm",
    "langchain_litellm.ChatLiteLLMRouter": "langchain-litellm",
    "langchain_openrouter.ChatOpenRouter": "langchain-openrouter",
    "llama_index.llms.litellm.LiteLLM": "llama-index-llms-litellm",
    "llama_index.llms.openrouter.OpenRouter": "llama-index-llms-openrouter",
    "smolagents.LiteLLMModel": "smolagents",
    "strands.models.litellm.LiteLLMModel": "strands-agents",
    "crewai.LLM": "crewai",
    "dspy.LM": "dspy",
}


_PACKAGES = {".".join(name.split(".")[:-1][:2]).encode() for name in _CLASSES}
"""What a file has to name to make one of them."""


@rule(
    CODE,
    "dropping-framework",
    before='model = LiteLLMModel(model_id="gemini/gemini-2.5-flash-image")',
    after='response = litellm.completion(model="gemini/gemini-2.5-flash-image", messages=messages)',
)
def dropping_framework(file: File) -> Iterator[Finding]:
    """Yield the models that draw, made with a class that drops what they draw."""
    data = file.source.data
    if not any(name in data for name in _PACKAGES):
        return
    calls = [node for node in file.nodes.calls if called(node)]
    imported = _imported(file.tree)
    for node in calls:
        framework = _CLASSES.get(_whole(node.func, imported))
        arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
        named = [one for one in map(said, arguments) if isinstance(one, str)]
        if framework is not None and any(map(IMAGE_MODEL.search, named)):
            yield file.finding(
                CODE,
                node,
                f"{framework} drops the images of a reply: call LiteLLM itself for pictures",
            )


def _imported(tree: ast.AST) -> dict[str, str]:
    """Return what each imported name stands for, dotted."""
    out: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            out |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
        elif isinstance(node, ast.Import):
            for one in node.names:
                name = one.asname or one.name.partition(".")[0]
                out[name] = one.name if one.asname else name
    return out


def _whole(node: ast.expr, imported: dict[str, str]) -> str:
    rest = []
    while isinstance(node, ast.Attribute):
        rest.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join((imported.get(node.id, ""), *reversed(rest)))
