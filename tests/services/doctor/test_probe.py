"""SharePoint's own judgement of the property map: queued over nobody, and taken back."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from tests.fakes.import_jobs import FakeImportJobs
from tests.fakes.library import FakeLibrary
from tests.support.world import World
from upa_core.domain.documents.lane import InFlight
from upa_core.domain.errors import AccessDeniedError, RefusedError, UnavailableError
from upa_core.services.doctor.finding import Finding
from upa_core.services.doctor.probe import EMPTY, explain_refusal, probe
from upa_core.state.document import lane_of


class Tried:
    """A connector whose map is probed on fakes."""

    def __init__(self) -> None:
        self.world, self.jobs, self.library = World(), FakeImportJobs(), FakeLibrary()

    def probe(self) -> list[Finding]:
        ports = replace(self.world.ports(), import_jobs=self.jobs, library=self.library)
        return probe(ports, self.world.connector)


def kinds(found: list[Finding]) -> list[tuple[str, str]]:
    return [(one.check, one.severity) for one in found]


@pytest.mark.parametrize("named", [True, False])
def test_the_map_is_queued_over_an_empty_list_and_taken_back(named: bool) -> None:
    """Of every intended property; also where SharePoint doesn't name the import job. Nothing is left."""
    tried, sent = Tried(), []
    tried.jobs.nameless = 0 if named else 1
    tried.library.hooks.after = lambda call: sent.append((call.operation, dict(tried.library.files)))
    found = tried.probe()
    targets = tried.world.connector.intended

    assert kinds(found) == [("probe", "ok"), ("probe", "info")]
    assert found[0].evidence == f"SharePoint accepts the map of all {len(targets)} properties"
    assert list(tried.jobs.maps.values()) == [{target: target for target in targets}]
    assert [list(files.values()) for operation, files in sent if operation == "upload"] == [[EMPTY]]
    assert (tried.jobs.jobs, tried.library.files, tried.world.lane.jobs_total) == ({}, {}, 1)


def test_a_probe_that_cant_be_taken_back_leaves_its_file_to_housekeeping() -> None:
    """Where import jobs can't be listed, and where SharePoint refuses or doesn't answer."""
    for trouble in ("unlisted", "refused", "away"):
        tried = Tried()
        if trouble == "unlisted":
            tried.jobs.nameless = 1
            tried.jobs.hooks.fail("list", UnavailableError("down"))
        else:
            tried.jobs.hooks.fail("cancel", RefusedError("no") if trouble == "refused" else UnavailableError("down"))
        found = tried.probe()

        assert kinds(found) == [("probe", "ok"), ("probe", "info"), ("probe", "info")]
        assert found[-1].evidence == "the empty import job couldn't be cancelled; it changes nobody's profile"
        assert len(tried.library.files) == 1


def test_an_import_job_without_a_name_is_found_by_its_file_alone() -> None:
    """Somebody else's is left alone; every one of the file is cancelled, or its file stays."""
    tried = Tried()
    other = tried.jobs.queue("https://elsewhere/file.json", {})
    tried.jobs.nameless = 1
    tried.probe()
    assert (list(tried.jobs.jobs), tried.library.files) == ([other], {})

    twice = Tried()
    twice.jobs.nameless = 1
    real = twice.jobs.list

    def listed() -> list[Any]:
        (one,) = real()
        return [one, replace(one, id="begun")]

    twice.jobs.list = listed
    assert kinds(twice.probe())[-1] == ("probe", "info")
    assert len(twice.library.files) == 1


def test_a_probes_file_is_named_as_the_first_of_a_run() -> None:
    """So that housekeeping knows it as ours."""
    tried, names = Tried(), []
    tried.library.hooks.before = lambda call: names.append(call.subject) if call.operation == "upload" else None
    tried.probe()

    assert re.fullmatch(r"upa-hr-[0-9TZ]{16}-[a-z0-9]{4}-0\.json", names[0])


def test_a_lane_that_is_taken_is_left_alone() -> None:
    """Only one import job may be in flight: whose it is, and when to try again."""
    tried = Tried()
    flight = InFlight("it", "run", "file", 1, "queued", tried.world.now)
    lane_of(tried.world.store, tried.world.connector).update(lambda lane: replace(lane, in_flight=flight))
    (found,) = tried.probe()

    assert (found.check, found.severity) == ("probe", "warning")
    assert found.evidence == "it has an import job in flight, and only one may be"
    assert (tried.library.files, tried.jobs.jobs) == ({}, {})


@pytest.mark.parametrize("error", [AccessDeniedError("403"), RefusedError("400"), UnavailableError("down")])
def test_a_file_that_cant_be_uploaded_ends_the_probe(error: Exception) -> None:
    """Nothing is queued, and nothing is counted."""
    tried = Tried()
    tried.library.hooks.fail("upload", error)
    (found,) = tried.probe()

    assert (found.check, found.severity) == ("probe", "error")
    assert found.evidence == f"no file could be put into the library: {error}"
    assert (tried.jobs.jobs, tried.world.lane.jobs_total) == ({}, 0)


def test_a_refusal_is_explained_and_a_silence_is_tried_again() -> None:
    """A refused call is no import job of the day, and its file goes; without an answer there may be one."""
    refused, silent = Tried(), Tried()
    refused.jobs.hooks.fail("queue", RefusedError("Property Names [Cell, Phone] are editable by user."))
    silent.jobs.hooks.fail("queue", UnavailableError("no answer"))
    (no,), (nothing,) = refused.probe(), silent.probe()

    assert (no.severity, no.evidence.split(",")[0]) == ("error", "users may edit Cell")
    assert (refused.library.files, refused.world.lane.jobs_total) == ({}, 0)
    assert (nothing.check, nothing.severity) == ("probe", "warning")
    assert nothing.evidence == "SharePoint didn't answer the queue call: no answer"
    assert (len(silent.library.files), silent.world.lane.jobs_total) == (1, 1)


@pytest.mark.parametrize(
    ("message", "evidence", "fix"),
    [
        ("Property Names [A, B] are editable by user.", "users may edit A, B, so bulk import refuses it", "set "),
        ("they are Editable", "users may edit a property, so bulk", "set "),
        ("Property Name [A] is a taxonomic property", "A takes terms or several values", "map another property than A"),
        ("Property Name [A] does not exist", "profiles have no property A", "make it in "),
        ("property name [A] is not mapped", "profiles have no property A", "make it in "),
        ("A was not found", "profiles have no property a property", "make it in "),
        ("Access Denied.", "SharePoint refuses us: Access Denied.", "see roles: "),
        ("odd", "SharePoint refuses the map: odd", "see the message"),
    ],
)
def test_each_refusal_is_explained_in_whatever_letter_case(message: str, evidence: str, fix: str) -> None:
    """The properties that SharePoint names, and what to do."""
    found = explain_refusal(message)

    assert (found.check, found.severity) == ("probe", "error")
    assert found.evidence.startswith(evidence)
    assert found.fix.startswith(fix)
