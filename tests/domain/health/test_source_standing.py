"""Where a source stands: late, held, missing people; and what an administrator is told of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.documents.lane import Lane
from upa_core.domain.documents.sources import CurrentRows, SourceState
from upa_core.domain.health.alarms import Alarm, Facts, alarms_of
from upa_core.domain.health.notification_log import NotificationLog
from upa_core.domain.health.source_standing import standing_of
from upa_core.domain.sources.contract import KeyPart
from upa_core.domain.sources.joined.expectation import ByTime
from upa_core.domain.sources.joined.secondary import Secondary

NOW = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)
HR = Secondary("hr", (KeyPart("no"),), expect=26 * HOUR)
STATE = SourceState("hr", label="people.csv", delivered_rows=12, delivered=NOW - HOUR, current=CurrentRows(1, ()))


def facts_of(state: SourceState, hr: Secondary = HR) -> Facts:
    return Facts(
        state=ConnectorState(last_pull=NOW).with_source(state),
        lane=Lane(),
        now=NOW,
        first_seen=NOW - 25 * HOUR,
        silence_after=99 * HOUR,
        token_warn_age=timedelta(days=5),
        connector="hr",
        sources=(hr,),
    )


def alarms(state: SourceState, hr: Secondary = HR) -> list[Alarm]:
    return list(alarms_of(facts_of(state, hr)))


def test_the_next_delivery_is_expected_after_the_last() -> None:
    """File and rows are those accepted last; without `expect` nothing is ever late."""
    one = standing_of(HR, STATE, NOW, since=None)

    assert (one.file, one.rows, one.next_expected, one.late) == ("people.csv", 12, NOW + 25 * HOUR, False)
    assert standing_of(replace(HR, expect=None), STATE, NOW + 999 * HOUR, since=None).late is False


@pytest.mark.parametrize(
    ("state", "on_missing", "told"),
    [
        (STATE, "keep", ""),
        (replace(STATE, delivered=NOW - 27 * HOUR), "keep", "hr was expected by 2026-11-22 09:15 UTC"),
        (
            replace(STATE, delivered=NOW - 75 * HOUR),
            "keep",
            "hr was expected by 2026-11-20 09:15 UTC, 3 times in a row",
        ),
        (replace(STATE, delivered=None), "keep", ""),
        (replace(STATE, held="x", holds=("incomplete_file",)), "keep", "hr waits for a decision (incomplete_file)"),
        (replace(STATE, held="x", holds=("incomplete_file",), approved="x"), "keep", ""),
        (replace(STATE, current=CurrentRows(1, (), missing=3)), "report", "3 people of hr aren't named any more"),
        (replace(STATE, current=CurrentRows(1, (), missing=3)), "keep", ""),
    ],
)
def test_what_is_told(state: SourceState, on_missing: str, told: str) -> None:
    """Late, waiting for somebody, and people who aren't named where that is asked for; nothing else."""
    found = alarms(state, replace(HR, on_missing=on_missing))

    assert [alarm.detail for alarm in found] == ([told] if told else [])
    assert {alarm.occasion for alarm in found} <= {"source"}


def test_a_first_delivery_that_never_comes_is_late_too() -> None:
    """It is expected from when the connector was first watched."""
    never = replace(STATE, delivered=None, label="", delivered_rows=0)

    assert [alarm.detail for alarm in alarms(never, replace(HR, expect=24 * HOUR))] == [
        "hr was expected by 2026-11-22 09:15 UTC"
    ]


def test_a_late_source_is_an_alarm_of_its_own_once_a_day() -> None:
    """Each deadline that passes is a new reason, by the clock of the source's zone; the delivery ends it."""
    hr = replace(HR, expect=ByTime(time(6), "Europe/Berlin"))
    log, raised = NotificationLog(), []
    for hour in range(60):
        now = datetime(2026, 11, 22, 0, 30, tzinfo=UTC) + hour * HOUR
        delivered = datetime(2026, 11, 21, 4, 50, tzinfo=UTC) if hour < 55 else now
        found = list(alarms_of(replace(facts_of(replace(STATE, delivered=delivered), hr), now=now)))
        after = log.judged(found, ("mail",), now, occasions=frozenset({"source", "recovered"}))
        known = {entry.reason for entry in log.entries}
        raised += [(hour, entry.detail, entry.over) for entry in after.entries if entry.reason not in known]
        log = replace(after, entries=tuple(replace(entry, heard=True) for entry in after.entries))

    assert raised == [
        (5, "hr was expected by 2026-11-22 06:00 Europe/Berlin", False),
        (29, "hr was expected by 2026-11-22 06:00 Europe/Berlin, 2 times in a row", False),
        (53, "hr was expected by 2026-11-22 06:00 Europe/Berlin, 3 times in a row", False),
    ]
    assert [entry.over for entry in log.entries] == [True]
