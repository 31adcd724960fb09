"""Answers that SharePoint may give and nobody expects: nothing is wedged, nothing of others is touched."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tenant_sim import Fault
from tests.crash.scenarios import settled
from tests.support.world import FOLDER, World
from tests.support.wrapped import Wrapped
from upa_core.domain.bulk.import_job import ImportJob
from upa_core.domain.people.shadow import EscrowReason
from upa_core.services.deliver.archive import log_folders


def _changed() -> World:
    world = settled(3)
    world.edit(world.people[0], department="B")
    world.pull()
    return world


def test_a_log_folder_that_is_none_is_left_alone() -> None:
    """Where SharePoint named the library itself, everything in it would be deleted."""
    world = settled(3)
    library = world.sim.library
    library.add_file(FOLDER, "payroll.txt", b"precious", overwrite=False)
    world.join(profile=False, department="x")
    world.pull()
    world.far()
    ports = world.ports()
    real = ports.import_jobs.get

    def get(job: str) -> Any:
        found = real(job)
        return found and replace(found, log_folder_uri=found.log_folder_uri and world.sim.urls.sharepoint + FOLDER)

    world.drain(replace(ports, import_jobs=Wrapped(ports.import_jobs, get=get)), hours=3)

    assert library.find(f"{FOLDER}/payroll.txt") is not None


FILE = "https://contoso.sharepoint.com/sites/upa/Shared%20Documents/UPA/f-1.json"


@pytest.mark.parametrize(
    ("folder", "beside"),
    [
        ("https://contoso.sharepoint.com/sites/upa/Shared Documents/UPA/f-1-0a-Logs", True),
        ("https://CONTOSO.sharepoint.com/sites/upa/Shared%20Documents/upa/f-1-0a-Logs/", True),
        ("https://contoso.sharepoint.com/sites/upa/Shared Documents/UPA", False),
        ("https://contoso.sharepoint.com/sites/upa/Shared Documents/UPA/", False),
        ("https://contoso.sharepoint.com/sites/upa/Shared Documents/UPA/#x", False),
        ("https://contoso.sharepoint.com/sites/upa/Shared Documents/UPA/?x/y", False),
        ("https://contoso.sharepoint.com/sites/upa/Shared Documents/UPA/..", False),
        ("https://contoso.sharepoint.com/sites/upa/Shared Documents/UPA/%2e%2e", False),
        ("https://contoso.sharepoint.com/sites/upa/Shared Documents/other/f-1-0a-Logs", False),
        ("https://contoso.sharepoint.com/sites/upa/Shared Documents/UPA/a/b", False),
        ("/sites/upa/Shared Documents/UPA/f-1-0a-Logs", True),
        ("https://[contoso/f-1-0a-Logs", False),
        ("", False),
    ],
)
def test_a_log_folder_lies_beside_its_file(folder: str, beside: bool) -> None:
    """Whatever way the address is written; nothing else is read, or deleted with all it holds."""
    job = ImportJob("0a", 3, 0, "", "", folder)

    assert log_folders([job], FILE) == ((folder,) if beside else ())


def test_an_import_job_listed_without_an_id_wedges_nothing() -> None:
    """It is looked for by its file."""
    world = _changed()
    world.sim.timer_job.plan("next", "empty_job_id")
    ports = world.ports()

    def nameless() -> Any:
        newest = world.queued()[-1]
        return [replace(job, id="") if job.source_uri.endswith(newest) else job for job in ports.import_jobs.list()]

    world.drain(replace(ports, import_jobs=Wrapped(ports.import_jobs, list=nameless)), hours=60)

    assert world.lane.in_flight is None
    assert world.profile(world.people[0])["UpaDepartment"] == "B"


def test_half_a_character_in_a_message_wedges_nothing() -> None:
    """SharePoint cuts messages, perhaps in the middle of one."""
    world = _changed()
    world.far()
    job = world.sim.jobs[-1]
    said = {
        "JobId": job.job_id,
        "State": 5,
        "Error": 1,
        "ErrorMessage": "cut \ud83d",
        "SourceUri": job.source_uri,
        "LogFolderUri": "",
    }
    body = json.dumps([{"SchemaVersion": "15.0.0.0", "ErrorInfo": None}, 4, {"IsNull": False}, 5, said])
    headers = {"Content-Type": "application/json"}
    world.sim.faults.add(
        Fault(surface="admin", operation="*GetImportProfilePropertyJob*", status=200, body=body, headers=headers)
    )
    world.drain(hours=60)

    assert world.lane.in_flight is None


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_a_log_in_utf_16_is_read(mark: bytes) -> None:
    """Its encoding is nowhere documented."""
    world = _changed()
    absent = world.join(profile=False, department="x")
    world.pull()
    ports = world.ports()
    encoding = "utf-16-le" if mark == b"\xff\xfe" else "utf-16-be"

    def download(url: str) -> Any:
        found = ports.library.download(url)
        return mark + found.decode().encode(encoding) if found and "-Logs/" in url else found

    world.drain(replace(ports, library=Wrapped(ports.library, download=download)), hours=3)

    reasons = {person: entry.reason for person, entry in world.escrow().items()}
    assert reasons == {absent: EscrowReason.PROFILE_NOT_CREATED}
