"""ProcessQuery requests: read strictly, as the service's XSD does [SP-8, SP-6, SP-7], and the text of its answers."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree as ET

NAMESPACE = "http://schemas.microsoft.com/sharepoint/clientquery/2009"
_NS = f"{{{NAMESPACE}}}"
_BRACED = re.compile(r"^\{([0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})\}$")
_LOOSE = re.compile(r"^\{?([0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})\}?$")

SCHEMA_ERROR = "System.Xml.Schema.XmlSchemaValidationException"
XML_ERROR = "System.Xml.XmlException"
QUERY_ERROR = "Microsoft.SharePoint.Client.InvalidClientQueryException"


class CsomError(Exception):
    """An error that goes into ErrorInfo of an HTTP 200 answer."""

    def __init__(self, message: str, type_name: str, code: int = -1) -> None:
        super().__init__(message)
        self.message, self.type_name, self.code = message, type_name, code


@dataclass(frozen=True)
class Guid:
    """A GUID value, which has a written form of its own on the wire."""

    value: str


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


@dataclass
class Query:
    """A whole request."""

    actions: list[Action]
    paths: dict[int, Path]

    def methods(self) -> list[str]:
        """Names of the methods it calls, in order."""
        called = [path.name for path in self.paths.values() if path.kind == "Method"]
        return called + [action.name for action in self.actions if action.kind == "Method"]


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
    ids = [int(e.get("Id", "0")) for part in root for e in part]
    if len(set(ids)) != len(ids):
        raise CsomError("Duplicate Id in the request.", QUERY_ERROR)
    for reference in [a.path for a in actions] + [p.parent for p in paths.values() if p.kind == "Method"]:
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
        found = _BRACED.match(element.attrib["TypeId"])
        if not found:
            raise _schema(f"The 'TypeId' attribute is invalid - The value '{element.attrib['TypeId']}' is invalid.")
        return Path(int(element.attrib["Id"]), kind, type_id=found[1].lower(), parameters=_parameters(element))
    if kind == "Method":
        _attributes(element, {"Id", "ParentId", "Name"})
        ids = int(element.attrib["Id"]), int(element.attrib["ParentId"])
        return Path(ids[0], kind, parent=ids[1], name=element.attrib["Name"], parameters=_parameters(element))
    raise _schema(f"The element 'ObjectPaths' has invalid child element '{kind}'.")


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
            if [_local(one) for one in child] != ["Properties"]:
                raise _schema(f"The element '{_local(child)}' has incomplete content. Expected 'Properties'.")
        return Action(int(element.attrib["Id"]), kind, int(element.attrib["ObjectPathId"]), items=len(parts) > 1)
    if kind == "Method":
        _attributes(element, {"Id", "ObjectPathId", "Name"})
        ids = int(element.attrib["Id"]), int(element.attrib["ObjectPathId"])
        return Action(ids[0], kind, ids[1], element.attrib["Name"], _parameters(element))
    raise _schema(f"The element 'Actions' has invalid child element '{kind}'.")


def _parameters(element: ET.Element) -> list[Any]:
    if not len(element):
        return []
    if [_local(child) for child in element] != ["Parameters"]:
        raise _schema(f"The element '{_local(element)}' has invalid child elements. Expected 'Parameters'.")
    values = []
    for child in element[0]:
        if _local(child) != "Parameter":
            raise _schema("The element 'Parameters' has invalid child elements. Expected 'Parameter'.")
        _attributes(child, {"Type"})
        values.append(_value(child))
    return values


def _value(element: ET.Element) -> Any:
    kind, text = element.attrib["Type"], element.text or ""
    if kind == "Dictionary":
        return _dictionary(element)
    if len(element):
        raise _schema(f"The element with Type '{kind}' cannot contain child elements.")
    if kind == "String":
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
