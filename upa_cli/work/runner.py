"""Run a connector here: the same use cases as the function app, in a plain loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from upa_core.domain.connector import Connector
from upa_core.domain.documents.runs import Report
from upa_core.domain.next_step import Step
from upa_core.ports.bundle import Ports
from upa_core.services.drive.advance import advance
from upa_core.services.pull import PullResult, pull
from upa_core.state.document import state_of
from upa_core.state.reports import read_report

_LANE_PATIENCE = 60.0
"""Seconds between two looks, where no next time is known."""
Narrate = Callable[[Step], None]


@dataclass(frozen=True, slots=True)
class RunResult:
    """The result of a run: the pull, the reports of the export runs that ended, and the last step."""

    pulled: PullResult
    reports: tuple[Report, ...]
    last: Step

    @property
    def failed(self) -> bool:
        """True where an export run confirmed nobody, or left people out without naming them."""
        return any(report.outcome == "failed" for report in self.reports)


def run_to_the_end(
    ports: Ports, connector: Connector, *, full: bool = False, wait: bool = True, narrate: Narrate = lambda _: None
) -> RunResult:
    """Pull, then do what is due until this run waits for nothing more.

    Args:
        ports: the connector's ports; their clock is slept on.
        connector: the connector to run.
        full: begin a full round.
        wait: wait for import jobs; otherwise stop at the first one that isn't done.
        narrate: called with each step.
    """
    pulled = pull(ports, connector, full=full)
    while pulled.status == "handed_over":
        pulled = pull(ports, connector)
    reports, last = drive(ports, connector, wait=wait, narrate=narrate)
    return RunResult(pulled, reports, last)


def drive_run(
    ports: Ports, connector: Connector, run: str, *, wait: bool = True, narrate: Narrate = lambda _: None
) -> Step | None:
    """Do what is due until one run has ended; return the last step, None once the run has ended.

    It waits for the lane too, which another connector may have. With `wait` false it stops where it would wait.
    """
    document = state_of(ports.store, connector.name)
    while (current := document.load().value.run) is not None and current.id == run:
        step = advance(ports, connector)
        narrate(step)
        if step.kind == "again":
            continue
        if not wait or (step.kind == "idle" and step.at is None):
            return step
        pause = (step.at - ports.clock.now()).total_seconds() if step.at is not None else _LANE_PATIENCE
        ports.clock.sleep(max(0.0, pause))
    return None


def drive(
    ports: Ports, connector: Connector, *, wait: bool = True, narrate: Narrate = lambda _: None
) -> tuple[tuple[Report, ...], Step]:
    """Do what is due without pulling; return the reports of export runs that ended, and the last step."""
    runs: dict[str, None] = {}
    while True:
        step = advance(ports, connector)
        narrate(step)
        if step.run:
            runs[step.run] = None
        if step.kind == "idle" or (step.kind == "poll" and not (step.file and wait)):
            break
        if step.kind == "poll" and step.at is not None:
            ports.clock.sleep(max(0.0, (step.at - ports.clock.now()).total_seconds()))
    found = (read_report(ports.store, run) for run in runs)
    return tuple(report for report in found if report is not None), step
