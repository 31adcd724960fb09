"""A held plan before a decision, and what happens after the decision."""

from __future__ import annotations

from dataclasses import dataclass, field

from upa_core.domain.connector import Connector
from upa_core.domain.documents.ids import is_run_id
from upa_core.domain.documents.runs import Decision, Hold
from upa_core.domain.documents.storage_layout import decision_key
from upa_core.domain.errors import CorruptStateError
from upa_core.domain.plan.run_rows import Result, Value, kind_of
from upa_core.domain.redaction import Redactor
from upa_core.ports.bundle import Ports
from upa_core.services.admin import holds
from upa_core.services.insight.plan_view import sample
from upa_core.services.insight.run_people import RunPeopleView, RunPerson
from upa_core.services.insight.run_view import by_property
from upa_core.state.document import get_document
from upa_core.state.reports import read_report
from upa_core.state.run_people.reader import open_run

_NOW = {
    ("approved", ""): "exactly this plan is sent: by the function app within minutes, or at once by upa run",
    ("rejected", ""): "nothing is sent; these values aren't planned again until they change at the source, or somebody "
    "takes the rejection back (upa declined lift)",
    (
        "approved",
        "source_shrank",
    ): "this plan is sent, and its number of people is taken for the right one; whoever "
    "the next two full rounds don't name either is ended",
    ("rejected", "source_shrank"): "nothing is sent and no value is declined; a full round reads everybody again",
}


@dataclass(frozen=True, slots=True)
class HoldView:
    """A held plan: its hash, how many people by property and kind, and a sample of them."""

    plan: str = ""
    """"" where an earlier release planned it."""
    properties: dict[str, dict[str, int]] = field(default_factory=dict)
    samples: tuple[RunPerson, ...] = ()


def view_hold(ports: Ports, connector: Connector, hold: Hold, most: int) -> HoldView:
    """Return what a held plan would do, with a sample: each property and kind gets its share, clears first.

    A plan of an earlier release, or one that can't be read, is sampled from its import files.
    """
    try:
        reader = open_run(ports.store, hold.run.id)
        if reader is not None:
            samples = sample(RunPeopleView(reader, connector), reader.table.counts, most)
            return HoldView(reader.table.hash, by_property(reader.table), tuple(samples))
    except CorruptStateError:
        pass
    redactor, planned = Redactor(connector), Result("planned")
    people = []
    for entry in holds.sample(ports, hold, most):
        values = [
            Value(
                target,
                kind_of(entry.old.get(target), new),
                redactor.value(target, entry.old.get(target)),
                redactor.value(target, new),
                planned,
            )
            for target, new in sorted(entry.new.items())
        ]
        people.append(RunPerson(entry.person, tuple(values)))
    return HoldView(samples=tuple(people))


def what_happens_now(decision: str, kind: str) -> str:
    """Return a sentence that says what happens after a decision about a hold of this kind."""
    return _NOW[decision, kind]


def what_became(ports: Ports, run: str) -> str:
    """Return who decided about a run, when, and how it ended; "" where nobody decided about it."""
    stored = get_document(ports.store, decision_key(run), Decision) if is_run_id(run) else None
    if stored is None:
        return ""
    one, report = stored.value, read_report(ports.store, run)
    said = f"{one.by} {one.decision} run {run} at {one.at:%Y-%m-%d %H:%M} UTC"
    if one.decision == "rejected":
        return f"{said}, and nothing of it was sent"
    if report is None:
        return f"{said}; it hasn't ended yet"
    people = f"{report.counts.exported:,} people accepted, {report.counts.escrowed:,} in escrow"
    return f"{said}; it ended at {report.ended:%Y-%m-%d %H:%M} UTC as {report.outcome}: {people}"
