"""A random life of a tenant: edits, joins, leaves, faults, restarts and hands, with the pipeline at work in between."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tenant_sim import Fault
from tests.crash.faults import FAULTS as LASTING
from tests.crash.run_people import disagreements
from tests.crash.scenarios import quick
from tests.model.freshness_oracle import FreshnessOracle
from tests.support.drifting import TickingDriftWorld
from tests.support.mortal import Death, Fate
from tests.support.world import MAPPINGS, NO_THRESHOLD, with_limits
from upa_core.domain.documents.runs import INDIVIDUAL
from upa_core.domain.drift_share import DriftShare
from upa_core.domain.errors import ConflictError, RefusedError, ResyncRequiredError, RetryLaterError
from upa_core.domain.people.mapping import Mapping, OnDrift
from upa_core.services.admin.controls import reset
from upa_core.services.admin.holds import approve, reject
from upa_core.services.drift.campaign import begin as begin_campaign
from upa_core.services.drift.campaign import pause as pause_campaign
from upa_core.services.drift.verify import verify
from upa_core.services.drive.sync_now import sync_now
from upa_core.services.upkeep.housekeeping import housekeeping

TEXTS = st.one_of(
    st.none(),
    st.sampled_from(["A", "B", "C", "Ünïcode", 'quo"te\\', "\u2028", "👍🏽", "עברית", "x" * 41]),
    st.text(max_size=12),
)
ATTRIBUTES = st.fixed_dictionaries(
    {},
    optional={
        "department": TEXTS,
        "jobTitle": TEXTS,
        "employeeType": TEXTS,
        "employeeHireDate": st.sampled_from([None, "2026-01-31T00:00:00Z", "1999-12-31T23:59:59Z"]),
        "onPremisesExtensionAttributes": st.builds(lambda text: {"extensionAttribute1": text}, TEXTS),
    },
)
OUTCOMES = st.sampled_from(
    [
        "internal_error",
        "internal_error_partial",
        "no_log",
        "late_log",
        "empty_job_id",
        "slow",
        "stuck_submitted",
        "zombie",
    ]
)
FAULTS = st.builds(
    Fault,
    surface=st.sampled_from(["graph", "sharepoint", "admin"]),
    times=st.integers(1, 6),
    status=st.sampled_from([None, 429, 500, 502, 503, 504]),
    headers=st.sampled_from([{}, {"Retry-After": "7"}, {"Retry-After": "600"}]),
    drop=st.sampled_from([None, "before", "after"]),
    truncate=st.booleans(),
)


def refused(record: dict[str, Any]) -> bool:
    """Return whether a person's values can't be stored: one is too long for its property, or XML can't carry it."""
    texts = [record.get(name) for name in ("department", "jobTitle", "employeeType")]
    texts.append((record.get("onPremisesExtensionAttributes") or {}).get("extensionAttribute1"))
    return any(isinstance(text, str) and not fits(text) for text in texts)


def fits(text: str) -> bool:
    """Return whether a text can be stored."""
    return len(text) <= 40 and _carriable(text)


def _carriable(text: str) -> bool:
    return all(
        char in "\t\n\r" or "\x20" <= char <= "\ud7ff" or "\ue000" <= char <= "\ufffd" or char >= "\U00010000"
        for char in text
    )


def routed(mappings: Sequence[Mapping], single: Collection[str], on_drift: OnDrift) -> tuple[Mapping, ...]:
    """Return the mappings, of which those to `single` are written singly."""
    return tuple(
        replace(one, route=INDIVIDUAL, on_user_edit="overwrite", on_drift=on_drift)
        if one.target in single
        else replace(one, on_drift=on_drift)
        for one in mappings
    )


class TenantLife(RuleBasedStateMachine):
    """Whatever happens: once everything is quiet, SharePoint equals the oracle."""

    steps = 0
    schedules = 0
    watches_freshness = True
    compared = 0
    """How often the figures of freshness were compared with their oracle."""

    @initialize(
        people=st.integers(0, 7),
        files=st.sampled_from([500_000, 6]),
        held=st.booleans(),
        single=st.sampled_from([(), ("UpaTitle", "UpaCode"), tuple(one.target for one in MAPPINGS)]),
        on_drift=st.sampled_from(["report", "repair"]),
        reads=st.booleans(),
    )
    def begin(self, people: int, files: int, held: bool, single: tuple[str, ...], on_drift: Any, reads: bool) -> None:
        """Begin a tenant; with or without short files, a change threshold, and properties that are written singly.

        Profiles are read back at every tick, or only at the end of the life; what a hand changed is told, or put right
        too. Six parameters: what is chosen of each.
        """
        type(self).schedules += 1
        self.world = quick(self.make(people, single, on_drift))
        self.repairs = on_drift == "repair"
        self.world.connector = with_limits(self.world.connector, max_pairs=files)
        if held:
            self.world.connector = replace(
                self.world.connector, threshold=replace(NO_THRESHOLD, clears_absolute=1, updates_absolute=4)
            )
        self.fresh = FreshnessOracle(self.world) if self.watches_freshness else None
        self.ports = self.world.ports()
        self.left: dict[str, bool] = {}
        """Who left → whether a round has noticed it."""
        self.handmade: set[str] = set()
        """Whose title or code was changed by hand; both are cleared, so that sending again puts them right."""
        self.died = False
        """A process died: what it left half written is put right only when it is repeated."""
        self.declined: set[tuple[str, str]] = set()
        """Person and property of each value that an administrator rejected."""

    def make(self, people: int, single: Collection[str], on_drift: OnDrift) -> TickingDriftWorld:
        """Return the tenant; the properties `single` are written singly."""
        mappings = routed(MAPPINGS, single, on_drift)
        return TickingDriftWorld(people, targets=(), proven=True, mappings=mappings)

    @invariant()
    def freshness_is_as_the_oracle_says(self) -> None:
        """Compare the figures after every step, unless a process has died in the middle of something."""
        if hasattr(self, "world") and not self.died:
            self._compare()

    def teardown(self) -> None:
        """See everything through and ask the oracle."""
        if hasattr(self, "world"):
            self.judge()

    # -- the directory -----------------------------------------------------------------------------------------------

    def _somebody(self, number: int) -> str | None:
        here = [person for person in self.world.people if person not in self.left]
        return here[number % len(here)] if here else None

    @rule(number=st.integers(0, 99), attributes=ATTRIBUTES)
    def edit(self, number: int, attributes: dict[str, Any]) -> None:
        """Change somebody."""
        self._count()
        if (person := self._somebody(number)) is not None:
            self.world.edit(person, **attributes)

    @rule(profile=st.booleans(), attributes=ATTRIBUTES)
    def join(self, profile: bool, attributes: dict[str, Any]) -> None:
        """Let somebody join, with a profile at once or later."""
        self._count()
        self.world.sim.advance(1)
        self.world.people.append(self.world.join(profile=profile, **attributes))

    @rule(number=st.integers(0, 99))
    def leave(self, number: int) -> None:
        """Let somebody leave."""
        self._count()
        if (person := self._somebody(number)) is not None:
            self.world.sim.advance(1)
            self.world.sim.directory.remove(person)
            self.left[person] = False

    @rule()
    def restore(self) -> None:
        """Bring somebody back whose leaving has been noticed (within one round delta can't show it)."""
        self._count()
        for person, noticed in list(self.left.items()):
            if noticed and self.world.sim.directory.slot_of(person) is not None:
                self.world.sim.advance(1)
                try:
                    self.world.sim.directory.restore(person)
                except KeyError:
                    return
                del self.left[person]
                return

    @rule(number=st.integers(0, 99))
    def profile_appears(self, number: int) -> None:
        """Let a profile be created."""
        self._count()
        if (person := self._somebody(number)) is not None:
            self.world.sim.profiles.create(person)

    @rule(
        number=st.integers(0, 99),
        of=st.sampled_from(["UpaTitle", "UpaCode"]),
        value=st.sampled_from(["by hand", ""]),
        cause=st.sampled_from(["hand", "user"]),
    )
    def hand(self, number: int, of: str, value: str, cause: str) -> None:
        """Edit a profile by hand, as an administrator or its user does."""
        self._count()
        person = self._somebody(number)
        if person is not None and self.world.sim.profiles.exists(person):
            self.world.sim.advance(1)
            self.world.sim.profiles.set(person, of, value, cause=cause)
            self.handmade.add(person)

    @rule(one=st.integers(0, 99), other=st.integers(0, 99), lag=st.sampled_from([0, 3600]))
    def give_name_away(self, one: int, other: int, lag: int) -> None:
        """Give somebody's user name to somebody else; SharePoint sees it at once, or an hour later."""
        self._count()
        gone, heir = self._somebody(one), self._somebody(other)
        if gone is None or heir is None or gone == heir:
            return
        directory = self.world.sim.directory
        self.world.sim.accounts.lag_s = max(lag, self.world.sim.accounts.lag_s)
        name = directory.get(gone)["userPrincipalName"]
        self.world.edit(gone, userPrincipalName=f"x{self.world.sim.time():.0f}@{self.world.sim.tenant_domain}")
        self.world.edit(heir, userPrincipalName=name)

    # -- the world around --------------------------------------------------------------------------------------------

    @rule(fault=FAULTS)
    def fault(self, fault: Fault) -> None:
        """Let calls fail."""
        self._count()
        if fault.status is not None or fault.drop is not None:
            self.world.sim.faults.add(replace(fault, truncate=False) if fault.drop else fault)

    @rule(outcome=OUTCOMES)
    def next_import_job(self, outcome: str) -> None:
        """Decide what becomes of the next import job."""
        self._count()
        self.world.sim.timer_job.plan("next", outcome)

    @rule()
    def resync(self) -> None:
        """Void all tokens."""
        self._count()
        self.world.sim.delta.resync()

    @rule(hours=st.sampled_from([1, 5, 26, 100]))
    def wait(self, hours: int) -> None:
        """Let time pass without anybody looking."""
        self._count()
        self.world.sim.advance(hours * 3600)

    # -- the pipeline ------------------------------------------------------------------------------------------------

    @rule(number=st.integers(0, 99))
    def at_once(self, number: int) -> None:
        """Write somebody at once, if that may be."""
        self._count()
        if (person := self._somebody(number)) is not None:
            with suppress(RefusedError, ConflictError):
                self._mortal(lambda ports: sync_now(ports, self.world.connector, person, "anna"))

    @rule()
    def read_back(self) -> None:
        """Read profiles back, as far as anybody is due."""
        self._count()
        self._mortal(self.world.read_back)

    @rule(paused=st.booleans())
    def read_everybody(self, paused: bool) -> None:
        """Have everybody read at once, or pause that."""
        self._count()
        act = pause_campaign if paused else begin_campaign
        with suppress(RefusedError):
            self._mortal(lambda ports: act(ports, self.world.connector, "anna"))

    @rule(full=st.booleans())
    def pull(self, full: bool) -> None:
        """Pull once."""
        self._count()
        self._noticed(self._mortal(lambda ports: self.world.pull(ports, full=full)))

    @rule(hours=st.sampled_from([0.01, 0.2, 3.0, 30.0]))
    def export(self, hours: float) -> None:
        """Export for a while."""
        self._count()
        self._mortal(lambda ports: self.world.drain(ports, hours=hours))

    @rule()
    def keep_house(self) -> None:
        """Housekeeping."""
        self._count()
        self._mortal(lambda ports: housekeeping(ports, self.world.connector))

    @rule(at=st.integers(1, 60), after=st.booleans())
    def die_soon(self, at: int, after: bool) -> None:
        """Let the process die at one of its next calls."""
        self._count()
        self.ports = self.world.ports(Fate(at=at, after=after))

    @rule(fault=st.sampled_from(sorted(LASTING)), hours=st.sampled_from([1, 8, 30]))
    def lasts(self, fault: str, hours: int) -> None:
        """Let a step raise something raw or kill its process each time, or its archive copy be lost or damaged."""
        self._count()
        self.died = True
        end = self.world.now + timedelta(hours=hours)
        while self.world.now < end:
            ports = LASTING[fault](self.world)
            for work in (self._pull_and_note, self.world.far, lambda p: housekeeping(p, self.world.connector)):
                with suppress(Exception, Death):
                    work(ports)
            self.world.sim.advance(3600)
        self.ports = self.world.ports()

    @precondition(lambda self: hasattr(self, "world") and self.world.state.hold is not None)
    @rule(yes=st.booleans())
    def decide(self, yes: bool) -> None:
        """Decide about a held plan."""
        self._count()
        hold = self.world.state.hold
        if hold is not None:
            act = approve if yes else reject
            self._mortal(lambda ports: self._decide(act, ports, hold.run.id))

    @rule(what=st.sampled_from(["token", "escrow", "quarantine"]))
    def reset(self, what: Any) -> None:
        """Reset a part of the state."""
        self._count()
        self._mortal(lambda ports: reset(ports, self.world.connector, what, "anna"))

    # -- inside ------------------------------------------------------------------------------------------------------

    def _count(self) -> None:
        type(self).steps += 1

    def _decide(self, act: Any, ports: Any, run: str) -> None:
        try:
            act(ports, self.world.connector, run, "anna")
        except RefusedError:
            return
        finally:
            for shard in self.world.shards():
                self.declined |= {(person, name) for person, values in shard.declined.items() for name in values}

    def _mortal(self, act: Any) -> Any:
        try:
            return act(self.ports)
        except Death:
            self.died = True
            self.ports = self.world.ports()
        except (RetryLaterError, ResyncRequiredError):
            return None
        return None

    def _pull_and_note(self, ports: Any) -> None:
        self._noticed(self.world.pull(ports))

    def _noticed(self, status: str | None) -> None:
        if status == "sealed":
            self.left = dict.fromkeys(self.left, True)

    def _end_hold(self) -> None:
        """Decide about a held plan; where somebody died while rejecting it, the rejection is the one that counts."""
        hold = self.world.state.hold
        if hold is None:
            return
        self._decide(approve, self.world.ports(), hold.run.id)
        if self.world.state.hold is not None:
            self._decide(reject, self.world.ports(), hold.run.id)

    def _compare(self) -> None:
        if self.fresh is None:
            return
        before = self.fresh.compared
        wrong = self.fresh.wrong()
        type(self).compared += self.fresh.compared - before
        assert not wrong, wrong

    def judge(self) -> None:
        """Once the faults are over and everybody in escrow had a try, SharePoint equals the oracle.

        What a hand changed is told, exactly, or put right; nothing was ever told that nobody changed.
        """
        world = self.world
        world.sim.faults.clear()
        world.connector = replace(world.connector, threshold=NO_THRESHOLD, drift=DriftShare())
        self._end_hold()
        world.prove()  # the lifetime of a probe's result may be over
        world.settle_down(days=2)
        reset(world.ports(), world.connector, "escrow", "anna")
        world.settle_down()
        self._compare()
        for _ in range(2):  # what is repaired is read again before it counts as right
            world.read_all()
            world.settle_down()
        excused = {f"{person} {name}" for person, name in self.declined}
        wrong = self._differences(excused) + self._told_wrongly()
        if excused or (self.handmade and not self.repairs):
            # what was rejected, or changed by hand and only told, is put right by sending everything again
            reset(world.ports(), world.connector, "shadow", "anna")
            world.settle_down(days=1)
            world.read_all()
            world.settle_down()
            wrong += self._differences(set())
        wrong += [f"left in the library: {name}" for name in world.library()] + disagreements(world)
        assert not wrong, wrong
        for name, times in Counter(world.queued()).items():
            assert times <= 2, f"{name} was queued {times} times"
        assert world.now - world.state.last_pull < timedelta(days=1)

    def _differences(self, excused: set[str]) -> list[str]:
        """Ask the oracle. A hand's change of somebody of whom a value is refused may stand: nobody sends them whole.

        Nobody waits for the profile of a person whose values were rejected.
        """
        world = self.world
        stuck = {p for p in self.handmade if p not in self.left and refused(world.sim.directory.get(p))}
        lines = world.differences(takes_part=lambda r: not refused(r), fits=fits)
        excused = excused | {f"{one.split(' ')[0]} has no profile and isn't in escrow" for one in excused}
        return [line for line in lines if line.partition(":")[0] not in excused and line.split(" ")[0] not in stuck]

    def _told_wrongly(self) -> list[str]:
        """Hold what an auditor is told against what differs."""
        world = self.world
        result = verify(world.ports(), world.connector, {})
        different = {person for person, _ in world.drifted()} - result.unreadable.keys()
        wrong = [f"{person}: an auditor is told otherwise" for person in different ^ result.different.keys()]
        return wrong + [f"{person}: never read" for person in result.never_read]
