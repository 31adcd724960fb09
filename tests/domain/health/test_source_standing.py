"""Where a source stands: late, held, missing people; and what an administrator is told of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.documents.lane import Lane
from upa_core.domain.documents.sources import CurrentRows, SourceState
from upa_core.domain.health.alarms import Alarm, Facts, alarms_of
from upa_core.domain.health.source_standing import standing_of
from upa_core.domain.sources.contract import KeyPart
from upa_core.domain.sources.joined.secondary import Secondary

NOW = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)
HR = Secondary("hr", (KeyPart("no"),), expect=26 * HOUR)
STATE = SourceState("hr", label="people.csv", delivered_rows=12, delivered=NOW - HOUR, current=CurrentRows(1, ()))


def alarms(state: SourceState, hr: Secondary = HR) -> list[Alarm]:
    facts = Facts(
        state=ConnectorState(last_pull=NOW).with_source(state),
        lane=Lane(),
        now=NOW,
        first_seen=NOW - 25 * HOUR,
        silence_after=99 * HOUR,
        token_warn_age=timedelta(days=5),
        connector="hr",
        sources=(hr,),
    )
    return list(alarms_of(facts))


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
