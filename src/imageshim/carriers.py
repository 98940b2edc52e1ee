"""Get, set and drop a message's fields on any carrier.

A carrier is the object that holds a reply, a choice or a message: a ``dict`` or another Mapping, a
LiteLLM object, an OpenAI SDK object, a ``SimpleNamespace``. They disagree on how a field is read
and on what reading an absent one does (AttributeError, KeyError, TypeError, a new ``MagicMock``),
so the rest of imageshim reads them through here only. Objects are recognised by their shape;
neither LiteLLM nor the OpenAI SDK is imported. A carrier is never replaced by a look-alike, and
strings are shared, never copied.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, MutableMapping
from typing import Any, TypeVar, cast

from .errors import ImageShimError

__all__ = ["fields", "get", "items_of", "rebuilt", "replaced"]

C = TypeVar("C")

# What no field is ever read from. Text and numbers have no fields of ours; a mock answers every
# question with another mock, so nothing that it says is evidence of an image.
_SCALARS = (str, bytes, bytearray, int, float, complex, type(None), list, tuple, set)


def _is_mock(carrier: object) -> bool:
    return any(kind.__module__ in {"unittest.mock", "mock.mock"} for kind in type(carrier).__mro__)


def _is_model(carrier: object) -> bool:
    """Tell whether ``carrier`` is a pydantic model: LiteLLM's and the OpenAI SDK's objects are."""
    return hasattr(type(carrier), "__pydantic_serializer__")


def _attribute_names(carrier: object) -> list[str]:
    names = list(getattr(carrier, "__dict__", ()))
    for kind in type(carrier).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        names += [slots] if isinstance(slots, str) else slots
    return [name for name in names if not name.startswith("_")]


def get(carrier: Any, name: str) -> Any:
    """Return the field ``name`` of ``carrier``, or None where it has none."""
    if isinstance(carrier, Mapping):
        return carrier.get(name)
    if isinstance(carrier, _SCALARS):
        return None
    if _is_model(carrier):
        # Attribute access would build an exception for each absent field (2 µs on pydantic).
        found = carrier.__dict__.get(name)
        if found is None and carrier.__pydantic_extra__:
            found = carrier.__pydantic_extra__.get(name)
        return found
    if _is_mock(carrier):
        return None
    try:
        return getattr(carrier, name, None)
    except Exception:  # noqa: BLE001  # a property of somebody's class may raise anything
        return None


def fields(carrier: Any) -> dict[str, Any] | None:
    """Return the fields of ``carrier`` in their order as a new dict, or None if it is no carrier.

    The values are the carrier's own, not copies.
    """
    if isinstance(carrier, Mapping):
        return dict(carrier)
    if isinstance(carrier, _SCALARS) or _is_mock(carrier):
        return None
    if _is_model(carrier):
        return {**carrier.__dict__, **(carrier.__pydantic_extra__ or {})}
    found = {}
    for name in _attribute_names(carrier):
        value = get(carrier, name)
        if value is not None or name in getattr(carrier, "__dict__", ()):
            found[name] = value
    return found


def items_of(value: Any) -> list[Any] | tuple[Any, ...] | None:
    """Return ``value`` if it is a list or a tuple; anything else that looks like one is none."""
    return value if isinstance(value, (list, tuple)) else None


def rebuilt(carrier: C, new: Mapping[str, Any], *, in_place: bool = False) -> C:
    """Return a carrier of the same class with exactly the fields of ``new``, in their order.

    With ``in_place`` the carrier itself is changed and returned.

    Raises:
        ImageShimError: the carrier's class does not let its fields be set.

    """
    if isinstance(carrier, Mapping):
        return cast("C", _rebuilt_mapping(carrier, new, in_place=in_place))
    target = carrier if in_place else copy.copy(carrier)
    if _is_model(carrier):
        _refill_model(target, new)
        return target
    old = fields(carrier) or {}
    try:
        for name in old.keys() - new.keys():
            object.__delattr__(target, name)
        for name, value in new.items():
            if name not in old or old[name] is not value:
                object.__setattr__(target, name, value)
    except (AttributeError, TypeError) as error:
        kind = type(carrier)
        raise ImageShimError(
            f"a message of class {kind.__module__}.{kind.__qualname__} cannot hold "
            f"the fields {', '.join(sorted(new.keys() - old.keys())) or 'of the format'}: {error}"
        ) from error
    return target


def _rebuilt_mapping(carrier: Any, new: Mapping[str, Any], *, in_place: bool) -> Any:
    if type(carrier) is dict and not in_place:
        return dict(new)
    if isinstance(carrier, MutableMapping):
        target = carrier if in_place else copy.copy(carrier)
        target.clear()
        target.update(new)
        return target
    if in_place:
        raise ImageShimError(f"a {type(carrier).__qualname__} cannot be changed in place")
    try:
        return type(carrier)(dict(new))  # as MappingProxyType takes it
    except TypeError as error:
        raise ImageShimError(
            f"a {type(carrier).__qualname__} cannot be made again: {error}"
        ) from error


def _refill_model(model: Any, new: Mapping[str, Any]) -> None:
    declared, extra = model.__dict__, model.__pydantic_extra__
    known = type(model).__pydantic_fields__
    had = declared.keys() | (extra.keys() if extra else set())
    # A field keeps its home; a new one lives where pydantic's own setattr would put it.
    to_extra = {
        name
        for name in new
        if extra is not None and (name in extra or (name not in declared and name not in known))
    }
    fields_set = model.__pydantic_fields_set__
    refilled = {name: value for name, value in new.items() if name not in to_extra}
    declared.clear()
    declared.update(refilled)
    if extra is not None:
        refilled = {name: new[name] for name in new if name in to_extra}
        extra.clear()
        extra.update(refilled)
    fields_set.update(new.keys() - had)
    fields_set.difference_update(had - new.keys())


def replaced(carrier: C, name: str, value: Any, *, in_place: bool = False) -> C:
    """Return a carrier of the same class in which the one field ``name`` is ``value``."""
    if type(carrier) is dict:
        held = cast("dict[str, Any]", carrier)
        if not in_place:
            return cast("C", {**held, name: value})
        held[name] = value
        return carrier
    new = fields(carrier) or {}
    new[name] = value
    return rebuilt(carrier, new, in_place=in_place)
