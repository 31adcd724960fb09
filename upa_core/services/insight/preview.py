"""Plan what is due without writing anything: the plan of `upa plan`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from upa_core.domain.bulk.rewritten import may_be_rewritten
from upa_core.domain.connector import Connector
from upa_core.domain.documents.ids import run_id
from upa_core.domain.documents.runs import BULK, Counts
from upa_core.domain.people_calls import Load, load_of
from upa_core.domain.plan.batch import Batch, cut
from upa_core.domain.plan.entry import Entry
from upa_core.domain.plan.round_rules import updates_are_exempt
from upa_core.domain.plan.tally import LeftOut
from upa_core.ports.bundle import Ports
from upa_core.services.insight.scope_view import ScopeView
from upa_core.services.plan.hold_reason import hold_reason
from upa_core.services.plan.joins import Joins
from upa_core.services.plan.make_plan import make_plan
from upa_core.services.plan.shard_work import PlanSink
from upa_core.services.pull import pull
from upa_core.state.document import censuses_of, state_of
from upa_core.state.overlay import OverlayStore, Silence
from upa_core.state.people import People
from upa_core.state.plan_reader import form_of
from upa_core.state.run_people.reader import RunReader, open_run
from upa_core.state.run_people.writer import PeopleWriter

_TRIES = 4


@dataclass(frozen=True, slots=True)
class Preview:
    """The effect of an export now."""

    counts: Counts
    held: str
    """Why the plan would be held, "" where it wouldn't."""
    import_jobs: int
    """Files, and so import jobs, that it would need."""
    entries: tuple[Entry, ...]
    """The first changes, old → new."""
    complete: bool
    """False: there are more entries than were kept."""
    rewritable: tuple[str, ...]
    """Properties with a value that SharePoint's reader may take for a date and write in another form, sorted."""
    load: Load | None
    """The cost of its single writes, None where there are none."""
    people: RunReader
    """Everybody whom it would change, as a run would store them: hash, counts, rows."""
    pulled: str
    """How the source was read: the status of the pull, "" where it wasn't."""
    held_plan: RunReader | None = None
    """The people of the plan that is held now."""


@dataclass(slots=True)
class _Sink:
    ports: Ports
    connector: Connector
    most: int
    also: PlanSink | None
    rows: PeopleWriter
    entries: list[Entry] = field(default_factory=list)
    files: int = 0
    people: int = 0
    file: Batch | None = None
    rewritable: set[str] = field(default_factory=set)
    singles: int = 0
    single_values: int = 0

    def add(self, entries: Sequence[Entry], left_out: Sequence[LeftOut] = ()) -> None:
        self.people += len(entries)
        self.entries += entries[: self.most - len(self.entries)]
        self.rows.add(entries, left_out)
        if self.also is not None:
            self.also.add(entries, left_out)
        for entry in entries:
            self.rewritable.update(name for name, value in entry.new.items() if may_be_rewritten(value))
        for route, part in cut(self.connector)(entries):
            if route == BULK:
                self._fill(part)
            else:
                self.singles += len(part)
                self.single_values += sum(len(entry.new) for entry in part)

    def load(self) -> Load | None:
        now = self.ports.clock.now()
        return load_of(self.singles, self.single_values, self.connector.individual, now) if self.singles else None

    def _fill(self, entries: Sequence[Entry]) -> None:
        while entries:
            taken = self.file.add(entries) if self.file is not None else 0
            entries = entries[taken:]
            if entries:
                self.file = form_of(self.ports, BULK).begin(self.connector.limits)
                self.files += 1


def preview(
    ports: Ports,
    connector: Connector,
    *,
    source: bool = True,
    full: bool = False,
    most: int = 10_000,
    sink: PlanSink | None = None,
    view: ScopeView | None = None,
) -> Preview:
    """Plan as `export` would, on a copy in memory.

    Seven parameters: five are choices of the reader, with defaults.

    Args:
        source: read the source first (from the watermark, or all of it); otherwise only what was pulled already.
        full: read all of the source.
        most: entries to keep; `sink` takes them all.
        view: receives who is in scope, and who isn't and why.

    Raises:
        FatalError, RetryLaterError: as `pull` and `export`.
    """
    silence = Silence()
    patient = replace(connector, limits=replace(connector.limits, time_budget=connector.limits.token_max_age))
    for _ in range(_TRIES):  # a pull by somebody else changes the state, and a new copy begins with that
        store = OverlayStore(ports.store, ports.clock)
        apart = replace(ports, store=store, events=silence, waker=silence)
        pulled = pull(apart, patient, full=full).status if source else ""
        if pulled != "superseded":
            break
    state = state_of(store, connector.name).load().value
    held_plan = open_run(store, state.hold.run.id) if state.hold is not None else None
    salt = held_plan.table.salt if held_plan is not None else ""
    name = run_id(ports.clock.now(), ports.ids.token())
    taken = _Sink(apart, connector, most, sink, PeopleWriter(store, connector, name, state.people, salt=salt))
    people = People(store, connector, state.people)
    plan = make_plan(
        apart,
        connector,
        people,
        state.sealed,
        taken,
        keep_books=False,
        sequence=state.sequence,
        censuses=censuses_of(store, connector.name).load().value.rounds,
        refused=state.refused,
        joins=Joins(store, connector, state.sources, state.keys),
        see=view.watching(connector) if view is not None else None,
    )
    exempt = updates_are_exempt(connector, state.sealed)
    held = hold_reason(connector, state, plan, exempt=exempt, now=ports.clock.now()).why
    return Preview(
        counts=plan.counts,
        held=held,
        import_jobs=taken.files,
        entries=tuple(taken.entries),
        complete=taken.people == len(taken.entries),
        rewritable=tuple(sorted(taken.rewritable)),
        load=taken.load(),
        people=RunReader(store, taken.rows.close((), ports.clock.now())),
        pulled=pulled,
        held_plan=held_plan,
    )
