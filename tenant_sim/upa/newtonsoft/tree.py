"""Newtonsoft's `JObject.Load`: the tree of values, and the values that reading changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tenant_sim.upa.newtonsoft import units
from tenant_sim.upa.newtonsoft.reader import Reader
from tenant_sim.upa.newtonsoft.values import Constructor, as_text


@dataclass(frozen=True, slots=True)
class Change:
    """A value that is read as something else than was written."""

    path: str
    """Newtonsoft's path of the value: `value[3].Office`."""
    written: str
    """The text of a string; of anything else what stands in the file."""
    read: str | None
    """What .NET makes of it; None: a later value of the same name replaces it."""


Container = dict[str, Any] | list[Any] | Constructor


def load(text: str, *, dates: bool, found: list[Change] | None = None) -> dict[str, Any]:
    """Read an object; with `found`, note the values there that reading changed."""
    reader = Reader(units.split(text), dates=dates)
    if not reader.read():
        raise reader.error("Error reading JObject from JsonReader.")
    while reader.symbol == "Comment" and reader.read():
        pass
    if reader.symbol != "StartObject":
        text = "Error reading JObject from JsonReader. Current JsonReader item is not an object: "
        raise reader.error(text + reader.symbol)
    if not reader.read():
        raise reader.error("Error reading JObject from JsonReader.")
    tree = _content(reader, found)
    if reader.depth > 0:
        raise reader.error("Unexpected end of content while loading JObject.")
    while reader.read():
        pass
    return tree


def _content(reader: Reader, found: list[Change] | None) -> dict[str, Any]:
    root: dict[str, Any] = {}
    open_: list[Container] = [root]
    names: list[str] = [""]
    while True:
        symbol, value = reader.symbol, reader.value
        if symbol == "PropertyName":
            names[-1] = value
        elif symbol.startswith("End"):
            open_.pop()
            names.pop()
            if not open_:
                return root
        elif symbol != "Comment":
            inner = _container(symbol, value)
            if found is not None:
                _compare(reader, open_[-1], names[-1], inner is not None, found)
            _put(open_[-1], names[-1], value if inner is None else inner)
            if inner is not None:
                open_.append(inner)
                names.append("")
        if not reader.read():
            return root


def _container(symbol: str, value: Any) -> Container | None:
    if symbol == "StartObject":
        return {}
    if symbol == "StartArray":
        return []
    return Constructor(value) if symbol == "StartConstructor" else None


def _put(parent: Container, name: str, value: Any) -> None:
    if isinstance(parent, dict):
        parent[name] = value
    else:
        (parent.arguments if isinstance(parent, Constructor) else parent).append(value)


def _compare(reader: Reader, parent: Container, name: str, holds_values: bool, found: list[Change]) -> None:
    if isinstance(parent, dict) and name in parent:
        before = parent[name]
        shown = "" if isinstance(before, dict | list | Constructor) else as_text(before)
        found.append(Change(reader.path, shown, None))
    if holds_values or reader.symbol == "Null":
        return
    if reader.symbol == "String" and not reader.replaced_half:
        return
    raw = reader.text[reader.start : reader.at]
    written = reader.value.written if reader.symbol == "Date" else raw[1:-1] if reader.symbol == "String" else raw
    read = as_text(reader.value)
    if read != written:
        found.append(Change(reader.path, units.join(written), read))
