"""Cleaning the library: a debt that delays nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tenant_sim import Fault
from tests.crash.scenarios import settled
from tests.fakes.library import FakeLibrary
from tests.support.world import World, with_limits
from upa_core.domain.documents.connector_state import Debt
from upa_core.domain.errors import RefusedError, UnavailableError
from upa_core.domain.health.events import EventName, Level
from upa_core.services.deliver.library_debts import clear_log_folder, pay_debts
from upa_core.services.upkeep.housekeeping import housekeeping
from upa_core.state.document import state_of


def changed(people: int = 3, **connector: object) -> World:
    """Return a settled world in which one person has changed."""
    world = settled(people, **connector)
    world.edit(world.people[0], department="B")
    return world


def test_the_next_file_isnt_delayed_by_one_that_cant_be_deleted() -> None:
    """Deleting is a debt, paid when the lock is gone; meanwhile runs go on."""
    world = changed()
    world.connector = with_limits(world.connector)
    fault = world.sim.faults.add(Fault(surface="sharepoint", operation="*elete*", status=423))
    world.sync(hours=2)
    assert fault.fired > 0
    assert len(world.state.debts) == 1
    world.edit(world.people[1], department="C")
    world.sync(hours=2)
    assert world.profile(world.people[1])["UpaDepartment"] == "C"
    world.sim.faults.clear()
    world.settle_down()
    assert (world.state.debts, world.library()) == ((), [])


@pytest.mark.slow
def test_what_is_retained_for_days_is_tried_ever_more_rarely() -> None:
    """Debts that can't be paid cost a few calls a day, not one at every turn, and are paid in the end."""
    world = changed()
    fault = world.sim.faults.add(Fault(surface="sharepoint", operation="*elete*", status=423))
    world.sync(hours=2)
    for _ in range(7 * 24):
        housekeeping(world.ports(), world.connector)
        world.sim.advance(3600)
    assert fault.fired <= 20
    world.sim.faults.clear()
    world.settle_down()
    assert world.library() == []


def owing(*debts: Debt) -> World:
    """Return a connector that owes these."""
    world = World()
    state_of(world.store, "hr").update(lambda state: replace(state, debts=debts))
    return world


def debt(world: World, url: str, *, is_folder: bool = False, **fields: Any) -> Debt:
    return Debt(url, **{"is_folder": is_folder, "since": world.now, **fields})


def paid(world: World, library: FakeLibrary) -> int:
    return pay_debts(replace(world.ports(), library=library), world.connector)


def test_a_log_folder_goes_with_its_logs_and_stays_for_anything_else() -> None:
    """What isn't a log is somebody's; what is locked is tried again; a folder that is gone is no debt."""
    library = FakeLibrary()
    ports = replace(World().ports(), library=library)
    folder = library.url_of("job-Logs")
    logs = [f"{folder}/ImportProfileProperties-{n}.log" for n in range(2)]

    assert clear_log_folder(ports, folder) == "gone"
    for log in logs:
        library.add_file(log, b"x")
    library.locked = {logs[1]}
    assert clear_log_folder(ports, folder) == "locked"
    library.locked = set()
    assert (clear_log_folder(ports, folder), library.files) == ("gone", {})

    for log in logs:
        library.add_file(log, b"x")
    library.add_file(f"{folder}/notes.txt", b"x")
    library.locked = {logs[0]}
    assert (clear_log_folder(ports, folder), list(library.files)) == ("locked", [logs[0], f"{folder}/notes.txt"])
    library.locked = set()
    assert (clear_log_folder(ports, folder), list(library.files)) == ("another's", [f"{folder}/notes.txt"])


def test_what_is_deleted_and_what_is_left_is_told() -> None:
    """How many, and the age of the oldest in hours; what is left is tried later."""
    world, library = World(), FakeLibrary()
    gone, locked = library.url_of("gone.json"), library.url_of("locked.json")
    library.locked = {locked}
    old = debt(world, locked, since=world.now - timedelta(hours=300, minutes=3))
    world = owing(debt(world, gone), old)
    left = paid(world, library)
    (cleaned,), (postponed,) = (world.events.named(name) for name in (EventName.CLEANED, EventName.CLEAN_POSTPONED))

    assert (left, [(one.url, one.tries) for one in world.state.debts]) == (1, [(locked, 1)])
    assert (cleaned.level, cleaned.fields) == (Level.INFO, {"deleted": 1, "left": 1})
    assert (postponed.level, postponed.fields) == (Level.WARNING, {"left": 1, "oldest_hours": 300.1})


@pytest.mark.parametrize(("tries", "minutes"), [(0, 15), (1, 30), (6, 960), (7, 1_440), (40, 1_440)])
def test_each_try_that_fails_doubles_the_pause_up_to_a_day(tries: int, minutes: int) -> None:
    """From a quarter of an hour; before it is over nothing is tried."""
    world, library = World(), FakeLibrary()
    url = library.url_of("locked.json")
    library.locked = {url}
    world = owing(debt(world, url, tries=tries))
    paid(world, library)
    (one,) = world.state.debts
    calls = library.hooks.count("delete_file")

    assert (one.tries, one.not_before) == (tries + 1, world.now + timedelta(minutes=minutes))
    assert (paid(world, library), library.hooks.count("delete_file"), world.state.debts) == (1, calls, (one,))


def test_nothing_owed_is_nothing_told() -> None:
    """Neither a write nor an event."""
    world = owing()
    before = dict(world.store.blobs)

    assert (paid(world, FakeLibrary()), world.events.events, world.store.blobs == before) == (0, [], True)


def test_a_link_out_of_the_tenant_is_no_debt_and_an_outage_leaves_it() -> None:
    """Nobody follows the link; a folder that can't be listed stays a debt, as what is refused does."""
    world, library = World(), FakeLibrary()
    foreign = debt(world, "https://elsewhere.example/f")
    folder = debt(world, library.url_of("job-Logs"), is_folder=True)
    refused = debt(world, library.url_of("f.json"))
    world = owing(foreign, folder, refused)
    library.hooks.fail("items", UnavailableError("down"))
    library.hooks.fail("delete_file", RefusedError("no"))

    assert (paid(world, library), [one.url for one in world.state.debts]) == (2, [folder.url, refused.url])


def test_fifty_debts_are_tried_at_once() -> None:
    """The others follow at the next turn; a debt that came meanwhile stays."""
    world, library = World(), FakeLibrary()
    world = owing(*(debt(world, library.url_of(f"{n}.json")) for n in range(51)))

    assert (paid(world, library), [one.url for one in world.state.debts]) == (1, [library.url_of("50.json")])
    assert (paid(world, library), world.state.debts) == (0, ())
