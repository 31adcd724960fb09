"""People whom a file named and names no more: nothing is cleared but what was asked for, late, and allowed once."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest

from tests.services.pull.test_file_source import FileWorld
from upa_core.domain.connector import ChangeThreshold
from upa_core.services.admin.controls import approve_offers

EVERYBODY = tuple((f"E{n}", f"C{n}") for n in range(10))


class MissingWorld(FileWorld):
    """Ten people with a row each, in a file that may lose any number of them."""

    def __init__(self, folder: Path, on_missing: Literal["keep", "report", "clear"] = "clear", after: int = 2) -> None:
        super().__init__(folder, 10)
        hr = replace(self.connector.secondaries[0], on_missing=on_missing, clear_after=after)
        self.connector = replace(self.connector, secondaries=(hr,))
        self.settle_down()
        self.drop(*EVERYBODY)
        self.settle_down()

    def again(self) -> None:
        super().again()
        self.rows["hr"]._contract = replace(self.rows["hr"]._contract, max_drop=100.0)  # type: ignore[attr-defined]

    def day(self, *rows: tuple[str, str]) -> None:
        """Let a day pass, and a file come."""
        self.sim.advance(24 * 3600)
        self.drop(*rows)
        self.settle_down()

    def without(self, day: int) -> tuple[tuple[str, str], ...]:
        """Return the file without E0, another one each day."""
        return (*EVERYBODY[1:9], ("E9", f"day {day}"))


@pytest.mark.slow
@pytest.mark.parametrize("on_missing", ["keep", "report"])
def test_keep_and_report_clear_nobody_ever(tmp_path: Path, on_missing: Literal["keep", "report"]) -> None:
    """They are counted, and keep what the last accepted row said."""
    world = MissingWorld(tmp_path, on_missing, after=0)
    for day in range(4):
        world.day(*world.without(day))

    assert world.costs()[0] == "C0"
    assert world.source.current is not None
    assert (world.source.current.missing, world.source.held) == (1, "")


@pytest.mark.slow
def test_the_first_clear_waits_for_somebody_and_later_ones_dont(tmp_path: Path) -> None:
    """After two files on two days the hold names how many; approval clears them without another file."""
    world = MissingWorld(tmp_path)
    world.day(*world.without(1))
    assert (world.costs()[0], world.source.held) == ("C0", "")
    world.day(*world.without(2))
    assert (world.costs()[0], world.costs()[9], world.source.holds) == ("C0", "day 2", ("first_clear",))
    assert world.source.why.startswith("1 person is missing in accepted snapshots of 2 days")

    approve_offers(world.ports(), world.connector, ["hr"], "somebody")
    world.settle_down()
    assert (world.costs()[0], world.source.held) == ("", "")
    world.day(*EVERYBODY[2:9], ("E9", "a"))
    world.day(*EVERYBODY[2:9], ("E9", "b"))
    assert (world.costs()[:3], world.source.held) == (["", "", "C2"], "")


@pytest.mark.slow
def test_a_hold_of_the_first_clear_stays_while_nothing_new_comes(tmp_path: Path) -> None:
    """And goes where the person is named again: there is nothing to clear."""
    world = MissingWorld(tmp_path, after=1)
    world.day(*world.without(1))
    world.sim.advance(3600)
    world.settle_down()
    assert world.source.holds == ("first_clear",)

    world.day(*EVERYBODY)
    assert (world.source.holds, world.costs()) == ((), [f"C{n}" for n in range(10)])


@pytest.mark.slow
def test_files_of_one_day_count_once_and_the_same_file_never(tmp_path: Path) -> None:
    """Ten deliveries in an hour are no ten days, nor is one file that lies there, or comes again, for a week."""
    world = MissingWorld(tmp_path, after=2)
    world.until(world.now.replace(hour=1) + timedelta(days=1))
    for delivery in range(10, 13):
        world.drop(*world.without(delivery))
        world.pull()
    for _ in range(5):
        world.day(*world.without(12))

    assert (world.source.days, world.source.held) == (2, "")
    world.day(*world.without(3))
    assert world.source.holds == ("first_clear",)


@pytest.mark.slow
def test_a_file_of_which_a_row_was_set_aside_marks_nobody_as_missing(tmp_path: Path) -> None:
    """The row that can't be read may be theirs."""
    world = MissingWorld(tmp_path, after=1)
    world.sim.advance(24 * 3600)
    world.drop(*world.without(1), end="")
    world.settle_down()

    assert world.source.current is not None
    assert (world.source.current.missing, world.source.holds) == (0, ())


@pytest.mark.slow
def test_whoever_is_named_again_in_between_begins_anew(tmp_path: Path) -> None:
    """Two days in a row are two days; one day, a return and one day are one."""
    world = MissingWorld(tmp_path)
    for file in (world.without(1), EVERYBODY, world.without(2)):
        world.day(*file)

    assert (world.costs()[0], world.source.held) == ("C0", "")


@pytest.mark.slow
def test_clears_count_against_the_change_threshold(tmp_path: Path) -> None:
    """Whoever allowed the first clear didn't allow the loss of half of the people."""
    world = MissingWorld(tmp_path, after=1)
    world.day(*world.without(1))
    approve_offers(world.ports(), world.connector, ["hr"], "somebody")
    world.settle_down()
    world.connector = replace(world.connector, threshold=ChangeThreshold())
    world.sim.advance(24 * 3600)
    world.drop(*EVERYBODY[5:9], ("E9", "half"))
    world.sync()

    assert world.state.hold is not None
    assert "clears of 4 people" in world.state.hold.why


@pytest.mark.slow
def test_rows_that_contradict_each_other_are_nobodys_and_missing_neither(tmp_path: Path) -> None:
    """Also the one that came first in the file; whoever gets that number later gets none of them."""
    world = MissingWorld(tmp_path, after=1)
    world.sim.advance(24 * 3600)
    world.drop(*EVERYBODY, ("E0", "other"), ("X1", "first"), ("X1", "second"))
    world.settle_down()
    assert world.source.holds == ("contradictory_keys",)
    approve_offers(world.ports(), world.connector, ["hr"], "somebody")
    world.settle_down()
    world.renumber(world.people[5], "X1")
    world.settle_down()

    assert world.costs() == [f"C{n}" for n in range(10)]
    assert world.waiting() == {"E0": "contradictory", "X1": "contradictory", "E5": "unmatched"}
    assert world.source.current is not None
    assert world.source.current.missing == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("reason", "rows"),
    [
        ("incomplete_file", EVERYBODY[:3]),
        ("column_collapsed", tuple((number, "") for number, _ in EVERYBODY)),
        ("contradictory_keys", (*EVERYBODY, ("E0", "other"))),
        ("key_share_unmatched", tuple((f"Y{n}" if n < 5 else f"E{n}", "x") for n in range(10))),
    ],
)
def test_each_reason_to_hold_changes_nothing_until_it_is_approved_or_replaced(
    tmp_path: Path, reason: str, rows: tuple[tuple[str, str], ...]
) -> None:
    """The hold names its reason, the rows accepted last stay in force, and a good file ends it by itself."""
    world = MissingWorld(tmp_path, "keep", after=0)
    if reason == "incomplete_file":
        contract = replace(world.rows["hr"]._contract, max_drop=5.0)  # type: ignore[attr-defined]
        world.rows["hr"]._contract = contract  # type: ignore[attr-defined]
    world.day(*rows)
    assert (world.source.holds, world.costs()) == ((reason,), [f"C{n}" for n in range(10)])
    assert reason in world.source.why

    world.day(*((number, f"good {number}") for number, _ in EVERYBODY))
    assert (world.source.holds, world.costs()) == ((), [f"good E{n}" for n in range(10)])


def test_an_older_file_waits_for_approval(tmp_path: Path) -> None:
    """A file that was written before the one accepted last comes from a backup, or from a mistake."""
    world = MissingWorld(tmp_path, "keep", after=0)
    for path in tmp_path.iterdir():
        path.unlink()
    world.drop(*((number, "from the backup") for number, _ in EVERYBODY))
    old = (world.now - timedelta(days=30)).timestamp()
    (path,) = tmp_path.iterdir()
    os.utime(path, (old, old))
    world.settle_down()
    assert (world.source.holds, world.costs()[0]) == (("older_file",), "C0")

    approve_offers(world.ports(), world.connector, ["hr"], "somebody")
    world.settle_down()
    assert (world.source.holds, world.costs()[0]) == ((), "from the backup")
