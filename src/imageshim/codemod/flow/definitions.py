"""Imports, functions and classes."""

from __future__ import annotations

import ast

from .annotations import annotation, dotted
from .environment import Env
from .functions import call_function
from .interpreter import Interpreter
from .module_names import imported_from
from .scopes import Class, ClassInfo, Func, Function
from .tables import executes
from .values import BOTTOM, UNKNOWN, Alt, Ref, Value, alternatives, each, named

__all__ = []


@executes(ast.Import)
def _import(at: Interpreter, node: ast.Import) -> bool:
    for alias in node.names:
        name = alias.asname or alias.name.partition(".")[0]
        at.bind(name, at.ref(alias.name if alias.asname else name))
    return True


@executes(ast.ImportFrom)
def _import_from(at: Interpreter, node: ast.ImportFrom) -> bool:
    package = imported_from(node, at.module)
    for alias in node.names:
        if alias.name == "*":
            for name in at.libraries.starred(package):
                at.bind(name, at.ref(f"{package}.{name}"))
            continue
        at.bind(alias.asname or alias.name, at.imported(f"{package}.{alias.name}"))
    return True


@executes(ast.FunctionDef, ast.AsyncFunctionDef)
def _function_def(at: Interpreter, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    info = at.functions.get(node)
    owner = at.classes.get(at.scope.node)
    if info is None:
        info = at.functions[node] = Function(node, at.scope, owner)
        at.meet(info)
    for default in (*node.args.defaults, *node.args.kw_defaults):
        if default is not None:
            at.value(default)
    value: Value = Func(info)
    for decorator in reversed(node.decorator_list):
        value = _decorated(at, info, decorator, value)
    if owner is not None and isinstance(at.scope.node, ast.ClassDef):
        if value == Func(info):
            owner.methods[node.name] = info
        else:
            at.learn_attribute(owner, node.name, value)
    if node.returns is not None and info.stated is UNKNOWN:
        stated = annotation(at, node.returns)
        text = f"{info.name}() -> {ast.unparse(node.returns)}"
        info.stated = stated if stated is UNKNOWN else named(stated, text, node.returns.lineno)
    at.bind(node.name, value)
    return True


def _decorated(at: Interpreter, info: Function, decorator: ast.expr, value: Value) -> Value:
    call = decorator if isinstance(decorator, ast.Call) else None
    function = at.value(call.func if call is not None else decorator)
    name = function.name if isinstance(function, Ref) else dotted(decorator)
    info.decorators.add(name)
    if name in at.libraries.fixtures:
        at.test_fixtures[info.name] = info
    last = name.rpartition(".")[2]
    if {name, last} & at.libraries.transparent or last in ("setter", "getter"):
        if call is not None:
            at.value(decorator)
        return value
    if isinstance(function, (Func, Alt)):
        if call is not None:
            function = at.value(call)
        return each(
            function,
            lambda one: (
                call_function(at, one.info, [value], {})
                if isinstance(one, Func)
                else one
                if one is BOTTOM  # what makes the decorator was not looked at yet
                else UNKNOWN
            ),
        )
    if call is not None:
        at.value(call)
    info.escapes = info.opaque = True
    return value


@executes(ast.ClassDef)
def _class_def(at: Interpreter, node: ast.ClassDef) -> bool:
    info = at.classes.get(node)
    if info is None:
        info = at.classes[node] = ClassInfo(node, at.scope)
    info.bases = [at.value(base) for base in node.bases]
    for base in (one for value in info.bases for one in alternatives(value)):
        if isinstance(base, Class) and info not in base.info.below:
            base.info.below[info] = None
            at.wake(*(reader for readers in base.info.readers.values() for reader in readers))
    for keyword in node.keywords:
        at.value(keyword.value)
    for decorator in node.decorator_list:
        at.value(decorator)
    outer, env = at.scope, at.env
    at.scope, at.env = info.scope, Env()
    at.block(node.body)
    for name, value in at.env.items():
        if name not in info.methods and "." not in name:
            at.learn_attribute(info, name, value)
    at.scope, at.env = outer, env
    at.bind(node.name, Class(info))
    return True
