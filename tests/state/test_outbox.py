"""The rounds that wait, and the request for a full one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.clock import START
from upa_core.domain.documents.connector_state import ConnectorState, RunRequest
from upa_core.domain.documents.rounds import SealedRound, Segment
from upa_core.domain.documents.runs import Counts, Hold, Run
from upa_core.state.outbox import MAX_ROUNDS, asking_for_full_round, with_round


def sealed(name: str, **fields: Any) -> SealedRound:
    known: dict[str, Any] = {"kind": "delta", "inputs": ("a",), "fingerprint": "f", "started": START, **fields}
    return SealedRound(name, reason="", sealed=START, segments=(Segment(f"{name}/1", 1, 1),), **known)


LAST = sealed("last")
FULL_OUTBOX = (*(sealed(f"r{n}") for n in range(MAX_ROUNDS - 1)), LAST)
LATER = sealed("later", started=START + timedelta(hours=1))
NAMING = Run("run", START, ("last",), (), Counts())


def test_rounds_stand_one_by_one_until_they_are_many() -> None:
    """Then a round goes into the last one, from whose beginning it counts, its rows after those that were there."""
    room = with_round(ConnectorState(sealed=FULL_OUTBOX[1:]), LATER)
    merged = with_round(ConnectorState(sealed=FULL_OUTBOX), LATER)

    assert (len(room), room[-1]) == (MAX_ROUNDS, LATER)
    assert (len(merged), merged[:-1]) == (MAX_ROUNDS, FULL_OUTBOX[:-1])
    assert (merged[-1].id, merged[-1].started, merged[-1].sealed) == ("later", LAST.started, LATER.sealed)
    assert [one.key for one in merged[-1].segments] == ["last/1", "later/1"]
    assert with_round(ConnectorState(), LATER) == (LATER,)


@pytest.mark.parametrize(
    ("last", "later", "state"),
    [
        ({}, {"kind": "full"}, {}),
        ({"kind": "full"}, {"kind": "full"}, {}),
        ({"requested": True}, {}, {}),
        ({}, {"source": "hr"}, {}),
        ({"source": "hr"}, {}, {}),
        ({}, {"inputs": ("b",)}, {}),
        ({}, {"fingerprint": "g"}, {}),
        ({}, {}, {"run": NAMING}),
        ({}, {}, {"hold": Hold(NAMING, START, "why")}),
    ],
)
def test_a_round_of_another_kind_stands_alone(last: Any, later: Any, state: Any) -> None:
    """As one that somebody looks up by its id, and one after a round that a run or a held plan has taken."""
    rounds = (*FULL_OUTBOX[:-1], replace(LAST, **last))
    found = with_round(ConnectorState(sealed=rounds, **state), replace(LATER, **later))

    assert (len(found), [one.id for one in found[-2:]]) == (MAX_ROUNDS + 1, ["last", "later"])


def test_a_full_round_is_asked_for_once() -> None:
    """A request for a delta round becomes one, and keeps its id; a full one stays as it is."""
    asked = asking_for_full_round(ConnectorState(), "fresh", START).requested
    delta, full = (RunRequest("before", full=one, at=START) for one in (False, True))

    assert asked == RunRequest("fresh", full=True, at=START)
    assert asking_for_full_round(ConnectorState(requested=delta), "fresh", START).requested == full
    state = ConnectorState(requested=full)
    assert asking_for_full_round(state, "fresh", START) is state
