"""ProcessQuery requests: read strictly, as the service's XSD does [SP-8, SP-6, SP-7], and the text of its answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree as ET

from tenant_sim.sharepoint.csom_values import (
    NS,
    QUERY_ERROR,
    XML_ERROR,
    CsomError,
    Guid,
    Reference,
    attributes,
    local_name,
    not_simulated,
    parameters,
    schema,
)

_BRACED = re.compile(r"^\{([0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})\}$")

__all__ = [
    "QUERY_ERROR",
    "SCOPES",
    "TYPES",
    "Action",
    "CsomError",
    "Guid",
    "Path",
    "Query",
    "not_simulated",
    "operation",
    "parse",
    "write",
]

SCOPES = ("ExceptionHandlingScope", "ExceptionHandlingScopeSimple")
_ACTIONS = ("StaticMethod", "SetProperty", "SetStaticProperty", "ConditionalScope", "ObjectIdentityQuery")
"""Actions that are read and not simulated."""
TYPES = {
    "cf560d69-0fdb-4489-a216-b6b47adf8ef8": "PeopleManager",
    "1add223c-ff83-471f-8e55-519fe8a0ca31": "UserProfilePropertiesForUser",
    "268004ae-ef6b-4e9b-8425-127220d84719": "Tenant",
    "3747adcd-a3c3-41b9-bfab-4a64dd2f1e0a": "RequestContext",
}
"""Types that Microsoft's client knows and this simulator doesn't have, by server type id."""


@dataclass
class Path:
    """One entry of ObjectPaths."""

    id: int
    kind: str
    type_id: str = ""
    parent: int = 0
    name: str = ""
    parameters: list[Any] = field(default_factory=list)


@dataclass
class Action:
    """One entry of Actions."""

    id: int
    kind: str
    path: int
    name: str = ""
    parameters: list[Any] = field(default_factory=list)
    items: bool = False
    """Whether the query asks for child items."""
    chosen: frozenset[str] | None = None
    """Of a query: the properties asked for; None: all."""
    of_items: frozenset[str] | None = None
    """The same of child items."""
    inner: list[Action] = field(default_factory=list)
    """Of a scope: what it tries."""
    catch: list[Action] = field(default_factory=list)
    """Of a scope: what happens after an exception."""
    final: list[Action] = field(default_factory=list)
    """Of a scope: what happens in any case."""

    def flat(self) -> Iterator[Action]:
        """Walk over the action and those within it."""
        yield self
        for one in (*self.inner, *self.catch, *self.final):
            yield from one.flat()


@dataclass
class Query:
    """A whole request."""

    actions: list[Action]
    paths: dict[int, Path]

    def methods(self) -> list[str]:
        """Names of the methods it calls, in order."""
        called = [path.name for path in self.paths.values() if path.kind == "Method"]
        every = (one for action in self.actions for one in action.flat())
        return called + [action.name for action in every if action.kind == "Method"]


def operation(body: bytes) -> str:
    """Return the name of a request's call, for the call log, without validating it."""
    names = re.findall(rb'<Method [^>]*?Name="(\w+)"', body)
    return names[0].decode() if names else "ProcessQuery"


def parse(body: bytes) -> Query:
    """Read and validate a request; `CsomError` as the service words it."""
    if b"<!DOCTYPE" in body:
        raise CsomError("For security reasons DTD is prohibited in this XML document.", XML_ERROR)
    try:
        root = ET.fromstring(body)  # noqa: S314 - requests with a DTD were refused above
    except (ET.ParseError, ValueError, LookupError) as exc:
        raise CsomError(f"The request is not well-formed XML: {exc}.", XML_ERROR) from exc
    if root.tag != f"{NS}Request":
        raise schema(f"The '{root.tag}' element is not declared.")
    attributes(root, {"SchemaVersion", "LibraryVersion"}, {"AddExpandoFieldTypeSuffix", "ApplicationName"})
    if root.get("SchemaVersion") != "15.0.0.0":
        raise schema(f"The 'SchemaVersion' attribute is invalid - The value '{root.get('SchemaVersion')}' is invalid.")
    if [child.tag for child in root] != [f"{NS}Actions", f"{NS}ObjectPaths"]:
        raise schema("The element 'Request' has invalid child elements. Expected 'Actions', 'ObjectPaths'.")
    paths = {path.id: path for path in map(_path, root[1])}
    actions = [_action(element) for element in root[0]]
    ids = [int(e.attrib["Id"]) for part in root for e in part.iter() if e.get("Id", "").isdigit()]
    if len(set(ids)) != len(ids):
        raise CsomError("Duplicate Id in the request.", QUERY_ERROR)
    every = [one for action in actions for one in action.flat()]
    used = [one.path for one in every if one.kind not in SCOPES]
    used += [p.parent for p in paths.values() if p.kind in ("Method", "Property")]
    given = [v for action in every for v in action.parameters] + [v for p in paths.values() for v in p.parameters]
    used += [value.path for value in given if isinstance(value, Reference)]
    for reference in used:
        if reference not in paths:
            raise CsomError(f"The object path {reference} is not declared.", QUERY_ERROR)
    for path in paths.values():
        _check_ends(path, paths)
    return Query(actions, paths)


def _check_ends(path: Path, paths: dict[int, Path]) -> None:
    """Refuse an object whose parents lead back to itself."""
    at = path
    for _ in paths:
        if at.parent not in paths:
            return
        at = paths[at.parent]
    raise CsomError(f"The object path {path.id} leads back to itself.", QUERY_ERROR)


def _path(element: ET.Element) -> Path:
    kind = local_name(element)
    if kind == "Constructor":
        attributes(element, {"Id", "TypeId"})
        return Path(int(element.attrib["Id"]), kind, _guid_in_braces(element), parameters=parameters(element))
    if kind == "Method":
        attributes(element, {"Id", "ParentId", "Name"})
        ids = int(element.attrib["Id"]), int(element.attrib["ParentId"])
        return Path(ids[0], kind, parent=ids[1], name=element.attrib["Name"], parameters=parameters(element))
    if kind == "Property":
        attributes(element, {"Id", "ParentId", "Name"})
        return Path(
            int(element.attrib["Id"]), kind, parent=int(element.attrib["ParentId"]), name=element.attrib["Name"]
        )
    if kind in ("StaticProperty", "StaticMethod"):
        attributes(element, {"Id", "TypeId", "Name"})
        type_id = _guid_in_braces(element)
        return Path(
            int(element.attrib["Id"]), kind, type_id, name=element.attrib["Name"], parameters=parameters(element)
        )
    if kind == "Identity":
        attributes(element, {"Id", "Name"})
        return Path(int(element.attrib["Id"]), kind, name=element.attrib["Name"])
    raise schema(f"The element 'ObjectPaths' has invalid child element '{kind}'.")


def _guid_in_braces(element: ET.Element) -> str:
    found = _BRACED.match(element.attrib["TypeId"])
    if not found:
        raise schema(f"The 'TypeId' attribute is invalid - The value '{element.attrib['TypeId']}' is invalid.")
    return found[1].lower()


def _action(element: ET.Element) -> Action:
    kind = local_name(element)
    if kind == "ObjectPath":
        attributes(element, {"Id", "ObjectPathId"})
        return Action(int(element.attrib["Id"]), kind, int(element.attrib["ObjectPathId"]))
    if kind == "Query":
        attributes(element, {"Id", "ObjectPathId"})
        parts = [local_name(child) for child in element]
        if parts not in (["Query"], ["Query", "ChildItemQuery"]):
            raise schema("The element 'Query' has invalid child elements. Expected 'Query', 'ChildItemQuery'.")
        chosen: list[frozenset[str] | None] = []
        for child in element:
            attributes(child, {"SelectAllProperties"})
            if extra := [local_name(one) for one in child][1:]:
                raise not_simulated(f"the CSOM element {extra[0]}")
            if [local_name(one) for one in child][:1] != ["Properties"]:
                raise schema(f"The element '{local_name(child)}' has incomplete content. Expected 'Properties'.")
            for one in child[0]:
                if local_name(one) != "Property":
                    raise schema("The element 'Properties' has invalid child elements. Expected 'Property'.")
                attributes(one, {"Name"}, {"ScalarProperty", "SelectAll"})
            every = child.attrib["SelectAllProperties"] == "true"
            chosen.append(None if every else frozenset(one.attrib["Name"] for one in child[0]))
        ids = int(element.attrib["Id"]), int(element.attrib["ObjectPathId"])
        return Action(*ids[:1], kind, ids[1], items=len(parts) > 1, chosen=chosen[0], of_items=chosen[-1])
    if kind == "Method":
        attributes(element, {"Id", "ObjectPathId", "Name"})
        ids = int(element.attrib["Id"]), int(element.attrib["ObjectPathId"])
        return Action(ids[0], kind, ids[1], element.attrib["Name"], parameters(element))
    if kind in SCOPES:
        return _scope(element, kind)
    if kind in _ACTIONS:
        path = int(element.get("ObjectPathId", "0"))
        return Action(int(element.attrib["Id"]), kind, path, element.get("Name", ""))
    raise schema(f"The element 'Actions' has invalid child element '{kind}'.")


def _scope(element: ET.Element, kind: str) -> Action:
    attributes(element, {"Id"})
    scope = Action(int(element.attrib["Id"]), kind, 0)
    if kind == "ExceptionHandlingScopeSimple":
        scope.inner = [_action(child) for child in element]
        return scope
    for child in element:
        parts = {"TryScope": scope.inner, "CatchScope": scope.catch, "FinallyScope": scope.final}
        if local_name(child) not in parts:
            raise schema(f"The element '{kind}' has invalid child element '{local_name(child)}'.")
        attributes(child, {"Id"})
        parts[local_name(child)] += [_action(one) for one in child]
    return scope


def write(value: Any) -> str:
    r"""Write an answer: GUIDs as `"\/Guid(…)\/"` [SP-9, SP-10].

    ASSUMED [SP-70]: slashes in other strings come as \u002f.
    """
    if isinstance(value, Guid):
        return f'"\\/Guid({value.value})\\/"'
    if isinstance(value, dict):
        return "{" + ",".join(f"{write(k)}:{write(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(write, value)) + "]"
    return json.dumps(value, ensure_ascii=False).replace("/", "\\u002f")
