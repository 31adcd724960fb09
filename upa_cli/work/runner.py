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
from upa_core.state.reports import read_report

Narrate = Callable[[Step], None]


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run came to: the pull, the reports of the export runs that ended, and the step it stopped at."""

    pulled: PullResult
    reports: tuple[Report, ...]
    last: Step

    @property
    def failed(self) -> bool:
        """True where an export run confirmed nobody, or not everybody without saying for whom."""
        return any(report.outcome == "failed" for report in self.reports)


def run_to_the_end(
    ports: Ports, connector: Connector, *, full: bool = False, wait: bool = True, narrate: Narrate = lambda _: None
) -> RunResult:
    """Pull, then do what is due until nothing is left that this run waits for.

    Args:
        ports: the connector's ports; their clock is slept on.
        connector: the connector to run.
        full: begin a full round.
        wait: wait for import jobs; otherwise stop at the first one that isn't done.
        narrate: told each step.

    """
    pulled = pull(ports, connector, full=full)
    while pulled.status == "handed_over":
        pulled = pull(ports, connector)
    reports, last = drive(ports, connector, wait=wait, narrate=narrate)
    return RunResult(pulled, reports, last)


def drive(
    ports: Ports, connector: Connector, *, wait: bool = True, narrate: Narrate = lambda _: None
) -> tuple[tuple[Report, ...], Step]:
    """Do what is due without pulling; returns the reports of the export runs that ended, and the step it stopped at."""
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
