"""What the pipeline is doing when it dies: each scenario is a prepared tenant and the steps that are taken on it.

A step may be begun again after a death: it says what is to be done, storage knows how far that got.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from tests.support.ad_hoc import ad_hoc_reports, begun, canary
from tests.support.alone import AloneWorld
from tests.support.database import DatabaseWorld
from tests.support.drifting import TickingDriftWorld
from tests.support.import_command import import_file
from tests.support.joined import JoinedWorld, row
from tests.support.related import BOSS, GROUP, IN_PILOT, MANAGER, PILOT, RelatedWorld, without_limit
from tests.support.single import SingleWorld
from tests.support.tiny_route import BothSeams
from tests.support.world import MAPPINGS, NO_THRESHOLD, World, with_limits
from upa_core.domain.documents.runs import INDIVIDUAL
from upa_core.domain.errors import RefusedError, RetryLaterError, UnavailableError
from upa_core.domain.health.events import EventName
from upa_core.domain.people_calls import Budget
from upa_core.ports.bundle import Ports
from upa_core.services.admin.holds import approve, reject
from upa_core.services.drift.campaign import begin as begin_campaign
from upa_core.services.drift.campaign import pause as pause_campaign
from upa_core.services.drive.sync_now import sync_now
from upa_core.services.upkeep.housekeeping import housekeeping
from upa_core.state.plan_reader import people_in

Step = Callable[[World, Ports], None]


@dataclass(frozen=True)
class Scenario:
    """A tenant and what is done with it."""

    name: str
    prepare: Callable[[], World]
    steps: tuple[Step, ...]
    days: int = 0
    """How long the world goes on afterwards, at least."""
    short: float = 1.0
    """The part of the places that `make test` tries; less where a scenario takes long. `make crash` tries them all."""


W = TypeVar("W", bound=World)


def quick(world: W) -> W:
    """Let import jobs take minutes."""
    settings = world.sim.timer_job.settings
    settings.download_delay, settings.processing, settings.importing = 50, 20, 30
    return world


def settled(people: int = 9, **connector: Any) -> World:
    """Return a tenant whose first full round is done."""
    world = quick(World(people, **connector))
    world.settle_down()
    return world


def sync(world: World, ports: Ports) -> None:
    """Pull once and see everything through, housekeeping too."""
    world.sync(ports)
    housekeeping(ports, world.connector)


def pull_only(world: World, ports: Ports) -> None:
    """Pull once."""
    world.pull(ports)


def _full() -> World:
    world = quick(World(9))
    world.join(profile=False, department="nobody yet")
    return world


def _delta() -> World:
    world = settled()
    first, second, third, fourth, fifth, *_ = world.people
    world.edit(first, jobTitle=None)
    world.edit(second, department='A\\B "ü"\u2028', onPremisesExtensionAttributes={"extensionAttribute1": "x"})
    world.sim.directory.remove(third)
    world.sim.directory.remove(fourth)
    world.edit(fifth, employeeHireDate="2026-01-31T00:00:00Z", department=None)
    world.join(department="new")
    return world


def _restore(world: World, _: Ports) -> None:
    """Bring somebody back whose leaving was pulled already; delta alone can't show a return within one round."""
    person = world.people[3]
    if world.sim.directory.find(person) is None:
        world.sim.directory.restore(person)


def _held() -> World:
    world = settled(threshold=replace(NO_THRESHOLD, clears_absolute=2))
    for person in world.people[:5]:
        world.edit(person, jobTitle=None)
    world.edit(world.people[6], department="also")
    return world


def _approve(world: World, ports: Ports) -> None:
    hold = world.state.hold
    if hold is not None:
        approve(ports, world.connector, hold.run.id, "anna@contoso.com")


def _reject(world: World, ports: Ports) -> None:
    hold = world.state.hold
    if hold is not None:
        reject(ports, world.connector, hold.run.id, "anna@contoso.com")


def _change_once(world: World, _: Ports) -> None:
    """Change what was rejected: the rejection is over."""
    for person in world.people[:7]:
        if world.sim.directory.get(person).get("companyName") != "changed":
            world.sim.directory.edit(person, companyName="changed", jobTitle="anew", department="anew")


def _partial() -> World:
    world = settled()
    world.absent = world.join(profile=False, department="late")
    world.edit(world.people[0], department="changed")
    return world


def _profile_appears(world: World, _: Ports) -> None:
    world.sim.profiles.create(world.absent)


def _unexplained() -> World:
    world = settled()
    world.sim.timer_job.plan("next", "internal_error_partial")
    for person in world.people[:4]:
        world.edit(person, department="B")
    return world


def _send_and_fail(world: World, ports: Ports) -> None:
    """See the failing import job through, no further."""
    world.pull(ports)
    world.drain(ports, hours=2.3)


def _revert(world: World, _: Ports) -> None:
    for number, person in list(enumerate(world.people))[1:3]:
        if world.sim.directory.get(person)["department"] == "B":
            world.edit(person, department=f"D{number}")


def _resync() -> World:
    world = settled()
    world.edit(world.people[0], department="before")
    world.sim.directory.remove(world.people[1])
    world.sim.delta.resync()
    world.edit(world.people[2], department="after")
    return world


def _multi_file() -> World:
    world = settled()
    world.connector = with_limits(world.connector, max_pairs=2)
    for person in world.people[:5]:
        world.edit(person, department="E", jobTitle="U")
    world.edit(world.people[6], jobTitle=None)
    return world


def _zombie() -> World:
    world = settled()
    world.sim.timer_job.plan("next", hang="Processing", wake_after=26 * 3600)
    for person in world.people[:3]:
        world.edit(person, department="old", jobTitle="old")
    return world


def _newer(world: World, _: Ports) -> None:
    for person in world.people[:2]:
        if world.sim.directory.get(person)["department"] == "old":
            world.edit(person, department="new")


def _day(world: World, ports: Ports) -> None:
    """Let the time of giving up pass."""
    world.drain(ports, hours=25)
    world.pull(ports)
    world.drain(ports, hours=4)
    housekeeping(ports, world.connector)


def _nameless() -> World:
    world = settled()
    world.sim.timer_job.plan("next", empty_job_id=True, error=None, log="late", log_delay=1200)
    world.absent = world.join(profile=False, department="late")
    world.edit(world.people[0], department="changed")
    return world


def _reshard() -> World:
    world = settled(3)
    for number in range(14):
        world.people.append(world.join(department=f"N{number}", profile=number % 5 != 0))
    return world


def _full_sync(world: World, ports: Ports) -> None:
    world.sync(ports, full=True)
    housekeeping(ports, world.connector)


def _remapped() -> World:
    world = settled()
    first, *others = world.connector.mappings
    world.connector = replace(world.connector, mappings=(replace(first, on_empty="clear"), *others))
    world.edit(world.people[0], department="changed")
    return world


def _both_seams() -> World:
    world = BothSeams(6, most=3)
    made = _with_rows(world)
    world.edit(world.people[1], jobTitle="new", department="new")
    return made


def _with_rows(world: JoinedWorld) -> World:
    quick(world).settle_down()
    world.deliver(*(row(f"E{n}", f"{n}") for n in range(6)))
    world.settle_down()
    world.deliver(row("E0", "0"), row("E1", "one"), row("E2", None), row("E3", "three"), row("E7", "seven"))
    world.edit(world.people[0], department="changed")
    world.hire("E7")
    return world


def _database() -> World:
    world = DatabaseWorld(6)
    world.deliver(*(row(f"E{n}", f"{n}") for n in range(6)))  # an empty table would be held
    return _with_rows(world)


def _change_table(world: World, _: Ports) -> None:
    """Change a row of the table once more; the others were read by then."""
    assert isinstance(world, DatabaseWorld)
    if world.table.rows["E3"][0] != "later":
        world.deliver(row("E0", "0"), row("E1", "one"), row("E2", None), row("E3", "later"), row("E7", "seven"))


def _related() -> World:
    """A group decides who takes part, and everybody's manager is written; both change, and so do people."""
    world = quick(
        RelatedWorld(
            6,
            secondaries=tuple(map(without_limit, (GROUP, MANAGER))),
            scope=IN_PILOT,
            mappings=(*MAPPINGS, BOSS),
        )
    )
    people, managers, groups = world.people, world.sim.managers, world.sim.groups
    for person, manager in ((0, 3), (1, 3), (2, 4), (5, 4)):
        managers.set(people[person], people[manager])
    world.settle_down()
    groups.leave(PILOT, people[0])
    groups.join(PILOT, people[5])
    managers.set(people[1], people[4])
    world.edit(people[4], displayName="Renamed")
    newcomer = world.join(jobTitle="T6")
    world.people.append(newcomer)
    managers.set(newcomer, people[4])
    groups.join(PILOT, newcomer)
    return world


def _deleted_and_void(world: World, _: Ports) -> None:
    """Delete a manager, let somebody leave the group, and make every position void."""
    assert isinstance(world, RelatedWorld)
    if world.sim.directory.find(world.people[3]) is not None:
        world.sim.directory.remove(world.people[3])
        world.sim.managers.set(world.people[2], world.people[1])
        world.sim.groups.leave(PILOT, world.people[5])
        world.sim.delta.resync()


def _alone() -> World:
    world = AloneWorld(6)
    quick(world).settle_down()
    world.deliver(*(row(f"E{n}", f"{n}") for n in range(4)))
    world.settle_down()
    world.deliver(row("E0", "0"), row("E1", "one"), row("E2", None), row("E4", "four"))
    world.sim.directory.remove(world.people[5])
    return world


def _swap_numbers(world: World, _: Ports) -> None:
    """Let two people exchange their employee ids; the rows stay."""
    assert isinstance(world, JoinedWorld)
    for person, number in ((world.people[3], "E4"), (world.people[4], "E3")):
        if world.sim.directory.get(person).get("employeeId") != number:
            world.renumber(person, number)


def _own_values_only(world: World, _: Ports) -> None:
    """See that nobody holds another's cost center."""
    assert isinstance(world, JoinedWorld)
    assert world.strangers() == []


def _canary(world: World, ports: Ports) -> None:
    """Begin a canary of a connector that was never pulled, and close the laptop."""
    _begin(world, ports, lambda: canary(world, ports, world.people[2]))


def _begin(world: World, ports: Ports, begin: Callable[[], object]) -> None:
    """Begin an ad hoc run, once; where another run is open it waits for that one, as it is told to."""
    for _ in range(5):
        if begun(world):
            return
        try:
            begin()
        except UnavailableError:
            world.drain(ports, hours=6)


def _see_it_through(world: World, ports: Ports) -> None:
    """Do what the function app's timer does, until no ad hoc run is open."""
    world.drain(ports)
    run = world.state.run
    assert run is None or run.ad_hoc is None, run


def _imported() -> World:
    world = settled()
    world.sim.profiles.define("UpaExtra")
    world.connector = with_limits(world.connector, max_pairs=3)
    world.edit(world.people[1], department="changed meanwhile")
    return world


def _import(world: World, ports: Ports) -> None:
    """Import a file by the command: a property that nobody owns, and one that the connector owns; close the laptop."""
    names = [world.sim.directory.get(person)["userPrincipalName"] for person in world.people[:4]]
    _begin(world, ports, lambda: import_file(world, ports, dict.fromkeys(names, "x")))


def _imported_all(world: World, _: Ports) -> None:
    """What nobody owns stays as imported, and the report of a run or a step given up says whom it missed."""
    held = {person for person in world.people if world.sim.profiles.get(person).get("UpaExtra") == "x"}
    (report,) = ad_hoc_reports(world)
    for file in report.files:
        if file.confirmed:  # the archive of another one may be damaged
            people = people_in(world.ports(), report.run, file.name, file.route).keys()
            assert people <= held, (file.name, people - held)
    told = report.status == "failed" or EventName.STEP_GIVEN_UP in world.events.names
    assert held == set(world.people[:4]) or told, held


def _single(people: int = 5) -> SingleWorld:
    """Two properties travel singly, the others by bulk; what a user writes gives way."""
    mappings = tuple(
        replace(one, route=INDIVIDUAL, on_user_edit="overwrite") if one.target in ("UpaDepartment", "UpaCode") else one
        for one in MAPPINGS
    )
    world = SingleWorld(people, targets=(), mappings=mappings, individual=Budget(share=1.0))
    quick(world).settle_down()
    return world


def _both_routes() -> World:
    world = _single()
    first, second, third, fourth, _ = world.people
    for number, person in enumerate((first, second, third)):
        world.edit(person, department=f"E{number}", jobTitle=f"U{number}")
    world.sim.profiles.set(second, "UpaDepartment", "by a user", cause="user")
    world.edit(third, onPremisesExtensionAttributes={"extensionAttribute1": None})
    world.sim.directory.remove(fourth)
    world.absent = world.join(profile=False, department="late")
    return world


def _edit_once(world: World, _: Ports) -> None:
    """Change again what a batch may hold."""
    for person in world.people[:2]:
        if world.sim.directory.get(person)["department"].startswith("E"):
            world.edit(person, department="newer")


def _urgent() -> World:
    world = _single(3)
    world.edit(world.people[1], jobTitle="on its way")
    world.pull()
    for _ in range(4):
        world.step()
    world.edit(world.people[0], department="urgent", jobTitle="urgent")
    return world


def _at_once(world: World, ports: Ports) -> None:
    """Write somebody at once; one who was begun and isn't over is left to whoever finds them."""
    with suppress(RefusedError, RetryLaterError):
        sync_now(ports, world.connector, world.people[0], "anna@contoso.com")


def _drifting(people: int = 5, **options: Any) -> TickingDriftWorld:
    """Titles and codes that a hand changes are put right, other properties are only told."""
    mappings = options.pop("mappings", MAPPINGS)
    repaired = tuple(
        replace(one, on_drift="repair") if one.target in ("UpaTitle", "UpaCode") else one for one in mappings
    )
    world = TickingDriftWorld(people, mappings=repaired, **options)
    quick(world).settle_down()
    return world


def _hands() -> World:
    world = _drifting()
    first, second, third, fourth, fifth = world.people
    world.edit(first, department="changed", jobTitle="Boss")
    world.pull()
    for _ in range(4):
        world.step()
    world.hand(first, "UpaDepartment", "while its import is on the way")
    world.hand(second, "UpaTitle", "King")
    world.hand(third, "UpaDepartment", "by hand")
    world.hand(fourth, "UpaTitle", "")
    world.hand(fifth, "UpaCode", "where nothing belongs")
    return world


def _look(world: World, ports: Ports) -> None:
    """Read everybody back a day later."""
    assert isinstance(world, TickingDriftWorld)
    world.read_all(ports)


def _hand_again(world: World, _: Ports) -> None:
    """Change what was put right by hand again, and what was told back to what it was."""
    assert isinstance(world, TickingDriftWorld)
    for person, target, value in ((world.people[1], "UpaTitle", "again"), (world.people[2], "UpaDepartment", "D2")):
        if not any(one.value == value and one.cause == "hand" for one in world.sim.profiles.history(person)):
            world.hand(person, target, value)


def _hands_on_both_routes() -> World:
    single = tuple(
        replace(one, route=INDIVIDUAL, on_user_edit="keep" if one.target == "UpaDepartment" else "overwrite")
        if one.target in ("UpaDepartment", "UpaCode")
        else one
        for one in MAPPINGS
    )
    world = _drifting(targets=(), mappings=single, proven=True, individual=Budget(share=1.0))
    first, second, third, *_ = world.people
    world.edit(first, department="changed", jobTitle="Boss")
    world.sim.profiles.set(second, "UpaDepartment", "by its user", cause="user")
    world.hand(second, "UpaCode", "by hand")
    world.hand(third, "UpaTitle", "King")
    return world


def _everybody(world: World, ports: Ports) -> None:
    """Have everybody read at once, pause it, and go on."""
    begin_campaign(ports, world.connector, "anna")
    world.far(ports)
    with suppress(RefusedError):
        pause_campaign(ports, world.connector, "anna")
    begin_campaign(ports, world.connector, "anna")


def _exchange_names(world: World, _: Ports) -> None:
    """Let two people exchange their user names."""
    directory, (one, other) = world.sim.directory, world.people[1:3]
    mine, theirs = (directory.get(person)["userPrincipalName"] for person in (one, other))
    if not mine.startswith("p2"):
        directory.edit(one, userPrincipalName="between@" + world.sim.tenant_domain)
        directory.edit(other, userPrincipalName=mine)
        directory.edit(one, userPrincipalName=theirs)


def retry_until_decided(step: Step) -> Step:
    """Make a decision repeatable: one that was carried out is no error."""

    def again(world: World, ports: Ports) -> None:
        try:
            step(world, ports)
        except RefusedError:
            if world.state.hold is not None:
                raise

    return again


SCENARIOS = (
    Scenario("full run", _full, (sync,)),
    Scenario("delta run", _delta, (pull_only, _restore, sync)),
    Scenario("held and approved", _held, (sync, retry_until_decided(_approve), sync)),
    Scenario("held and rejected", _held, (sync, retry_until_decided(_reject), _change_once, sync)),
    Scenario("partial failure", _partial, (sync, _profile_appears), days=2),
    Scenario("unexplained failure, reverted", _unexplained, (_send_and_fail, _revert, sync)),
    Scenario("resync", _resync, (sync,)),
    Scenario("multi-file export", _multi_file, (sync,)),
    Scenario("abandoned import job that ends later", _zombie, (sync, _newer, _day), days=3),
    Scenario("nameless import job, late log", _nameless, (sync,), days=1),
    Scenario("more shards", _reshard, (_full_sync,)),
    Scenario("changed mapping", _remapped, (sync,)),
    Scenario("canary, laptop closed", lambda: quick(World(9)), (_canary, _see_it_through, sync)),
    Scenario("import that overrides, laptop closed", _imported, (_import, _see_it_through, sync, _imported_all)),
    Scenario("both routes, a user's edit", _both_routes, (sync, _profile_appears, _edit_once, sync), days=2),
    Scenario("one person at once", _urgent, (_at_once, sync)),
    Scenario(
        "two routes, joined rows, exchanged keys",
        _both_seams,
        (sync, _swap_numbers, sync, _own_values_only),
    ),
    Scenario("a database read in changes", _database, (sync, _change_table, sync)),
    Scenario("a group and managers, changed, deleted, void", _related, (sync, _deleted_and_void, sync), short=0.3),
    Scenario("a file alone, people come, go and are missing", _alone, (sync,)),
    Scenario("hands, told and put right", _hands, (_look, sync, _hand_again, _look, sync), days=2, short=0.2),
    Scenario(
        "everybody read at once, both routes",
        _hands_on_both_routes,
        (_everybody, sync, _exchange_names, _everybody, sync),
        days=2,
        short=0.0,
    ),
)
SHORT = tuple(one for one in SCENARIOS if one.short)
"""Those of `make test`."""
