"""The change threshold: what is held, and what is exempt."""

from __future__ import annotations

from datetime import timedelta

from tests.fakes.clock import START
from upa_core.domain.connector import ChangeThreshold
from upa_core.domain.documents.runs import Counts, Exported
from upa_core.domain.plan.threshold import reason_to_hold

LIMITS = ChangeThreshold(updates_absolute=None, updates_percent=30.0, clears_absolute=50, clears_percent=5.0)


def held(updated: int = 0, cleared: int = 0, *earlier: Exported, known: int = 100, exempt: bool = False) -> str:
    counts = Counts(updated=updated, cleared=cleared)
    return reason_to_hold(counts, known=known, earlier=earlier, threshold=LIMITS, now=START, updates_exempt=exempt)


def test_updates_and_clears_are_judged_apart() -> None:
    """30 updates and 5 clears of 100 people pass, one more of either is held."""
    assert held(30, 5) == ""
    assert held(31).startswith("updates of 31")
    assert held(0, 6).startswith("clears of 6")


def test_the_window_is_rolling() -> None:
    """What was exported in the last 24 h counts; a plan that doesn't add to it passes."""
    assert held(2, 0, Exported(START - timedelta(hours=23), 29, 0))
    assert not held(2, 0, Exported(START - timedelta(hours=24), 29, 0))
    assert not held(1, 0, Exported(START, 0, 99))


def test_values_that_were_sent_before_and_wait_to_be_confirmed_arent_counted_again() -> None:
    """Of 40 who would be updated ten are tries again: 30 pass, and tries alone add nothing to the day."""
    limits = {"known": 100, "threshold": LIMITS, "now": START, "updates_exempt": False}

    assert reason_to_hold(Counts(updated=40, again=10), earlier=(), **limits) == ""
    assert reason_to_hold(Counts(updated=40, again=9), earlier=(), **limits).startswith("updates of 31")
    assert reason_to_hold(Counts(updated=10, again=10), earlier=(Exported(START, 99, 0),), **limits) == ""


def test_an_announced_full_round_is_exempt_for_updates_only() -> None:
    """Clears of an announced full round are held like any others."""
    assert held(100, 0, exempt=True) == ""
    assert held(100, 6, exempt=True).startswith("clears")


def test_without_known_people_only_absolute_limits_hold() -> None:
    """Nobody is known before the first full round."""
    assert held(1000, 50, known=0) == ""
    assert held(1000, 51, known=0).startswith("clears")
