"""Run a Python program as the interpreter would, with the shim installed before its first line.

Unlike ``runpy.run_path`` it leaves the program in place as ``__main__``: threads that outlive its
last line, pickles and exit handlers find it there.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType, TracebackType

from imageshim.errors import ImageShimError

__all__ = ["run_module", "run_script"]

_INTERRUPTED = 130
"""128 + SIGINT, as shells tell it."""


def run_script(path: str, arguments: Sequence[str]) -> None:
    """Run a file, or a folder or zip file with a ``__main__.py``.

    Raises:
        ImageShimError: it cannot be read, or is not Python.
        SystemExit: as the program ends; 1 after an exception, whose traceback is printed.

    """
    target = Path(path)
    if target.is_dir() or _is_zip(target):
        sys.path[0] = path
        _execute(lambda: _module_code("__main__"), [path, *arguments])
        return
    sys.path[0] = str(target.resolve().parent)

    def prepare() -> tuple[CodeType, ModuleSpec | None, str]:
        try:
            source = target.read_bytes()
        except OSError as error:
            raise ImageShimError(f"{path}: {error.strerror}") from None
        return compile(source, path, "exec", dont_inherit=True), None, path

    _execute(prepare, [path, *arguments])


def run_module(name: str, arguments: Sequence[str]) -> None:
    """Run a module, or the ``__main__`` of a package, found as ``python -m`` finds it.

    Raises:
        ImageShimError: there is no such module.
        SystemExit: as :func:`run_script`.

    """
    sys.path[0] = str(Path.cwd())
    _execute(lambda: _module_code(name), ["-m", *arguments])


def _is_zip(path: Path) -> bool:
    import zipfile  # noqa: PLC0415

    return path.is_file() and path.suffix != ".py" and zipfile.is_zipfile(path)


def _module_code(name: str) -> tuple[CodeType, ModuleSpec | None, str]:
    try:
        spec = importlib.util.find_spec(name) if name != "__main__" else _main_of_folder()
    except ModuleNotFoundError as error:
        raise ImageShimError(f"no module named {error.name!r}") from None
    except (ImportError, ValueError) as error:
        raise ImageShimError(f"no module named {name!r}: {error}") from None
    if spec is None:
        raise ImageShimError(f"no module named {name!r}")
    if spec.submodule_search_locations is not None:
        return _module_code(f"{name}.__main__")
    get_code = getattr(spec.loader, "get_code", None)
    code = get_code(spec.name) if get_code is not None else None
    if code is None:
        raise ImageShimError(f"{name!r} has no Python code to run")
    return code, spec, str(spec.origin)


def _main_of_folder() -> ModuleSpec | None:
    from importlib.machinery import PathFinder  # noqa: PLC0415

    return PathFinder.find_spec("__main__", [sys.path[0]])


_Prepared = tuple[CodeType, "ModuleSpec | None", str]


def _execute(prepare: Callable[[], _Prepared], arguments: list[str]) -> None:
    """Make ``__main__`` and run its code; end as the interpreter would."""
    sys.argv = arguments
    try:
        code, spec, file = prepare()
    except SyntaxError as error:
        _print(error, None)
        sys.exit(1)
    sys.argv[0] = file
    main = ModuleType("__main__")
    main.__dict__.update(
        __file__=file,
        __builtins__=__builtins__,
        __spec__=spec,
        __package__=spec.parent if spec is not None else None,
        __loader__=spec.loader if spec is not None else SourceFileLoader("__main__", file),
    )
    sys.modules["__main__"] = main
    try:
        exec(code, main.__dict__)  # noqa: S102  # that is what running a program means
    except SystemExit:
        raise
    except KeyboardInterrupt as error:
        _print(error, error.__traceback__)
        sys.exit(_INTERRUPTED)
    except BaseException as error:  # noqa: BLE001  # printed as the interpreter prints it
        _print(error, error.__traceback__)
        sys.exit(1)


def _print(error: BaseException, traceback: TracebackType | None) -> None:
    """Print an exception without the frames of ours that are above the program's."""
    below = traceback.tb_next if traceback is not None else None
    error.__traceback__ = below
    sys.excepthook(type(error), error, below)
