"""A file that is joined to the directory, from the folder it lies in to the profiles."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bench.pipeline import CountingStore
from tests.support.joined import HR, JoinedWorld
from upa_core.adapters.sources.file_rows import FileRows
from upa_core.adapters.sources.folder_place import FolderPlace
from upa_core.adapters.sources.place import FileInfo
from upa_core.domain.errors import RefusedError
from upa_core.domain.sources.contract import Contract
from upa_core.services.admin.controls import approve_offers
from upa_core.services.pull import pull


class FileWorld(JoinedWorld):
    """A world whose HR system drops a file: number;cost."""

    def __init__(self, folder: Path, people: int) -> None:
        super().__init__(people)
        self.folder, self.files = folder, 0
        self.again()

    def again(self) -> None:
        """Start the source anew, as another process does."""
        contract = Contract(HR.match, ("cost",))
        place = FolderPlace(str(self.folder / "*.csv"))
        self.rows["hr"] = FileRows(place, contract, self.time, timedelta(minutes=2))

    def drop(self, *rows: tuple[str, str], end: str = "\r\n") -> None:
        """Drop a file, which lies there for three minutes."""
        self.files += 1
        path = self.folder / f"{self.files:04d}.csv"
        path.write_bytes(("number;cost\r\n" + "\r\n".join(map(";".join, rows)) + end).encode())
        when = self.now.timestamp()
        os.utime(path, (when, when))
        for number, cost in rows:
            self.delivered.setdefault(number, set()).add(cost)
        self.sim.advance(180)

    def costs(self) -> list[str]:
        return [self.cost(person) for person in self.people]

    def asked(self) -> None:
        """Let the pause after a failure end and ask once more."""
        self.sim.advance(7 * 3600)
        pull(self.ports(), self.connector)


@pytest.fixture
def world(tmp_path: Path) -> FileWorld:
    """Return twenty people at rest, each with a row."""
    made = FileWorld(tmp_path, 20)
    made.settle_down()
    made.drop(*((f"E{n}", f"C{n}") for n in range(20)))
    made.settle_down()
    return made


def test_a_row_of_the_file_reaches_the_profile(world: FileWorld) -> None:
    """Keys join the file to the directory; the same file again changes nothing."""
    assert world.costs() == [f"C{n}" for n in range(20)]
    snapshots, runs = world.source.snapshots, world.state.runs
    world.again()
    world.asked()
    assert (world.source.snapshots, world.state.runs, world.source.why) == (snapshots, runs, "")


@pytest.mark.slow
def test_a_truncated_file_changes_nobody_and_says_why(world: FileWorld) -> None:
    """Half of the people are held; the rows accepted last stay in force, also for a changed person."""
    world.drop(*((f"E{n}", "wrong") for n in range(10)))
    world.edit(world.people[0], department="moved")
    world.settle_down()

    assert world.costs() == [f"C{n}" for n in range(20)]
    assert world.source.holds == ("incomplete_file",)
    assert "50 percent fewer than the 20 accepted last" in world.source.why


@pytest.mark.slow
def test_an_approved_file_counts_and_clears_nobody_who_is_missing(world: FileWorld) -> None:
    """Approval is for that file alone; who isn't named keeps what the last accepted row said."""
    world.drop(*((f"E{n}", f"N{n}") for n in range(10)))
    world.settle_down()
    assert approve_offers(world.ports(), world.connector, ["hr"], "somebody") == {"hr": ("incomplete_file",)}
    world.again()
    world.settle_down()

    assert world.costs() == [f"N{n}" for n in range(10)] + [f"C{n}" for n in range(10, 20)]
    assert (world.source.held, world.source.approved) == ("", "")
    with pytest.raises(RefusedError):
        approve_offers(world.ports(), world.connector, ["hr"], "somebody")


@pytest.mark.slow
def test_a_row_without_a_line_break_is_set_aside(world: FileWorld) -> None:
    """The last row may be cut: its person keeps the value, the others get theirs."""
    world.drop(*((f"E{n}", f"N{n}") for n in range(20)), end="")
    world.settle_down()

    assert world.costs() == [*(f"N{n}" for n in range(19)), "C19"]


def test_a_file_whose_keys_are_nobodys_is_held(world: FileWorld) -> None:
    """More than five percent of rows without a person is another file, or another key."""
    world.drop(*((f"E{n}" if n < 18 else f"X{n}", "new") for n in range(20)))
    world.settle_down()

    assert world.source.holds == ("key_share_unmatched",)
    assert world.costs() == [f"C{n}" for n in range(20)]


@pytest.mark.slow
@pytest.mark.parametrize("first", ["file", "directory"])
def test_a_number_that_moves_to_another_person_takes_nobodys_data_along(world: FileWorld, first: str) -> None:
    """Whichever changes first: a row counts for whoever has the number in the directory, and for nobody else."""
    old, new = world.people[3], world.people[4]
    rows = [(f"E{n}", f"C{n}") for n in range(20)]
    rows[3], rows[4] = ("E3", "of the new owner"), ("E99", "of nobody yet")
    steps = {
        "file": lambda: world.drop(*rows),
        "directory": lambda: (world.renumber(old, "E77"), world.renumber(new, "E3")),
    }
    for step in (first, *steps.keys() - {first}):
        steps[step]()
        world.settle_down()
        assert world.strangers() == []

    assert world.cost(new) == "of the new owner"
    assert world.cost(old) == ("of the new owner" if first == "file" else "C3")  # it was the old owner's number then


@pytest.mark.slow
def test_rows_in_force_follow_a_number_while_a_file_is_held_or_refused(world: FileWorld) -> None:
    """A number that changes hands takes its row along, also in the pause; the hold and its pause stay as they are."""
    world.drop(("E0", "half"))
    world.settle_down()
    held, snapshots = world.source.held, world.source.snapshots
    assert held
    for person, number in ((3, "E4"), (4, "E3")):
        world.renumber(world.people[person], number)
    world.settle_down()

    assert world.costs()[2:6] == ["C2", "C4", "C3", "C5"]
    assert (world.source.held, world.source.holds, world.source.snapshots) == (held, ("incomplete_file",), snapshots)
    assert world.source.failures > 0
    assert world.strangers() == []


@pytest.mark.slow
@pytest.mark.parametrize("way", ["another number", "left the directory"])
def test_a_number_that_two_had_is_the_ones_who_keeps_it(world: FileWorld, way: str) -> None:
    """Nobody got the row while both had it; once the other has given it up, it is read for the one at once."""
    world.connector = replace(world.connector, secondaries=(replace(HR, max_unmatched=100),))
    one, other = world.people[3], world.people[4]
    world.renumber(other, "E3")
    world.drop(*((f"E{n}", "new" if n == 3 else f"C{n}") for n in range(20)))
    world.settle_down()
    assert (world.cost(one), world.waiting()["E3"]) == ("C3", "ambiguous")

    if way == "another number":
        world.renumber(other, "E77")
    else:
        world.sim.directory.remove(other)
    world.settle_down()
    assert world.cost(one) == "new"
    assert world.strangers() == []


class CountedPlace(FolderPlace):
    """A folder that counts the files that are read, and their bytes."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.reads = self.bytes = 0

    def read(self, file: FileInfo) -> Iterator[bytes]:
        """Yield the bytes."""
        self.reads += 1
        for data in super().read(file):
            self.bytes += len(data)
            yield data


def _ten_changes_cost(folder: Path, people: int) -> tuple[Counter[str], int, int]:
    """Return what 10 changed rows among the rows of all people cost: storage calls, files read, import files."""
    folder.mkdir()
    world = FileWorld(folder, people)
    world.settle_down()
    world.drop(*((f"E{n}", f"C{n}") for n in range(people)))
    world.settle_down()
    world.drop(*((f"E{n}", "new" if n < 10 else f"C{n}") for n in range(people)))
    place = CountedPlace(str(folder / "*.csv"))
    world.rows["hr"] = FileRows(place, Contract(HR.match, ("cost",)), world.time, timedelta(minutes=2))
    counted = CountingStore(world.store)
    world.store = counted
    before = set(world.queued())
    world.asked()
    world.drain()
    assert world.costs()[:11] == ["new"] * 10 + ["C10"]
    assert place.bytes == (folder / f"{world.files:04d}.csv").stat().st_size
    return counted.calls, place.reads, len(set(world.queued()) - before)


@pytest.mark.slow
def test_changed_rows_cost_one_reading_of_the_file_and_one_import_file(tmp_path: Path) -> None:
    """Ten changed rows of 60: one reading, one import file; storage takes what a day takes, and the changed rows once.

    Rows that say nothing new are neither stored nor deleted: three segments (of six people here) hold the new ones.
    """
    calls, reads, files = _ten_changes_cost(tmp_path / "drop", 60)

    assert (reads, files) == (1, 1)
    assert calls.total() <= 175, calls
    assert calls["read_range"] <= 42, calls
    assert calls["delete"] <= 3, calls
