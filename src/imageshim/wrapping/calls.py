"""One call: what goes to the library, and what comes back to the caller."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from imageshim.history import prepare_messages
from imageshim.timeline import Format

from .call_site import LIBRARIES, calling_place
from .delivery import deliver, has_nothing
from .failures import ASKED_FOR, failed
from .functions import WrappedFunction
from .handlers import SEEN, WATCH, given_back, warn_of_loss
from .observing import observer_for
from .policy import LOOKING_ON, Call, Policy, format_of_installed, installed_litellm
from .reentrancy import INSIDE, is_adapters, leave

__all__ = ["library_of", "run", "run_request", "wrapped_function"]

_MESSAGES, _MODEL, _PROVIDER = "messages", "model", "custom_llm_provider"
_AS_IT_IS = "imageshim could not rewrite the messages of a request; they go as they are"


def library_of(target: Any) -> str | None:
    """Tell whose function this is: ``litellm``, ``openai``, or None for anybody else's."""
    module = getattr(inspect.unwrap(target), "__module__", None)
    root = module.partition(".")[0] if isinstance(module, str) else ""
    return root if root in LIBRARIES else None


def run(
    policy: Policy, library: str | None, wrapped: Callable[..., Any], args: Any, kwargs: Any
) -> Any:
    """Call ``wrapped`` and deliver what it returns."""
    inside = INSIDE.get()
    if inside is not None:
        if (inside, library) == ("litellm", "openai"):
            return _inner(policy, wrapped, args, kwargs, kwargs)
        return wrapped(*args, **kwargs)
    if library == "litellm" and is_adapters():
        if observer_for(library, strict=policy.strict) is None:
            return wrapped(*args, **kwargs)
        policy = LOOKING_ON
    if policy.history:
        args, kwargs = _with_history(policy, library, wrapped, args, kwargs)
    if library == "litellm" and not policy.as_it_came:
        observer = observer_for(library, strict=policy.strict)
        call = Call(policy, library, kwargs, observer=observer, seen=[])
        WATCH.start()
        warn_of_loss(call)
        answer = _called_handlers(call, wrapped, args, kwargs)
        return answer if has_nothing(answer) else deliver(answer, call)
    answer = _called(library, wrapped, args, kwargs)
    if has_nothing(answer):
        return answer
    observer = observer_for(library, strict=policy.strict)
    return deliver(answer, Call(policy, library, kwargs, observer=observer))


def _called(library: str | None, wrapped: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Call a function, and let it be known whose code is running."""
    if library is None:
        return wrapped(*args, **kwargs)
    token = INSIDE.set(library)
    try:
        return wrapped(*args, **kwargs)
    finally:
        leave(token)


def _called_handlers(call: Call, wrapped: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Call LiteLLM, and give its reply the images that its own handlers have dropped."""
    token = SEEN.set(call.seen)
    try:
        answer = _called(call.library, wrapped, args, kwargs)
    finally:
        leave(token)
    return given_back(answer, call.seen)


def run_request(
    policy: Policy, library: str | None, wrapped: Callable[..., Any], args: Any, kwargs: Any
) -> Any:
    """Call ``client.request``, the one way by which all requests of the OpenAI SDK go.

    LiteLLM's newest versions take it without ``create``, and so do bound methods of clients that
    somebody (instructor) took before the installation.
    """
    options = kwargs.get("options", args[1] if len(args) > 1 else None)
    body = getattr(options, "json_data", None)
    inside = INSIDE.get()
    if (
        inside == library
        or getattr(options, "url", None) != "/chat/completions"
        or not isinstance(body, dict)
    ):
        return wrapped(*args, **kwargs)
    asked = {**body, "extra_body": getattr(options, "extra_json", None)}
    if inside == "litellm":
        return _inner(policy, wrapped, args, kwargs, asked)
    if policy.history:
        _, rewritten = _with_history(policy, library, wrapped, (), body)
        if rewritten is not body:
            options.json_data = rewritten
    answer = _called(library, wrapped, args, kwargs)
    if has_nothing(answer):
        return answer
    observer = observer_for(library, strict=policy.strict)
    return deliver(answer, Call(policy, library, asked, observer=observer))


def _inner(
    policy: Policy, wrapped: Callable[..., Any], args: Any, kwargs: Any, asked: dict[str, Any]
) -> Any:
    """Call the OpenAI SDK for LiteLLM, and give LiteLLM what it does not lose.

    It swallows chunks with fields that it does not know, and from 1.77.0 to 1.81 fails on images
    without an index. ``images`` it carries along on every version in whole replies (those that do
    not know them in ``provider_specific_fields``), and from 1.77.0 on in chunks; before that,
    chunks can carry images in their text only.
    """
    if policy.as_it_came:
        return wrapped(*args, **kwargs)
    answer = _called("openai", wrapped, args, kwargs)
    emit = Format.IMAGES
    if asked.get("stream") and format_of_installed() is not Format.IMAGES:
        emit = Format.CONTENT
    return deliver(answer, Call(policy.emitting(emit), "openai", asked, inner=True))


def _with_history(
    policy: Policy,
    library: str | None,
    wrapped: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments with messages that carry the images of earlier replies."""
    try:
        place = None
        if _MESSAGES in kwargs:
            messages = kwargs[_MESSAGES]
        else:
            place = _place_of_messages(wrapped) if args else None
            if place is None or place >= len(args):
                return args, kwargs
            messages = args[place]
        if not isinstance(messages, (list, tuple)) or not any(map(_may_be_ours, messages)):
            return args, kwargs
        version = installed_litellm() if library == "litellm" else None
        prepared = prepare_messages(
            messages, version=version, model=_model(kwargs), keep_images=policy.keep_images
        )
    except ASKED_FOR:
        raise
    except Exception as error:  # noqa: BLE001  # the request goes as it is
        failed(_AS_IT_IS, error, calling_place(), strict=policy.strict)
        return args, kwargs
    if prepared is messages:
        return args, kwargs
    if place is None:
        return args, {**kwargs, _MESSAGES: prepared}
    return (*args[:place], prepared, *args[place + 1 :]), kwargs


def _model(kwargs: Mapping[str, Any]) -> str | None:
    """Return the model as LiteLLM names it, its provider before it."""
    model, provider = kwargs.get(_MODEL), kwargs.get(_PROVIDER)
    if not isinstance(model, str):
        return None
    return f"{provider}/{model}" if provider and isinstance(provider, str) else model


def _may_be_ours(message: Any) -> bool:
    """Rule out the messages that most requests consist of: those of users and systems."""
    if type(message) is dict:
        return message.get("role") not in _OF_USERS
    return not (isinstance(message, Mapping) and message.get("role") in _OF_USERS)


_OF_USERS = frozenset({"user", "system", "developer"})


def _find_messages(function: Any) -> int | None:
    try:
        names = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return None
    return names.index(_MESSAGES) if _MESSAGES in names else None


_known_place = lru_cache(maxsize=64)(_find_messages)


def _place_of_messages(wrapped: Any) -> int | None:
    """Tell which positional argument the messages are; ``wrapped`` is bound already."""
    return _known_place(wrapped)


def wrapped_function(target: Any, policy: Policy, recipe: tuple[Any, ...]) -> Any:
    """Wrap one callable with options that stay; ``recipe`` is how it is pickled."""
    library = library_of(target)

    def around(wrapped: Any, _instance: Any, args: Any, kwargs: Any) -> Any:
        return run(policy, library, wrapped, args, kwargs)

    return WrappedFunction(target, around, recipe)
