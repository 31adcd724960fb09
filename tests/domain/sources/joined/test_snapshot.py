"""What a snapshot changes of the current rows, one partition at a time."""

from __future__ import annotations

import pytest

from upa_core.domain.people.changes import REMOVED, Row
from upa_core.domain.sources.joined.current_rows import Difference, propose
from upa_core.domain.sources.joined.key_index import KeyIndex
from upa_core.domain.sources.joined.missing import Missing
from upa_core.domain.sources.joined.snapshot import compare

KEYS = {"anna": "E1", "bert": "E2", "carl": ""}


def row(person: str, key: str, value: str | None, missed: int = 0) -> Row:
    return [person, 0, key, missed, value]


def differ(
    current: list[Row], incoming: list[Row], *, complete: bool = True, moved: bool = False, keys: dict[str, str] = KEYS
) -> Difference:
    held = {one[0]: one for one in current}
    return compare(held, incoming, keys, Missing(7), complete=complete, moved=moved)


def test_equal_rows_change_nothing() -> None:
    """The daily file of people who didn't change names nobody."""
    found = differ([row("anna", "E1", "a")], [row("anna", "E1", "a")])

    assert (found.named, found.noted, found.waiting) == ([], [], [])


@pytest.mark.parametrize("current", [[], [row("anna", "E1", "b")], [row("anna", "E1", None)]])
def test_new_and_changed_rows_are_named(current: list[Row]) -> None:
    """A value that comes, too."""
    assert differ(current, [row("anna", "E1", "a")]).named == [row("anna", "E1", "a")]


def test_a_missing_row_is_marked_once_and_kept() -> None:
    """With the number of the first snapshot that didn't name it; nobody is planned for it."""
    found = differ([row("anna", "E1", "a"), row("bert", "E2", "b", missed=5)], [])

    assert (found.named, found.noted) == ([], [row("anna", "E1", "a", missed=7)])
    assert set(found.after) == {"anna", "bert"}


def test_a_row_that_is_named_again_isnt_missing_any_more() -> None:
    """The same values change nothing else."""
    found = differ([row("anna", "E1", "a", missed=5)], [row("anna", "E1", "a")])

    assert (found.named, found.noted) == ([], [row("anna", "E1", "a")])


def test_an_offer_of_changes_marks_nobody() -> None:
    """It names only what changed."""
    assert differ([row("anna", "E1", "a")], [], complete=False).noted == []


@pytest.mark.parametrize("keys", [{"anna": "E9"}, {"anna": ""}, {}])
def test_the_row_of_somebody_who_has_another_key_or_left_goes(keys: dict[str, str]) -> None:
    """It isn't theirs any more; nothing is planned for it."""
    found = differ([row("anna", "E1", "a")], [], keys=keys)

    assert (found.named, found.noted, found.after) == ([], [["anna", REMOVED]], {})


def test_a_proposal_that_the_persons_own_key_denies_waits() -> None:
    """The index only proposes."""
    found = differ([], [row("anna", "E2", "bert's")])

    assert (found.named, found.waiting) == ([], [["E2", 0, "unmatched", 0, "bert's"]])


def test_two_rows_that_differ_both_wait_and_the_accepted_one_stays() -> None:
    """Nobody can tell which is right; equal ones are one."""
    found = differ([row("anna", "E1", "a")], [row("anna", "E1", "b"), row("anna", "E1", "c")])

    assert (found.named, found.noted) == ([], [])
    assert sorted(one[4] for one in found.waiting) == ["b", "c"]
    assert found.after == {"anna": row("anna", "E1", "a")}
    assert differ([], [row("anna", "E1", "b"), row("anna", "E1", "b")]).named == [row("anna", "E1", "b")]


@pytest.mark.parametrize("order", [1, -1])
def test_what_the_last_snapshot_named_beats_what_it_didnt(order: int) -> None:
    """Proposed anew, a stale row and the one that took its place meet in one person."""
    rows = [row("anna", "E1", "stale", missed=5), row("anna", "E1", "a")][::order]

    assert differ([], rows, moved=True).named == [row("anna", "E1", "a")]


def test_rows_proposed_anew_leave_the_person_they_were_moved_from() -> None:
    """What isn't proposed in a partition any more lies in another, or waits."""
    found = differ([row("anna", "E1", "a")], [], moved=True)

    assert (found.noted, found.after) == ([["anna", REMOVED]], {})


def test_a_row_is_proposed_for_the_one_person_of_its_key() -> None:
    """Otherwise it is nobody's, with the reason."""
    index = KeyIndex([("E1", "anna"), ("E2", "bert"), ("E2", "carl")])

    assert propose(index, "E1", 0, ["a"]) == ("anna", row("anna", "E1", "a"))
    assert propose(index, "E2", 0, ["a"]) == ("", ["E2", 0, "ambiguous", 0, "a"])
    assert propose(index, "E3", 0, ["a"]) == ("", ["E3", 0, "unmatched", 0, "a"])


def leave(
    current: list[Row],
    incoming: list[Row],
    asked: dict[str, str],
    *,
    complete: bool = True,
    keys: dict[str, str] = KEYS,
) -> Difference:
    held = {one[0]: one for one in current}
    return compare(held, incoming, keys, Missing(7, asked=asked), complete=complete)


def test_a_row_ends_with_the_snapshot_that_doesnt_name_it() -> None:
    """Where that is the rule (`leave`): its person is planned, and nothing is missing."""
    found = leave([row("anna", "E1", "a"), row("bert", "E2", "b")], [row("bert", "E2", "b")], KEYS)

    assert (found.named, found.noted, found.left, found.missing) == ([["anna", REMOVED]], [], 1, 0)
    assert found.after == {"bert": row("bert", "E2", "b")}


@pytest.mark.parametrize("current", [[row("anna", "E1", "a")], []])
def test_a_row_without_any_value_says_that_somebody_left(current: list[Row]) -> None:
    """Whoever had no row isn't planned for it."""
    found = leave(current, [row("anna", "E1", None)], KEYS, complete=False)

    assert (found.named, found.left) == ([["anna", REMOVED]] if current else [], len(current))
    assert found.after == {}


def test_whom_the_source_wasnt_asked_about_under_todays_key_is_planned() -> None:
    """Newcomers, and people with another key; whoever has a row is no newcomer."""
    found = leave([], [row("bert", "E2", "b")], {"anna": "E9", "bert": "E9"}, complete=False)

    assert found.named == [row("bert", "E2", "b"), ["anna", REMOVED], ["carl", REMOVED]]
    assert found.left == 0


def test_somebody_who_left_the_directory_isnt_planned() -> None:
    """Their row goes; somebody with another key is planned, as whom no row names."""
    gone = leave([row("anna", "E1", "a")], [], {"anna": "E1"}, complete=False, keys={})
    moved = leave([row("anna", "E1", "a")], [], {"anna": "E1"}, complete=False, keys={"anna": "E5"})

    assert (gone.named, gone.noted, gone.left) == ([], [["anna", REMOVED]], 0)
    assert (moved.named, moved.noted, moved.left) == ([["anna", REMOVED]], [], 0)
