"""The line on top and the alarms, word by word: what a tired administrator reads first."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.clock import START
from tests.support.world import World
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.documents.lane import InFlight, Lane
from upa_core.domain.documents.quarantine import Quarantine, QuarantineReason
from upa_core.domain.documents.rounds import Link, OpenRound, Watermark
from upa_core.domain.documents.runs import Counts, Hold, Retry, Run
from upa_core.domain.health.alarms import Alarm
from upa_core.domain.health.health import Health, health
from upa_core.domain.health.notification_log import NotificationLog

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
RUN = Run("R1", START, (), (), Counts())
OPEN_POSITION = Link("https://graph/page", "next")
READ = Watermark("https://graph/delta", START - HOUR, "f")
BEFORE = START - 2 * HOUR
HELD = Hold(RUN, BEFORE, "too many")
DECIDE = "upa hold show, then upa hold approve R1 or upa hold reject R1"
RESUME = "or at once by upa resume; switched off after 2026-12-20 08:15 UTC"
SLOW = Quarantine(QuarantineReason.CREDENTIALS, BEFORE, "401", "pull")
UNDECIDED = Quarantine(QuarantineReason.HOLD_EXPIRED, BEFORE, "no answer", "decision")
FLIGHT = InFlight("hr", "R1", "upa-1.json", 1, "queued", START - 6 * HOUR, jobs=("j1",))
STATE = ConnectorState(watermark=READ)
LINES = {
    "healthy": (STATE, Lane(), Health("healthy", None)),
    "switched off comes before paused": (
        replace(STATE, paused=True, quarantine=replace(SLOW, off_since=START)),
        Lane(),
        Health(
            "quarantined",
            BEFORE,
            "switched off at 2026-11-22 10:15 UTC after 28 days of credentials: 401",
            "fix it (upa doctor), then upa resume",
        ),
    ),
    "switched off for want of a decision": (
        replace(STATE, hold=HELD, quarantine=replace(UNDECIDED, off_since=START)),
        Lane(),
        Health(
            "quarantined",
            BEFORE,
            "switched off at 2026-11-22 10:15 UTC after 28 days of hold_expired: no answer",
            DECIDE,
        ),
    ),
    "paused by somebody": (
        replace(STATE, paused=True, paused_by="Ann", paused_since=BEFORE, hold=HELD),
        Lane(),
        Health("paused", BEFORE, "paused by Ann", "upa resume"),
    ),
    "paused by nobody known": (
        replace(STATE, paused=True),
        Lane(),
        Health("paused", None, "paused by an administrator", "upa resume"),
    ),
    "held": (replace(STATE, hold=HELD), Lane(), Health("held", BEFORE, "too many", DECIDE)),
    "held comes before another quarantine": (
        replace(STATE, hold=HELD, quarantine=SLOW),
        Lane(),
        Health("held", BEFORE, "too many", DECIDE),
    ),
    "a hold that expired": (
        replace(STATE, hold=HELD, quarantine=UNDECIDED),
        Lane(),
        Health(
            "quarantined",
            BEFORE,
            "hold_expired: no answer",
            f"{DECIDE}; switched off after 2026-12-20 08:15 UTC",
        ),
    ),
    "quarantined, with a probe": (
        replace(STATE, quarantine=SLOW, pull_retry=Retry(1, START + HOUR, "401")),
        Lane(),
        Health(
            "quarantined",
            BEFORE,
            "credentials: 401",
            f"fix it (upa doctor); it is tried again at 2026-11-22 11:15 UTC, {RESUME}",
        ),
    ),
    "quarantined, without one": (
        replace(STATE, quarantine=replace(SLOW, probe="export")),
        Lane(),
        Health(
            "quarantined",
            BEFORE,
            "credentials: 401",
            f"fix it (upa doctor); it is tried again with the next change, {RESUME}",
        ),
    ),
    "stalled": (
        STATE,
        Lane(in_flight=FLIGHT),
        Health(
            "stalled",
            START - 6 * HOUR,
            "SharePoint has had the import job for hours",
            "nothing: it is given up after 24 h",
        ),
    ),
    "another connector's import job": (STATE, Lane(in_flight=replace(FLIGHT, connector="it")), Health("healthy", None)),
    "an import job not yet stalled": (
        STATE,
        Lane(in_flight=replace(FLIGHT, since=START - 5.9 * HOUR)),
        Health("healthy", None),
    ),
    "a run that failed": (
        replace(STATE, retry=Retry(1, START + HOUR, "503", since=BEFORE)),
        Lane(),
        Health("degraded", BEFORE, "503", "it tries again at 2026-11-22 11:15 UTC"),
    ),
    "an old watermark": (
        replace(STATE, watermark=replace(READ, issued=START - 5 * DAY)),
        Lane(),
        Health("degraded", START - 5 * DAY, "the source hasn't been read for days", "see whether the timer runs"),
    ),
    "the first round under way": (
        ConnectorState(open_round=OpenRound("r", "full", "first", BEFORE, OPEN_POSITION, (), "f")),
        Lane(),
        Health("starting", BEFORE, "the first full round isn't complete", "wait"),
    ),
    "nothing read yet": (
        ConnectorState(),
        Lane(),
        Health("starting", None, "the first full round isn't complete", "wait"),
    ),
}


@pytest.mark.parametrize("case", LINES)
def test_the_line_on_top_says_how_since_when_why_and_what_to_do(case: str) -> None:
    """What stops most comes first."""
    state, lane, expected = LINES[case]

    assert _said(health(World(0).connector, state, lane, START, NotificationLog())) == expected


def _said(one: Health) -> Health:
    """Leave out what the page says instead: another test has it."""
    return replace(one, on_page="")


ON_PAGE = {
    "switched off comes before paused": "fix it (upa doctor in a terminal), then press Switch on",
    "paused by somebody": "press Resume",
    "held": "look at the held plan, then press Approve or Reject",
    "quarantined, without one": "fix it (upa doctor in a terminal); it is tried again with the next change, "
    "or at once by Try now; switched off after 2026-12-20 08:15 UTC",
}


@pytest.mark.parametrize("case", LINES)
def test_what_to_do_on_the_page_names_its_buttons(case: str) -> None:
    """Whoever reads the page is told of a button where there is one; whatever has a remedy has one there too."""
    state, lane, expected = LINES[case]
    here = health(World(0).connector, state, lane, START, NotificationLog()).on_page

    assert bool(here) == bool(expected.todo)
    assert case not in ON_PAGE or here == ON_PAGE[case]


@pytest.mark.parametrize(
    ("released", "why"), [(False, "everything but export"), (True, "mappings, scope or source changed")]
)
def test_staging_says_what_it_waits_for(released: bool, why: str) -> None:
    """A connector that never went live, and one that was changed since."""
    connector = replace(World(0).connector, staging=True)
    state = replace(STATE, released=released, released_to="another" if released else "")

    assert _said(health(connector, state, Lane(), START, NotificationLog())) == Health(
        "staging", None, f"staging mode: {why}", "upa plan, then upa go"
    )


def test_the_last_ticks_trouble_and_an_urgent_alarm_degrade() -> None:
    """The trouble comes first; an alarm comes with its time and remedy."""
    connector = World(0).connector
    alarm = Alarm("silence", "r", "silence", "nothing has succeeded", "upa status")
    told = NotificationLog().judged([alarm], ("mail",), START, occasions=frozenset({"silence"}))

    assert _said(health(connector, STATE, Lane(), START, replace(told, trouble="503"))) == Health(
        "degraded", None, "503", "upa doctor; the next tick tries again"
    )
    assert _said(health(connector, STATE, Lane(), START, told)) == Health(
        "degraded", START, "silence: nothing has succeeded", "upa status"
    )
