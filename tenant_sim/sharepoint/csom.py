"""ProcessQuery requests: read strictly, as the service's XSD does [SP-8, SP-6, SP-7], and the text of its answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree as ET

NAMESPACE = "http://schemas.microsoft.com/sharepoint/clientquery/2009"
_NS = f"{{{NAMESPACE}}}"
_BRACED = re.compile(r"^\{([0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})\}$")
_LOOSE = re.compile(r"^\{?([0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})\}?$")

SCOPES = ("ExceptionHandlingScope", "ExceptionHandlingScopeSimple")
_ACTIONS = ("StaticMethod", "SetProperty", "SetStaticProperty", "ConditionalScope", "ObjectIdentityQuery")
"""Actions that are read and not simulated."""
_TEXTS = frozenset(
    [
        "Base64Binary",
        "Byte",
        "Char",
        "DateTime",
        "Decimal",
        "Double",
        "Int16",
        "Int64",
        "SByte",
        "Single",
        "UInt16",
        "UInt32",
        "UInt64",
    ]
)
TYPES = {
    "cf560d69-0fdb-4489-a216-b6b47adf8ef8": "PeopleManager",
    "1add223c-ff83-471f-8e55-519fe8a0ca31": "UserProfilePropertiesForUser",
    "268004ae-ef6b-4e9b-8425-127220d84719": "Tenant",
    "3747adcd-a3c3-41b9-bfab-4a64dd2f1e0a": "RequestContext",
}
"""Types that Microsoft's client knows and this simulator hasn't, by server type id."""

SCHEMA_ERROR = "System.Xml.Schema.XmlSchemaValidationException"
XML_ERROR = "System.Xml.XmlException"
QUERY_ERROR = "Microsoft.SharePoint.Client.InvalidClientQueryException"


class CsomError(Exception):
    """An error that goes into ErrorInfo of an HTTP 200 answer."""

    def __init__(self, message: str, type_name: str, code: int = -1) -> None:
        super().__init__(message)
        self.message, self.type_name, self.code = message, type_name, code


def not_simulated(what: str) -> CsomError:
    """Build the error for what the service has and this simulator hasn't: never blamed on the request."""
    return CsomError(f"The simulator doesn't simulate {what}: see docs/simulator.md.", "NotSimulated")


@dataclass(frozen=True)
class Guid:
    """A GUID value, which has a written form of its own on the wire."""

    value: str


@dataclass(frozen=True)
class Reference:
    """A parameter that is another object of the request."""

    path: int


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
    """Tell which of the calls a request is, for the call log, without validating it."""
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
    if root.tag != f"{_NS}Request":
        raise _schema(f"The '{root.tag}' element is not declared.")
    _attributes(root, {"SchemaVersion", "LibraryVersion"}, {"AddExpandoFieldTypeSuffix", "ApplicationName"})
    if root.get("SchemaVersion") != "15.0.0.0":
        raise _schema(f"The 'SchemaVersion' attribute is invalid - The value '{root.get('SchemaVersion')}' is invalid.")
    if [child.tag for child in root] != [f"{_NS}Actions", f"{_NS}ObjectPaths"]:
        raise _schema("The element 'Request' has invalid child elements. Expected 'Actions', 'ObjectPaths'.")
    paths = {path.id: path for path in map(_path, root[1])}
    actions = [_action(element) for element in root[0]]
    ids = [int(e.attrib["Id"]) for part in root for e in part.iter() if e.get("Id", "").isdigit()]
    if len(set(ids)) != len(ids):
        raise CsomError("Duplicate Id in the request.", QUERY_ERROR)
    every = [one for action in actions for one in action.flat()]
    used = [one.path for one in every if one.kind not in SCOPES]
    used += [p.parent for p in paths.values() if p.kind in ("Method", "Property")]
    parameters = [v for action in every for v in action.parameters] + [v for p in paths.values() for v in p.parameters]
    used += [value.path for value in parameters if isinstance(value, Reference)]
    for reference in used:
        if reference not in paths:
            raise CsomError(f"The object path {reference} is not declared.", QUERY_ERROR)
    return Query(actions, paths)


def _schema(text: str) -> CsomError:
    return CsomError(text, SCHEMA_ERROR)


def _local(element: ET.Element) -> str:
    if not element.tag.startswith(_NS):
        raise _schema(f"The element '{element.tag}' is not declared.")
    return element.tag.removeprefix(_NS)


def _attributes(element: ET.Element, required: set[str], optional: set[str] | None = None) -> None:
    present, name = set(element.attrib), element.tag.removeprefix(_NS)
    for missing in sorted(required - present):
        raise _schema(f"The required attribute '{missing}' is missing.")
    for extra in sorted(present - required - (optional or set())):
        raise _schema(f"The '{extra}' attribute is not declared on '{name}'.")
    for key in ("Id", "ObjectPathId", "ParentId"):
        if key in present and not element.attrib[key].isdigit():
            raise _schema(f"The '{key}' attribute is invalid - The value '{element.attrib[key]}' is not a number.")


def _path(element: ET.Element) -> Path:
    kind = _local(element)
    if kind == "Constructor":
        _attributes(element, {"Id", "TypeId"})
        return Path(int(element.attrib["Id"]), kind, _guid_in_braces(element), parameters=_parameters(element))
    if kind == "Method":
        _attributes(element, {"Id", "ParentId", "Name"})
        ids = int(element.attrib["Id"]), int(element.attrib["ParentId"])
        return Path(ids[0], kind, parent=ids[1], name=element.attrib["Name"], parameters=_parameters(element))
    if kind == "Property":
        _attributes(element, {"Id", "ParentId", "Name"})
        return Path(
            int(element.attrib["Id"]), kind, parent=int(element.attrib["ParentId"]), name=element.attrib["Name"]
        )
    if kind in ("StaticProperty", "StaticMethod"):
        _attributes(element, {"Id", "TypeId", "Name"})
        type_id = _guid_in_braces(element)
        return Path(
            int(element.attrib["Id"]), kind, type_id, name=element.attrib["Name"], parameters=_parameters(element)
        )
    if kind == "Identity":
        _attributes(element, {"Id", "Name"})
        return Path(int(element.attrib["Id"]), kind, name=element.attrib["Name"])
    raise _schema(f"The element 'ObjectPaths' has invalid child element '{kind}'.")


def _guid_in_braces(element: ET.Element) -> str:
    found = _BRACED.match(element.attrib["TypeId"])
    if not found:
        raise _schema(f"The 'TypeId' attribute is invalid - The value '{element.attrib['TypeId']}' is invalid.")
    return found[1].lower()


def _action(element: ET.Element) -> Action:
    kind = _local(element)
    if kind == "ObjectPath":
        _attributes(element, {"Id", "ObjectPathId"})
        return Action(int(element.attrib["Id"]), kind, int(element.attrib["ObjectPathId"]))
    if kind == "Query":
        _attributes(element, {"Id", "ObjectPathId"})
        parts = [_local(child) for child in element]
        if parts not in (["Query"], ["Query", "ChildItemQuery"]):
            raise _schema("The element 'Query' has invalid child elements. Expected 'Query', 'ChildItemQuery'.")
        for child in element:
            _attributes(child, {"SelectAllProperties"})
            if [_local(one) for one in child][:1] != ["Properties"]:
                raise _schema(f"The element '{_local(child)}' has incomplete content. Expected 'Properties'.")
            for one in child[0]:
                if _local(one) != "Property":
                    raise _schema("The element 'Properties' has invalid child elements. Expected 'Property'.")
                _attributes(one, {"Name"}, {"ScalarProperty", "SelectAll"})
        return Action(int(element.attrib["Id"]), kind, int(element.attrib["ObjectPathId"]), items=len(parts) > 1)
    if kind == "Method":
        _attributes(element, {"Id", "ObjectPathId", "Name"})
        ids = int(element.attrib["Id"]), int(element.attrib["ObjectPathId"])
        return Action(ids[0], kind, ids[1], element.attrib["Name"], _parameters(element))
    if kind in SCOPES:
        return _scope(element, kind)
    if kind in _ACTIONS:
        path = int(element.get("ObjectPathId", "0"))
        return Action(int(element.attrib["Id"]), kind, path, element.get("Name", ""))
    raise _schema(f"The element 'Actions' has invalid child element '{kind}'.")


def _scope(element: ET.Element, kind: str) -> Action:
    _attributes(element, {"Id"})
    scope = Action(int(element.attrib["Id"]), kind, 0)
    if kind == "ExceptionHandlingScopeSimple":
        scope.inner = [_action(child) for child in element]
        return scope
    for child in element:
        parts = {"TryScope": scope.inner, "CatchScope": scope.catch, "FinallyScope": scope.final}
        if _local(child) not in parts:
            raise _schema(f"The element '{kind}' has invalid child element '{_local(child)}'.")
        _attributes(child, {"Id"})
        parts[_local(child)] += [_action(one) for one in child]
    return scope


def _parameters(element: ET.Element) -> list[Any]:
    if not len(element):
        return []
    if [_local(child) for child in element] != ["Parameters"]:
        raise _schema(f"The element '{_local(element)}' has invalid child elements. Expected 'Parameters'.")
    values = []
    for child in element[0]:
        if _local(child) != "Parameter":
            raise _schema("The element 'Parameters' has invalid child elements. Expected 'Parameter'.")
        values.append(_parameter(child))
    return values


def _parameter(element: ET.Element) -> Any:
    """Read a parameter: a value, an object of the request, or a value object."""
    if "ObjectPathId" in element.attrib:
        _attributes(element, {"ObjectPathId"})
        return Reference(int(element.attrib["ObjectPathId"]))
    if "TypeId" in element.attrib:
        _attributes(element, {"TypeId"})
        return _dictionary(element)
    _attributes(element, {"Type"})
    return _value(element)


def _value(element: ET.Element) -> Any:
    kind, text = element.attrib["Type"], element.text or ""
    if kind == "Dictionary":
        return _dictionary(element)
    if kind == "Array":
        return _array(element)
    if len(element):
        raise _schema(f"The element with Type '{kind}' cannot contain child elements.")
    if kind == "String" or kind in _TEXTS:
        return text
    if kind in ("Enum", "Number", "Int32"):
        if not re.fullmatch(r"-?\d+", text):
            raise _wrong(kind, text)
        return int(text)
    if kind == "Guid":
        found = _LOOSE.match(text)
        if not found:
            raise _wrong(kind, text)
        return Guid(found[1].lower())
    if kind == "Boolean":
        return text == "true"
    if kind == "Null":
        return None
    raise _schema(f"The 'Type' attribute is invalid - The value '{kind}' is invalid.")


def _array(element: ET.Element) -> list[Any]:
    for child in element:
        if _local(child) != "Object":
            raise _schema("The element with Type 'Array' has invalid child elements. Expected 'Object'.")
    return [_parameter(child) for child in element]


def _wrong(kind: str, text: str) -> CsomError:
    return CsomError(f"The value '{text}' is not of type {kind}.", QUERY_ERROR)


def _dictionary(element: ET.Element) -> dict[str, Any]:
    entries: dict[str, Any] = {}
    for child in element:
        if _local(child) != "Property":
            raise _schema("The element 'Parameter' has invalid child elements. Expected 'Property'.")
        _attributes(child, {"Name", "Type"})
        if child.attrib["Name"] in entries:
            raise CsomError("An item with the same key has already been added.", "System.ArgumentException")
        entries[child.attrib["Name"]] = _value(child)
    return entries


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
