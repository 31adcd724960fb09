"""The write that ends a file, and its run with the last one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.ended import DELIVERED, SPOILT, delivery_of, ended, planned
from tests.support.world import World
from upa_core.domain.documents.ad_hoc import AdHoc
from upa_core.domain.documents.connector_state import ConnectorState, Debt
from upa_core.domain.documents.quarantine import QuarantineReason
from upa_core.domain.documents.rounds import SealedRound, Segment
from upa_core.domain.documents.runs import ClosedRoute, Counts, FileState, Report, Retry
from upa_core.domain.documents.storage_layout import report_key
from upa_core.domain.next_step import Step
from upa_core.domain.plan.run_people import shards_key
from upa_core.ports.bundle import Ports
from upa_core.services.deliver.bulk.route import BulkRoute
from upa_core.services.deliver.delivery import Delivery
from upa_core.services.deliver.finish import close_route, finish
from upa_core.state.document import censuses_of, get_document, state_of


def file(number: int, **fields: Any) -> FileState:
    return FileState(f"later-{number}", 100 + number, 1, 1, 1, "", **fields)


def change(world: World, **fields: Any) -> ConnectorState:
    return state_of(world.store, "hr").update(lambda state: replace(state, **fields)).value


def report_of(world: World, delivery: Delivery) -> Report:
    stored = get_document(world.store, report_key(delivery.run.id), Report)
    assert stored is not None
    return stored.value


def other_way(ports: Ports) -> Ports:
    """Add another route: it differs in its name alone."""
    return replace(ports, routes={**ports.routes, "other": BulkRoute()})


@pytest.mark.parametrize(("people", "jobs", "halved"), [(2, (SPOILT,), 2), (2, (), 0), (1, (SPOILT,), 0)])
def test_files_become_smaller_after_an_import_job_that_failed_for_several_people(
    people: int, jobs: Any, halved: int
) -> None:
    """Not after a file that was given up without one, nor where the person is found."""
    world = planned(people)
    finish(delivery_of(world), ended(world, *jobs, given_up="" if jobs else "too late"))
    retry = world.state.retry

    assert retry is not None
    assert retry.people == halved


def test_a_file_adds_to_what_the_run_came_to() -> None:
    """The run goes on with its next file; to finish a file again adds nothing."""
    world = planned(2)
    delivery = delivery_of(world, file(1), counts=Counts(exported=5, escrowed=1), tried=("UpaCode",))
    before = world.state.import_jobs
    steps = [finish(delivery, ended(world, DELIVERED)) for _ in range(2)]
    run = world.state.run

    assert run is not None
    assert [one.step for one in steps] == [Step("again", "settled: 2 exported, 0 escrowed", run=run.id)] * 2
    assert steps[1].state.value == world.state
    assert (run.counts.exported, run.counts.escrowed, run.tried) == (7, 1, ("UpaCode",))
    assert (run.files[0].settled, run.files[0].confirmed, run.files[0].import_jobs) == (True, True, ("job",))
    assert world.state.import_jobs == before + 1
    assert get_document(world.store, report_key(run.id), Report) is None


def test_only_import_files_count_as_import_jobs() -> None:
    """A batch of another route took none."""
    world = planned(2)
    delivery = delivery_of(world)
    delivery = delivery_of(world, files=(replace(delivery.file, route="other"),))
    finish(replace(delivery, ports=other_way(delivery.ports)), ended(world, DELIVERED, route="other"))

    assert (world.state.import_jobs, world.state.run) == (0, None)


@pytest.mark.parametrize("abandoned", [False, True])
def test_what_lies_in_the_library_is_owed_unless_an_import_job_may_still_read_it(abandoned: bool) -> None:
    """The file and the folders of its logs; earlier debts stay."""
    world = planned(2)
    early = Debt("early", is_folder=False, since=world.now)
    change(world, debts=(early,))
    archive = ended(world, given_up="late", abandoned=abandoned, source_uri="file", log_folders=("folder",))
    finish(delivery_of(world), archive)

    owed = [(debt.url, debt.is_folder) for debt in world.state.debts]
    assert owed == [("early", False), *([] if abandoned else [("file", False), ("folder", True)])]


@pytest.mark.parametrize("job", [DELIVERED, SPOILT])
def test_rounds_lose_their_segments_with_a_run_that_succeeds(job: Any) -> None:
    """Its own rounds alone; after a failure they are planned again. Nothing of the kept shards is left in any case."""
    world = planned(2)
    (sealed,) = world.state.sealed
    world.store.put("later/1", b"x")
    later = SealedRound("later", "delta", "", world.now, world.now, (), "", (Segment("later/1", 1, 1),))
    change(world, sealed=(sealed, later))
    delivery = delivery_of(world)
    world.store.put(shards_key(delivery.run.id), b"x")
    finish(delivery, ended(world, job))

    good = job is DELIVERED
    assert [one.key in world.store.blobs for one in sealed.segments] == [not good] * len(sealed.segments)
    assert "later/1" in world.store.blobs
    assert [one.id for one in world.state.sealed] == (["later"] if good else [sealed.id, "later"])
    assert shards_key(delivery.run.id) not in world.store.blobs


def test_one_file_that_confirmed_nobody_fails_the_run() -> None:
    """However many succeeded; a run without such a file gives no reason."""
    for confirmed, status in ((False, "failed"), (True, "success")):
        world = planned(2)
        delivery = delivery_of(world, file(1, settled=True, confirmed=confirmed))
        finish(delivery, ended(world, DELIVERED))
        report = report_of(world, delivery)

        assert (report.status, bool(report.why)) == (status, status == "failed")
        assert (world.state.retry is None, bool(world.state.sealed)) == (confirmed, not confirmed)


@pytest.mark.parametrize("job", [DELIVERED, SPOILT])
def test_a_full_round_is_believed_once_its_run_has_succeeded(job: Any) -> None:
    """How many people it named counts for later rounds; of a run that failed it will be counted again."""
    world = planned(2)
    finish(delivery_of(world), ended(world, job))

    counted = [one.people for one in censuses_of(world.store, "hr").load().value.rounds]
    assert counted == ([2] if job is DELIVERED else [])


def test_a_run_waits_for_its_other_routes() -> None:
    """It ends with the last of them."""
    world = planned(2)
    finish(delivery_of(world, file(1, route="other")), ended(world, DELIVERED))

    assert world.state.run is not None


def test_an_ad_hoc_run_says_nothing_of_the_connectors_own_runs() -> None:
    """Not even where it fails: nothing is retried, and its rounds aren't touched."""
    world = planned(2)
    finish(delivery_of(world, ad_hoc=AdHoc("canary", "anna")), ended(world, SPOILT))
    state = world.state

    assert (state.run, state.retry, len(state.sealed)) == (None, None, 1)


def test_a_run_fails_by_the_worst_of_its_routes() -> None:
    """Each reason names its route; the one that slows the connector down counts, and the largest file."""
    world = planned(2)
    closed = ClosedRoute("other", "not there", opaque=False, people=3)
    delivery = delivery_of(world, closed=(closed,))
    close_route(delivery, "denied", quarantine=QuarantineReason.CREDENTIALS)
    retry, quarantine = world.state.retry, world.state.quarantine

    assert retry is not None
    assert (retry.why, retry.people) == ("other: not there; bulk: denied", 3)
    assert quarantine is not None
    assert quarantine.reason is QuarantineReason.CREDENTIALS


def test_a_target_is_down_only_where_no_route_says_why_it_failed() -> None:
    """One that says why makes three failures in a row too many failures."""
    for opaque, reason in ((True, QuarantineReason.TARGET_DOWN), (False, QuarantineReason.TOO_MANY_FAILURES)):
        world = planned(2)
        change(world, retry=Retry(2, world.now, "before"))
        close_route(delivery_of(world, closed=(ClosedRoute("other", "why", opaque=opaque),)), "no answer")
        quarantine = world.state.quarantine

        assert quarantine is not None
        assert quarantine.reason is reason


@pytest.mark.parametrize(
    ("people", "jobs", "left", "goes_on"),
    [
        (1, (SPOILT,), 1, True),
        (1, (SPOILT,), 32, True),
        (1, (SPOILT,), 33, False),
        (1, (), 1, False),
        (2, (SPOILT,), 1, False),
    ],
)
def test_the_failure_of_one_person_says_nothing_of_the_others(people: int, jobs: Any, left: int, goes_on: bool) -> None:
    """Their files are sent before the run fails, unless they are many; without an import job it isn't the person."""
    world = planned(people)
    delivery = delivery_of(world, *(file(n) for n in range(left)))
    finish(delivery, ended(world, *jobs, given_up="" if jobs else "too late"))

    assert (world.state.run is not None) == goes_on
