"""Stored documents: frozen dataclasses to JSON values and back, strictly, each with a version."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Hashable, Mapping
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from upa_core.domain.errors import CorruptStateError

T = TypeVar("T")
_ADDED = "added"
_PLAIN = frozenset({str, int, float, bool, type(None)})
Reader = Callable[[Any], Any]
Writer = Callable[[Any], Any]


def instant(moment: datetime) -> str:
    """Write an aware moment as ISO 8601 in UTC with `Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def added(default: Any) -> Any:
    """Declare a field that a later release added.

    It isn't written at its default, so that earlier releases can read the document.
    """
    return dataclasses.field(default=default, metadata={_ADDED: True})


def to_json(value: Any) -> Any:
    """Turn a document (dataclass, tuple, dict, enum, datetime, plain value) into JSON values."""
    kind: Any = type(value)
    return value if kind in _PLAIN else _writer(kind)(value)


@cache
def _writer(kind: Any) -> Writer:
    """Return what turns values of a type into JSON values; made once, because a run writes thousands of a few types."""
    if dataclasses.is_dataclass(kind):
        return _record_writer(typing.cast("type", kind))
    if issubclass(kind, datetime):
        return instant
    if issubclass(kind, Enum):
        return lambda value: value.value
    if issubclass(kind, (tuple, list)):
        return lambda value: [to_json(item) for item in value]
    if issubclass(kind, Mapping):
        return lambda value: {key: to_json(item) for key, item in value.items()}
    return lambda value: value


def _record_writer(kind: type) -> Writer:
    always = object()
    fields = [(f.name, f.default if _ADDED in f.metadata else always) for f in dataclasses.fields(kind)]

    def write(value: Any) -> Any:
        return {
            name: to_json(held)
            for name, unwritten in fields
            if unwritten is always or getattr(value, name) != unwritten
            for held in (getattr(value, name),)
        }

    return write


def from_json(kind: type[T], data: Any, *, where: str) -> T:
    """Rebuild a document of `kind`; `where` names it in the error.

    A missing field takes its default, so that an older document still works.
    Raises `CorruptStateError` for anything that doesn't fit, a newer `version` included.
    """
    try:
        document: T = _reader(typing.cast("Hashable", kind))(data)
    except _MisfitError as exc:
        raise CorruptStateError(f"{where} can't be read: {exc}") from exc
    return document


class _MisfitError(ValueError):
    def __init__(self, problem: str, path: str = "") -> None:
        super().__init__(f"{path or 'it'} {problem}")
        self.problem = problem
        self.path = path

    def under(self, step: str) -> _MisfitError:
        return _MisfitError(self.problem, step + self.path)


@cache
def _reader(kind: Any) -> Reader:
    """Return the reader of a type; it is made once, because a run reads thousands of documents of a few types."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return _optional(*(_reader(option) for option in inner if option is not type(None)))
    if origin is typing.Literal:
        return _one_of({option: option for option in inner})
    if origin is tuple:
        return _tuple(_reader(inner[0]))
    if origin is dict:
        return _dict(_reader(inner[1]))
    if dataclasses.is_dataclass(kind):
        return _record(typing.cast("type", kind))
    if issubclass(kind, Enum):
        return _one_of({member.value: member for member in kind})
    return _moment if kind is datetime else _plain(kind)


def _optional(read: Reader) -> Reader:
    return lambda data: None if data is None else read(data)


def _one_of(options: Mapping[Any, Any]) -> Reader:
    def read(data: Any) -> Any:
        if isinstance(data, Hashable) and data in options:
            return options[data]
        raise _MisfitError(f"is none of {', '.join(map(str, options))}")

    return read


def _tuple(read_item: Reader) -> Reader:
    def read(data: Any) -> Any:
        if not isinstance(data, list):
            raise _MisfitError("isn't a list")
        at, items = 0, []
        try:
            for at, item in enumerate(data):  # noqa: B007 - the place of what doesn't fit
                items.append(read_item(item))
        except _MisfitError as misfit:
            raise misfit.under(f"[{at}]") from None
        return tuple(items)

    return read


def _dict(read_item: Reader) -> Reader:
    def read(data: Any) -> Any:
        if not isinstance(data, dict):
            raise _MisfitError("isn't an object")
        key, items = "", {}
        try:
            for key, item in data.items():
                items[key] = read_item(item)
        except _MisfitError as misfit:
            raise misfit.under(f".{key}") from None
        return items

    return read


def _record(kind: type) -> Reader:
    hints = get_type_hints(kind)
    missing = dataclasses.MISSING
    fields = [
        (f.name, _reader(hints[f.name]), f.default is missing and f.default_factory is missing)
        for f in dataclasses.fields(kind)
    ]
    names = {name for name, _, _ in fields}
    newest = getattr(kind, "VERSION", None)

    def read(data: Any) -> Any:
        if not isinstance(data, dict):
            raise _MisfitError("isn't an object")
        version = data.get("version")
        if newest is not None and isinstance(version, int) and version > newest:
            raise _MisfitError(f"is newer than {newest}, the newest that this release knows", ".version")
        if not data.keys() <= names:
            raise _MisfitError("isn't a field that this release knows", f".{min(data.keys() - names)}")
        name, values = "", {}
        try:
            for name, read_value, required in fields:
                if name in data:
                    values[name] = read_value(data[name])
                elif required:
                    raise _MisfitError("is missing")
        except _MisfitError as misfit:
            raise misfit.under(f".{name}") from None
        return kind(**values)

    return read


def _moment(data: Any) -> Any:
    try:
        moment = datetime.fromisoformat(data)
    except (TypeError, ValueError):
        raise _MisfitError("isn't a moment") from None
    if moment.tzinfo is None:
        raise _MisfitError("is a moment without a time zone")
    return moment


def _plain(kind: type) -> Reader:
    def read(data: Any) -> Any:
        if type(data) is kind:
            return data
        if kind is float and type(data) is int:
            return float(data)
        raise _MisfitError(f"isn't {kind.__name__}")

    return read
