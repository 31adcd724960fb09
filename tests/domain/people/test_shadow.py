"""The shadow and escrow of one shard."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.fakes.clock import START
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.domain.people.shadow import MOST_OURS, Shard, group_members, shard_of, shards_for

AB = ("A", "B")


def test_an_older_file_never_beats_a_newer_one() -> None:
    """Settled late, it leaves nobody knowing which of the two is there: unknown and due; what only it held counts."""
    shard = Shard(AB)
    shard.settle("p", {"A": "new"}, 7)
    shard.confirm({"p": {"A": "old", "B": "b"}}, 5, START)

    assert shard.shadow("p") == [None, "b"]
    assert shard.escrow["p"]["A"].reason is EscrowReason.OVERTAKEN
    assert list(shard.escrow.due(START)) == ["p"]
    shard.settle("p", {"A": "old"}, 6)
    assert shard.shadow("p") == [None, "b"]
    shard.confirm({"p": {"A": "newest"}}, 8, START)
    assert (shard.shadow("p"), bool(shard.escrow)) == (["newest", "b"], False)


def test_settling_twice_is_settling_once() -> None:
    """A repeated settle gives the same shard."""
    shard, twice = Shard(AB), Shard(AB)
    for _ in range(2):
        twice.settle("p", {"A": "1", "B": None}, 3)
    shard.settle("p", {"A": "1", "B": None}, 3)
    assert shard == twice


def test_a_file_from_before_somebody_was_forgotten_tells_nothing_of_strangers() -> None:
    """A stalled instance that settles an old file can't give a rejoiner a shadow."""
    shard = Shard(AB)
    shard.settle("p", {"A": "1"}, 4)
    assert shard.end("p", 4)
    shard.settle("p", {"A": "1"}, 4)
    assert shard.shadow("p") is None
    shard.settle("p", {"A": "2"}, 5)
    assert shard.shadow("p") == ["2", None]


def test_a_failed_file_counts_one_try_however_often_it_is_settled() -> None:
    """The same file's failure settled again changes neither tries nor due."""
    shard = Shard(AB)
    for _ in range(3):
        shard.put_in_escrow("p", EscrowReason.PROFILE_NOT_CREATED, now=START, sequence=2)
    assert (shard.escrow["p"]["*"].tries, shard.escrow["p"]["*"].due) == (1, START + timedelta(hours=1))


def test_another_reason_counts_tries_anew_and_keeps_since_when() -> None:
    """How often is told of the present reason; the person has waited all the time."""
    shard = Shard(AB)
    shard.put_in_escrow("p", EscrowReason.PROFILE_NOT_CREATED, now=START, sequence=1)
    later = START + timedelta(days=9)
    shard.put_in_escrow("p", EscrowReason.REFUSED_BY_SHAREPOINT, now=later, sequence=2)
    assert (shard.escrow["p"]["*"].since, shard.escrow["p"]["*"].tries) == (START, 1)


def test_somebody_newly_in_escrow_stays_when_an_older_file_delivers_them() -> None:
    """Only the file that put them there, or a newer one, takes people out of escrow."""
    shard = Shard(AB)
    shard.put_in_escrow("p", EscrowReason.REFUSED_BY_SHAREPOINT, now=START, sequence=5)
    shard.leave_escrow("p", AB, 4, START)
    assert "p" in shard.escrow
    shard.leave_escrow("p", AB, 5, START)
    assert "p" not in shard.escrow


def test_a_doubt_keeps_why_somebody_waited_and_makes_them_due() -> None:
    """A zombie's end makes values unknown and people due, without forgetting since when they wait."""
    shard = Shard(AB)
    shard.settle("p", {"A": "1", "B": "2"}, 3)
    shard.put_in_escrow("p", EscrowReason.PROFILE_NOT_CREATED, now=START, sequence=3)
    now = START + timedelta(days=2)
    shard.doubt("p", {"A": "1"}, now=now, sequence=9)
    entry = shard.escrow["p"]["*"]
    assert shard.shadow("p") == [None, "2"]
    assert (entry.reason, entry.since, entry.due) == (EscrowReason.PROFILE_NOT_CREATED, START, now)
    shard.doubt("q", {"A": "1"}, now=now, sequence=9)
    assert shard.escrow["q"]["*"].reason is EscrowReason.IMPORT_JOB_ABANDONED


def test_shards_are_a_power_of_two_and_lie_within_a_partition() -> None:
    """Doubling the shards splits each, so that a plan can go partition by partition."""
    assert [shards_for(n, 500) for n in (0, 500, 501, 1_000_000)] == [1, 1, 2, 2048]
    assert [shards_for(n, 500, 256) for n in (0, 31, 1000, 10_000, 128_000, 1_000_000)] == [1, 1, 64, 256, 256, 2048]
    assert all(shard_of(f"p{n}", 128) % 64 == shard_of(f"p{n}", 64) for n in range(200))


def test_ending_somebody_leaves_nothing() -> None:
    """Shadow, escrow, missed and declined go together."""
    shard = Shard(AB)
    shard.settle("p", {"A": "a"}, 1)
    shard.put_in_escrow("p", EscrowReason.INVALID_VALUE, now=START)
    shard.missed["p"], shard.declined["p"] = "r", {"A": "x"}
    assert shard.end("p")
    assert shard.known() == set()
    assert not shard.end("p")


def test_what_is_made_unknown_keeps_its_stamp() -> None:
    """Every value is forgotten, an older file brings none back, a newer one does."""
    shard = Shard(AB)
    shard.settle("p", {"A": "1", "B": "2"}, 7)
    shard.make_unknown("p")
    shard.make_unknown("stranger")
    forgotten = shard.shadow("p")
    shard.settle("p", {"A": "old"}, 5)

    assert (forgotten, shard.shadow("p"), shard.shadow("stranger")) == ([None, None], [None, None], None)
    shard.settle("p", {"A": "new"}, 8)
    assert shard.shadow("p") == ["new", None]


def test_what_is_confirmed_of_somebody_known_obeys_the_stamps() -> None:
    """As when they are settled one by one."""
    shard = Shard(AB)
    shard.settle("p", {"A": "new"}, 7)
    shard.confirm({"p": {"A": "old", "B": "b"}}, 5, START)

    assert shard.shadow("p") == [None, "b"]


@pytest.mark.parametrize(
    ("values", "row"),
    [
        ({"A": "a", "B": "b"}, ["a", "b", 5]),
        ({"B": "b", "A": "a"}, ["a", "b", 5]),
        ({"B": "b"}, [None, "b", [0, 5]]),
    ],
)
def test_what_is_confirmed_of_a_stranger_is_their_row(values: dict[str, str], row: list[object]) -> None:
    """Whatever order the file has them in; what it doesn't name is unknown and bears no stamp."""
    shard = Shard(AB)
    shard.confirm({"p": values}, 5, START)

    assert shard.rows == {"p": row}


def test_nothing_confirmed_makes_no_row() -> None:
    """A person without values in the file, and a stranger in a file from before somebody was forgotten."""
    shard = Shard(AB, floor=5)
    shard.confirm({"p": {}, "q": {"A": "a"}}, 5, START)

    assert shard.rows == {}


def test_only_whom_the_file_confirmed_leaves_escrow() -> None:
    """The others wait on, and so does who was put there by something newer."""
    shard = Shard(AB)
    for person, sequence in (("p", 4), ("newer", 6), ("other", 4)):
        shard.put_in_escrow(person, EscrowReason.REQUESTED, now=START, sequence=sequence)
    shard.confirm({"p": {"A": "a"}, "newer": {"A": "a"}, "nobody": {"A": "a"}}, 5, START)

    assert set(shard.escrow) == {"newer", "other"}


def test_a_doubt_remembers_what_was_confirmed_and_nothing_else() -> None:
    """Unknown cells and properties that the file didn't touch aren't in doubt; a second doubt adds to the first."""
    shard = Shard(("A", "B", "C", "D"))
    shard.settle("p", {"A": "a", "B": None, "C": "c", "D": "d"}, 1)
    shard.doubt("p", {"A": "a", "B": "b"}, now=START, sequence=2)
    shard.doubt("p", {"C": "c", "gone": "x"}, now=START, sequence=3)
    shard.doubt("stranger", {"A": "a"}, now=START, sequence=3)

    assert shard.doubted == {"p": {"A": "a", "C": "c"}}
    assert shard.shadow("p") == [None, None, None, "d"]
    assert shard.end("p")
    assert shard.doubted == {}


def test_a_group_holds_every_shard_whose_low_bits_name_it() -> None:
    """Four groups over eleven members: each member is in exactly one group, found by its remainder."""
    groups = [list(group_members(group, 4, 11)) for group in range(4)]

    assert groups == [[0, 4, 8], [1, 5, 9], [2, 6, 10], [3, 7]]


def test_what_is_ours_is_remembered_with_an_unknown_cell_until_it_is_confirmed() -> None:
    """What was confirmed before and what was sent since are kept, not what wasn't sent; confirming forgets them."""
    shard = Shard(AB)
    shard.settle("p", {"A": "a1", "B": "b1"}, 1)
    for sequence, value in ((2, "a2"), (3, "a3")):
        shard.keep_ours("p", {"A": value, "B": "unsent"}, ["B"], sequence)
        shard.settle("p", {"A": None, "B": None}, sequence)
    before = {target: list(mine) for target, mine in shard.ours["p"].items()}
    shard.settle("p", {"A": "a4"}, 4)
    between = {target: list(mine) for target, mine in shard.ours["p"].items()}
    shard.confirm({"p": {"B": "b4"}}, 5, START)

    assert before == {"A": ["a1", "a2", "a3"], "B": ["b1"]}
    assert (between, shard.ours) == ({"B": ["b1"]}, {})


def test_of_two_that_crossed_both_are_ours() -> None:
    """Where an older batch ends after a newer one, the profile may hold the value of either."""
    shard = Shard(AB)
    shard.settle("p", {"A": "newer"}, 5)
    shard.settle("p", {"A": "older"}, 3)

    assert shard.ours == {"p": {"A": ["newer", "older"]}}


def test_what_is_ours_of_somebody_who_was_forgotten_stays_forgotten() -> None:
    """A batch from before somebody was forgotten, settled late, tells nothing of them; ending forgets it all."""
    shard = Shard(AB)
    shard.keep_ours("p", {"A": "a"}, (), 1)
    known = dict(shard.ours)
    shard.end("p", sequence=4)
    shard.keep_ours("p", {"A": "a"}, (), 3)

    assert (known, shard.ours) == ({"p": {"A": ["a"]}}, {})


def test_single_writes_stay_ours_when_the_shadow_is_doubted() -> None:
    """Making a person unknown keeps which values of single properties are ours, and of no other."""
    shard = Shard(AB)
    shard.settle("p", {"A": "a", "B": "b"}, 1)
    shard.make_unknown("p", ["A"])

    assert (shard.shadow("p"), shard.ours) == ([None, None], {"p": {"A": ["a"]}})


@pytest.mark.parametrize("confirm", [True, False])
def test_what_is_confirmed_of_a_stranger_is_no_value_of_ours_any_more(confirm: bool) -> None:
    """A user who writes the very same text later has edited it."""
    shard = Shard(AB)
    shard.keep_ours("p", {"A": "a"}, (), 1)
    if confirm:
        shard.confirm({"p": {"A": "a"}}, 2, START)
    else:
        shard.settle("p", {"A": "a", "B": None}, 2)

    assert (shard.shadow("p"), shard.ours) == (["a", None], {})


def test_a_stranger_of_whom_nothing_is_confirmed_has_no_row() -> None:
    """Whoever has no profile yet isn't somebody whom SharePoint knows."""
    shard = Shard(AB)
    shard.settle("p", {"A": None, "B": None}, 2)

    assert shard.rows == {}


def test_what_an_older_file_delivered_after_the_doubt_is_what_may_have_to_be_cleared() -> None:
    """It is the last value that is known to have been there; a newer file ends the doubt."""
    shard = Shard(AB)
    shard.settle("p", {"A": "a"}, 1)
    shard.doubt("p", {"A": "x"}, now=START, sequence=5)
    shard.settle("p", {"A": "b"}, 3)
    between = {person: dict(values) for person, values in shard.doubted.items()}
    shard.settle("p", {"A": "c"}, 6)

    assert (between, shard.doubted) == ({"p": {"A": "b"}}, {})


def test_the_last_values_of_ours_are_remembered() -> None:
    """A property may be sent often and never be confirmed: what was sent last is the likeliest to be there."""
    shard = Shard(AB)
    sent = [f"a{n}" for n in range(MOST_OURS + 5)]
    for sequence, value in enumerate(sent, 1):
        shard.keep_ours("p", {"A": value}, (), sequence)

    assert shard.ours["p"]["A"] == sent[5:]


def test_nobody_waits_for_a_property_that_is_refused_for_everybody() -> None:
    """Its entry goes, it isn't searched for among the others, and the value is forgotten once it is taken."""
    shard = Shard(AB)
    shard.settle_partly("p", {"A": "a"}, {"A": (EscrowReason.REFUSED_BY_SHAREPOINT, "")}, (), sequence=1, now=START)
    shard.settle_partly("p", {"A": "a", "B": "b"}, {}, ["B"], sequence=2, now=START, aside=["A"])
    waiting, sent = set(shard.escrow), set(shard.escrow.allowed.get("p", ()))
    shard.confirm({"p": {"A": "a"}}, 3, START)

    assert (waiting, sent, shard.escrow.allowed) == (set(), {"A"}, {})


def test_a_property_that_is_confirmed_beside_a_refused_one_waits_no_longer() -> None:
    """Each property has its own answer."""
    shard = Shard(AB)
    refused = (EscrowReason.NOT_KEPT, "")
    shard.settle_partly("p", {"A": "a", "B": "b"}, {"A": refused, "B": refused}, (), sequence=1, now=START)
    shard.settle_partly("p", {"A": "a", "B": "b"}, {"A": refused}, ["B"], sequence=2, now=START)

    assert (set(shard.escrow["p"]), shard.shadow("p")) == ({"A"}, [None, "b"])


def test_a_person_doesnt_wait_for_what_waits_by_itself() -> None:
    """What is unknown of them and has its own entry is sent when that is due."""
    shard = Shard(AB)
    shard.settle("p", {"A": "a", "B": "b"}, 1)
    shard.put_in_escrow("p", EscrowReason.PROFILE_NOT_CREATED, now=START, sequence=1)
    shard.settle("p", {"A": None}, 2)
    shard.put_in_escrow("p", EscrowReason.REFUSED_BY_SHAREPOINT, "A", now=START, sequence=2)
    shard.confirm({"p": {"B": "bb"}}, 3, START)

    assert set(shard.escrow["p"]) == {"A"}


def test_a_doubt_about_properties_of_others_is_none() -> None:
    """An import may write what no connector maps: nobody of this one is sent again for it."""
    shard = Shard(AB)
    shard.settle("p", {"A": "a"}, 1)
    shard.doubt("p", {"theirs": "x"}, now=START, sequence=2)

    assert (set(shard.escrow), shard.escrow.allowed, shard.shadow("p")) == (set(), {}, ["a", None])


def test_what_was_confirmed_before_a_doubt_is_no_new_change() -> None:
    """It is sent again past the change threshold; what somebody else's file held has to be judged."""
    shard = Shard(AB)
    shard.settle("p", {"A": "a"}, 1)
    shard.doubt("p", {"A": "x", "B": "y"}, now=START, sequence=2)

    assert shard.escrow.was_allowed("p", {"A": "a", "B": "y"})
    assert not shard.escrow.was_allowed("p", {"A": "x"})


def test_another_end_lets_no_older_file_tell_of_strangers() -> None:
    """Whoever is ended later by something older lowers nothing."""
    shard = Shard(AB)
    shard.end("p", 7)
    shard.end("q", 3)
    shard.settle("p", {"A": "late"}, 7)

    assert (shard.floor, shard.rows) == (7, {})


@pytest.mark.parametrize("what", ["shadow", "escrow", "missed", "declined"])
def test_everybody_of_whom_anything_is_held_is_known(what: str) -> None:
    """Whoever leaves is ended by what is known of people: nothing of them may be overlooked."""
    shard = Shard(AB)
    if what == "shadow":
        shard.settle("p", {"A": "a"}, 1)
    elif what == "escrow":
        shard.put_in_escrow("p", EscrowReason.REQUESTED, now=START)
    else:
        getattr(shard, what)["p"] = "round" if what == "missed" else {"A": "no"}

    assert shard.known() == {"p"}
