"""Imports, functions and classes."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from imageshim.codemod.knowledge import replies

from .annotations import dotted
from .assignments import Assignments
from .scopes import Class, ClassInfo, Func, Function
from .values import UNKNOWN, Alt, Ref, Value, each, named

__all__ = ["Definitions"]


class Definitions(Assignments):
    """Runs imports and definitions."""

    def _run_Import(self, node: ast.Import) -> bool:  # noqa: N802
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            self.bind(name, Ref(alias.name if alias.asname else name))
        return True

    def _run_ImportFrom(self, node: ast.ImportFrom) -> bool:  # noqa: N802
        package = node.module or ""
        if node.level:
            base = self.module.split(".")
            package = ".".join((*base[: len(base) - node.level], *package.split("."))).strip(".")
        for alias in node.names:
            if alias.name == "*":
                for name in replies.STARRED if package == "litellm" else ():
                    self.bind(name, Ref(f"litellm.{name}"))
                continue
            self.bind(alias.asname or alias.name, self.imported(f"{package}.{alias.name}"))
        return True

    def _run_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:  # noqa: N802
        info = self.functions.get(node)
        owner = self.classes.get(self.scope.node)
        if info is None:
            info = self.functions[node] = Function(node, self.scope, owner)
            self.meet(info)
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                self.value(default)
        value: Value = Func(info)
        for decorator in reversed(node.decorator_list):
            value = self._decorated(info, decorator, value)
        if owner is not None and isinstance(self.scope.node, ast.ClassDef):
            if value == Func(info):
                owner.methods[node.name] = info
            else:
                self.learn_attribute(owner, node.name, value)
        if node.returns is not None and info.stated is UNKNOWN:
            stated = self.annotation(node.returns)
            text = f"{info.name}() -> {ast.unparse(node.returns)}"
            info.stated = stated if stated is UNKNOWN else named(stated, text, node.returns.lineno)
        self.bind(node.name, value)
        return True

    _run_AsyncFunctionDef = _run_FunctionDef  # noqa: N815

    def _decorated(self, info: Function, decorator: ast.expr, value: Value) -> Value:
        call = decorator if isinstance(decorator, ast.Call) else None
        function = self.value(call.func if call is not None else decorator)
        name = function.name if isinstance(function, Ref) else dotted(decorator)
        info.decorators.add(name)
        if name == "pytest.fixture":
            self.test_fixtures[info.name] = info
        last = name.rpartition(".")[2]
        if (
            name in replies.TRANSPARENT
            or last in replies.TRANSPARENT
            or last in ("setter", "getter")
        ):
            if call is not None:
                self.value(decorator)
            return value
        if isinstance(function, (Func, Alt)):
            if call is not None:
                function = self.value(call)
            return each(
                function,
                lambda one: (
                    self.call_function(one.info, [value], {}) if isinstance(one, Func) else UNKNOWN
                ),
            )
        if call is not None:
            self.value(call)
        info.escapes = info.opaque = True
        return value

    def _run_ClassDef(self, node: ast.ClassDef) -> bool:  # noqa: N802
        info = self.classes.get(node)
        if info is None:
            info = self.classes[node] = ClassInfo(node, self.scope)
        info.bases = [self.value(base) for base in node.bases]
        for keyword in node.keywords:
            self.value(keyword.value)
        for decorator in node.decorator_list:
            self.value(decorator)
        outer, env = self.scope, self.env
        self.scope, self.env = info.scope, {}
        self.block(node.body)
        for name, value in self.env.items():
            if name not in info.methods and "." not in name:
                self.learn_attribute(info, name, value)
        self.scope, self.env = outer, env
        self.bind(node.name, Class(info))
        return True

    def block(self, statements: Iterable[ast.stmt]) -> bool:
        """Run statements; in :mod:`.statements`."""
        raise NotImplementedError
