"""The bulk import service over ProcessQuery."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from tests.fakes import FakeClock, FakeTokens, ScriptedTransport, reply
from upa_core.adapters.http.service import Service
from upa_core.adapters.sharepoint import csom
from upa_core.adapters.sharepoint.import_jobs import SharePointImportJobs
from upa_core.domain.bulk.import_job import ImportJob
from upa_core.domain.errors import (
    AccessDeniedError,
    RefusedError,
    RetryLaterError,
    ThrottledError,
    UnansweredError,
    UnavailableError,
)

ROOT = "https://contoso-admin.sharepoint.com"
JOB = "5f05e38c-bd0e-49ec-8c9c-c4cfe370248c"
URI = "https://contoso.sharepoint.com/sites/upa/Imports/import.json"
HEADER = {"SchemaVersion": "15.0.0.0", "LibraryVersion": "16.0.23710.12002", "ErrorInfo": None}
INFO = {
    "_ObjectType_": "Microsoft.Online.SharePoint.TenantManagement.ImportProfilePropertiesJobInfo",
    "Error": 30,
    "ErrorMessage": "see the log",
    "JobId": f"/Guid({JOB})/",
    "LogFolderUri": "https://contoso.sharepoint.com/sites/upa/Imports/import-Logs",
    "SourceUri": URI,
    "State": 5,
}
EXPECTED = ImportJob(JOB, 5, 30, "see the log", URI, str(INFO["LogFolderUri"]))


class World:
    """The admin site over written-down answers."""

    def __init__(self, *replies: Any) -> None:
        self.net = ScriptedTransport(*replies)
        service = Service(ROOT, FakeTokens(), FakeClock(), session=self.net.session(), jitter=lambda: 0.5)
        self.jobs = SharePointImportJobs(service)


def answers(*rest: Any) -> object:
    """Write an answer of ProcessQuery down."""
    return reply(200, [HEADER, *rest])


def fault(message: str, type_name: str = "Some.Exception") -> object:
    """Write a fault down: HTTP 200, as recorded."""
    info = {"ErrorMessage": message, "ErrorCode": -1, "ErrorTypeName": type_name, "ErrorValue": None}
    return reply(200, [HEADER | {"ErrorInfo": info}])


def test_queue_sends_the_captured_request() -> None:
    """A file is queued with one POST of the captured bytes, as XML and with the admin host's token."""
    world = World(answers(2, {"IsNull": False}, 3, f"/Guid({JOB})/"))
    job_id = world.jobs.queue(URI, {"City": "City", "Office": "OfficeCode"})
    (request,) = world.net.requests

    assert job_id == JOB
    assert (request.method, request.url) == ("POST", f"{ROOT}/_vti_bin/client.svc/ProcessQuery")
    assert request.headers["Content-Type"] == "text/xml"
    assert request.headers["Authorization"] == f"Bearer {ROOT}#0"
    assert request.body == csom.encode_queue(1, "IdName", {"City": "City", "Office": "OfficeCode"}, URI)


def test_empty_guid_is_no_id() -> None:
    """The empty guid means accepted, but nameless."""
    assert World(answers(2, {}, 3, f"/Guid({csom.EMPTY_GUID})/")).jobs.queue(URI, {}) is None


def test_refusal_keeps_sharepoints_words() -> None:
    """A fault is refused with SharePoint's own message and type name."""
    text = "Property Names [AboutMe] are editable by user."
    with pytest.raises(
        RefusedError, match=r"^QueueImportProfileProperties: Property Names \[AboutMe\] are editable by user\.$"
    ) as caught:
        World(fault(text)).jobs.queue(URI, {})

    assert caught.value.code == "Some.Exception"


def test_a_fault_names_the_services_request_id() -> None:
    """It comes with HTTP 200, and support asks for it all the same."""
    info = {"ErrorMessage": "Busy.", "ErrorCode": -1, "ErrorTypeName": "X", "ErrorValue": None}
    answer = reply(200, [HEADER | {"ErrorInfo": info}], headers={"SPRequestGuid": "r-1"})

    with pytest.raises(RefusedError, match=r"^QueueImportProfileProperties: Busy\. \(request r-1\)$"):
        World(answer).jobs.queue(URI, {})


@pytest.mark.parametrize(
    ("message", "type_name"),
    [
        ("Access Denied: This application does not have the required permissions to access profile information.", "X"),
        ("Access denied. You do not have permission to perform this action or access this resource.", "X"),
        ("Zugriff verweigert", "Microsoft.SharePoint.Client.ServerUnauthorizedAccessException"),
        ("", "System.UnauthorizedAccessException"),
    ],
)
def test_missing_rights(message: str, type_name: str) -> None:
    """The known texts and types of missing rights are access denied."""
    with pytest.raises(AccessDeniedError):
        World(fault(message, type_name)).jobs.queue(URI, {})


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (requests.ReadTimeout("x"), UnansweredError),
        (requests.ConnectionError("reset"), UnansweredError),
        (reply(500, {}), UnansweredError),
        (reply(503, {}), UnansweredError),
        (reply(200, body=b"<html>"), UnansweredError),
        (reply(200, body=b'[{"ErrorInfo":null},3,"\\/Guid('), UnansweredError),
        (answers(), UnansweredError),
        (answers(2, {}, 3, None), UnansweredError),
        (answers(2, {}, 3, "what"), UnansweredError),
        (reply(429, {}, headers={"Retry-After": "5"}), ThrottledError),
        (reply(503, {}, headers={"Retry-After": "5"}), ThrottledError),
    ],
)
def test_queue_is_sent_once(answer: object, expected: type[RetryLaterError]) -> None:
    """Without a usable answer the import job may exist: the call isn't repeated, and says what is known."""
    world = World(answer)
    with pytest.raises(expected) as caught:
        world.jobs.queue(URI, {})

    assert (type(caught.value), len(world.net.requests)) == (expected, 1)


def test_refused_request() -> None:
    """A plain 400 is a refusal."""
    with pytest.raises(RefusedError):
        World(reply(400, {})).jobs.queue(URI, {})


def test_get() -> None:
    """An import job is read with all six members."""
    world = World(answers(2, {}, 4, {"IsNull": False}, 5, INFO))

    assert world.jobs.get(JOB) == EXPECTED
    assert world.net.requests[0].body == csom.encode_get(JOB)


def test_documented_name_of_the_log() -> None:
    """`LogFileUri`, the documentation's name, is read where `LogFolderUri` is missing."""
    info = {key: value for key, value in INFO.items() if key != "LogFolderUri"} | {"LogFileUri": INFO["LogFolderUri"]}

    assert World(answers(4, {"IsNull": False}, 5, info)).jobs.get(JOB) == EXPECTED


def test_fresh_import_job_has_nulls() -> None:
    """Members that are still null read as empty."""
    info = {
        "Error": 0,
        "ErrorMessage": None,
        "JobId": f"/Guid({JOB})/",
        "LogFolderUri": None,
        "SourceUri": None,
        "State": 1,
    }

    assert World(answers(4, {"IsNull": False}, 5, info)).jobs.get(JOB) == ImportJob(JOB, 1, 0, "", "", "")


@pytest.mark.parametrize(
    "rest",
    [
        (2, {"IsNull": False}, 4, {"IsNull": True}),
        (4, {"IsNull": True}, 5, None),
        (4, {"IsNull": False}, 5, INFO | {"JobId": f"/Guid({csom.EMPTY_GUID})/"}),
    ],
)
def test_unknown_import_job_is_none(rest: tuple[object, ...]) -> None:
    """A null object, or one without an id, is an import job that SharePoint doesn't know."""
    assert World(answers(*rest)).jobs.get(JOB) is None


@pytest.mark.parametrize(
    "rest", [(), (4, {"IsNull": False}, 5, {}), (4, {"IsNull": False}, 5, []), (4, {}, 5, INFO | {"State": "x"})]
)
def test_unreadable_import_job(rest: tuple[object, ...]) -> None:
    """An answer without a readable import job is no answer, and no import job that is gone."""
    with pytest.raises(UnavailableError):
        World(*[answers(*rest)] * 4).jobs.get(JOB)


def test_reads_are_repeated() -> None:
    """A read that failed is asked again: it has no effect."""
    world = World(reply(500, {}), answers(4, {"IsNull": False}, 5, INFO))

    assert world.jobs.get(JOB) == EXPECTED


def test_list() -> None:
    """All import jobs are listed."""
    world = World(answers(2, {}, 4, {}, 5, {"_ObjectType_": "…", "_Child_Items_": [INFO, INFO]}))

    assert world.jobs.list() == [EXPECTED, EXPECTED]
    assert world.net.requests[0].body == csom.encode_list()


def test_empty_list() -> None:
    """No import jobs is an empty list."""
    assert World(answers(5, {"_Child_Items_": []})).jobs.list() == []


@pytest.mark.parametrize("rest", [(), (5, None), (5, {}), (5, {"_Child_Items_": [5]})])
def test_unreadable_list(rest: tuple[object, ...]) -> None:
    """An answer without a list isn't an empty list."""
    with pytest.raises(UnavailableError):
        World(*[answers(*rest)] * 4).jobs.list()


def test_list_view_threshold() -> None:
    """A list refused for its length is refused, with the type's name."""
    name = "Microsoft.SharePoint.SPQueryThrottledException"
    text = "The attempted operation is prohibited because it exceeds the list view threshold."
    with pytest.raises(RefusedError, match="list view threshold") as caught:
        World(fault(text, name)).jobs.list()

    assert caught.value.code == name


@pytest.mark.parametrize(("result", "expected"), [(True, True), (False, False), (None, False)])
def test_cancel(result: object, expected: bool) -> None:
    """Cancelling tells whether SharePoint did it."""
    world = World(answers(2, {}, 3, result))

    assert world.jobs.cancel(JOB) is expected
    assert world.net.requests[0].body == csom.encode_delete(JOB)


def test_results_are_json_of_any_escaping() -> None:
    r"""The wire's `\/Guid(…)\/` and a plain `/Guid(…)/` read the same."""
    text = json.dumps([HEADER, 3, f"/Guid({JOB})/"]).replace("/Guid", "\\/Guid").replace(")/", ")\\/")

    assert World(reply(200, body=text.encode())).jobs.queue(URI, {}) == JOB


def test_what_has_ended_and_what_has_started() -> None:
    """Only Succeeded and Error are final; only an import job that nobody has begun can be cancelled."""
    jobs = [ImportJob("j", state, 0, "", "", "") for state in range(7)]

    assert [job.state for job in jobs if job.ended] == [4, 5]
    assert [job.state for job in jobs if not job.started] == [0, 1]
