"""People whose import ended without naming anybody: their profiles are read before others."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from upa_core.domain.connector import Connector
from upa_core.domain.documents.runs import Report
from upa_core.domain.drift.record import DriftIndex
from upa_core.domain.errors import CorruptStateError
from upa_core.ports.bundle import Ports
from upa_core.state.document import state_of
from upa_core.state.drift.documents import part_of
from upa_core.state.drift.partitions import partition_of
from upa_core.state.plan_reader import people_in
from upa_core.state.reports import recent_reports

MOST_RUNS = 100
"""Ended runs that are searched at a time."""


def note_unexplained(ports: Ports, connector: Connector, index: DriftIndex) -> tuple[str, dict[int, int]]:
    """Read people first who were in a batch of a newly ended run that confirmed nobody.

    Returns the last run that was searched, and how many people are read first in each changed partition. Repeatable.
    """
    last = state_of(ports.store, connector.name).load().value.last_run
    if not last or last == index.last_run:
        return index.last_run, {}
    by_part: dict[int, set[str]] = {}
    for report in _ended_since(ports, connector, index.last_run):
        for file in report.files:
            if not file.settled or file.confirmed:
                continue
            try:
                named = people_in(ports, report.run, file.name, file.route)
            except CorruptStateError:  # gone, or damaged: its people are unknown, and are sent again anyway
                continue
            for person in named:
                by_part.setdefault(partition_of(person), set()).add(person)
    return last, {number: _put_first(ports, connector, number, people) for number, people in by_part.items()}


def _ended_since(ports: Ports, connector: Connector, last: str) -> Iterator[Report]:
    for report in islice(recent_reports(ports.store, ports.clock.now()), MOST_RUNS):
        if report.run == last:
            return
        if report.connector == connector.name:
            yield report


def _put_first(ports: Ports, connector: Connector, number: int, people: set[str]) -> int:
    document = part_of(ports.store, connector.name, number)
    stored = document.load()
    part = stored.value
    if not people <= set(part.first):
        part.first = tuple(sorted({*part.first, *people}))
        document.save(stored, part)
    return len(part.first)
