"""Every way a call can fail, with secrets and values of people in every answer: none reaches a log or an error."""

from __future__ import annotations

import io
import json
import logging
import traceback
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from itertools import product
from typing import Any, get_args

import pytest
import requests
from azure.core.pipeline.transport import RequestsTransport

from tenant_sim.login.certificates import make_certificate
from tenant_sim.upa.script import PRESETS
from tests.fakes import FakeClock
from tests.fakes.messenger import FakeMessenger
from tests.fakes.transport import ScriptedTransport, reply
from tests.support.world import World
from upa_core.adapters.graph.mail import GraphMail
from upa_core.adapters.graph.users import GraphUsers
from upa_core.adapters.http.service import Service
from upa_core.adapters.identity.tokens import ManagedIdentityTokens, certificate
from upa_core.adapters.inspection import CloudInspection
from upa_core.adapters.sharepoint.import_jobs import SharePointImportJobs
from upa_core.adapters.sharepoint.library import SharePointLibrary
from upa_core.adapters.sharepoint.library_settings import LibraryRules
from upa_core.adapters.sharepoint.people_manager import PeopleManager
from upa_core.adapters.storage.blob_store import blob_store
from upa_core.adapters.telemetry.log_events import LogEvents
from upa_core.adapters.webhook import Webhook
from upa_core.domain.documents.rounds import Link
from upa_core.domain.errors import UpaError
from upa_core.domain.health.alarms import Occasion
from upa_core.domain.people.mapping import direct
from upa_core.ports.messenger import Message
from upa_core.services.drive.tick import tick
from upa_core.services.health.notify import Alerting, notify
from upa_core.services.health.status import status
from upa_core.services.upkeep.housekeeping import housekeeping

TOKEN = "eyJ0eXAi.secret-token.sig"
VALUE = "Value-Of-A-Person-4711"
PERSON_NAME = "ann.secret@contoso.com"
DELTA = "delta-token-s3cr3t"
HOOK = "hook-key-s3cr3t"
ACCOUNT_KEY = "YWNjb3VudC1rZXktczNjcjN0"
IDENTITY = "identity-header-s3cr3t"
FORBIDDEN = (TOKEN, VALUE, PERSON_NAME, DELTA, HOOK, ACCOUNT_KEY, IDENTITY, "PRIVATE KEY")
ROOT = "https://svc.example"
SITE = f"{ROOT}/sites/upa"
FILE = f"{SITE}/Imports/upa-hr-1.json"
OCCASIONS = frozenset(get_args(Occasion))
MESSAGE = Message("hr", "t", "d", "x")


class _Tokens:
    def token(self, audience: str) -> str:
        return TOKEN

    def refresh(self, audience: str) -> str:
        return TOKEN


@cache
def _pem() -> bytes:
    made = make_certificate("secrets")
    return made.private_key_pem + made.certificate_pem


def _calls(transport: ScriptedTransport) -> dict[str, Callable[[], Any]]:
    """Return every call that an adapter can make."""
    session = transport.session()
    service = Service(ROOT, _Tokens(), FakeClock(), session=session, jitter=lambda: 0.1)
    users, jobs = GraphUsers(service), SharePointImportJobs(service)
    library = SharePointLibrary(service, SITE, "/sites/upa/Imports")
    graph, people = service, PeopleManager(service)
    label = LibraryRules(service, SITE, "/Imports")
    inspection = CloudInspection(graph, {"graph": (_Tokens(), ROOT)}, people, label, [])
    wire = RequestsTransport(session=session, session_owner=False)
    key = {"account_name": "account", "account_key": ACCOUNT_KEY}
    blobs = blob_store("https://account.blob.example", "upa", key, transport=wire, retry_total=0)
    by_certificate = certificate("t", "c", _pem(), authority="https://login.example", http_client=session)
    by_identity = ManagedIdentityTokens(transport=wire, retry_total=0)
    return {
        "users.page": lambda: users.page(Link(f"{ROOT}/v1.0/users/delta?$deltatoken={DELTA}", "delta")),
        "users.read": lambda: users.read([PERSON_NAME], ["department"]),
        "library.upload": lambda: library.upload("upa-hr-1.json", VALUE.encode()),
        "library.size": lambda: library.size(FILE),
        "library.download": lambda: library.download(FILE),
        "library.items": library.items,
        "library.delete_file": lambda: library.delete_file(FILE),
        "library.delete_folder": lambda: library.delete_folder(FILE),
        "jobs.queue": lambda: jobs.queue(FILE, {"CostCenter": "CostCenter"}),
        "jobs.get": lambda: jobs.get("03417313-3265-4a8f-97d0-105d43d6bb5a"),
        "jobs.list": jobs.list,
        "jobs.cancel": lambda: jobs.cancel("03417313-3265-4a8f-97d0-105d43d6bb5a"),
        "people.properties": lambda: PeopleManager(service).properties(PERSON_NAME),
        "mail.send": lambda: GraphMail(service, PERSON_NAME, [PERSON_NAME]).send(MESSAGE),
        "inspection.server_time": inspection.server_time,
        "inspection.check_tracked": lambda: inspection.check_tracked(["department"]),
        "inspection.some_users": inspection.some_users,
        "inspection.extensions": lambda: inspection.extensions([f"extension_{'0' * 32}_CostCenter"]),
        "inspection.retention_label": inspection.retention_label,
        "inspection.library_settings": inspection.library_settings,
        "inspection.profile": lambda: inspection.profile(PERSON_NAME),
        "blobs.get": lambda: blobs.get("runs/1"),
        "blobs.read_range": lambda: blobs.read_range("runs/1", 0, 9),
        "blobs.put": lambda: blobs.put("runs/1", VALUE.encode(), if_match='"v1"'),
        "blobs.delete": lambda: blobs.delete("runs/1"),
        "blobs.list": lambda: list(blobs.list("runs/")),
        "certificate.token": lambda: by_certificate.token(ROOT),
        "managed_identity.token": lambda: by_identity.token(ROOT),
        "webhook.send": lambda: Webhook(f"{ROOT}/hook?sig={HOOK}", session).send(MESSAGE),
    }


_SAID = {"error": {"code": "Bad", "message": f"{VALUE} {PERSON_NAME}", "innerError": {"code": "Inner", "x": TOKEN}}}
_ODATA = {"odata.error": {"code": "-1, X", "message": {"lang": "en", "value": f"{VALUE} {PERSON_NAME}"}}}
FAILURES: dict[str, Any] = {
    **{str(status): reply(status, _SAID) for status in (400, 401, 403, 404, 408, 409, 410, 412, 413, 423, 500, 501)},
    **{f"odata {status}": reply(status, _ODATA) for status in (400, 404, 423, 500)},
    "429": reply(429, _SAID, headers={"Retry-After": "900"}),
    "503": reply(503, _SAID, headers={"Retry-After": "900"}),
    "redirect": reply(302, headers={"Location": f"https://evil.example/{DELTA}"}),
    "html": reply(200, body=f"<html>{VALUE}</html>".encode(), headers={"Content-Type": "text/html"}),
    "half": reply(200, body=f'{{"value": ["{VALUE}'.encode()),
    "list": reply(200, [VALUE]),
    "other": reply(200, {"value": VALUE, "@odata.deltaLink": f"https://evil.example/{DELTA}"}),
    "csom error": reply(200, [{"ErrorInfo": {"ErrorMessage": "no", "ErrorTypeName": "X"}}, VALUE]),
    "connection": requests.ConnectionError(f"{ROOT}/{DELTA}/{PERSON_NAME}?sig={HOOK}"),
    "timeout": requests.ReadTimeout(f"{ROOT}/{DELTA}/{PERSON_NAME}?sig={HOOK}"),
    "cut": requests.exceptions.ChunkedEncodingError(f"{ROOT}/{DELTA}?sig={HOOK}"),
}
NAMES = tuple(_calls(ScriptedTransport()))


@pytest.mark.parametrize("call", NAMES)
def test_no_error_of_a_call_tells_a_secret_or_a_value(
    call: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Text, representation and the traceback with all its causes name neither, whatever the service answered."""
    caplog.set_level(logging.INFO)  # as the function app logs; below it azure-core logs requests at INFO, redacted
    monkeypatch.setenv("IDENTITY_ENDPOINT", "http://identity.example/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", IDENTITY)
    told = []
    for failure, answer in FAILURES.items():
        said = _said_of(_calls(ScriptedTransport(*[answer] * 40))[call])
        logged = "".join(record.getMessage() + repr(record.__dict__) for record in caplog.records)
        told += [(failure, secret) for secret in FORBIDDEN if secret in said + logged]
        caplog.clear()

    assert told == []


def _said_of(call: Callable[[], Any]) -> str:
    """Return the text, the representation and the traceback of the error that a call ends with; empty without one."""
    try:
        call()
    except UpaError as error:
        return "".join(traceback.format_exception(error)) + repr(error)
    return ""


_HOURS = timedelta(hours=26)
POINTS = ("users.delta", "files.add", "QueueImportProfileProperties", "GetImportProfilePropertyJob", "file.delete", "*")


def _all_that_is_told(world: World, *, rounds: int = 4) -> str:
    """Run a pipeline for a day and return every log line, message, report and status of it."""
    stream, logger = io.StringIO(), logging.Logger("secrets")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Everything())
    logger.addHandler(handler)
    world.events = LogEvents(logger)
    channel, shown = FakeMessenger(), []
    for _ in range(rounds):
        told = ""
        try:
            tick(world.ports(), world.connector)
            world.drain(hours=2)
        except UpaError as exc:
            told = "".join(traceback.format_exception(exc))
        notify(world.ports(), world.connector, Alerting(OCCASIONS, _HOURS, [channel]), trouble=told)
        shown.append(json.dumps(status(world.ports(), world.connector)))
        world.sim.advance(7 * 3600)
    housekeeping(world.ports(), world.connector)
    kept = [data for key, data in world.store.blobs.items() if key.endswith(("report.json", "told.json", "state.json"))]
    messages = [f"{one.subject} {one.detail} {one.todo}" for one in channel.messages]
    assert stream.getvalue()
    return stream.getvalue() + " ".join((*messages, *shown)) + b"".join(kept).decode()


def _secretive(**connector: Any) -> World:
    """A world where every value must not be told."""
    world = World(4, **connector)
    for number, person in enumerate(world.people):
        world.edit(person, department=f"{VALUE}-{number}", jobTitle="x" * 60 if number == 0 else PERSON_NAME)
    return world


@pytest.mark.parametrize(("point", "status"), list(product(POINTS, (400, 403, 429, 500))))
def test_no_event_report_status_or_message_of_a_troubled_pipeline_tells_a_value(point: str, status: int) -> None:
    """A pipeline whose services fail logs, stores reports and tells administrators without a value of anybody."""
    world = _secretive()
    world.sim.faults.add(operation=point, status=status, body=f"{VALUE} {PERSON_NAME}")

    told = _all_that_is_told(world)

    assert [secret for secret in (VALUE, PERSON_NAME) if secret in told] == []


@pytest.mark.parametrize("policy", ["fail_run", "escrow_user", "skip_value"])
def test_a_value_that_is_refused_is_not_told(policy: Any) -> None:
    """Whatever becomes of a value that doesn't fit, what is said of it is which mapping and why."""
    rules = (
        direct("department", "UpaDepartment", max_length=5, on_invalid=policy),
        direct("jobTitle", "UpaHired", type="date", on_invalid=policy),
    )
    world = _secretive(mappings=rules)
    told = _all_that_is_told(world)

    assert [secret for secret in (VALUE, PERSON_NAME) if secret in told] == []
    assert ("fail_run" in told) == (policy == "fail_run")


@pytest.mark.parametrize("outcome", sorted(PRESETS))
def test_an_import_job_that_ends_badly_tells_no_value(outcome: str) -> None:
    """Whatever SharePoint makes of the file, and whatever its log quotes."""
    world = _secretive()
    world.join(profile=False, department=VALUE)
    for nth in range(1, 4):
        world.sim.timer_job.plan(nth, outcome)
    told = _all_that_is_told(world)

    assert [secret for secret in (VALUE, PERSON_NAME) if secret in told] == []


class _Everything(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return json.dumps({name: repr(value) for name, value in record.__dict__.items()})
