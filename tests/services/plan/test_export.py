"""Planning: thresholds, holds, staging, pauses, budgets and what waits meanwhile."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from tests.crash.scenarios import quick, settled
from tests.fakes.hooks import Call, nothing
from tests.support.world import MAPPINGS, NO_THRESHOLD, World, with_limits
from upa_core.domain.connector import ChangeThreshold
from upa_core.domain.documents.quarantine import QuarantineReason
from upa_core.domain.documents.storage_layout import due_key
from upa_core.domain.errors import FatalError, RefusedError
from upa_core.domain.health.events import EventName
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.domain.people.mapping import direct
from upa_core.domain.people.scope import Clause, Scope
from upa_core.services.admin.controls import go, pause, reset, resume
from upa_core.services.admin.requests import request_people, request_run, run_status
from upa_core.state.people import People, book_of
from upa_core.state.reports import reports_of


def held_world() -> World:
    """Return a world whose plan of three clears is held."""
    world = settled(threshold=replace(NO_THRESHOLD, clears_absolute=2))
    for person in world.people[:3]:
        world.edit(person, jobTitle=None)
    world.sync()
    assert world.state.hold is not None
    return world


def test_blanking_an_attribute_for_many_queues_nothing() -> None:
    """A plan over the threshold is held before anything is uploaded."""
    world = held_world()
    assert len(world.sim.jobs) == 1
    assert world.library() == []
    assert EventName.PLAN_HELD in world.events.names


def test_a_retry_after_a_failure_isnt_held_for_what_the_failed_run_meant_to_do() -> None:
    """Updates that nobody confirmed aren't counted twice."""
    world = settled(threshold=replace(NO_THRESHOLD, updates_absolute=4))
    world.sim.timer_job.plan("next", "internal_error")
    for person in world.people[:3]:
        world.edit(person, department="B")
    world.settle_down()
    assert world.differences() == []


def test_the_first_full_round_doesnt_hold_the_day_after_it() -> None:
    """An announced full round's updates aren't part of the rolling window."""
    world = quick(World(9, threshold=ChangeThreshold()))
    world.settle_down()
    world.edit(world.people[0], department="changed")
    world.settle_down()
    assert world.differences() == []


def test_several_small_plans_add_up() -> None:
    """Three clears in a day are held however they are spread over rounds."""
    world = settled(threshold=replace(NO_THRESHOLD, clears_absolute=2))
    for person in world.people[:3]:
        world.edit(person, jobTitle=None)
        world.sync()
    assert world.state.hold is not None
    assert [world.profile(p)["UpaTitle"] for p in world.people[:3]] == ["", "", "T2"]


def test_staging_mode_does_everything_but_export() -> None:
    """Rounds wait until an administrator says go."""
    world = quick(World(3, staging=True))
    world.sync()
    assert (len(world.state.sealed), world.sim.jobs) == (1, [])
    go(world.ports(), world.connector, "anna")
    world.settle_down()
    assert world.differences() == []


def test_a_changed_mapping_starts_in_staging_mode_again() -> None:
    """A connector that went live exports nothing with a changed mapping until go is said to that mapping."""
    world = quick(World(3, staging=True))
    go(world.ports(), world.connector, "anna")
    world.settle_down()
    jobs = len(world.sim.jobs)
    changed = (direct("companyName", "UpaDepartment"), *world.connector.mappings[1:])
    world.connector = replace(world.connector, mappings=changed)
    world.edit(world.people[0], companyName="New")
    world.sync()
    waiting = (len(world.state.sealed), len(world.sim.jobs))
    go(world.ports(), world.connector, "anna")
    world.sync()

    assert waiting == (1, jobs)
    assert world.profile(world.people[0])["UpaDepartment"] == "New"


def test_what_sends_no_other_value_leaves_a_connector_live() -> None:
    """A proposed mapping, another rhythm or threshold doesn't stop the exports of a connector that is live."""
    world = quick(World(3, staging=True))
    go(world.ports(), world.connector, "anna")
    proposed = replace(direct("companyName", "UpaCompany"), state="proposed")
    one = replace(world.connector, mappings=(*world.connector.mappings, proposed), threshold=ChangeThreshold())

    assert not one.in_staging(world.state)
    assert one.fingerprint != world.connector.fingerprint


@pytest.mark.parametrize("what", ["scope", "tenant"])
def test_another_scope_or_source_starts_in_staging_mode_again(what: str) -> None:
    """They decide who gets which values as mappings do."""
    world = quick(World(3, staging=True))
    go(world.ports(), world.connector, "anna")
    source = replace(world.connector.source, tenant_id="99999999-2222-3333-4444-555555555555")
    scope = Scope(((Clause("userType", "EQUALS", "Member"),),))
    one = replace(world.connector, **({"scope": scope} if what == "scope" else {"source": source}))

    assert (one.in_staging(world.state), world.connector.in_staging(world.state)) == (True, False)


def test_a_pause_lets_the_import_job_in_flight_end_and_sends_no_further_file() -> None:
    """Between two files of a run a pause holds; resuming goes on with the same run."""
    world = settled()
    world.connector = with_limits(world.connector, max_pairs=1)
    for person in world.people[:3]:
        world.edit(person, department="B")
    world.pull()
    world.far()
    pause(world.ports(), world.connector, "anna")
    world.drain(hours=5)
    assert (len(world.sim.jobs), world.lane.in_flight) == (2, None)
    resume(world.ports(), world.connector, "anna")
    world.settle_down()
    assert (len(world.sim.jobs), world.differences()) == (4, [])


def test_rounds_that_wait_for_the_budget_are_merged_into_one_import_job() -> None:
    """When the day's import jobs are used up, changes of the day go out together on the next one."""
    world = settled()
    world.connector = with_limits(world.connector, import_jobs_per_day=1)
    for number in range(4):
        world.edit(world.people[0], department=f"E{number}")
        world.edit(world.people[number], jobTitle="U")
        world.pull()
        step = world.far()
        assert (step.kind, step.at and step.at.day) == ("poll", world.now.day + 1)
    assert len(world.sim.jobs) == 1
    world.settle_down()
    assert (len(world.sim.jobs), world.differences()) == (2, [])


def test_nothing_changed_means_no_file_and_no_import_job() -> None:
    """A full round over an unchanged directory queues nothing."""
    world = settled()
    world.pull(full=True)
    world.settle_down()
    told = world.events.named(EventName.PLAN_EMPTY)[-1]

    assert len(world.sim.jobs) == 1
    assert told.fields == {"people": len(world.people)}


def test_rounds_that_somebody_else_ended_leave_no_second_report() -> None:
    """Of two instances that plan the same rounds, the one that comes late takes its report back."""
    world = settled()
    world.pull(full=True)
    hooks = world.store.hooks

    def rival(call: Call) -> None:
        if call.operation == "put" and call.subject.endswith("report.json"):
            hooks.after = nothing
            world.settle_down()

    hooks.after = rival
    step = world.step()

    assert hooks.after is nothing
    assert (step.kind, "another instance is exporting" in step.why) == ("idle", True)
    assert len(list(reports_of(world.store, "hr"))) == 2


def test_a_large_export_goes_file_by_file_through_the_lane() -> None:
    """At most one import job at a time, in the order of their numbers."""
    world = quick(World(9))
    world.connector = with_limits(world.connector, max_pairs=6)
    world.settle_down()
    spans = [(job.submitted_at, job.ended_at) for job in world.sim.jobs]
    assert len(spans) > 3
    assert all(ended is not None and ended <= begun for (_, ended), (begun, _) in itertools.pairwise(spans))
    assert world.differences() == []


@pytest.mark.slow
def test_who_two_full_rounds_in_a_row_dont_name_is_ended() -> None:
    """One full round that misses somebody costs nothing."""
    world = settled()
    slot = world.sim.directory.slot_of(world.people[0])
    assert slot is not None
    world.sim.directory.status[slot] = 2  # gone without a tombstone
    world.sim.delta.options.first_round_tombstones = False
    for round_number, known in ((1, True), (2, False)):
        world.pull(full=True)
        world.settle_down()
        assert (world.shadow(world.people[0]) is not None) is known, round_number


def test_on_empty_clear_default_and_keep() -> None:
    """Each mapping's own way with a value that went away; dates are never cleared."""
    world = settled(1)
    person = world.people[0]
    world.edit(person, department="d", jobTitle="t", employeeType="y", employeeHireDate="2026-01-31T00:00:00Z")
    world.settle_down()
    world.edit(person, department=None, jobTitle=None, employeeType=None, employeeHireDate=None)
    world.settle_down()
    assert world.profile(person) == {
        "UpaDepartment": "d", "UpaTitle": "", "UpaType": "none", "UpaHired": "2026-01-31", "UpaCode": "",
    }  # fmt: skip


def test_leaving_the_scope_keeps_or_clears() -> None:
    """With `out_of_scope: clear` confirmed strings are cleared, dates stay."""
    for what, title in (("keep", "T0"), ("clear", "")):
        scope = Scope(((Clause("department", "NOT EQUALS", "out"),),), what)
        world = settled(1, scope=scope)
        world.edit(world.people[0], department="out")
        world.settle_down()
        assert world.profile(world.people[0])["UpaTitle"] == title


def test_a_value_that_fails_the_run_slows_the_connector_down_until_the_configuration_changes() -> None:
    """`on_invalid: fail_run` raises, isn't planned again every tick, and a mended mapping needn't wait."""
    world = settled(mappings=(direct("employeeHireDate", "UpaHired", type="date", on_invalid="fail_run"),))
    world.edit(world.people[0], department="moved", employeeType="x", employeeHireDate="soon")
    world.pull(full=True)
    with pytest.raises(FatalError, match="fail_run"):
        world.far()
    assert world.state.quarantine is not None
    assert world.state.quarantine.reason is QuarantineReason.CONFIGURATION
    assert world.far().kind == "poll"
    world.connector = replace(world.connector, mappings=MAPPINGS[:2])
    world.settle_down()
    assert world.state.quarantine is None


def test_a_changed_configuration_waits_for_its_full_round() -> None:
    """Rounds pulled for other inputs aren't planned by reading everybody again."""
    world = settled()
    world.edit(world.people[0], department="B")
    world.pull()
    world.connector = replace(world.connector, mappings=(*MAPPINGS, direct("city", "UpaCity")))
    world.sim.profiles.define("UpaCity")
    assert world.far().kind == "idle"
    world.settle_down()
    assert world.differences() == []


@pytest.mark.slow
def test_the_index_of_escrow_is_rebuilt_where_it_is_lost() -> None:
    """Nobody in escrow is forgotten with the index."""
    world = quick(World(5))
    absent = world.join(profile=False, department="late")
    world.settle_down()
    for damage in (None, b"{", b'{"folder":"9"}'):
        if damage is None:
            world.store.delete(due_key("hr"))
        else:
            world.store.put(due_key("hr"), damage)
        tries = world.escrow()[absent].tries
        world.sim.advance(30 * 3600)
        world.settle_down()
        assert world.escrow()[absent].tries == tries + 1
    world.sim.profiles.create(absent)
    world.settle_down(days=2)
    assert world.differences() == []


def test_what_an_instance_that_lags_notes_of_escrow_doesnt_hide_who_came_later() -> None:
    """Of two summaries of one shard the newer stays in the index, whoever writes it last."""
    world = settled(1)
    people = People(world.store, world.connector, world.state.people)
    summaries = []
    for person in ("p", "q"):
        stored = people.load(0)
        stored.value.put_in_escrow(person, EscrowReason.REQUESTED, now=world.now, due=world.now)
        people.save(0, stored)
        summaries.append(book_of(stored.value))
    for summary in (summaries[1], summaries[0]):
        people.note({0: summary})
    assert people.books()[0].reasons["requested"].people == 2


def test_a_person_asked_for_is_read_again_and_sent() -> None:
    """A request makes a person due now and keeps why they waited."""
    world = quick(World(2))
    absent = world.join(profile=False, department="late")
    world.settle_down()
    since = world.escrow()[absent].since
    request_people(world.ports(), world.connector, [absent.upper()])
    assert world.escrow()[absent].since == since
    world.sim.profiles.create(absent)
    world.drain(hours=1)
    assert world.profile(absent)["UpaDepartment"] == "late"
    assert world.escrow() == {}


def test_a_joiner_whom_a_lagging_replica_doesnt_know_is_read_again() -> None:
    """Named without every value and found by no read: they wait in escrow instead of being passed over."""
    world = settled(2)
    ports = world.ports()
    joined = world.join(department="new")
    world.pull()

    class Lagging:
        def __getattr__(self, name: str) -> object:
            return getattr(ports.source, name)

        def read(self, ids: list[str], select: object) -> dict[str, None]:
            return dict.fromkeys(ids)

    world.far(replace(ports, source=Lagging()))
    assert world.state.sealed == ()
    assert world.escrow()[joined].reason is EscrowReason.NOT_READABLE_YET
    world.sync(hours=3)
    assert (world.profile(joined)["UpaDepartment"], world.escrow()) == ("new", {})


def test_who_is_found_by_no_read_an_hour_later_either_has_left() -> None:
    """Nobody waits in escrow for ever because a round named them."""
    world = settled(2)
    joined = world.join(department="new")
    world.pull()
    world.sim.directory.remove(joined)
    world.drain(hours=3)
    assert (world.escrow(), world.shadow(joined)) == ({}, None)


def test_a_requested_run_is_reported_even_where_nothing_changed() -> None:
    """Whoever asked learns how it ended."""
    world = settled()
    run = request_run(world.ports(), world.connector)
    world.settle_down()
    status = run_status(world.ports(), world.connector, run)
    assert status is not None
    assert status.status == "no_change"


def test_resets() -> None:
    """Token: full round. Shadow: everything again. Neither while a run is open."""
    world = settled()
    world.sim.profiles.set(world.people[0], "UpaTitle", "by hand")
    reset(world.ports(), world.connector, "token", "anna")
    world.settle_down()
    assert world.profile(world.people[0])["UpaTitle"] == "by hand"
    reset(world.ports(), world.connector, "shadow", "anna")
    world.pull()
    world.far()
    with pytest.raises(RefusedError):
        reset(world.ports(), world.connector, "shadow", "anna")
    world.settle_down()
    assert world.differences() == []
    assert world.profile(world.people[0])["UpaTitle"] == "T0"
