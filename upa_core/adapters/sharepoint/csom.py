"""The four CSOM requests of the bulk import, written as Microsoft's own client writes them, and their answers.

Pure text in, text out [SP-5, SP-9]. The requests equal the captured ones byte for byte, spaces included.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any
from uuid import UUID

TENANT = "{e45fd516-a408-4ca4-b6dc-268e2f1f0f83}"
"""Server type id of `Office365Tenant` [SP-2]."""
APPLICATION = ".NET Library"
EMPTY_GUID = "00000000-0000-0000-0000-000000000000"
CALL_ACTION = 3
"""Action id of a queue or delete call."""
OBJECT_ACTION = 4
"""Action id of the object path of a read: tells whether the object is null."""
QUERY_ACTION = 5
"""Action id of a read's query."""

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TEXT = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#xD;"}
_ATTRIBUTE = _TEXT | {'"': "&quot;", "\t": "&#x9;", "\n": "&#xA;"}
_TEXT_TABLE, _ATTRIBUTE_TABLE = str.maketrans(_TEXT), str.maketrans(_ATTRIBUTE)
_GUID = re.compile(r"/?Guid\((?P<guid>[^)]*)\)/?", re.IGNORECASE)
_DATE = re.compile(r"/Date\((?P<parts>-?\d+(?:,\d+)*)\)/")


class UserIdType(IntEnum):
    """How people in the file are matched (`ImportProfilePropertiesUserIdType`)."""

    EMAIL = 0
    CLOUD_ID = 1
    PRINCIPAL_NAME = 2


@dataclass(frozen=True, slots=True)
class Fault:
    """SharePoint's `ErrorInfo`. Type names and codes of queue errors are unknown: don't branch on them."""

    message: str
    type_name: str
    code: int


@dataclass(frozen=True, slots=True)
class CsomAnswer:
    """A decoded answer: results by action id, or a fault."""

    results: Mapping[int, Any]
    fault: Fault | None


def encode_queue(
    id_type: int, id_property: str, property_map: Mapping[str, str], source_uri: str, *, application: str = APPLICATION
) -> bytes:
    """Write `QueueImportProfileProperties`; the map goes from JSON name to profile property, in its own order.

    Raises ValueError that names the argument which holds a character that XML can't carry.
    """
    pairs = "".join(
        f'<Property Name="{_attribute(key, "property_map")}" Type="String">{_text(value, "property_map")}</Property>'
        for key, value in property_map.items()
    )
    dictionary = f'<Parameter Type="Dictionary">{pairs}</Parameter>' if pairs else '<Parameter Type="Dictionary" />'
    parameters = (
        f'<Parameter Type="Enum">{int(id_type)}</Parameter>'
        f'<Parameter Type="String">{_text(id_property, "id_property")}</Parameter>'
        f"{dictionary}"
        f'<Parameter Type="String">{_text(source_uri, "source_uri")}</Parameter>'
    )
    return _request(_call("QueueImportProfileProperties", parameters), "", application)


def encode_delete(job_id: str, *, application: str = APPLICATION) -> bytes:
    """Write `DeleteImportProfilePropertiesJob`."""
    return _request(_call("DeleteImportProfilePropertiesJob", _guid_parameter(job_id)), "", application)


def encode_get(job_id: str, *, application: str = APPLICATION) -> bytes:
    """Write `GetImportProfilePropertyJob` and a query of all its members."""
    path = (
        '<Method Id="3" ParentId="1" Name="GetImportProfilePropertyJob">'
        f"<Parameters>{_guid_parameter(job_id)}</Parameters></Method>"
    )
    return _request(_query(""), path, application)


def encode_list(*, application: str = APPLICATION) -> bytes:
    """Write `GetImportProfilePropertyJobs` and a query of all members of all of them."""
    children = '<ChildItemQuery SelectAllProperties="true"><Properties /></ChildItemQuery>'
    return _request(_query(children), '<Method Id="3" ParentId="1" Name="GetImportProfilePropertyJobs" />', application)


def decode(body: bytes) -> CsomAnswer:
    """Read `[header, id, value, id, value, …]`; raise ValueError for any other body."""
    document = json.loads(body.decode("utf-8-sig"), strict=False)
    if not isinstance(document, list) or not document or not isinstance(document[0], dict):
        raise ValueError("not an answer of ProcessQuery")
    rest = document[1:]
    if len(rest) % 2 or not all(type(action) is int for action in rest[::2]):
        raise ValueError("actions and results don't pair")
    return CsomAnswer(dict(zip(rest[::2], rest[1::2], strict=True)), _fault(document[0].get("ErrorInfo")))


def whole(text: str) -> str:
    """Return a text without half characters, which can't be stored: JSON may escape them, and messages are cut."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def guid_of(value: Any) -> str | None:
    r"""Read `"\/Guid(…)\/"` or a bare guid, lower case; None for the empty guid. Raise ValueError for anything else."""
    if not isinstance(value, str):
        raise ValueError("not a guid")
    match = _GUID.fullmatch(value)
    guid = str(UUID(match["guid"] if match else value))
    return None if guid == EMPTY_GUID else guid


def date_of(value: Any) -> datetime:
    r"""Read `"\/Date(2016,10,2,21,50,52,0)\/"` (months from 0) or `"\/Date(milliseconds)\/"`, as UTC."""
    match = _DATE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("not a date")
    parts = [int(part) for part in match["parts"].split(",")]
    try:
        if len(parts) == 1:
            return datetime.fromtimestamp(parts[0] / 1000, UTC)
        year, month, day, hour, minute, second, milli = (*parts, 0, 0, 0, 0, 0)[:7]
        return datetime(year, month + 1, day, hour, minute, second, milli * 1000, tzinfo=UTC)
    except (OverflowError, OSError) as error:
        raise ValueError("not a date") from error


def _request(actions: str, paths: str, application: str) -> bytes:
    return (
        '<Request AddExpandoFieldTypeSuffix="true" SchemaVersion="15.0.0.0" LibraryVersion="16.0.0.0" '
        f'ApplicationName="{_attribute(application, "application")}" '
        'xmlns="http://schemas.microsoft.com/sharepoint/clientquery/2009">'
        f'<Actions><ObjectPath Id="2" ObjectPathId="1" />{actions}</Actions>'
        f'<ObjectPaths><Constructor Id="1" TypeId="{TENANT}" />{paths}</ObjectPaths></Request>'
    ).encode()


def _call(name: str, parameters: str) -> str:
    return f'<Method Name="{name}" Id="3" ObjectPathId="1"><Parameters>{parameters}</Parameters></Method>'


def _query(children: str) -> str:
    return (
        '<ObjectPath Id="4" ObjectPathId="3" /><Query Id="5" ObjectPathId="3">'
        f'<Query SelectAllProperties="true"><Properties /></Query>{children}</Query>'
    )


def _guid_parameter(guid: str) -> str:
    return f'<Parameter Type="Guid">{{{UUID(guid)}}}</Parameter>'


def _attribute(value: str, argument: str) -> str:
    return _possible(value, argument).translate(_ATTRIBUTE_TABLE)


def _text(value: str, argument: str) -> str:
    return _possible(value, argument).translate(_TEXT_TABLE)


def _possible(value: str, argument: str) -> str:
    if found := _NOT_XML.search(value):
        raise ValueError(f"{argument}: XML 1.0 can't carry the character U+{ord(found[0]):04X}")
    return value


def _fault(info: Any) -> Fault | None:
    if info is None:
        return None
    if not isinstance(info, dict):
        raise ValueError("ErrorInfo isn't an object")
    code = info.get("ErrorCode")
    return Fault(
        message=whole(str(info.get("ErrorMessage") or "")),
        type_name=whole(str(info.get("ErrorTypeName") or "")),
        code=code if isinstance(code, int) else 0,
    )
