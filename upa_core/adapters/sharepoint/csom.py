"""The four CSOM requests of the bulk import, in the bytes of Microsoft's own client, and their answers.

Pure text in, text out [SP-5, SP-9]. The requests equal the captured ones byte for byte, spaces included.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any
from uuid import UUID

from upa_core.adapters.http.bounded_json import decode_json
from upa_core.adapters.sharepoint.csom_request import APPLICATION, CsomRequest, Enum, Reference

TENANT = "{e45fd516-a408-4ca4-b6dc-268e2f1f0f83}"
"""Server type id of `Office365Tenant` [SP-2]."""
EMPTY_GUID = "00000000-0000-0000-0000-000000000000"
CALL_ACTION = 3
"""Action id of a queue or delete call."""
OBJECT_ACTION = 4
"""Action id of the object path of a read: its answer says whether the object is null."""
QUERY_ACTION = 5
"""Action id of a read's query."""

_GUID = re.compile(r"/?Guid\((?P<guid>[^)]*)\)/?", re.IGNORECASE)
_DATE = re.compile(r"/Date\((?P<parts>-?\d+(?:,\d+)*)\)/")


class UserIdType(IntEnum):
    """The matching of people in the file (`ImportProfilePropertiesUserIdType`)."""

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
    """Return `QueueImportProfileProperties`; the map goes from JSON name to profile property, in its own order.

    Raises ValueError that names the argument which holds a character that XML can't carry.
    """
    request, tenant = _request(application)
    request.call(
        tenant,
        "QueueImportProfileProperties",
        id_type=Enum(int(id_type)),
        id_property=id_property,
        property_map=property_map,
        source_uri=source_uri,
    )
    return request.encode()


def encode_delete(job_id: str, *, application: str = APPLICATION) -> bytes:
    """Return `DeleteImportProfilePropertiesJob`."""
    request, tenant = _request(application)
    request.call(tenant, "DeleteImportProfilePropertiesJob", job_id=UUID(job_id))
    return request.encode()


def encode_get(job_id: str, *, application: str = APPLICATION) -> bytes:
    """Return `GetImportProfilePropertyJob` with a query of all its members."""
    request, tenant = _request(application)
    request.query(request.method_object(tenant, "GetImportProfilePropertyJob", job_id=UUID(job_id)))
    return request.encode()


def encode_list(*, application: str = APPLICATION) -> bytes:
    """Return `GetImportProfilePropertyJobs` with a query of all members of all of them."""
    request, tenant = _request(application)
    request.query(request.method_object(tenant, "GetImportProfilePropertyJobs"), children=True)
    return request.encode()


def decode(body: bytes) -> CsomAnswer:
    """Read `[header, id, value, id, value, …]`; raise ValueError for any other body.

    A header that doesn't say whether there was an error isn't one, nor is an answer with two results of one action.
    """
    document = decode_json(body.decode("utf-8-sig"), strict=False)
    if not isinstance(document, list) or not document or not isinstance(document[0], dict):
        raise ValueError("not an answer of ProcessQuery")
    if "ErrorInfo" not in document[0]:
        raise ValueError("the header says nothing about errors")
    rest = document[1:]
    if len(rest) % 2 or not all(type(action) is int for action in rest[::2]):
        raise ValueError("actions and results don't pair")
    if len(set(rest[::2])) != len(rest) // 2:
        raise ValueError("an action has two results")
    return CsomAnswer(dict(zip(rest[::2], rest[1::2], strict=True)), fault_of(document[0]["ErrorInfo"]))


def whole(text: str) -> str:
    """Return a text without lone surrogates, which can't be stored: JSON may escape them, and messages are cut."""
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


def _request(application: str) -> tuple[CsomRequest, Reference]:
    request = CsomRequest(application=application)
    return request, request.construct(TENANT)


def fault_of(info: Any) -> Fault | None:
    """Read an `ErrorInfo`, None where it is null; raise ValueError for anything else."""
    if info is None:
        return None
    if not isinstance(info, dict):
        raise ValueError("ErrorInfo isn't an object")
    code = info.get("ErrorCode")
    return Fault(
        message=whole(str(info.get("ErrorMessage") or "")),
        type_name=whole(str(info.get("ErrorTypeName") or "")),
        code=_int32(code) if type(code) is int else 0,
    )


def _int32(number: int) -> int:
    """Return a number as .NET casts it to 32 bits: 2147942405 is -2147024891 [SP-9]."""
    return (number + 2**31) % 2**32 - 2**31
