"""What to say of a read that is not proven: where its value comes from, and what would prove it.

The pattern to pass is the best of the names that ``--assume-litellm`` would be asked about: an
environment variable or a constant that holds a URL, the URL itself, the client, a parameter.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from imageshim.codemod.knowledge.reads import Read

from .file import File

__all__ = ["missing_proof"]

_URL = re.compile(r"https?://[^/?#]+")
_SETTING = re.compile(r"[A-Z][A-Z0-9]*_[A-Z0-9_]+")
_URLISH = re.compile(r"url|base|endpoint|host|gateway|proxy|server|litellm", re.IGNORECASE)
_CLIENT = re.compile(r"client|llm|openai|gateway|proxy|session|api", re.IGNORECASE)
# Names that say nothing of where something comes from: every client has them.
_COMMON = frozenset(
    {"aiohttp", "body", "chat", "choices", "completions", "content", "create", "data", "decode",
     "get", "httpx", "json", "load", "loads", "model_validate", "model_validate_json", "openai",
     "parse", "post", "r", "raw", "read", "request", "requests", "res", "resp", "response",
     "result", "rstrip", "self", "send", "text", "url", "urlopen", "urllib"}
)  # fmt: skip


def missing_proof(file: File, read: Read, *, some: bool = False) -> str:
    """Say what was missing to take what a read reads from for a piece of a reply.

    Args:
        file: the file.
        read: the read.
        some: whether it is proven on some paths, just not on all.

    """
    root = _root(read.base)
    if some:
        names = file.nodes.names_of(read.base)
        named = f"--assume-litellm {names[0]}" if names else "--unsafe"
        return f"on some paths only it is LiteLLM's: {_came(file, root)}: pass {named} if always"
    pattern = _pattern_for(file, read)
    return f"{_came(file, root)}: pass --assume-litellm {pattern} if it is LiteLLM's"


def _came(file: File, root: ast.expr) -> str:
    """Say where an expression comes from."""
    if isinstance(root, ast.Call):
        return f"the reply comes from `{_short(root.func)}()`"
    if not isinstance(root, ast.Name):
        return f"it is not known where `{_short(root)}` comes from"
    name = root.id
    function = file.nodes.function_of(root)
    if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) and _takes(function, name):
        info = file.flow.functions.get(function)
        calls = "is called with more than LiteLLM's replies"
        if info is not None and not info.calls:
            calls = "nothing that was read calls"
        return f"`{name}` is a parameter of {function.name}(), which {calls}"
    given = file.names.last_given(function, name, root.lineno)
    if given is None:
        return f"it is not known where `{name}` comes from"
    return f"`{name}` comes from `{_short(given)}`"


def _takes(function: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> bool:
    arguments = function.args
    return any(
        one.arg == name for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    )


def _pattern_for(file: File, read: Read) -> str:
    """Return the pattern that would have ``--assume-litellm`` take a read for LiteLLM's."""
    labels = file.sources_of(read)
    root = _root(read.base)
    function = file.nodes.function_of(read.node)
    if (
        isinstance(root, ast.Name)
        and isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
        and _takes(function, root.id)
    ):
        return root.id
    return _best_of(labels or {one.id for one in ast.walk(root) if isinstance(one, ast.Name)})


def _best_of(labels: Iterable[str]) -> str:
    """Return the label that says most about where something comes from, as a pattern."""
    ranked = sorted((rank, one) for one in labels if (rank := _rank(one)) is not None)
    return _quoted(ranked[0][1]) if ranked else "'*'"


def _rank(label: str) -> int | None:
    if _URL.match(label):
        return 1
    if not label.isidentifier():
        return None
    if _SETTING.fullmatch(label):
        return 0 if _URLISH.search(label) else 4
    if label in _COMMON:
        return 7 if label in ("response", "url") else None
    return 2 if _URLISH.search(label) else 3 if _CLIENT.search(label) else 5


def _quoted(label: str) -> str:
    url = _URL.match(label)
    return label if url is None else f"'{url[0]}*'"


def _root(node: ast.expr) -> ast.expr:
    while True:
        if isinstance(node, (ast.Attribute, ast.Subscript, ast.Await, ast.Starred)):
            node = node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr not in ("get", "json", "model_dump", "dict"):
                return node
            node = node.func.value
        else:
            return node


def _short(node: ast.expr) -> str:
    while isinstance(node, ast.Await):
        node = node.value
    if isinstance(node, ast.Call):
        return f"{_short(node.func)}()"
    text = ast.unparse(node).replace("\n", " ")
    return text if len(text) <= 60 else f"{text[:57]}..."
