"""A ProcessQuery request while it is built: for the same calls, the bytes of Microsoft's own client [SP-114].

Ids follow that client: every object, action and scope takes the next number when it is made; an object takes a
second one for the action that creates it, and a scope a second one at its start and a third at its end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

APPLICATION = ".NET Library"

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TEXT = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#xD;"}
_ATTRIBUTE = _TEXT | {'"': "&quot;", "\t": "&#x9;", "\n": "&#xA;"}
_TEXT_TABLE, _ATTRIBUTE_TABLE = str.maketrans(_TEXT), str.maketrans(_ATTRIBUTE)


@dataclass(frozen=True, slots=True)
class Reference:
    """An object of the request, by the id of its path."""

    id: int


@dataclass(frozen=True, slots=True)
class Enum:
    """A member of an enumeration, by its number."""

    value: int


Parameter = str | Sequence[str | None] | Mapping[str, str] | UUID | Enum | Reference | None
"""An argument of a call: text, list of texts, dictionary, guid, enumeration member, object of the request, or null."""


@dataclass(slots=True)
class _Query:
    """A query while it grows."""

    target: Reference
    id: int
    names: dict[str, None] = field(default_factory=dict[str, None])
    all: bool = False
    children: bool = False

    def written(self) -> str:
        wanted = "".join(f'<Property Name="{_attribute(n, "names")}" ScalarProperty="true" />' for n in self.names)
        properties = f"<Properties>{wanted}</Properties>" if wanted else "<Properties />"
        query = f'<Query SelectAllProperties="{"true" if self.all else "false"}">{properties}</Query>'
        items = '<ChildItemQuery SelectAllProperties="true"><Properties /></ChildItemQuery>' if self.children else ""
        return _element(f'<Query Id="{self.id}" ObjectPathId="{self.target.id}"', query + items, "Query")


class CsomRequest:
    """Objects and actions in the order in which they are asked for.

    Parameters are passed by name. The names aren't sent: the ValueError for a text that XML can't carry names them.
    """

    def __init__(self, *, application: str = APPLICATION) -> None:
        self._application = application
        self._last = 0
        self._actions: list[list[str]] = [[]]
        """Written actions: of the request, and within them of every scope that is open."""
        self._query: _Query | None = None
        """The last action, where it is a query: the client adds to it what is asked of the same object next."""
        self._paths: list[str] = []

    def construct(self, type_id: str, **parameters: Parameter) -> Reference:
        """Make an object of a server type, `{guid}` in braces."""
        return self._object("Constructor", f'TypeId="{type_id}"', parameters)

    def method_object(self, parent: Reference, method: str, **parameters: Parameter) -> Reference:
        """Return a reference to the object that a method returns."""
        return self._object("Method", f'ParentId="{parent.id}" Name="{method}"', parameters)

    def call(self, target: Reference, method: str, **parameters: Parameter) -> int:
        """Call a method; return the id of its value in the answer."""
        action = self._next()
        written = _parameters(parameters)
        self._act(f'<Method Name="{method}" Id="{action}" ObjectPathId="{target.id}"', written, "Method")
        return action

    def query(self, target: Reference, *names: str, children: bool = False) -> int:
        """Ask for an object's members, all or the named ones, and with `children` for all members of its items.

        Asked of the same object twice in a row, it is one query; a name counts once.
        """
        query = self._query
        if query is None or query.target != target:
            query = _Query(target, self._next())
            self._act("", "", "Query")
            self._query = query
        query.names |= dict.fromkeys(names)
        query.all |= not names
        query.children |= children
        self._actions[-1][-1] = query.written()
        return query.id

    @contextmanager
    def within(self, scope: str) -> Iterator[int]:
        """Put the next actions into a scope: ExceptionHandlingScopeSimple, or ExceptionHandlingScope with its parts.

        Yields the id under which the answer holds an exception.
        """
        scope_id = self._next()
        self._next()
        self._query = None
        self._actions.append([])
        yield scope_id
        self._next()
        inner = "".join(self._actions.pop())
        self._act(f'<{scope} Id="{scope_id}"', inner, scope)

    def encode(self) -> bytes:
        """Return the request as UTF-8 without a byte order mark."""
        return (
            '<Request AddExpandoFieldTypeSuffix="true" SchemaVersion="15.0.0.0" LibraryVersion="16.0.0.0" '
            f'ApplicationName="{_attribute(self._application, "application")}" '
            'xmlns="http://schemas.microsoft.com/sharepoint/clientquery/2009">'
            f"<Actions>{''.join(self._actions[0])}</Actions>"
            f"<ObjectPaths>{''.join(self._paths)}</ObjectPaths></Request>"
        ).encode()

    def _object(self, kind: str, attributes: str, parameters: Mapping[str, Parameter]) -> Reference:
        written = _parameters(parameters)
        path, action = self._next(), self._next()
        self._paths.append(_element(f'<{kind} Id="{path}" {attributes}', written, kind))
        self._act(f'<ObjectPath Id="{action}" ObjectPathId="{path}"', "", "ObjectPath")
        return Reference(path)

    def _act(self, opening: str, inner: str, name: str) -> None:
        self._query = None
        self._actions[-1].append(_element(opening, inner, name))

    def _next(self) -> int:
        self._last += 1
        return self._last


def _element(opening: str, inner: str, name: str) -> str:
    return f"{opening}>{inner}</{name}>" if inner else f"{opening} />"


def _parameters(given: Mapping[str, Parameter]) -> str:
    written = "".join(_parameter("Parameter", name, value) for name, value in given.items())
    return f"<Parameters>{written}</Parameters>" if written else ""


def _parameter(element: str, name: str, value: Parameter) -> str:
    if isinstance(value, Reference):
        return f'<{element} ObjectPathId="{value.id}" />'
    if value is None:
        return f'<{element} Type="Null" />'
    if isinstance(value, str):
        return f'<{element} Type="String">{_text(value, name)}</{element}>'
    if isinstance(value, UUID):
        return f'<{element} Type="Guid">{{{value}}}</{element}>'
    if isinstance(value, Enum):
        return f'<{element} Type="Enum">{value.value}</{element}>'
    if isinstance(value, Mapping):
        inner = "".join(
            f'<Property Name="{_attribute(key, name)}" Type="String">{_text(text, name)}</Property>'
            for key, text in value.items()
        )
        return _element(f'<{element} Type="Dictionary"', inner, element)
    inner = "".join(_parameter("Object", name, one) for one in value)
    return _element(f'<{element} Type="Array"', inner, element)


def _attribute(value: str, argument: str) -> str:
    return _possible(value, argument).translate(_ATTRIBUTE_TABLE)


def _text(value: str, argument: str) -> str:
    return _possible(value, argument).translate(_TEXT_TABLE)


def _possible(value: str, argument: str) -> str:
    if found := _NOT_XML.search(value):
        raise ValueError(f"{argument}: XML 1.0 can't carry the character U+{ord(found[0]):04X}")
    return value
