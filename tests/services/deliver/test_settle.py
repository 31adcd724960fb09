"""Settling an import file from its archive."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from tests.services.deliver.individual.test_slices import planned as single_writes
from tests.support.ended import DELIVERED, NAMED, SPOILT, delivery_of, ended, planned, refused, unresolved
from tests.support.world import World
from upa_core.domain.documents.ad_hoc import AdHoc
from upa_core.domain.documents.lane import Abandoned, JobOutcome, LogFile, Outcome
from upa_core.domain.documents.storage_layout import run_folder
from upa_core.domain.health.events import EventName, Level
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.domain.people.mapping import direct
from upa_core.domain.plan.refused import Judged
from upa_core.services.deliver.settle import doubt, settle
from upa_core.state.change_people import change_people_between_runs
from upa_core.state.run_people.reader import open_run


def people_blobs(world: World) -> dict[str, bytes]:
    return {key: data for key, data in world.store.blobs.items() if "/people/" in key}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_whom_one_of_two_import_jobs_delivered_is_delivered(order: tuple[int, int]) -> None:
    """Both read the same bytes: only who failed in both waits in escrow, whichever ended first."""
    world = World(3)
    world.pull()
    world.far()
    run = world.state.run
    assert run is not None
    (file,) = run.files
    once, both, _ = world.people
    jobs = [JobOutcome(f"job-{n}", 5, 30, "") for n in order]
    named = {0: [once, both], 1: [both]}
    logs = []
    for n in order:
        key = f"{run_folder(run.id)}logs/{n}"
        lines = "".join(f"IdentityNotResolvable\t{person}\tx\n" for person in named[n])
        world.store.put(key, lines.encode())
        logs.append(LogFile(f"job-{n}", "log", key, hashlib.sha256(lines.encode()).hexdigest()))
    outcome = Outcome(1, "hr", run.id, file.name, file.sequence, world.now, tuple(jobs), tuple(logs), intact=True)
    settlement = settle(world.ports(), world.connector, outcome)

    assert (settlement.confirmed, settlement.escrowed, settlement.exported) == (True, 1, 2)
    assert list(world.escrow()) == [both]


def test_a_confirmed_value_bears_the_number_of_its_file() -> None:
    """It is what SharePoint holds until a later file says something else."""
    world = planned(2)
    archive = ended(world, DELIVERED)
    result = settle(world.ports(), world.connector, archive)
    stamps = [stamp for shard in world.shards() for row in shard.rows.values() for stamp in row[-1]]

    assert (result.confirmed, result.exported, result.escrowed) == (True, 2, 0)
    assert set(stamps) == {0, archive.sequence}  # 0: a property that the file doesn't hold
    assert (world.shadow(world.people[1]) or {})["UpaDepartment"] == "D1"


def test_a_file_that_confirmed_nobody_leaves_all_its_values_unknown() -> None:
    """Also those that an earlier file had confirmed; nobody counts as exported, and why is told."""
    world = planned(2)
    settle(world.ports(), world.connector, ended(world, DELIVERED))
    later = replace(ended(world, SPOILT), sequence=9)
    result = settle(world.ports(), world.connector, later)
    event = world.events.named(EventName.FILE_SETTLED)[-1]

    assert (result.confirmed, result.exported, result.escrowed, result.opaque) == (False, 0, 0, True)
    assert {value for person in world.people for value in (world.shadow(person) or {"": "?"}).values()} == {None}
    assert (event.level, event.fields["exported"], event.fields["why"]) == (Level.WARNING, 0, result.why)


def test_who_waits_for_a_profile_is_counted_apart() -> None:
    """A missing profile is no reason for an alarm; each reason is told with its people."""
    world = planned(4)
    one, two, three, _ = world.people
    lines = (unresolved(one), refused(two, "UpaTitle"), refused(three, "UpaTitle"))
    result = settle(world.ports(), world.connector, ended(world, NAMED, lines=lines))
    told = {
        one.fields["reason"]: (one.level, one.fields["people"]) for one in world.events.named(EventName.PERSON_ESCROWED)
    }

    assert (result.exported, result.escrowed, result.waiting) == (1, 3, 1)
    assert told == {
        EscrowReason.PROFILE_NOT_CREATED.value: (Level.INFO, 1),
        EscrowReason.REFUSED_BY_SHAREPOINT.value: (Level.WARNING, 2),
    }


@pytest.mark.parametrize(
    ("kind", "job", "sent_again"),
    [("canary", DELIVERED, False), ("canary", SPOILT, True), ("import", DELIVERED, True), ("import", SPOILT, True)],
)
def test_whose_values_an_ad_hoc_run_left_unsure_is_due(kind: str, job: JobOutcome, sent_again: bool) -> None:
    """An import's values are never the source's; a canary's are, once they are confirmed."""
    world = planned(2)
    settle(world.ports(), world.connector, ended(world, job), AdHoc(kind, "anna"))
    entries = world.escrow()

    assert {entry.reason for entry in entries.values()} == ({EscrowReason.OVERRIDDEN} if sent_again else set())
    assert sorted(entries) == (sorted(world.people) if sent_again else [])
    held = [(world.shadow(person) or {}).get("UpaDepartment") for person in world.people]
    assert held == ([None, None] if sent_again else ["D0", "D1"])


def test_an_import_says_nothing_of_who_is_in_escrow_by_it() -> None:
    """Its people are sent again in any case; a canary's failure is told."""
    for kind, told in (("import", 0), ("canary", 1)):
        world = planned(2)
        archive = ended(world, NAMED, lines=(unresolved(world.people[0]),))
        settle(world.ports(), world.connector, archive, AdHoc(kind, "anna"))

        assert len(world.events.named(EventName.PERSON_ESCROWED)) == told


def test_an_import_of_properties_that_no_connector_owns_touches_nobody() -> None:
    """No shard is written."""
    world = planned(2)
    settle(world.ports(), world.connector, ended(world, DELIVERED))
    before = people_blobs(world)
    owner = replace(world.connector, mappings=(direct("city", "UpaCity"),))
    settle(world.ports(), owner, ended(world, DELIVERED), AdHoc("import", "anna"))

    assert people_blobs(world) == before


def test_an_ad_hoc_run_sets_no_property_aside() -> None:
    """Where everybody in a file is refused the same property, only a run of the source's changes judges it."""
    for ad_hoc in (None, AdHoc("canary", "anna")):
        world = planned(12)
        lines = tuple(refused(person, "UpaTitle") for person in world.people)
        found = settle(world.ports(), world.connector, ended(world, NAMED, lines=lines), ad_hoc).properties

        assert list(found.refused) == (["UpaTitle"] if ad_hoc is None else [])
        assert (found == Judged()) == (ad_hoc is not None)


def test_a_doubt_is_newer_than_every_file_so_far() -> None:
    """What one of them says afterwards confirms nobody; everybody in doubt is due."""
    world = planned(2)
    archive = ended(world, DELIVERED)
    settle(world.ports(), world.connector, archive)
    entry = Abandoned("hr", archive.run, archive.file, 1, "", "", (), world.now, world.now)
    people = doubt(world.ports(), world.connector, entry)
    settle(world.ports(), world.connector, archive)

    assert (people, sorted(world.escrow())) == (2, sorted(world.people))
    assert {value for person in world.people for value in (world.shadow(person) or {"": "?"}).values()} == {None}


def test_the_table_of_the_runs_people_has_the_result() -> None:
    """Whom the answer names, and that the file is settled."""
    world = planned(2)
    run = delivery_of(world).run
    lines = (unresolved(world.people[0]),)
    settle(world.ports(), world.connector, ended(world, NAMED, lines=lines))
    read = open_run(world.store, run.id)

    assert read is not None
    assert [(one.state, sorted(read.codes[0])) for one in read.table.batches] == [("settled", [0, 1])]


def test_what_settling_tells_has_each_figure_under_its_own_name() -> None:
    """The file, who was exported and who waits, and by reason how many."""
    world = planned(3)
    archive = ended(world, NAMED, lines=(unresolved(world.people[0]),))
    settle(world.ports(), world.connector, archive)
    (settled,), (waits,) = (world.events.named(name) for name in (EventName.FILE_SETTLED, EventName.PERSON_ESCROWED))

    assert (settled.level, settled.run, settled.import_jobs) == (Level.INFO, archive.run, ("job",))
    assert settled.fields == {"file": archive.file, "exported": 2, "escrowed": 1, "why": ""}
    assert waits.fields == {"file": archive.file, "reason": "profile_not_created", "people": 1}


def test_single_writes_without_an_answer_count_as_ours() -> None:
    """The profile may hold them: what is read there later isn't a user's edit; nothing is confirmed."""
    world = single_writes(2)
    archive = ended(world, given_up="SharePoint didn't answer", route="individual")
    found = settle(world.ports(), world.connector, archive)
    ours = {person: mine for shard in world.shards() for person, mine in shard.ours.items()}

    assert (found.confirmed, found.exported) == (False, 0)
    assert ours == {person: {"UpaDepartment": [f"D{n}"]} for n, person in enumerate(world.people)}


@pytest.mark.parametrize("held", ["T", ""])
def test_a_property_that_somebody_outside_the_file_has_isnt_refused_for_everybody(held: str) -> None:
    """It was accepted before; where nobody holds a value of it, it is set aside."""
    world = planned(12)
    change_people_between_runs(
        world.ports(), world.connector, ["outsider"], lambda shard, one: shard.settle(one, {"UpaTitle": held}, 1)
    )
    lines = tuple(refused(person, "UpaTitle") for person in world.people)
    found = settle(world.ports(), world.connector, ended(world, NAMED, lines=lines)).properties

    assert list(found.refused) == ([] if held else ["UpaTitle"])
