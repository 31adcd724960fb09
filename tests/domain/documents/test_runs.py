"""What a run came to, by what reached profiles."""

from __future__ import annotations

import pytest

from upa_core.domain.documents.runs import Counts, Outcome, outcome_of


@pytest.mark.parametrize(
    ("counts", "outcome"),
    [
        (Counts(exported=40), "complete"),
        (Counts(exported=39, escrowed=1), "partly"),
        (Counts(exported=39, escrowed=1, waiting=1), "partly"),
        (Counts(escrowed=40), "failed"),
        (Counts(escrowed=40, waiting=39), "failed"),
        (Counts(escrowed=1, waiting=1), "partly"),
    ],
)
def test_a_run_is_judged_by_what_reached_profiles(counts: Counts, outcome: Outcome) -> None:
    """Nobody exported and people in escrow is a failure, unless all of them wait for their profile."""
    assert outcome_of("success", counts) == outcome


@pytest.mark.parametrize("status", ["failed", "no_change", "rejected"])
def test_what_ended_otherwise_stays_what_it_is(status: Outcome) -> None:
    """A run that failed, found nothing or was rejected says so."""
    assert outcome_of(status, Counts(exported=1)) == status
