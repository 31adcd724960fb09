"""One real person end to end: an ad hoc run of the connector itself, also in staging mode."""

from __future__ import annotations

from dataclasses import dataclass

from upa_cli.shell.context import Cli
from upa_cli.shell.exits import LATER, CommandError
from upa_cli.work.runner import drive_run
from upa_core.domain.documents.ad_hoc import AdHoc
from upa_core.domain.documents.runs import Report
from upa_core.domain.plan.entry import Entry
from upa_core.services.insight.explain import Explanation, Planned, explain
from upa_core.services.plan.ad_hoc import begin_ad_hoc
from upa_core.services.plan.one_person import plan_person
from upa_core.state.document import lane_of, state_of
from upa_core.state.reports import read_report


@dataclass(frozen=True, slots=True)
class Canary:
    """The result."""

    sent: dict[str, str]
    """By property."""
    explanation: Explanation
    planned: Planned | None
    """The run's plan for the person and its result; None where there was nothing to send."""
    report: Report | None
    """None where it hasn't ended: something blocks it."""
    why: str
    """What blocks it, "" where it ended."""

    @property
    def confirmed(self) -> bool:
        """True where the import job succeeded and nothing of the person waits in escrow."""
        return self.report is not None and self.report.outcome == "complete" and not self.explanation.escrow


def fly(cli: Cli, person: str) -> Canary:
    """Send one person's values through the whole pipeline and wait for SharePoint.

    Values are sent even where SharePoint confirmed them. It is a run of the connector: what SharePoint confirms is
    known from then on. The next wake-up, or the next canary, finishes a canary that was interrupted.

    Raises:
        CommandError: another connector has the lane.
        UpaError: as `plan_person`, `begin_ad_hoc` and `advance`.
    """
    ports, connector = cli.ports, cli.connector
    _finish_earlier(cli)
    flight = lane_of(ports.store, connector).load().value.in_flight
    if flight is not None:
        text = f"{flight.connector} has an import job in flight, and only one may be: wait for it (upa status)"
        raise CommandError(text, LATER)
    ready = ports.prepared(connector)
    record = ports.source.read([person], connector.select).get(person) or {}
    entry = plan_person(ports, ready, person, record, resend=True).entry
    explanation = explain(ports, connector, person)
    if entry is None:
        return Canary({}, explanation, None, None, "")
    known = {target: value for target, value in explanation.known.items() if target in entry.new and value is not None}
    entry = Entry(entry.person, entry.new, known, entry.account)
    run = begin_ad_hoc(ports, ready, [entry], AdHoc("canary", cli.who))
    with cli.progress.waiting() as narrate:
        stopped = drive_run(ports, connector, run.id, narrate=narrate)
    explanation = explain(ports, connector, person)
    planned = next((one for one in explanation.timeline if one.run == run.id), None)
    why = stopped.why if stopped is not None else ""
    return Canary(dict(entry.new), explanation, planned, read_report(ports.store, run.id), why)


def _finish_earlier(cli: Cli) -> None:
    """Finish a canary that was interrupted."""
    open_run = state_of(cli.ports.store, cli.connector.name).load().value.run
    if open_run is None or open_run.ad_hoc is None or open_run.ad_hoc.kind != "canary":
        return
    cli.note("an earlier canary was stopped midway: finishing it first", "yellow")
    drive_run(cli.ports, cli.connector, open_run.id)
