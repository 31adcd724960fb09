"""An archive that can't be read: it is waited for, and then whoever it may have named is sent again."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest

from tests.crash.scenarios import settled
from tests.fakes.hooks import Call
from tests.support.ended import DELIVERED, delivery_of, ended, log_of, planned
from tests.support.world import World, with_limits
from upa_core.domain.documents.ad_hoc import AdHoc
from upa_core.domain.documents.attempts import Attempts
from upa_core.domain.documents.lane import Abandoned, Outcome
from upa_core.domain.documents.storage_layout import attempts_key, file_key, plan_key
from upa_core.domain.errors import CorruptStateError, RetryLaterError
from upa_core.domain.health.events import EventName, Level
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.services.deliver.settle import Settlement
from upa_core.services.deliver.settle_safely import doubt_safely, settle_safely
from upa_core.state.document import freshness_of, get_document
from upa_core.state.run_people.reader import open_run


def changed() -> World:
    """Return a world at rest but for a planned run: both departments have changed."""
    world = settled(2)
    for person in world.people:
        world.edit(person, department="B")
    world.pull()
    assert world.step().why == "planned"
    return world


def damage(world: World, key: str) -> None:
    world.store.put(key, world.store.blobs[key].replace(b'"B"', b'"C"'))


def tried(world: World, archive: Outcome, ad_hoc: AdHoc | None = None, times: int = 4) -> Settlement | None:
    """Settle again and again, over more than six hours."""
    delivery, result = delivery_of(world), None
    for _ in range(times):
        with suppress(CorruptStateError):
            result = settle_safely(delivery.ports, delivery.connector, delivery.file, archive, ad_hoc)
        world.sim.advance(2.5 * 3600)
    return result


def instead(world: World) -> list[object]:
    return [one.fields["instead"] for one in world.events.named(EventName.STEP_GIVEN_UP)]


def test_nothing_is_settled_from_a_copy_that_isnt_the_file_that_was_written() -> None:
    """Though it can be read: it says something else than SharePoint was sent."""
    world = changed()
    archive = ended(world, DELIVERED)
    damage(world, file_key(archive.run, archive.file))

    assert tried(world, archive, times=1) is None
    assert (world.shadow(world.people[0]) or {})["UpaDepartment"] == "D0"


def test_a_file_that_stays_unreadable_confirms_nobody_in_its_plan() -> None:
    """What the plan changed is unknown, and the rest stays; nobody waits, since their rounds are planned again."""
    world = changed()
    archive = ended(world, DELIVERED)
    key, stranger = file_key(archive.run, archive.file), world.people[0][::-1]
    world.store.put(key, world.store.blobs[key].replace(world.people[0].encode(), stranger.encode()))
    result = tried(world, archive)
    read = open_run(world.store, archive.run)
    ages = freshness_of(world.store, "hr").load().value.batch(archive.run, archive.file)

    assert result is not None
    assert (result.confirmed, result.exported, result.opaque) == (False, 0, True)
    assert [(world.shadow(one) or {})["UpaDepartment"] for one in world.people] == [None, None]
    assert [(world.shadow(one) or {})["UpaTitle"] for one in world.people] == ["T0", "T1"]
    assert (world.escrow(), instead(world)) == ({}, ["its people are sent again"])
    assert read is not None
    assert [one.state for one in read.table.batches] == ["unknown"]
    assert ages is None or ages.state != "planned"
    assert world.events.named(EventName.FILE_SETTLED)[-1].fields["why"] == result.why


def test_whom_an_unreadable_ad_hoc_run_named_is_due() -> None:
    """No round of theirs is planned again; the connector's own value follows."""
    world = changed()
    archive = ended(world, DELIVERED)
    lost = replace(log_of(world, archive.run, "job"), key=f"{archive.run}/lost")
    tried(world, replace(archive, logs=(lost,)), AdHoc("canary", "anna"))

    assert {person: entry.reason for person, entry in world.escrow().items()} == dict.fromkeys(
        world.people, EscrowReason.OVERRIDDEN
    )


def test_where_nothing_says_whom_a_file_named_everybody_is_sent_again() -> None:
    """A plan that knew nobody says nothing either: an import's never knows what is confirmed."""
    for lost in (True, False):
        world = planned(2)
        archive = ended(world, DELIVERED)
        world.store.delete(file_key(archive.run, archive.file))
        if lost:
            world.store.delete(plan_key(archive.run, archive.file))
        tried(world, archive)

        assert instead(world) == ["everybody is sent again by a full round"]
        assert world.state.watermark is None


def test_an_outage_is_no_reason_to_take_the_next_way() -> None:
    """Storage that can't be reached is tried again; nobody is doubted for it."""
    world = changed()
    archive = ended(world, DELIVERED)
    damage(world, file_key(archive.run, archive.file))
    tried(world, archive, times=3)

    def down(call: Call) -> None:
        if call.operation == "put" and "/people/" in call.subject:
            raise RetryLaterError("down")

    world.store.hooks.before = down
    with pytest.raises(RetryLaterError):
        tried(world, archive, times=1)

    assert (instead(world), world.state.watermark is None) == ([], False)


def test_a_file_that_was_given_up_is_doubted_as_it_was_written() -> None:
    """The second of two: each is held against its own hash. Nothing is left of the try."""
    world = settled(2)
    world.connector = with_limits(world.connector, max_pairs=1)
    for person in world.people:
        world.edit(person, department="B")
    world.pull()
    world.step()
    run = world.state.run
    assert run is not None
    second = run.files[1].name
    entry = Abandoned("hr", run.id, second, 2, "", "", (), world.now, world.now)
    doubted = doubt_safely(world.ports(), world.connector, entry)
    noted = get_document(world.store, attempts_key("hr"), Attempts)
    damage(world, file_key(run.id, second))
    with pytest.raises(CorruptStateError):
        doubt_safely(world.ports(), world.connector, entry)

    assert (len(run.files), doubted, len(world.escrow())) == (2, 1, 1)
    assert noted is None or "doubt" not in {one.step for one in noted.value.entries}


def test_a_file_that_was_given_up_and_left_nothing_makes_everybody_unknown() -> None:
    """Neither its copy nor its plan can be read: how many people it named isn't known, and all are sent again."""
    world = planned(2)
    archive = ended(world, DELIVERED)
    entry = Abandoned("hr", archive.run, archive.file, 1, "", "", (), world.now, world.now)
    for key in (file_key(archive.run, archive.file), plan_key(archive.run, archive.file)):
        world.store.delete(key)
    doubted = None
    for _ in range(9):
        with suppress(CorruptStateError):
            doubted = doubt_safely(world.ports(), world.connector, entry)
        world.sim.advance(2.5 * 3600)
        if doubted is not None:
            break

    assert (doubted, world.state.watermark) == (0, None)
    assert instead(world) == ["everybody is sent again by a full round"]


def test_a_file_that_was_given_up_names_its_plans_people_where_its_copy_is_lost() -> None:
    """They are doubted with what the plan knew of them, and how many is returned."""
    world = changed()
    run = world.state.run
    assert run is not None
    entry = Abandoned("hr", run.id, run.files[0].name, 1, "", "", (), world.now, world.now)
    world.store.delete(file_key(run.id, run.files[0].name))
    doubted = None
    for _ in range(9):
        with suppress(CorruptStateError):
            doubted = doubt_safely(world.ports(), world.connector, entry)
        world.sim.advance(2.5 * 3600)
        if doubted is not None:
            break

    assert (doubted, sorted(world.escrow()), instead(world)) == (2, sorted(world.people), ["its people are sent again"])


def test_an_unreadable_file_is_told_as_settled_with_nobody() -> None:
    """As any other: file, exported, escrowed and why."""
    world = changed()
    archive = ended(world, DELIVERED)
    damage(world, file_key(archive.run, archive.file))
    tried(world, archive)
    told = world.events.named(EventName.FILE_SETTLED)[-1]

    assert (told.level, told.run, told.import_jobs) == (Level.WARNING, archive.run, ("job",))
    assert told.fields == {"file": archive.file, "exported": 0, "escrowed": 0, "why": "its archive can't be read"}
