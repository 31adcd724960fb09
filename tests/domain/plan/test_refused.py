"""Which properties an answer refuses for everybody, and with whom they are tried."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from upa_core.domain.people.escrow import Escrow
from upa_core.domain.people.escrow_entry import WHOLE, EscrowReason
from upa_core.domain.people.verdict import PersonVerdict, Refusal
from upa_core.domain.plan.refused import FOR_EVERYBODY, LEAST_PEOPLE, TRIES, Aside, judge_properties
from upa_core.domain.plan.tally import Tally

NO = Refusal(EscrowReason.REFUSED_BY_SHAREPOINT, "GenericError")
TEN = [f"p{n}" for n in range(LEAST_PEOPLE)]


def verdicts(target: str, people: list[str], reason: Refusal = NO) -> dict[str, PersonVerdict]:
    return {person: PersonVerdict({target: reason}) for person in people}


def test_a_property_refused_for_all_who_were_sent_it() -> None:
    """People who weren't sent it prove nothing."""
    judged = judge_properties(verdicts("A", TEN), [*TEN, "q"], lambda p: ["B"] if p == "q" else ["A", "B"], ())

    assert (dict(judged.refused), dict(judged.people)) == ({"A": NO}, {"A": LEAST_PEOPLE})


@pytest.mark.parametrize(
    "failed",
    [
        verdicts("A", TEN[1:]),
        verdicts("A", TEN, Refusal(EscrowReason.PROFILE_NOT_CREATED, "x")),
        verdicts(WHOLE, TEN),
        {**verdicts("A", TEN), "r": PersonVerdict({"B": NO})},
    ],
    ids=["one was taken", "no profiles", "nobody knows which", "one refused for something else"],
)
def test_what_is_no_proof(failed: dict[str, PersonVerdict]) -> None:
    """One who was sent the property and isn't known to be refused for it is enough to clear it."""
    assert judge_properties(failed, [*TEN, *failed], lambda _: ["A", "B"], ()).refused == {}


def test_a_person_named_alone_means_the_one_property_that_was_sent() -> None:
    """A log that names no property still names it where there is only one."""
    assert judge_properties(verdicts(WHOLE, TEN), TEN, lambda _: ["A"], ()).refused == {"A": NO}


def test_one_person_is_enough_for_a_property_that_was_set_aside() -> None:
    """A try that fails keeps it aside; one that succeeds is told."""
    again = judge_properties(verdicts("A", ["p"]), ["p", "q"], lambda p: ["A"] if p == "p" else ["B"], ["A"])
    back = judge_properties(verdicts("A", ["p"]), ["p", "q"], lambda _: ["A"], ["A"])

    assert (dict(again.refused), again.taken) == ({"A": NO}, frozenset())
    assert (dict(back.refused), back.taken) == ({}, {"A"})


def test_a_property_set_aside_is_tried_with_few() -> None:
    """At any time with people whose value is new, three at most; with others only at a full round."""
    escrow, tally = Escrow(), Tally()
    for person in TEN:
        escrow.note_sent(person, {"A": "refused"}, ())

    def sent(value: str, *, full_round: bool) -> int:
        aside = Aside(["A"])
        return sum("A" in aside.leave_out(escrow, p, {"A": value, "B": "b"}, tally, full_round=full_round) for p in TEN)

    found = [sent("refused", full_round=False), sent("new", full_round=False), sent("refused", full_round=True)]
    assert found == [0, TRIES, TRIES]
    assert tally.held_back == 3 * len(TEN) - 2 * TRIES


def test_who_was_asked_for_by_name_is_sent_it() -> None:
    """`upa sync-user` sends what it says."""
    escrow, aside = Escrow(), Aside(["A"])
    escrow.note_sent("p", {"A": "refused"}, ())
    escrow.ask("p", EscrowReason.REQUESTED, now=datetime(2026, 11, 22, tzinfo=UTC), sequence=1)

    assert aside.leave_out(escrow, "p", {"A": "refused"}, Tally(), full_round=False) == {"A": "refused"}


def test_a_value_that_isnt_sent_for_it_is_a_row_of_the_run() -> None:
    """Whoever's value changed is told; at a full round it concerns everybody, and one cause tells it."""
    escrow, told = Escrow(), {}
    escrow.note_sent("p", {"A": "refused"}, ())
    for full_round in (False, True):
        tally, aside = Tally(), Aside(["A"])
        aside.leave_out(escrow, "p", {"A": "refused", "B": "b"}, tally, full_round=full_round)
        told[full_round] = tally.left

    assert told[False] == {"p": {"A": ("refused_by_sharepoint", FOR_EVERYBODY, "refused")}}
    assert aside.leave_out(Escrow(), "q", {"A": "x"}, tally, full_round=True) == {"A": "x"}
    assert told[True] == {}
