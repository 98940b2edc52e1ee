"""Where a value that is not known comes from: what its URL, its client and its function are called.

Only what a reply comes *from* counts. What is sent along (a key, headers, messages, the name of a
model) is no origin, whatever it is called.
"""

from __future__ import annotations

import ast
import re

from . import values as v
from .hooks import Given
from .interpreter import Interpreter
from .module_names import ending

__all__ = ["asked_for", "labelled", "names_of", "put_together"]

# Keyword arguments that say where a client asks.
_PLACES = frozenset(
    {"api_base", "api_url", "azure_endpoint", "base_url", "endpoint", "host",
     "inference_server_url", "server_url", "uri", "url"}
)  # fmt: skip
# Functions whose first argument is a place, and those that put something before it.
_ASKING = frozenset(
    {"Request", "delete", "fetch", "get", "open", "patch", "post", "put", "send", "urlopen"}
)
_AFTER_METHOD = frozenset({"build_request", "request", "stream"})
# Functions that give what they are handed in another shape.
_READING = frozenset(
    {"SimpleNamespace", "decode", "from_dict", "load", "loads", "model_validate",
     "model_validate_json", "parse", "parse_obj"}
)  # fmt: skip
_URLISH = re.compile(r"url|uri\b|base|endpoint|host|gateway|proxy|server", re.IGNORECASE)
_SETTING = re.compile(r"[A-Z][A-Z0-9]*_[A-Z0-9_]+")
_TEXTUAL = (ast.Name, ast.Attribute, ast.Constant, ast.JoinedStr, ast.BinOp, ast.BoolOp, ast.Call,
            ast.Subscript, ast.IfExp)  # fmt: skip


def labelled(at: Interpreter, node: ast.Call, given: Given, *names: str) -> v.Maybe:
    """Return what a call that is not known gives, with what says where that comes from."""
    labels = {*names, *names_of(at, node.func)}
    for name, value in given.keywords.items():
        if name in _PLACES:
            labels |= _strings(value)
    for keyword in node.keywords:
        if keyword.arg in _PLACES:
            labels |= _said(at, keyword.value)
    if not any(isinstance(one, ast.Starred) for one in node.args):
        for place, (one, value) in enumerate(zip(node.args, given.args, strict=False)):
            if _is_place(ending(node.func), place, value) or _is_url(one, value):
                labels |= _said(at, one) | _strings(value)
    return v.Maybe(frozenset(labels))


def put_together(at: Interpreter, node: ast.expr) -> v.Value:
    """Return what a text is called that is put together, where it may be a URL."""
    if not at.tracks:
        return v.UNKNOWN
    labels = _said(at, node)
    is_url = any("://" in one or _URLISH.search(one) or _SETTING.fullmatch(one) for one in labels)
    return v.Maybe(frozenset(labels)) if is_url else v.UNKNOWN


def asked_for(node: ast.Call) -> str | None:
    """Return the key of ``….get("key", …)``; None for any other call."""
    first = node.args[0] if node.args else None
    if not (isinstance(node.func, ast.Attribute) and node.func.attr == "get"):
        return None
    key = first.value if isinstance(first, ast.Constant) else None
    return key if isinstance(key, str) else None


def names_of(at: Interpreter, node: ast.expr) -> frozenset[str]:
    """Return what a function or an object is called: every part of ``self.client.create``."""
    out: set[str] = set()
    steps: list[str] = []
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        if isinstance(node, ast.Attribute):
            steps.append(node.attr)
        node = node.value
    out.update(steps)
    if isinstance(node, ast.Name):
        whole = node.id
        out |= {whole, *_strings(at.load(whole))}
        for step in reversed(steps):
            whole = f"{whole}.{step}"
            out.add(whole)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        out.add(node.value)
    return frozenset(out)


def _said(at: Interpreter, node: ast.expr) -> set[str]:
    """Return all names and strings of an expression, and the strings that its names hold."""
    out: set[str] = set()
    for one in ast.walk(node):
        if isinstance(one, ast.Name):
            out |= {one.id, *_strings(at.load(one.id))}
        elif isinstance(one, ast.Attribute):
            out |= {one.attr, ast.unparse(one), *_strings(at.value(one))}
        elif isinstance(one, ast.Constant) and isinstance(one.value, str):
            out.add(one.value)
    return out


def _is_place(function: str, place: int, value: v.Value) -> bool:
    if function in _AFTER_METHOD:
        return place == 1
    said = any(_SETTING.fullmatch(one) for one in _strings(value))
    return place == 0 and (function in _ASKING or function in _READING or said)


def _is_url(node: ast.expr, value: v.Value) -> bool:
    if not isinstance(node, _TEXTUAL):
        return False
    if any("://" in one for one in _strings(value)):
        return True
    return any(_URLISH.search(one) for one in _identifiers(node))


def _identifiers(node: ast.expr) -> set[str]:
    out = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    return out | {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)}


def _strings(value: v.Value) -> set[str]:
    out: set[str] = set()
    for one in v.flat(value):
        if isinstance(one, v.Const) and isinstance(one.value, str):
            out.add(one.value)
        elif isinstance(one, (v.Maybe, v.Obj)):
            out |= one.labels
        elif isinstance(one, v.Ref):
            out.add(one.name.rpartition(".")[2])
    return out
