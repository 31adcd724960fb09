"""Escrow by person and property: what waits, what is released, and how a refused property is found."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.fakes.clock import START
from upa_core.domain.people.escrow import Escrow
from upa_core.domain.people.escrow_entry import WHOLE, EscrowEntry, EscrowReason
from upa_core.domain.people.shadow import Shard

REFUSED = EscrowReason.REFUSED_BY_SHAREPOINT
ABCD = {"A": "a", "B": "b", "C": "c", "D": "d"}


def settle(shard: Shard, values: dict[str, str], bad: set[str], *, sequence: int, named: bool = False) -> bool:
    """Settle what was sent of `p` where some properties are refused; returns whether all of it was taken."""
    now = START + timedelta(days=sequence)
    if not bad & values.keys():
        shard.confirm({"p": values}, sequence, now)
        return True
    refused = {target if named else WHOLE: (REFUSED, "GenericError") for target in bad & values.keys()}
    shard.settle_partly("p", values, refused, (), sequence=sequence, now=now)
    return False


def differing(shard: Shard, wanted: dict[str, str]) -> dict[str, str]:
    """Return what differs from the shadow."""
    cells = dict(zip(shard.targets, shard.shadow("p") or [None] * len(shard.targets), strict=True))
    return {target: value for target, value in wanted.items() if cells[target] != value}


def test_delivering_a_property_releases_only_its_own_entry() -> None:
    """The other one waits on."""
    shard = Shard(("A", "B"))
    for target in ("A", "B"):
        shard.put_in_escrow("p", REFUSED, target, now=START, sequence=1)
    shard.confirm({"p": {"A": "a"}}, 2, START)

    assert set(shard.escrow["p"]) == {"B"}


def test_a_whole_person_isnt_released_while_something_that_was_sent_is_unknown() -> None:
    """Another route's delivery says nothing of what this one couldn't deliver."""
    shard = Shard(("A", "B"))
    shard.settle("p", {"A": "a", "B": None}, 1)
    shard.put_in_escrow("p", EscrowReason.PROFILE_NOT_CREATED, now=START, sequence=1)
    shard.confirm({"p": {"A": "a"}}, 2, START)
    before = set(shard.escrow)
    shard.confirm({"p": {"B": "b"}}, 3, START)

    assert (before, set(shard.escrow)) == ({"p"}, set())


def test_a_newcomer_is_due_at_once_when_one_of_two_batches_found_a_profile() -> None:
    """One route came before the profile was there, the other one after it: what the first failed to send isn't lost."""
    shard = Shard(("A", "B"))
    missing = {WHOLE: (EscrowReason.PROFILE_NOT_CREATED, "")}
    shard.settle_partly("p", {"A": "a"}, missing, (), sequence=1, now=START)
    later = START + timedelta(minutes=5)
    shard.confirm({"p": {"B": "b"}}, 2, later)

    assert list(shard.escrow.due(later)) == ["p"]
    shard.confirm({"p": {"A": "a"}}, 3, later)
    assert not shard.escrow


def test_what_waits_isnt_sent_before_it_is_due_and_a_corrected_value_goes_at_once() -> None:
    """Waiting is about the value that was refused."""
    shard = Shard(("A", "B"))
    shard.settle_partly("p", {"A": "bad"}, {"A": (REFUSED, "")}, (), sequence=1, now=START)
    due = shard.escrow["p"]["A"].due
    assert due is not None

    def held(value: str, moment: object) -> set[str]:
        return shard.escrow.held_back("p", {"A": value, "B": "b"}, moment, full_round=False)

    assert held("bad", due - timedelta(seconds=1)) == {"A"}
    assert held("bad", due) == set()
    assert held("good", START) == set()


@pytest.mark.parametrize("bad", [{"A"}, {"D"}, {"B", "C"}, {"A", "B", "C", "D"}, {"A", "D"}], ids=sorted)
@pytest.mark.parametrize("named", [True, False], ids=["named", "not named"])
def test_the_refused_are_set_aside_and_all_others_are_delivered(bad: set[str], named: bool) -> None:
    """Whatever the log says, with one try at a time, and nothing that is good is left out for ever."""
    shard, tries = Shard(tuple(ABCD)), 0
    now = START
    for sequence in range(1, 30):
        wanted = differing(shard, ABCD)
        out = shard.escrow.held_back("p", wanted, now, full_round=False)
        sent = {target: value for target, value in wanted.items() if target not in out}
        tries += bool(sent)
        if sent:
            settle(shard, sent, bad, sequence=sequence, named=named)
        now = max(now, shard.escrow["p"][WHOLE].due or now) if WHOLE in shard.escrow.of("p") else now
        if "p" in shard.escrow and WHOLE not in shard.escrow["p"]:
            break

    assert set(shard.escrow.of("p")) == bad
    assert differing(shard, ABCD).keys() == bad
    assert tries <= (2 if named else 9)


def test_a_retry_leaves_out_half_of_what_is_suspected() -> None:
    """The rest is tried; what is delivered is no longer suspected."""
    shard = Shard(tuple(ABCD))
    settle(shard, ABCD, {"B"}, sequence=1)
    due = shard.escrow["p"][WHOLE].due
    assert due is not None
    out = shard.escrow.held_back("p", ABCD, due, full_round=False)
    settle(shard, {target: ABCD[target] for target in ABCD.keys() - out}, {"B"}, sequence=2)

    assert out == {"A", "B"}
    assert shard.escrow["p"][WHOLE].suspected == ("A", "B")
    assert shard.escrow.held_back("p", ABCD, due, full_round=False) == {"A", "B"}


def test_settling_a_refusal_twice_is_settling_it_once() -> None:
    """The same batch narrows the search once."""
    once, twice = Shard(tuple(ABCD)), Shard(tuple(ABCD))
    for shard, times in ((once, 1), (twice, 2)):
        for _ in range(times):
            settle(shard, ABCD, {"B"}, sequence=1)
        for _ in range(times):
            settle(shard, {"A": "a", "B": "b"}, {"B"}, sequence=2)
        for _ in range(times):
            settle(shard, {"A": "a"}, {"B"}, sequence=3)

    assert once == twice
    assert set(once.escrow["p"]) == {WHOLE, "B"}


def test_values_that_were_allowed_once_arent_a_new_change() -> None:
    """Only the very same values: another value has to be judged."""
    escrow = Escrow()
    escrow.note_sent("p", ABCD, ["A"])

    assert escrow.was_allowed("p", {"B": "b", "C": "c"})
    assert not escrow.was_allowed("p", {"B": "other"})
    assert not escrow.was_allowed("p", {"A": "a"})
    assert not escrow.was_allowed("q", {})


def test_the_earliest_of_a_person_counts() -> None:
    """A property's due moment is looked at like a person's."""
    shard = Shard(("A", "B"))
    shard.put_in_escrow("p", EscrowReason.REQUESTED, "A", now=START, due=START + timedelta(hours=2))
    shard.put_in_escrow("p", EscrowReason.REQUESTED, "B", now=START, due=START + timedelta(hours=1))

    assert shard.escrow.next_due() == START + timedelta(hours=1)
    assert list(shard.escrow.due(START + timedelta(hours=1))) == ["p"]
    assert list(shard.escrow.due(START)) == []


@pytest.mark.parametrize("reason", [EscrowReason.NOT_KEPT, EscrowReason.USER_EDITED])
def test_a_value_that_isnt_kept_is_tried_three_times(reason: EscrowReason) -> None:
    """The fourth time comes with another value, which has three tries of its own; a clear is a value like any other."""
    shard = Shard(("A",))

    def fail(value: str, sequence: int) -> None:
        now = START + timedelta(days=sequence)
        shard.settle_partly("p", {"A": value}, {"A": (reason, "A")}, (), sequence=sequence, now=now)

    late = START + timedelta(days=300)
    held = []
    for sequence in (1, 2, 3):
        fail("a", sequence)
        held.append(shard.escrow.held_back("p", {"A": "a"}, late, full_round=False))
    over = shard.escrow["p"]["A"]
    other = [shard.escrow.held_back("p", {"A": value}, late, full_round=False) for value in ("b", "")]
    fail("b", 4)

    assert held == [set(), set(), {"A"}]
    assert (over.tries, over.due, other) == (3, None, [set(), set()])
    assert shard.escrow["p"]["A"].tries == 1
    fail("", 5)
    assert (shard.escrow["p"]["A"].tries, shard.escrow.held_back("p", {"A": ""}, START, full_round=False)) == (1, {"A"})


def test_three_tries_are_all_unless_somebody_asks() -> None:
    """Not even a full round tries an unconfirmed value again; at a user's edit it looks; a request does both."""
    shard, late = Shard(("A", "B")), START + timedelta(days=300)
    for sequence in (1, 2, 3):
        refused = {"A": (EscrowReason.NOT_KEPT, "A"), "B": (EscrowReason.USER_EDITED, "B")}
        shard.settle_partly("p", {"A": "a", "B": "b"}, refused, (), sequence=sequence, now=START)
    values = {"A": "a", "B": "b"}
    daily, full = (shard.escrow.held_back("p", values, late, full_round=one) for one in (False, True))
    shard.escrow.ask("p", EscrowReason.REQUESTED, now=late, sequence=9)

    assert (daily, full) == ({"A", "B"}, {"A"})
    assert shard.escrow.held_back("p", values, late, full_round=False) == set()


def test_what_is_dropped_is_told_although_some_of_it_wasnt_there() -> None:
    """Whoever drops several properties learns that one of them waited."""
    shard = Shard(("A", "B"))
    shard.put_in_escrow("p", EscrowReason.REQUESTED, "A", now=START)

    assert shard.escrow.drop("p", ["A", "B"])
    assert not shard.escrow.drop("p", ["A", "B"])


def test_only_what_is_due_is_dropped_of_somebody_whom_the_source_doesnt_know() -> None:
    """What isn't due is looked at when its time comes."""
    shard = Shard(("A", "B"))
    for target, hours in (("A", 0), ("B", 5)):
        shard.put_in_escrow("p", EscrowReason.REQUESTED, target, now=START, due=START + timedelta(hours=hours))

    assert shard.escrow.drop_due("p", START)
    assert set(shard.escrow["p"]) == {"B"}


def test_whoever_was_sent_something_unconfirmed_is_planned_with_care() -> None:
    """Nobody of them waits: what was sent is still compared with what is sent next."""
    escrow = Escrow()
    escrow.note_sent("p", {"A": "a"}, ())

    assert (set(escrow), set(escrow.careful())) == (set(), {"p"})


def test_while_a_refused_property_is_searched_for_only_the_search_is_due() -> None:
    """A property that is set aside meanwhile is tried after it, and not between two steps of it."""
    shard = Shard(tuple(ABCD))
    settle(shard, ABCD, {"B"}, sequence=1)
    shard.put_in_escrow("p", REFUSED, "A", now=START, sequence=1, due=START)
    due = shard.escrow["p"][WHOLE].due

    assert due is not None
    assert (list(shard.escrow.due(due - timedelta(seconds=1))), list(shard.escrow.due(due))) == ([], ["p"])
    assert shard.escrow.next_due() == due


def test_a_refused_property_waits_longer_than_a_person() -> None:
    """Another try alone doesn't help; whoever has no profile may get one within the hour."""
    shard = Shard(("A",))
    for person, target in (("p", "A"), ("q", WHOLE)):
        shard.put_in_escrow(person, REFUSED, target, now=START, sequence=1)

    assert [shard.escrow[person][target].due for person, target in (("p", "A"), ("q", WHOLE))] == [
        START + timedelta(hours=6),
        START + timedelta(hours=1),
    ]


def test_only_what_was_refused_before_is_blamed_again() -> None:
    """A property that waits for another reason is suspected like the others."""
    shard = Shard(("A", "B"))
    shard.put_in_escrow("p", EscrowReason.REQUESTED, "A", now=START)
    settle(shard, {"A": "a", "B": "b"}, {"B"}, sequence=1)

    assert shard.escrow["p"][WHOLE].suspected == ("A", "B")


def test_a_single_property_that_is_refused_is_set_aside_at_once() -> None:
    """There is nothing to search for."""
    shard = Shard(("A",))
    settle(shard, {"A": "a"}, {"A"}, sequence=1)

    assert set(shard.escrow["p"]) == {"A"}


def test_what_was_sent_beside_a_property_that_is_blamed_again_is_sent_without_it() -> None:
    """Nobody knows whether it arrived, and nothing else would send it."""
    shard = Shard(("A", "B"))
    settle(shard, {"A": "a"}, {"A"}, sequence=1)
    settle(shard, {"A": "a", "B": "b"}, {"A"}, sequence=2)

    assert set(shard.escrow["p"]) == {"A", WHOLE}
    assert (shard.escrow["p"][WHOLE].suspected, shard.escrow["p"][WHOLE].kept_back) == ((), ("B",))


def test_a_name_in_the_log_ends_the_suspicion_of_what_was_sent_beside_it() -> None:
    """That waits to be sent without it, with what waited so before; settling it twice changes nothing."""
    shard = Shard((*ABCD, "E"))
    settle(shard, ABCD, {"C"}, sequence=1)
    settle(shard, {"E": "e", "D": "d"}, {"E"}, sequence=2, named=True)
    once = shard.escrow["p"][WHOLE]
    settle(shard, {"E": "e", "D": "d"}, {"E"}, sequence=2, named=True)
    settle(shard, {"E": "e", "A": "a"}, {"E"}, sequence=3, named=True)

    assert (once.suspected, once.kept_back, once.tries) == (("A", "B", "C"), ("D",), 2)
    assert (shard.escrow["p"][WHOLE].suspected, shard.escrow["p"][WHOLE].kept_back) == (("B", "C"), ("A", "D"))


def test_each_value_that_was_sent_is_remembered_until_it_is_confirmed() -> None:
    """A later batch adds to the earlier; all of the values have to be known, not one of them."""
    escrow = Escrow()
    escrow.note_sent("p", {"A": "a"}, ())
    escrow.note_sent("p", {"B": "b"}, ())

    assert escrow.was_allowed("p", {"A": "a", "B": "b"})
    assert not escrow.was_allowed("p", {"A": "a", "B": "other"})
    escrow.note_sent("p", {}, ["A"])
    assert not escrow.was_allowed("p", {"A": "a"})


def test_only_what_is_planned_is_held_back() -> None:
    """A property that waits says nothing of another one, whether its refused value is known or not."""
    shard = Shard(("A", "B", "C"))
    shard.settle_partly("p", {"A": "bad"}, {"A": (REFUSED, "")}, (), sequence=1, now=START)
    shard.put_in_escrow("p", EscrowReason.OVER_BUDGET, "C", now=START)

    assert shard.escrow.held_back("p", {"B": "b"}, START, full_round=False) == set()
    assert shard.escrow.held_back("p", {"B": "b", "C": "c"}, START, full_round=False) == {"C"}


def test_a_corrected_value_doesnt_wait_for_the_time_of_the_invalid_one() -> None:
    """Nothing was sent of it: there is nothing to hold back."""
    shard = Shard(("A",))
    shard.put_in_escrow("p", EscrowReason.INVALID_VALUE, "A", now=START)

    assert shard.escrow.held_back("p", {"A": "good"}, START, full_round=False) == set()


def test_where_a_suspected_value_changed_all_others_are_tried_together() -> None:
    """It may have been the refused one; before the search is due, only the new value goes."""
    shard = Shard(tuple(ABCD))
    settle(shard, ABCD, {"B"}, sequence=1)
    due, changed = shard.escrow["p"][WHOLE].due, {**ABCD, "B": "new"}
    assert due is not None

    assert shard.escrow.held_back("p", changed, due, full_round=False) == set()
    assert shard.escrow.held_back("p", changed, due - timedelta(hours=1), full_round=False) == {"A", "C", "D"}


def test_a_property_of_somebody_who_waits_as_a_whole_has_its_own_time() -> None:
    """Unless a refused property is searched for."""
    shard = Shard(("A",))
    shard.put_in_escrow("p", EscrowReason.PROFILE_NOT_CREATED, now=START, sequence=1)
    shard.put_in_escrow("p", EscrowReason.OVERTAKEN, "A", now=START, sequence=1, due=START)

    assert (list(shard.escrow.due(START)), shard.escrow.next_due()) == (["p"], START)


@pytest.mark.parametrize("why", [one for one in EscrowReason if one is not REFUSED])
@pytest.mark.parametrize("before", list(EscrowReason))
def test_what_was_tried_and_refused_with_its_person_is_due_no_more(before: EscrowReason, why: EscrowReason) -> None:
    """A property whose time has come goes in a batch, and the person has no profile: it waits as the person does.

    It was due for ever, and the person was planned again at once, thousands of times. Settling twice is settling once.
    """
    shard = Shard(("A", "B"))
    shard.escrow.put("p", "A", EscrowEntry(before, START, 1, START, 1))
    ends = []
    for _ in range(2):
        shard.settle_partly("p", {"A": "a"}, {WHOLE: (why, "")}, (), sequence=2, now=START)
        ends.append((dict(shard.escrow["p"]), list(shard.escrow.due(START))))

    assert ends[0] == ends[1]
    assert ends[0][1] == []
    assert ("A" in ends[0][0]) is (before is not EscrowReason.OVER_BUDGET)


def test_a_property_that_was_not_in_the_batch_keeps_its_time() -> None:
    """That the person was refused with other properties says nothing about it."""
    shard = Shard(("A", "B"))
    for target, due in (("A", START), ("B", START + timedelta(hours=5))):
        shard.escrow.put("p", target, EscrowEntry(REFUSED, START, 1, due, 1))
    shard.settle_partly("p", {"B": "b"}, {WHOLE: (EscrowReason.OTHER_GEO, "")}, (), sequence=2, now=START)

    assert {target: shard.escrow["p"][target].due for target in "AB"} == {"A": START, "B": START + timedelta(hours=5)}
