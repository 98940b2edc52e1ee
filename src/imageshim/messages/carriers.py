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
import sys
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from functools import lru_cache
from typing import Any, TypeVar, cast

from imageshim.errors import ImageShimError

__all__ = ["fields", "get", "holders", "items_of", "rebuilt", "replaced", "text_of"]

C = TypeVar("C")

# What no field is ever read from. Text and numbers have no fields of ours; a mock answers every
# question with another mock, so nothing that it says is evidence of an image.
_SCALARS = (str, bytes, bytearray, int, float, complex, type(None), list, tuple, set)


_MAPPING, _MODEL, _OBJECT, _NOTHING = range(4)


def _sort(cls: type) -> int:
    """Sort a class by how its fields are read."""
    if issubclass(cls, Mapping):
        return _MAPPING
    if hasattr(cls, "__pydantic_serializer__"):
        return _MODEL  # LiteLLM's and the OpenAI SDK's objects are pydantic models
    is_mock = any(base.__module__ in {"unittest.mock", "mock.mock"} for base in cls.__mro__)
    return _NOTHING if is_mock or issubclass(cls, _SCALARS) else _OBJECT


# Bounded: every MagicMock has a class of its own.
_kind: Callable[[type], int] = lru_cache(maxsize=256)(_sort)


def _attribute_names(carrier: object) -> list[str]:
    names = list(getattr(carrier, "__dict__", ()))
    for kind in type(carrier).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        names += [slots] if isinstance(slots, str) else slots
    return [name for name in names if not name.startswith("_")]


def get(carrier: Any, name: str) -> Any:
    """Return the field ``name`` of ``carrier``, or None where it has none."""
    if type(carrier) is dict:
        return carrier.get(name)
    kind = _kind(type(carrier))
    if kind == _MODEL:
        # Attribute access would build an exception for each absent field (2 µs on pydantic).
        found = carrier.__dict__.get(name)
        if found is None and carrier.__pydantic_extra__:
            found = carrier.__pydantic_extra__.get(name)
        return found
    if kind == _MAPPING:
        return carrier.get(name)
    if kind == _NOTHING:
        return None
    try:
        return getattr(carrier, name, None)
    except Exception:  # noqa: BLE001  # a property of somebody's class may raise anything
        return None


def text_of(carrier: Any, name: str) -> str | None:
    """Return a field that is a text with something in it; None for anything else."""
    found = get(carrier, name)
    return found if isinstance(found, str) and found else None


def holders(carrier: Any, names: Iterable[str]) -> tuple[Mapping[str, Any], ...]:
    """Return where to look for some fields of a carrier that is no dict, which holds its own."""
    if _kind(type(carrier)) == _MODEL:
        extra = carrier.__pydantic_extra__
        return (carrier.__dict__, extra) if extra else (carrier.__dict__,)
    return ({name: get(carrier, name) for name in names},)


def fields(carrier: Any) -> dict[str, Any] | None:
    """Return the fields of ``carrier`` in their order as a new dict, or None if it is no carrier.

    The values are the carrier's own, not copies.
    """
    kind = _kind(type(carrier))
    if kind == _MAPPING:
        return dict(carrier)
    if kind == _NOTHING:
        return None
    if kind == _MODEL:
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
    kind = _kind(type(carrier))
    if kind == _MAPPING:
        return cast("C", _rebuilt_mapping(carrier, new, in_place=in_place))
    target = carrier if in_place else _copied(carrier)
    if kind == _MODEL:
        _refill_model(target, new)
        return target
    old = fields(carrier) or {}
    try:
        _refill_object(target, old, new)
    except (AttributeError, TypeError) as error:
        if in_place:
            _refill_object(target, new, old)
        raise _cannot_hold(carrier, new.keys() - old.keys()) from error
    return target


def _cannot_hold(carrier: object, names: Iterable[str]) -> ImageShimError:
    cls = type(carrier)
    return ImageShimError(
        f"a message of class {cls.__module__}.{cls.__qualname__} cannot hold "
        f"the fields {', '.join(sorted(names))}"
    )


def _refill_object(target: object, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    declared = getattr(type(target), "__dataclass_fields__", ())
    for name in old.keys() - new.keys():
        if name in getattr(target, "__dict__", ()) and name not in declared:
            object.__delattr__(target, name)
        elif hasattr(target, name):  # its class counts on the attribute
            object.__setattr__(target, name, None)
    for name, value in new.items():
        if name not in old or old[name] is not value:
            object.__setattr__(target, name, value)


def _rebuilt_mapping(carrier: Any, new: Mapping[str, Any], *, in_place: bool) -> Any:
    if type(carrier) is dict and not in_place:
        return dict(new)
    if isinstance(carrier, MutableMapping):
        target = carrier if in_place else copy.copy(carrier)
        target.clear()
        target.update(new)
        return target
    if in_place:
        raise ImageShimError(f"{type(carrier).__qualname__} objects cannot be changed in place")
    try:
        return type(carrier)(dict(new))  # as MappingProxyType takes it
    except TypeError as error:
        raise ImageShimError(
            f"{type(carrier).__qualname__} objects cannot be made again: {error}"
        ) from error


def _extra(model: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", model.__pydantic_extra__)


def _copied(carrier: C) -> C:
    """Copy a carrier one level deep, as ``copy.copy`` does, in a third of its time."""
    cls = type(carrier)
    if not _copies_as_pydantic(cls):
        return copy.copy(carrier)
    target = cls.__new__(cls)
    model: Any = carrier
    put = object.__setattr__
    put(target, "__dict__", model.__dict__.copy())
    extra, private = model.__pydantic_extra__, model.__pydantic_private__
    put(target, "__pydantic_extra__", extra if extra is None else extra.copy())
    put(target, "__pydantic_fields_set__", model.__pydantic_fields_set__.copy())
    put(target, "__pydantic_private__", private if private is None else private.copy())
    return target


def _has_pydantic_copy(cls: type) -> bool:
    """Tell whether a class has pydantic's own ``__copy__``."""
    base = getattr(sys.modules.get("pydantic"), "BaseModel", None)
    return base is not None and getattr(cls, "__copy__", None) is base.__copy__


_copies_as_pydantic: Callable[[type], bool] = lru_cache(maxsize=256)(_has_pydantic_copy)


def _refill_model(model: Any, new: Mapping[str, Any]) -> None:
    declared, extra = model.__dict__, model.__pydantic_extra__
    known = type(model).__pydantic_fields__
    had = {**declared, **(extra or {})}
    if extra is None and (homeless := new.keys() - had.keys() - known.keys()):
        # It could be set all the same, but model_dump() would leave it out.
        raise _cannot_hold(model, homeless)
    # A field keeps its home; a new one lives where pydantic's own setattr would put it.
    to_extra = {
        name
        for name in new
        if extra is not None and (name in extra or (name not in declared and name not in known))
    }
    fields_set = model.__pydantic_fields_set__
    # What had its default and has another value now is set: LiteLLM's proxy dumps a chunk with
    # exclude_unset.
    fields_set.update(name for name in new if new[name] is not had.get(name, new))
    refilled = {name: value for name, value in new.items() if name not in to_extra}
    declared.clear()
    declared.update(refilled)
    if extra is not None:
        refilled = {name: new[name] for name in new if name in to_extra}
        extra.clear()
        extra.update(refilled)
    fields_set.difference_update(had.keys() - new.keys())
    if _DEFAULTED in known and new.get(_DEFAULTED, new) is None and had.get(_DEFAULTED):
        fields_set.discard(_DEFAULTED)


_DEFAULTED = "provider_specific_fields"
"""LiteLLM sets it only where there is something in it: emptied, it is not set again."""


def replaced(carrier: C, name: str, value: Any, *, in_place: bool = False) -> C:
    """Return a carrier of the same class in which the one field ``name`` is ``value``."""
    if type(carrier) is dict:
        held = cast("dict[str, Any]", carrier)
        if not in_place:
            return cast("C", {**held, name: value})
        held[name] = value
        return carrier
    if _kind(type(carrier)) == _MODEL:
        target = carrier if in_place else _copied(carrier)
        held = target.__dict__ if name in target.__dict__ else _extra(target)
        held[name] = value
        return target
    new = fields(carrier) or {}
    new[name] = value
    return rebuilt(carrier, new, in_place=in_place)
