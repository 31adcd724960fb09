"""Stored documents: frozen dataclasses to JSON values and back, strictly, each with a version."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from upa_core.domain.errors import CorruptStateError

T = TypeVar("T")


def instant(moment: datetime) -> str:
    """Write an aware moment as ISO 8601 in UTC with `Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def to_json(value: Any) -> Any:
    """Turn a document (dataclass, tuple, dict, enum, datetime, plain value) into JSON values."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_json(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (tuple, list)):
        return [to_json(item) for item in value]
    if isinstance(value, Mapping):
        return {key: to_json(item) for key, item in value.items()}
    return value


def from_json(kind: type[T], data: Any, *, where: str) -> T:
    """Rebuild a document of `kind`; `where` names it in the error.

    A missing field takes its default, so that an older document goes on working.
    Raises `CorruptStateError` for anything that doesn't fit, a newer `version` included.
    """
    try:
        return typing.cast("T", _read(kind, data, ""))
    except (TypeError, ValueError, KeyError) as exc:
        raise CorruptStateError(f"{where} can't be read: {exc}") from exc


@cache
def _fields(kind: type) -> dict[str, tuple[Any, bool]]:
    hints = get_type_hints(kind)
    missing = dataclasses.MISSING
    return {
        f.name: (hints[f.name], f.default is missing and f.default_factory is missing) for f in dataclasses.fields(kind)
    }


def _read(kind: Any, data: Any, path: str) -> Any:
    origin = get_origin(kind)
    if origin in (types.UnionType, typing.Union):
        options = [option for option in get_args(kind) if option is not type(None)]
        return None if data is None else _read(options[0], data, path)
    if origin is typing.Literal:
        if data not in get_args(kind):
            raise ValueError(f"{path or '.'} is none of {', '.join(map(str, get_args(kind)))}")
        return data
    if origin is tuple:
        _expect(isinstance(data, list), path, "a list")
        return tuple(_read(get_args(kind)[0], item, f"{path}[{at}]") for at, item in enumerate(data))
    if origin is dict:
        _expect(isinstance(data, dict), path, "an object")
        return {key: _read(get_args(kind)[1], item, f"{path}.{key}") for key, item in data.items()}
    if dataclasses.is_dataclass(kind):
        return _record(typing.cast("type", kind), data, path)
    if kind is datetime:
        _expect(isinstance(data, str), path, "a moment")
        return datetime.fromisoformat(data)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(data)
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    _expect(isinstance(kind, type) and type(data) is kind, path, getattr(kind, "__name__", str(kind)))
    return data


def _record(kind: type, data: Any, path: str) -> Any:
    _expect(isinstance(data, dict), path, "an object")
    fields = _fields(kind)
    newest = getattr(kind, "VERSION", None)
    if newest is not None and data.get("version", 0) > newest:
        raise ValueError(f"version {data['version']} is newer than {newest}, the newest this release knows")
    if unknown := sorted(set(data) - set(fields)):
        raise ValueError(f"unknown field {path}.{unknown[0]}")
    values = {}
    for name, (hint, required) in fields.items():
        if name in data:
            values[name] = _read(hint, data[name], f"{path}.{name}")
        elif required:
            raise ValueError(f"field {path}.{name} is missing")
    return kind(**values)


def _expect(holds: bool, path: str, what: str) -> None:
    if not holds:
        raise ValueError(f"{path or '.'} isn't {what}")
