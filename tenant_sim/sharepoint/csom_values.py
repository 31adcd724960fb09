"""Values in ProcessQuery requests, read strictly as the service's XSD does [SP-8], and the errors of reading."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

NAMESPACE = "http://schemas.microsoft.com/sharepoint/clientquery/2009"
NS = f"{{{NAMESPACE}}}"
_LOOSE = re.compile(r"^\{?([0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})\}?$")

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

SCHEMA_ERROR = "System.Xml.Schema.XmlSchemaValidationException"
XML_ERROR = "System.Xml.XmlException"
QUERY_ERROR = "Microsoft.SharePoint.Client.InvalidClientQueryException"


class CsomError(Exception):
    """An error that goes into ErrorInfo of an HTTP 200 answer."""

    def __init__(self, message: str, type_name: str, code: int = -1) -> None:
        super().__init__(message)
        self.message, self.type_name, self.code = message, type_name, code


def not_simulated(what: str) -> CsomError:
    """Build the error for what the service has and this simulator doesn't: it never blames the request."""
    return CsomError(f"The simulator doesn't simulate {what}: see docs/simulator.md.", "NotSimulated")


@dataclass(frozen=True)
class Guid:
    """A GUID value, which has its own form on the wire."""

    value: str


@dataclass(frozen=True)
class Reference:
    """A parameter that is another object of the request."""

    path: int


def schema(text: str) -> CsomError:
    """Build the error of a request against the schema."""
    return CsomError(text, SCHEMA_ERROR)


def local_name(element: ET.Element) -> str:
    """Return an element's name without the namespace, which has to be ProcessQuery's."""
    if not element.tag.startswith(NS):
        raise schema(f"The element '{element.tag}' is not declared.")
    return element.tag.removeprefix(NS)


def attributes(element: ET.Element, required: set[str], optional: set[str] | None = None) -> None:
    """Check an element's attributes, and that its ids are numbers."""
    present, name = set(element.attrib), element.tag.removeprefix(NS)
    for missing in sorted(required - present):
        raise schema(f"The required attribute '{missing}' is missing.")
    for extra in sorted(present - required - (optional or set())):
        raise schema(f"The '{extra}' attribute is not declared on '{name}'.")
    for key in ("Id", "ObjectPathId", "ParentId"):
        if key in present and not element.attrib[key].isdigit():
            raise schema(f"The '{key}' attribute is invalid - The value '{element.attrib[key]}' is not a number.")


def parameters(element: ET.Element) -> list[Any]:
    """Read the parameters of a constructor or a method."""
    if not len(element):
        return []
    if [local_name(child) for child in element] != ["Parameters"]:
        raise schema(f"The element '{local_name(element)}' has invalid child elements. Expected 'Parameters'.")
    values = []
    for child in element[0]:
        if local_name(child) != "Parameter":
            raise schema("The element 'Parameters' has invalid child elements. Expected 'Parameter'.")
        values.append(_parameter(child))
    return values


def _parameter(element: ET.Element) -> Any:
    """Read a parameter: a value, an object of the request, or a value object."""
    if "ObjectPathId" in element.attrib:
        attributes(element, {"ObjectPathId"})
        return Reference(int(element.attrib["ObjectPathId"]))
    if "TypeId" in element.attrib:
        attributes(element, {"TypeId"})
        return _dictionary(element)
    attributes(element, {"Type"})
    return _value(element)


def _value(element: ET.Element) -> Any:
    kind, text = element.attrib["Type"], element.text or ""
    if kind == "Dictionary":
        return _dictionary(element)
    if kind == "Array":
        return _array(element)
    if len(element):
        raise schema(f"The element with Type '{kind}' cannot contain child elements.")
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
    raise schema(f"The 'Type' attribute is invalid - The value '{kind}' is invalid.")


def _array(element: ET.Element) -> list[Any]:
    for child in element:
        if local_name(child) != "Object":
            raise schema("The element with Type 'Array' has invalid child elements. Expected 'Object'.")
    return [_parameter(child) for child in element]


def _wrong(kind: str, text: str) -> CsomError:
    return CsomError(f"The value '{text}' is not of type {kind}.", QUERY_ERROR)


def _dictionary(element: ET.Element) -> dict[str, Any]:
    entries: dict[str, Any] = {}
    for child in element:
        if local_name(child) != "Property":
            raise schema("The element 'Parameter' has invalid child elements. Expected 'Property'.")
        attributes(child, {"Name", "Type"})
        if child.attrib["Name"] in entries:
            raise CsomError("An item with the same key has already been added.", "System.ArgumentException")
        entries[child.attrib["Name"]] = _value(child)
    return entries
