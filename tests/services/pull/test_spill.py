"""Rows of an offer that match nobody wait by name, each once, for as long as the source says the same of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fakes import FakeRowSource
from tests.support.joined import HR, JoinedWorld, row
from upa_core.ports.row_source import Closing, Offer
from upa_core.state.rows.current_rows import RowSet


class Closed(FakeRowSource):
    """A source that finds at the end of an offer what was wrong with its rows."""

    contradictory: frozenset[str] = frozenset()
    dropped: frozenset[str] = frozenset()

    def closing(self, offer: Offer) -> Closing:
        return replace(super().closing(offer), contradictory=self.contradictory, dropped=self.dropped)


class ClosedWorld(JoinedWorld):
    """Three people, whose source may take rows back at the end."""

    def __init__(self, **connector: object) -> None:
        super().__init__(3, **connector)
        self.closed = self.rows["hr"] = self.hr = Closed()

    def values(self) -> list[str | None]:
        """Return each person's current value."""
        held = self.source.current
        found = {one[0]: one[-1] for one in RowSet(self.store, held.segments).rows()} if held is not None else {}
        return [found.get(person) for person in self.people]

    def nobodys(self) -> dict[str, tuple[str, str | None]]:
        """Return by key why a row waits, and its value; the state's count is of the same rows."""
        held = self.source.current
        assert held is not None
        found = list(RowSet(self.store, held.waiting).rows())
        assert held.waiting_rows == len(found)
        return {one[0]: (one[2], one[-1]) for one in found}


@pytest.fixture
def world() -> ClosedWorld:
    """Return three people, two with a row, and two rows of nobody."""
    made = ClosedWorld()
    made.deliver(row("E0", "100"), row("E1", "101"), row("E7", "seven"), row("E8", "eight"))
    made.pull()
    return made


def test_an_offer_of_changes_leaves_the_rows_waiting_that_it_doesnt_mention(world: ClosedWorld) -> None:
    """One that it mentions waits with its new value, once; a snapshot drops what it doesn't name."""
    world.hr.change(row("E8", "new"), row("E0", "0"))
    world.pull()
    assert world.nobodys() == {"E7": ("unmatched", "seven"), "E8": ("unmatched", "new")}
    assert world.values() == ["0", "101", None]

    world.deliver(row("E0", "0"), row("E9", "nine"))
    world.pull()
    assert world.nobodys() == {"E9": ("unmatched", "nine")}


def test_a_waiting_row_that_found_its_person_waits_no_longer(world: ClosedWorld) -> None:
    """Whether the changes bring it or the directory does."""
    world.renumber(world.people[2], "E7")
    world.hr.change(row("E7", "mine"))
    world.pull()
    assert (world.values(), world.nobodys()) == (["100", "101", "mine"], {"E8": ("unmatched", "eight")})

    person = world.hire("E8")
    world.people.append(person)
    world.pull()
    assert (world.values(), world.nobodys()) == (["100", "101", "mine", "eight"], {})


def test_a_row_of_changes_that_says_what_is_known_is_no_waiting_row(world: ClosedWorld) -> None:
    """A replayed change of somebody who has their row leaves everything as it is."""
    world.hr.change(row("E0", "100"))
    world.pull()

    assert world.values() == ["100", "101", None]
    assert set(world.nobodys()) == {"E7", "E8"}


def test_rows_that_contradict_each_other_stay_so_when_keys_move(world: ClosedWorld) -> None:
    """Only the source can say which of them is right; another person's new key doesn't."""
    world.deliver(row("E0", "1"), row("E0", "2"), row("E1", "101"), row("E7", "seven"))
    world.pull()
    assert world.values() == ["100", "101", None]
    held = world.source.current
    assert held is not None
    before = [one for one in RowSet(world.store, held.waiting).rows() if one[2] == "contradictory"]
    assert before

    world.renumber(world.people[2], "E7")
    world.pull()
    held = world.source.current
    assert held is not None
    assert world.values() == ["100", "101", "seven"]
    assert [one for one in RowSet(world.store, held.waiting).rows() if one[2] == "contradictory"] == before


def test_a_row_that_the_end_of_the_file_takes_back_is_nobodys(world: ClosedWorld) -> None:
    """A trailer isn't a row; a row of nobody that another contradicts waits for that reason."""
    world.closed.dropped, world.closed.contradictory = frozenset({"E9"}), frozenset({"E8"})
    world.deliver(row("E0", "100"), row("E1", "101"), row("E7", "seven"), row("E8", "x"), row("E9", "3 rows"))
    world.pull()

    assert world.nobodys() == {"E7": ("unmatched", "seven"), "E8": ("contradictory", "x")}


def test_a_row_that_the_end_of_the_file_contradicts_leaves_its_person_alone(world: ClosedWorld) -> None:
    """Although it says what is known already: the last accepted row stays, and they aren't missing."""
    world.closed.contradictory = frozenset({"E0"})
    world.deliver(row("E0", "100"), row("E1", "new"))
    world.pull()

    assert world.values() == ["100", "new", None]
    assert world.nobodys() == {"E0": ("contradictory", "100")}
    assert world.source.current is not None
    assert world.source.current.missing == 0


def test_a_snapshot_without_a_current_row_marks_its_person_as_missing(world: ClosedWorld) -> None:
    """Also where every other row is the same as before."""
    world.deliver(row("E1", "101"))
    world.pull()
    assert world.source.current is not None
    assert (world.source.current.missing, world.values()) == (1, ["100", "101", None])

    world.deliver(row("E0", "100"), row("E1", "101"))
    world.pull()
    assert (world.source.current.missing, world.values()) == (0, ["100", "101", None])


def test_rows_that_are_the_same_are_written_nowhere(world: ClosedWorld) -> None:
    """The next generation names the segments of the one before."""
    held = world.source.current
    assert held is not None
    world.deliver(row("E0", "100"), row("E1", "101"))
    world.pull()

    assert world.source.current == replace(held, generation=2, waiting=(), waiting_rows=0)


def test_without_a_value_there_is_no_row_where_rows_end() -> None:
    """`leave`: a stranger who left waits for nobody, and a member without a person does."""
    world = ClosedWorld(secondaries=(replace(HR, on_missing="leave"),))
    world.deliver(row("E0", "100"), row("E7", None), row("E8", "eight"))
    world.pull()

    assert set(world.nobodys()) == {"E8"}


def test_a_change_that_says_what_is_accepted_ends_a_contradiction(world: ClosedWorld) -> None:
    """The other system has decided; other waiting rows stay."""
    world.deliver(row("E0", "100"), row("E0", "2"), row("E1", "101"), row("E7", "seven"))
    world.pull()
    held = world.source.current
    assert held is not None
    assert "contradictory" in {one[2] for one in RowSet(world.store, held.waiting).rows()}
    world.hr.change(row("E0", "100"))
    world.pull()

    assert (world.values(), world.nobodys()) == (["100", "101", None], {"E7": ("unmatched", "seven")})


def test_a_trailer_alone_is_taken_back_too(world: ClosedWorld) -> None:
    """And leaves no segment behind."""
    world.closed.dropped = frozenset({"E9"})
    before = set(world.store.blobs)
    world.deliver(row("E0", "100"), row("E1", "101"), row("E9", "2 rows"))
    world.pull()

    assert world.nobodys() == {}
    assert {key for key in set(world.store.blobs) - before if "/sources/" in key} == set()
