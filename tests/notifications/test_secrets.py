"""Every way a call can fail, with secrets and values of people in every answer: none reaches a log or an error."""

from __future__ import annotations

import io
import json
import logging
import traceback
from collections.abc import Callable
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
import requests

from tests.fakes import FakeClock
from tests.fakes.messenger import FakeMessenger
from tests.fakes.transport import ScriptedTransport, reply
from tests.support.world import World
from upa_core.adapters.graph_users import GraphUsers
from upa_core.adapters.http import Service
from upa_core.adapters.import_jobs import SharePointImportJobs
from upa_core.adapters.library import SharePointLibrary
from upa_core.adapters.log_events import LogEvents
from upa_core.adapters.mail import GraphMail
from upa_core.adapters.people_manager import PeopleManager
from upa_core.adapters.webhook import Webhook
from upa_core.domain.errors import UpaError
from upa_core.ports.change_source import Link
from upa_core.ports.messenger import Message
from upa_core.services.watchfulness import Watch, look_after

TOKEN = "eyJ0eXAi.secret-token.sig"
VALUE = "Value-Of-A-Person-4711"
PERSON_NAME = "ann.secret@contoso.com"
DELTA = "delta-token-s3cr3t"
HOOK = "hook-key-s3cr3t"
FORBIDDEN = (TOKEN, VALUE, PERSON_NAME, DELTA, HOOK)
ROOT = "https://svc.example"
SITE = f"{ROOT}/sites/upa"
FILE = f"{SITE}/Imports/upa-hr-1.json"
MESSAGE = Message("hr", "t", "d", "x")


class _Tokens:
    def token(self, audience: str) -> str:
        return TOKEN

    def refresh(self, audience: str) -> str:
        return TOKEN


def _calls(transport: ScriptedTransport) -> dict[str, Callable[[], Any]]:
    """Return every call that an adapter can make."""
    session = transport.session()
    service = Service(ROOT, _Tokens(), FakeClock(), session=session, jitter=lambda: 0.1)
    users, jobs = GraphUsers(service), SharePointImportJobs(service)
    library = SharePointLibrary(service, SITE, "/sites/upa/Imports")
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


@pytest.mark.parametrize(("call", "failure"), list(product(NAMES, FAILURES)))
def test_no_error_of_a_call_tells_a_secret_or_a_value(
    call: str, failure: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Text, representation and the traceback with all its causes name neither, whatever the service answered."""
    caplog.set_level(logging.DEBUG)
    transport = ScriptedTransport(*[FAILURES[failure]] * 6)
    try:
        _calls(transport)[call]()
        said = ""
    except UpaError as error:
        said = "".join(traceback.format_exception(error)) + repr(error)
    logged = "".join(record.getMessage() + repr(record.__dict__) for record in caplog.records)

    assert [secret for secret in FORBIDDEN if secret in said + logged] == []


_HOURS = timedelta(hours=26)
POINTS = ("users.delta", "files.add", "QueueImportProfileProperties", "GetImportProfilePropertyJob", "file.delete", "*")


@pytest.mark.parametrize(("point", "status"), list(product(POINTS, (400, 403, 429, 500))))
def test_no_event_report_or_message_of_a_troubled_pipeline_tells_a_value(point: str, status: int) -> None:
    """A pipeline whose services fail logs, stores reports and tells administrators without a value of anybody."""
    world = World(4)
    for number, person in enumerate(world.people):
        world.edit(person, department=f"{VALUE}-{number}", jobTitle="x" * 60 if number == 0 else PERSON_NAME)
    stream, logger = io.StringIO(), logging.Logger("secrets")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Everything())
    logger.addHandler(handler)
    world.events = LogEvents(logger)  # type: ignore[assignment]
    channel = FakeMessenger()
    ports = world.ports()
    world.sim.faults.add(operation=point, status=status, body=f"{VALUE} {PERSON_NAME}")
    for _ in range(4):
        told = ""
        try:
            world.pull(ports)
            world.drain(ports, hours=2)
        except UpaError as exc:
            told = str(exc)
        watch = Watch(frozenset({"failed", "quarantined", "silence"}), _HOURS, [channel])
        look_after(world.ports(), world.connector, watch, trouble=told)
        world.sim.advance(7 * 3600)
    reports = [
        data for key, data in world.store.blobs.items() if key.endswith(("report.json", "told.json", "state.json"))
    ]
    messages = " ".join(f"{one.subject} {one.detail} {one.todo}" for one in channel.messages)

    assert stream.getvalue()
    everything = stream.getvalue() + messages + b"".join(reports).decode()
    assert [secret for secret in (VALUE, PERSON_NAME) if secret in everything] == []


class _Everything(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return json.dumps({name: repr(value) for name, value in record.__dict__.items()})
