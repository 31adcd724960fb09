"""A tenant, a connector and its ports: everything that the pipeline needs, on a clock that only moves when told.

The tenant is the simulator behind the real adapters, without sockets; storage is in memory. Nothing survives in the
pipeline between two calls of `ports`: each one is a restart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tenant_sim import ManualClock, TenantSim
from tests.fakes import CountingIds, MemoryStore, RecordingEvents, RecordingWaker
from tests.support.mortal import Fate, Mortal
from upa_cli.demo.oracle import Rule, possible
from upa_core.adapters.graph.users import GraphUsers
from upa_core.adapters.http.service import Service
from upa_core.adapters.sharepoint.import_jobs import SharePointImportJobs
from upa_core.adapters.sharepoint.library import SharePointLibrary
from upa_core.domain.cloud import CLOUDS
from upa_core.domain.connector import ChangeThreshold, Connector, Limits, Source, Target
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.documents.lane import Lane
from upa_core.domain.errors import RetryLaterError
from upa_core.domain.next_step import Step
from upa_core.domain.people.escrow_entry import EscrowEntry
from upa_core.domain.people.mapping import direct
from upa_core.domain.people.scope import Scope
from upa_core.domain.people.shadow import Shard
from upa_core.ports.bundle import Ports, Route
from upa_core.ports.row_source import RowSource
from upa_core.services.deliver.routes import ROUTES
from upa_core.services.drive.advance import advance
from upa_core.services.pull import pull
from upa_core.services.upkeep.housekeeping import housekeeping
from upa_core.state.document import lane_of, state_of
from upa_core.state.people import People

FOLDER = "/sites/upa/Imports"
MAPPINGS = (
    direct("department", "UpaDepartment"),
    direct("jobTitle", "UpaTitle", on_empty="clear"),
    direct("employeeType", "UpaType", on_empty="default", default="none"),
    direct("employeeHireDate", "UpaHired", type="date"),
    direct("onPremisesExtensionAttributes.extensionAttribute1", "UpaCode", on_empty="clear"),
)
RULES = (
    Rule(("department",), "UpaDepartment", "string", False),
    Rule(("jobTitle",), "UpaTitle", "string", True),
    Rule(("employeeType",), "UpaType", "string", False, "none"),
    Rule(("employeeHireDate",), "UpaHired", "date", False),
    Rule(("onPremisesExtensionAttributes", "extensionAttribute1"), "UpaCode", "string", True),
)
NO_THRESHOLD = ChangeThreshold(None, None, None, None, None)
LIMITS = Limits(
    max_pairs=500_000,
    segment_rows=6,
    people_per_shard=4,
    shards_spread_over=1,
    import_jobs_per_day=500,
)


class Time:
    """The tenant's clock; sleeping moves it."""

    def __init__(self, sim: TenantSim) -> None:
        self._sim = sim

    def now(self) -> datetime:
        return self._sim.clock.now()

    def monotonic(self) -> float:
        return self.now().timestamp()

    def sleep(self, seconds: float) -> None:
        self._sim.advance(max(0.0, seconds))


class Tokens:
    """Valid tokens, minted by the tenant."""

    def __init__(self, sim: TenantSim) -> None:
        self._sim = sim
        self._kept: dict[str, tuple[str, datetime]] = {}

    def token(self, audience: str) -> str:
        kept = self._kept.get(audience)
        if kept is None or self._sim.clock.now() - kept[1] > timedelta(minutes=30):
            app = "upa-sync-identity" if audience == self._sim.urls.graph else "upa-sync"
            kept = self._kept[audience] = (self._sim.token(app, audience), self._sim.clock.now())
        return kept[0]

    def refresh(self, audience: str) -> str:
        self._kept.pop(audience, None)
        return self.token(audience)


class World:
    """One tenant and one connector."""

    def __init__(self, people: int = 0, *, seed: int = 1, **connector: Any) -> None:
        self.sim = TenantSim(ManualClock(datetime(2026, 11, 22, 10, 15, tzinfo=UTC)), seed=seed, sleep=lambda _: None)
        self.sim.delta.options.page_size = 4
        for rule in RULES:
            self.sim.profiles.define(rule.target, "date" if rule.kind == "date" else "string", max_length=40)
        self.time = Time(self.sim)
        self.tokens = Tokens(self.sim)
        self.session = self.sim.session()
        self.store = MemoryStore(self.time)
        self.ids = CountingIds()
        self.events = RecordingEvents()
        self.connector_file = "version: 1 # of the tests\n"
        self.waker = RecordingWaker()
        self.rows: dict[str, RowSource] = {}
        """The secondary sources."""
        self.connector = self.connect(**connector)
        self.quiet: list[datetime] = []
        self.absent = ""
        """A person whose profile doesn't exist yet."""
        self.people = [self.join(department=f"D{n}", jobTitle=f"T{n}") for n in range(people)]
        if self.people and self.connector.threshold != NO_THRESHOLD:  # a plan that clears for want of a carrier is held
            code = {"extensionAttribute1": "C"}
            self.sim.directory.edit(self.people[0], onPremisesExtensionAttributes=code)

    def connect(self, name: str = "hr", **changes: Any) -> Connector:
        """Make a connector of this tenant."""
        urls = self.sim.urls
        fields: dict[str, Any] = {
            "name": name,
            "source": Source(CLOUDS["global"], self.sim.tenant_id),
            "target": Target(urls.admin, f"{urls.sharepoint}/sites/upa", FOLDER),
            "mappings": MAPPINGS,
            "scope": Scope(),
            "limits": LIMITS,
            "threshold": NO_THRESHOLD,
        }
        return Connector(**{**fields, **changes})

    def ports(self, fate: Fate | None = None) -> Ports:
        """Start the pipeline anew; with a fate, it may die."""

        def service(root: str) -> Service:
            return Service(root, self.tokens, self.time, session=self.session, jitter=lambda: 0.5)

        urls = self.sim.urls
        made: dict[str, Any] = {
            "store": self.store,
            "source": GraphUsers(service(urls.graph)),
            "library": SharePointLibrary(service(urls.sharepoint), f"{urls.sharepoint}/sites/upa", FOLDER),
            "import_jobs": SharePointImportJobs(service(urls.admin)),
        }
        if fate is not None:
            made = {kind: Mortal(port, kind, fate) for kind, port in made.items()}
        rows = self.rows if fate is None else {name: Mortal(one, "rows", fate) for name, one in self.rows.items()}
        return Ports(
            clock=self.time,
            ids=self.ids,
            events=self.events,
            waker=self.waker,
            routes=self.routes(fate),
            rows=rows,
            connector_file=self.connector_file,
            **made,
        )

    def routes(self, fate: Fate | None) -> Mapping[str, Route]:
        """Return the routes by which values travel; with a fate, one that calls out may die."""
        return ROUTES

    # -- the directory -----------------------------------------------------------------------------------------------

    def join(self, *, profile: bool = True, **attributes: Any) -> str:
        """Let a person join; returns the id."""
        number = len(self.sim.directory.ids)
        upn = f"p{number}@{self.sim.tenant_domain}"
        record = {"userPrincipalName": upn, "displayName": f"P{number}", **attributes}
        return self.sim.directory.add(record, profile=profile)

    def edit(self, person: str, **attributes: Any) -> None:
        """Change a person a second later than anything before."""
        self.sim.advance(1)
        self.sim.directory.edit(person, **attributes)

    # -- the pipeline ------------------------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        return self.time.now()

    @property
    def state(self) -> ConnectorState:
        return state_of(self.store, self.connector.name).load().value

    @property
    def lane(self) -> Lane:
        return lane_of(self.store, self.connector).load().value

    def pull(self, ports: Ports | None = None, **kwargs: Any) -> str:
        """Pull once; a pause that the source asked for is no failure."""
        return pull(ports or self.ports(), self.connector, **kwargs).status

    def step(self, ports: Ports | None = None) -> Step:
        """Do the next due thing; what can't be reached now is tried again in five minutes."""
        ports = ports or self.ports()
        try:
            return advance(ports, self.connector)
        except RetryLaterError as exc:
            return Step("poll", str(exc), at=self.now + timedelta(minutes=5))

    def far(self, ports: Ports | None = None) -> Step:
        """Go on until the next thing is due later."""
        ports = ports or self.ports()
        step = self.step(ports)
        while step.kind == "again":
            step = self.step(ports)
        return step

    def drain(self, ports: Ports | None = None, *, hours: float = 72, until: datetime | None = None) -> Step:
        """Advance, moving the clock to each moment that is asked for, until nothing is due or the time is over."""
        end = until or self.now + timedelta(hours=hours)
        while True:
            step = self.far(ports)
            if step.kind == "idle" and (step.at is None or step.at > end):
                return step
            at = step.at or end
            if at > end:
                self.until(end)
                return step
            self.until(at)

    def end_run(self) -> None:
        """Go on until the open run has ended, and no further."""
        for _ in range(1000):
            if self.state.run is None:
                return
            if self.step().kind != "again":
                self.sim.advance(120)
        raise AssertionError("the run never ended")

    def until(self, moment: datetime) -> None:
        """Move the clock."""
        seconds = (moment - self.now).total_seconds()
        if seconds > 0:
            self.sim.advance(seconds)

    def sync(self, ports: Ports | None = None, *, hours: float = 12, **kwargs: Any) -> None:
        """Pull once and see everything through."""
        self.pull(ports, **kwargs)
        self.drain(ports, hours=hours)

    def settle_down(self, *, days: int = 0) -> None:
        """Tick as the timer does until nothing changes any more, over at least `days`, then note the quiet moment."""
        end = self.now + timedelta(days=days)
        for _ in range(400):
            before = self.now
            self.pull()
            self.drain(hours=6)
            housekeeping(self.ports(), self.connector)
            step = self.far()
            state, lane = self.state, self.lane
            resting = state.run is None and not state.sealed and state.open_round is None and state.retry is None
            idle = lane.in_flight is None and not lane.abandoned and not state.debts
            if resting and idle and self.now >= end:
                self.quiet.append(self.now)
                return
            following = [moment for moment in (step.at, state.retry and state.retry.not_before) if moment is not None]
            target = min([moment for moment in following if moment > self.now], default=before + timedelta(hours=6))  # type: ignore[operator]
            self.until(min(max(target, before + timedelta(hours=1)), before + timedelta(hours=6)))
        raise AssertionError(
            f"never quiet: run {state.run and state.run.id}, sealed {len(state.sealed)}, retry {state.retry}, "
            f"hold {state.hold and state.hold.why}, debts {len(state.debts)}, flight {lane.in_flight}, "
            f"abandoned {lane.abandoned}"
        )

    # -- what came of it ---------------------------------------------------------------------------------------------

    def shards(self) -> list[Shard]:
        """Return all people shards."""
        index = self.state.people
        people = People(self.store, self.connector, index)
        return [people.load(number).value for number in range(index.shards)]

    def escrow(self) -> dict[str, EscrowEntry]:
        """Return everybody in escrow, each with the entry of the whole person, else of the first property."""
        return {
            person: dict(sorted(shard.escrow[person].items()))[min(shard.escrow[person])]
            for shard in self.shards()
            for person in shard.escrow
        }

    def waiting(self) -> set[tuple[str, str]]:
        """Return each person and property (`*`: the whole person) in escrow."""
        return {(person, target) for shard in self.shards() for person, target, _ in shard.escrow.entries()}

    def shadow(self, person: str) -> dict[str, str | None] | None:
        """Return what is known of a person."""
        for shard in self.shards():
            cells = shard.shadow(person)
            if cells is not None:
                return dict(zip(shard.targets, cells, strict=True))
        return None

    def profile(self, person: str) -> dict[str, str]:
        """Return what SharePoint holds in the mapped properties, "" for nothing."""
        held = self.sim.profiles.get(person)
        return {rule.target: held.get(rule.target, "") for rule in RULES}

    def library(self) -> list[str]:
        """Return what lies in the library."""
        return sorted(item.name for item in self.ports().library.items() or ())

    def queued(self) -> list[str]:
        """Return the file name of every import job ever queued."""
        return [job.source_uri.rpartition("/")[2] for job in self.sim.jobs]

    def differences(
        self,
        rules: Sequence[Rule] = RULES,
        *,
        takes_part: Callable[[dict[str, Any]], bool] = lambda _: True,
        fits: Callable[[str], bool] | None = None,
    ) -> list[str]:
        """Return where SharePoint differs from the oracle; who has no profile must be in escrow."""
        escrow, wrong = self.escrow(), []
        looked, nothing_else = [*self.quiet, self.now], fits or (lambda _: False)
        allowed = possible(self.sim.directory.versions(), rules, looked, takes_part=takes_part, fits=nothing_else)
        for person, wanted in allowed.items():
            if not self.sim.profiles.exists(person):
                if person not in escrow:
                    wrong.append(f"{person} has no profile and isn't in escrow")
                continue
            if person in escrow and takes_part(self.sim.directory.get(person)):
                wrong.append(f"{person} is still in escrow: {escrow[person].reason}")
            held = self.profile(person)
            wrong += [
                f"{person} {target}: {held[target]!r} instead of {' or '.join(map(repr, sorted(values)))}"
                for target, values in wanted.items()
                if held[target] not in values
            ]
        wrong += [f"{person} is in escrow and gone" for person in escrow if person not in allowed]
        return wrong


def with_limits(connector: Connector, **changes: Any) -> Connector:
    """Return the connector with other limits."""
    return replace(connector, limits=replace(connector.limits, **changes))
