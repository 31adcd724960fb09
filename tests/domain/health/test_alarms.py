"""The alarms, word by word: what a tired administrator reads first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.clock import START
from upa_core.domain.documents.connector_state import ConnectorState, Debt
from upa_core.domain.documents.lane import InFlight, Lane
from upa_core.domain.documents.quarantine import Quarantine, QuarantineReason
from upa_core.domain.documents.rounds import Watermark
from upa_core.domain.documents.runs import Counts, Hold, Retry, Run
from upa_core.domain.health.alarms import Alarm, Facts, alarms_of
from upa_core.domain.health.notification_log import NotificationLog

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
RUN = Run("R1", START, (), (), Counts())
READ = Watermark("https://graph/delta", START - HOUR, "f")
BEFORE = START - 2 * HOUR
HELD = Hold(RUN, BEFORE, "too many")
SLOW = Quarantine(QuarantineReason.CREDENTIALS, BEFORE, "401", "pull")
UNDECIDED = Quarantine(QuarantineReason.HOLD_EXPIRED, BEFORE, "no answer", "decision")
FLIGHT = InFlight("hr", "R1", "upa-1.json", 1, "queued", START - 6 * HOUR, jobs=("j1",))
STATE = ConnectorState(watermark=READ)


def _facts(state: ConnectorState = STATE) -> Facts:
    return Facts(
        state=state,
        lane=Lane(),
        now=START,
        first_seen=START - HOUR,
        silence_after=DAY,
        token_warn_age=5 * DAY,
        connector="hr",
    )


LEAVES = "it leaves by itself when it works, and is switched off after 2026-12-20"
ALARMS: dict[str, tuple[Facts, Alarm]] = {
    "a run failed": (
        _facts(replace(STATE, last_run="R9", retry=Retry(1, START, "503 (request a1b2) after 3 tries"))),
        Alarm(
            "failed",
            "after  tries",
            "a run failed",
            "503 (request a1b2) after 3 tries",
            "upa runs; it is tried again",
            "R9",
        ),
    ),
    "a tick failed": (
        replace(_facts(), trouble="no answer"),
        Alarm("failed", "no answer", "the last tick failed", "no answer", "upa doctor; the next tick tries again"),
    ),
    "held": (
        _facts(replace(STATE, hold=HELD)),
        Alarm("held", "R1", "a plan is held", "too many", "upa hold show, then approve or reject R1", "R1"),
    ),
    "quarantined": (
        _facts(replace(STATE, quarantine=SLOW)),
        Alarm("quarantined", "credentials", "quarantined", "credentials: 401", f"upa doctor; {LEAVES}"),
    ),
    "quarantined for want of a decision": (
        _facts(replace(STATE, quarantine=UNDECIDED)),
        Alarm(
            "quarantined",
            "hold_expired",
            "quarantined",
            "hold_expired: no answer",
            f"upa hold show, then approve or reject; {LEAVES}",
        ),
    ),
    "switched off": (
        _facts(replace(STATE, quarantine=replace(SLOW, off_since=START))),
        Alarm(
            "quarantined",
            "credentials, off",
            "switched off",
            "credentials: 401",
            "fix it (upa doctor), then upa resume",
        ),
    ),
    "escrow grows": (
        replace(_facts(), escrow=25, escrow_before=5),
        Alarm("escrow_growing", "growing", "escrow grows", "25 people in escrow, 5 a day ago", "upa escrow list"),
    ),
    "a certificate that ends": (
        replace(_facts(), certificate_ends=START + 14 * DAY - HOUR),
        Alarm(
            "certificate",
            "2026-12-06 14",
            "the certificate ends in less than 14 days",
            "it ends 2026-12-06 09:15 UTC",
            "rotate it",
            urgent=False,
        ),
    ),
    "a certificate that has ended": (
        replace(_facts(), certificate_ends=START - HOUR),
        Alarm(
            "certificate",
            "2026-11-22 0",
            "the certificate has expired",
            "it ends 2026-11-22 09:15 UTC",
            "rotate it",
        ),
    ),
    "an old watermark": (
        _facts(replace(STATE, watermark=replace(READ, issued=START - 5 * DAY))),
        Alarm(
            "token_age",
            "old",
            "the watermark grows old",
            "the directory hasn't been read since 2026-11-17 10:15 UTC",
            "does the timer run? upa status",
        ),
    ),
    "silence": (
        replace(_facts(), first_seen=START - DAY),
        Alarm(
            "silence", "20261121T101500", "silence", "nothing has succeeded since 2026-11-21 10:15 UTC", "upa status"
        ),
    ),
    "a stalled import job": (
        replace(_facts(), lane=Lane(in_flight=FLIGHT)),
        Alarm(
            "import_job_stalled",
            "upa-1.json",
            "an import job is stalled",
            "SharePoint hasn't ended upa-1.json since 2026-11-22 04:15 UTC",
            "nothing before 24 h are over",
            "R1",
            ("j1",),
        ),
    ),
    "unpaid deletions": (
        _facts(replace(STATE, debts=(Debt("u", False, START - 3 * DAY), Debt("v", False, START)))),
        Alarm(
            "deletions_unpaid",
            "old",
            "deletions are unpaid",
            "2 files or folders can't be deleted from the library",
            "a retention label, a lock, a role?",
        ),
    ),
    "drift": (
        replace(_facts(), drifted=2, drifting=("CostCenter", "Office"), contested=("Office",)),
        Alarm(
            "drift",
            "CostCenter,Office Office",
            "profiles aren't as confirmed",
            "2 people differ in CostCenter, Office; somebody or something else writes Office again and again",
            "upa drift",
            urgent=False,
        ),
    ),
    "single writes that aren't proven": (
        replace(_facts(), unproven=("the probe of 2026-10-01 is over", "SharePoint refused to set Office")),
        Alarm(
            "single_writes",
            "the probe of -- is over SharePoint refused to set Office",
            "single writes wait",
            "the probe of 2026-10-01 is over; SharePoint refused to set Office",
            "upa doctor --probe-individual USER",
            urgent=False,
        ),
    ),
    "profiles that can't be read back": (
        replace(_facts(), unread="profiles can't be read: denied"),
        Alarm(
            "drift",
            "profiles can't be read: denied",
            "profiles aren't as confirmed",
            "profiles can't be read: denied",
            "upa drift",
            urgent=False,
        ),
    ),
}


@pytest.mark.parametrize("case", ALARMS)
def test_each_fact_raises_its_one_alarm(case: str) -> None:
    """With what happened, what to do, and a reason that changes when it is worth another message."""
    facts, expected = ALARMS[case]

    assert list(alarms_of(facts)) == [expected]


SILENT: dict[str, Callable[[Facts], Facts]] = {
    "nothing": lambda facts: facts,
    "escrow grows a little": lambda facts: replace(facts, escrow=24, escrow_before=5),
    "a certificate that ends in a month": lambda facts: replace(facts, certificate_ends=START + 30 * DAY),
    "a watermark not yet old": lambda facts: replace(
        facts, state=replace(STATE, watermark=replace(READ, issued=START - 4.9 * DAY))
    ),
    "a deletion of yesterday": lambda facts: replace(
        facts, state=replace(STATE, debts=(Debt("u", is_folder=False, since=START - 2.9 * DAY),))
    ),
    "silence that is young": lambda facts: replace(facts, first_seen=START - 0.9 * DAY),
    "silence while paused": lambda facts: replace(facts, first_seen=START - DAY, state=replace(STATE, paused=True)),
    "silence before it ever went live": lambda facts: replace(facts, first_seen=START - DAY, staging=True),
    "a success of yesterday": lambda facts: replace(
        facts, first_seen=START - 3 * DAY, state=replace(STATE, last_success=START - 0.9 * DAY)
    ),
    "a pull of yesterday with nothing to do": lambda facts: replace(
        facts, first_seen=START - 3 * DAY, state=replace(STATE, last_pull=START - 0.9 * DAY)
    ),
    "another connector's import job": lambda facts: replace(
        facts, lane=Lane(in_flight=replace(FLIGHT, connector="it"))
    ),
}


@pytest.mark.parametrize("case", SILENT)
def test_what_is_as_it_should_be_raises_none(case: str) -> None:
    """Each just short of its bound."""
    assert list(alarms_of(SILENT[case](_facts()))) == []


def test_an_alarm_is_told_once_and_its_end_to_who_heard_of_it() -> None:
    """The same reason keeps its entry, a new one keeps its beginning; an end that nobody heard of is none."""
    channels, occasions = ("mail", "hook"), frozenset({"silence", "recovered"})
    alarm = Alarm("silence", "a", "silence", "d", "t")
    first = NotificationLog().judged([alarm], channels, START, occasions=occasions)
    again = first.judged([replace(alarm, detail="later")], channels, START + HOUR, occasions=occasions)
    entry = first.claimed(first.due(START), START).entries[0]
    heard = first.claimed(first.due(START), START).sent(entry, ("hook",), START)
    worse = heard.judged([replace(alarm, reason="b")], channels, START + HOUR, occasions=occasions)
    over = heard.judged([], channels, START + HOUR, occasions=occasions)

    assert again.entries == first.entries
    assert (entry.tries, entry.not_before) == (1, START + timedelta(minutes=15))
    assert [(e.waiting, e.heard, e.not_before) for e in heard.entries] == [
        (("hook",), True, START + timedelta(minutes=15))
    ]
    assert [(e.reason, e.since, e.heard, e.waiting) for e in worse.entries] == [("b", START, True, channels)]
    assert [(e.over, e.waiting, e.tries, e.not_before) for e in over.entries] == [(True, channels, 0, None)]
    assert first.judged([], channels, START + HOUR, occasions=occasions).entries == ()
