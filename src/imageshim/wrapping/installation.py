"""`install`: the whole process at once, what is imported already and what will be."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Literal, NamedTuple

from imageshim.errors import ImageShimError
from imageshim.messages.options import FormatLike, OnLoss, Pick
from imageshim.timeline import Format

from .call_site import LIBRARIES, calling_place, is_installed
from .callers import Callers
from .observing import SINKS, OnImage, checked_callback, let_see_all
from .patching import settle
from .policy import LOOKING_ON, Policy, policy, start_report

__all__ = ["Installation", "close_block", "install", "open_block"]


class _Options(NamedTuple):
    policy: Policy
    callers: Callers
    libraries: frozenset[str]
    on_image: OnImage | None
    report: str | None

    def for_caller(self) -> Policy:
        """Return what the module that calls gets."""
        if not self.callers:
            return self.policy
        place = calling_place()
        module = place.module if place is not None else {}
        emit = self.callers.format_for(str(module.get("__name__", "")))
        if emit is None:
            return self.policy
        # A package that is installed is not the user's to migrate.
        return self.policy.emitting(emit, told=not is_installed(module.get("__file__")))


class _Standing(NamedTuple):
    options: _Options
    installation: Installation


_lock = threading.RLock()
_standing: list[_Standing] = []
"""What is installed; the last one counts."""


class Installation:
    """What :func:`install` did, and how it is undone; a context manager."""

    def __init__(self, options: _Options) -> None:
        self._options = options
        self._wanted = 0

    def uninstall(self) -> None:
        """Take it back: hooks on imports, functions of libraries, names in modules.

        Where another library has patched above, its layer stays, and ours beneath lets everything
        pass. To call it again does nothing.
        """
        with _lock:
            self._wanted = 0
            if self.installed:
                _standing.remove(_Standing(self._options, self))
                _settle()
                if self._options.report is not None:
                    from .report import report_no_more  # noqa: PLC0415  # of those who ask for one

                    report_no_more()

    @property
    def installed(self) -> bool:
        """Whether it stands."""
        return any(one.installation is self for one in _standing)

    def __enter__(self) -> Installation:  # noqa: PYI034  # Self is not in Python 3.10
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        traceback: TracebackType | None,
    ) -> Literal[False]:
        with _lock:
            self._wanted -= 1
            if self._wanted <= 0:
                self.uninstall()
        return False

    def __repr__(self) -> str:
        options = self._options
        state = "installed" if self.installed else "not installed"
        libraries = ", ".join(sorted(options.libraries))
        return f"<imageshim.Installation of {libraries}, emit={options.policy.emit}, {state}>"


def install(  # noqa: PLR0913  # each option is a word of its own
    *,
    emit: FormatLike = "images",
    callers: Mapping[str, FormatLike] | None = None,
    libraries: Iterable[str] = ("litellm", "openai"),
    source: str | Format | None = None,
    on_loss: OnLoss = "stash",
    history: bool = True,
    keep_images: int | None = None,
    strict: bool = False,
    pick: Pick = "first",
    on_image: OnImage | None = None,
    report: str | os.PathLike[str] | None = None,
) -> Installation:
    """Wrap LiteLLM and the OpenAI SDK for the whole process, whether imported yet or not.

    ``litellm.completion``, ``acompletion``, ``Router`` and ``stream_chunk_builder``, and the chat
    completions of every OpenAI client then give the format ``emit``. Names that modules took
    before (``from litellm import completion``) are changed too, or reported with an
    :class:`imageshim.EarlyImportWarning`. Libraries that are imported later are wrapped then;
    nothing is imported for it.

    To install the same again changes nothing and returns the same object. Of several with
    different options the last counts, until it is uninstalled.

    Args:
        emit: what callers get.
        callers: formats for the modules that call, by patterns of their names:
            ``{"shop.reports.*": "content"}`` gives ``shop.reports`` and all modules in it the old
            format, and the rest of the program ``emit``. The first pattern that matches counts.
            Modules of installed packages get an old format without a warning: they are not yours
            to change.
        libraries: which of ``"litellm"`` and ``"openai"``.
        source: as in :func:`imageshim.wrap`.
        on_loss: as in :func:`imageshim.wrap`.
        history: as in :func:`imageshim.wrap`.
        keep_images: as in :func:`imageshim.wrap`.
        strict: as in :func:`imageshim.wrap`.
        pick: as in :func:`imageshim.wrap`.
        on_image: called with each image of each reply, whole or streamed, as
            :func:`imageshim.capture_images` does; those of all installations are.
        report: a file to write what is seen to, for ``imageshim fix --trace``: the places that read
            ``image``, and with ``emit="content"`` those that read ``content`` and treat it as an
            image. Until it is uninstalled, ``content`` is then a ``str`` that remembers where it
            was read.

    Raises:
        UnknownFormatError: a format is none.
        ImageShimError: a library, a pattern, ``on_loss`` or ``pick`` is unknown; ``keep_images``
            is no number of images or stands beside ``history=False``; or ``on_image`` cannot be
            called.

    """
    chosen = frozenset((libraries,) if isinstance(libraries, str) else libraries)
    if not chosen or not chosen <= LIBRARIES:
        raise ImageShimError(
            f"libraries is {sorted(map(str, chosen))}; choose one of {', '.join(sorted(LIBRARIES))}"
        )
    do = policy(
        emit, source, on_loss,
        history=history, keep_images=keep_images, strict=strict, pick=pick,
    )  # fmt: skip
    file = None if report is None else os.fspath(report)
    options = _Options(do, Callers(callers), chosen, checked_callback(on_image), file)
    with _lock:
        same = next((one.installation for one in _standing if one.options == options), None)
        made = same or Installation(options)
        made._wanted += 1  # noqa: SLF001  # its own module
        if same is None:
            _standing.append(_Standing(options, made))
            start_report(file)
            try:
                _settle()
            except BaseException:  # a warning that is an error
                made.uninstall()
                raise
    return made


def is_active() -> bool:
    """Tell whether anything is installed in this process."""
    return bool(_standing)


def _settle() -> None:
    """Bring the process into the state that the standing installations want."""
    wanted = _wanted()
    let_see_all({library: seen for library in wanted if (seen := _callbacks(library))})
    settle(LIBRARIES if _blocks else wanted, _current_policy)


def _wanted() -> frozenset[str]:
    """Return what is installed for."""
    return frozenset[str]().union(*(one.options.libraries for one in _standing))


def _callbacks(library: str) -> tuple[OnImage, ...]:
    """Return what sees every image of a library."""
    standing = (one.options for one in _standing if library in one.options.libraries)
    return tuple(one.on_image for one in standing if one.on_image is not None)


def _current_policy(library: str) -> Policy | None:
    """Return what the caller of a library gets now; None where nothing is installed for it."""
    for one in reversed(_standing):
        if library in one.options.libraries:
            return one.options.for_caller()
    return LOOKING_ON if SINKS.get() else None


_blocks: list[object] = []
"""The blocks of `capture_images` that are open."""


def open_block(block: object) -> None:
    """Wrap the libraries for a block of `capture_images`, if nobody has."""
    from . import carrying  # noqa: PLC0415  # concurrent.futures is of no use to install()

    with _lock:
        _blocks.append(block)
        if len(_blocks) > 1:
            return
        from . import carrying  # noqa: PLC0415  # thread pools, of those who open a block

        carrying.start()
        if _wanted() == LIBRARIES:
            return
        try:
            _settle()
        except BaseException:  # a warning that is an error
            close_block(block)
            raise


def close_block(block: object) -> None:
    """Unwrap what nobody wants any more."""
    from . import carrying  # noqa: PLC0415  # as above

    with _lock:
        _blocks.remove(block)
        if not _blocks:
            from . import carrying  # noqa: PLC0415  # as above

            carrying.stop()
            if _wanted() != LIBRARIES:
                _settle()
