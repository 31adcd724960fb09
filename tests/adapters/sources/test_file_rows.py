"""A file as a secondary source: judged whole before its first row counts, and only what was judged is taken."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tenant_sim.drop_folder import DropFolder
from tests.fakes import FakeClock
from upa_core.adapters.sources import file_rows
from upa_core.adapters.sources.file_rows import FileRows
from upa_core.adapters.sources.folder_place import FolderPlace
from upa_core.adapters.sources.place import is_finished
from upa_core.domain.errors import CorruptStateError, OfferHeldError, RefusedError, UnavailableError
from upa_core.domain.sources.contract import Contract, KeyPart
from upa_core.domain.sources.keys import SEPARATOR

NOW = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)
CONTRACT = Contract((KeyPart("Company"), KeyPart("No", pad=3)), ("Name", "Grade"))
HEADER = "Company,No,Grade,Name\r\n"
GOOD = HEADER + "A,1,x,Müller\r\nA,2,,Zoë\r\nB,1,y,Max\r\n"
COLUMNS = ("Grade", "Name")


class Drop:
    """A folder that a system drops its files in, and the source that reads it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = FakeClock(NOW)
        self.source = self.again()

    def again(self) -> FileRows:
        """Return the source in another process."""
        return FileRows(FolderPlace(str(self.folder / "people-*.csv")), CONTRACT, self.clock, timedelta(minutes=2))

    def put(self, text: str, name: str = "people-1.csv", ago: timedelta = timedelta(hours=1)) -> Path:
        path = self.folder / name
        path.write_bytes(text.encode())
        when = (self.clock.now() - ago).timestamp()
        os.utime(path, (when, when))
        return path

    def take(self, cursor: str = "", approved: str = "") -> tuple[str, list[tuple[list[str], list[str | None]]]]:
        """Look and read everything; returns the new cursor, and each row's key in its parts and cells."""
        offer = self.source.look(cursor, approved)
        assert offer is not None
        assert offer.complete
        rows = [(key.split(SEPARATOR), list(cells)) for key, cells in self.source.rows(offer, COLUMNS)]
        return self.source.closing(offer).cursor, rows


@pytest.fixture
def drop(tmp_path: Path) -> Drop:
    return Drop(tmp_path)


def test_rows_come_in_the_order_that_is_asked_for(drop: Drop) -> None:
    """Key first, as keys are compared; an empty cell is no value."""
    drop.put(GOOD)

    assert drop.take()[1] == [
        (["A", "001"], ["x", "Müller"]),
        (["A", "002"], [None, "Zoë"]),
        (["B", "001"], ["y", "Max"]),
    ]


def test_the_same_file_again_is_nothing_new(drop: Drop) -> None:
    """The file itself is left alone; its bytes under another name are hashed once, and told as the same."""
    drop.put(GOOD)
    cursor, _ = drop.take()

    assert drop.source.look(cursor) is None
    drop.put(GOOD, "people-2.csv", timedelta(minutes=30))
    again = drop.again().look(cursor)
    assert again is not None
    assert again.same
    assert drop.again().look(again.cursor) is None


def test_the_newest_file_is_taken_once_it_lies_still(drop: Drop) -> None:
    """What was written a minute ago, or has a name of what isn't complete, waits."""
    drop.put(GOOD)
    cursor, _ = drop.take()
    drop.put(GOOD + "B,2,z,New\r\n", "people-2.csv", timedelta(minutes=1))
    assert drop.source.look(cursor) is None

    drop.clock.advance(timedelta(minutes=2))
    assert len(drop.take(cursor)[1]) == 4
    assert [is_finished(name) for name in ("a.csv", "a.csv.part", "~$a.csv", "a.tmp", ".a.csv", "a.filepart")] == [
        True,
        *[False] * 5,
    ]


def test_a_broken_file_is_refused_with_line_and_column(drop: Drop) -> None:
    """The text names the file, and nobody's value."""
    drop.put(GOOD.replace("Zoë", "Geh\0eim"))
    with pytest.raises(RefusedError, match=r"people-1\.csv is refused: line 3, Name: the cell holds a NUL") as caught:
        drop.take()
    assert "Geh" not in str(caught.value)


def test_half_the_people_are_held_until_somebody_approves_that_very_file(drop: Drop) -> None:
    """The hold names what it is for; another file is judged anew."""
    drop.put(GOOD)
    cursor, _ = drop.take()
    drop.put(HEADER + "A,1,x,Müller\r\n", "people-2.csv", timedelta(minutes=30))
    with pytest.raises(OfferHeldError) as held:
        drop.take(cursor)
    assert held.value.reasons == ("incomplete_file",)

    assert len(drop.take(cursor, held.value.offer)[1]) == 1
    drop.put(HEADER + "A,2,x,Zoë\r\n", "people-3.csv", timedelta(minutes=20))
    with pytest.raises(OfferHeldError):
        drop.take(cursor, held.value.offer)


def test_an_older_file_is_held(drop: Drop) -> None:
    """A file that was written before the one accepted last comes from a backup, or from a mistake."""
    path = drop.put(GOOD, "people-2.csv")
    cursor, _ = drop.take()
    path.unlink()
    drop.put(GOOD.replace("Max", "Moritz"), "people-1.csv", timedelta(hours=3))

    with pytest.raises(OfferHeldError) as held:
        drop.take(cursor)
    assert held.value.reasons == ("older_file",)


def test_a_file_that_is_replaced_after_it_was_found_is_never_read_to_its_end(drop: Drop) -> None:
    """Another version than the one that was found ends the rows with an error; nothing is told of it."""
    path = drop.put(GOOD)
    offer = drop.source.look("")
    assert offer is not None
    drop.put(GOOD.replace("Max", "Mix"), ago=timedelta(minutes=59))
    with pytest.raises(UnavailableError, match="replaced while it was read"):
        list(drop.source.rows(offer, COLUMNS))
    with pytest.raises(UnavailableError, match="wasn't read to its end"):
        drop.source.closing(offer)

    path.unlink()
    with pytest.raises(UnavailableError, match="taken away"):
        list(drop.source.rows(offer, COLUMNS))
    with pytest.raises(UnavailableError, match="looked at again"):
        list(drop.again().rows(offer, COLUMNS))


def test_what_a_file_shows_at_its_end_is_told_with_it(drop: Drop) -> None:
    """Keys that contradict each other and a trailer that nobody declared; then nobody counts as missing."""
    many = "".join(f"C,{n},z,N{n}\r\n" for n in range(300))
    drop.put(GOOD + many + "C,7,other,N7\r\nTOTAL,303,,\r\n")
    offer = drop.source.look("")
    assert offer is not None
    list(drop.source.rows(offer, COLUMNS))
    closing = drop.source.closing(offer)

    assert (closing.label, closing.whole, closing.rows) == ("people-1.csv", False, 304)
    assert closing.contradictory == {f"C{SEPARATOR}007"}
    assert closing.dropped == {f"TOTAL{SEPARATOR}303"}


def test_where_nothing_lies_or_nothing_is_there(drop: Drop, tmp_path: Path) -> None:
    """An empty folder is waited for, a missing one needs somebody; a cursor of another kind is refused."""
    with pytest.raises(UnavailableError, match="no file that fits"):
        drop.source.look("")
    nowhere = FileRows(FolderPlace(str(tmp_path / "x" / "a.csv")), CONTRACT, drop.clock, timedelta(0))
    with pytest.raises(RefusedError, match="isn't there"):
        nowhere.look("")
    drop.put(GOOD)
    with pytest.raises(CorruptStateError):
        drop.source.look("snapshot 1")


def test_a_file_that_grows_between_two_looks_is_read_once_it_stands_still(drop: Drop) -> None:
    """While it is uploaded nothing is offered, however long that takes; what was there before stays accepted."""
    drop.put(GOOD)
    cursor, _ = drop.take()
    drop.clock.advance(timedelta(hours=1))
    system = DropFolder(drop.folder, drop.clock.now)
    for _ in system.upload_slowly("people-2.csv", (GOOD + "B,2,z,New\r\n").encode(), pieces=5):
        assert drop.source.look(cursor) is None
        drop.clock.advance(timedelta(seconds=90))
        assert drop.source.look(cursor) is None

    drop.clock.advance(timedelta(seconds=30))
    assert len(drop.take(cursor)[1]) == 4


def test_a_file_that_grows_while_it_is_read_counts_for_nothing(drop: Drop) -> None:
    """Its time was kept by the program that copies it, so that it looked finished."""
    lines = GOOD + "".join(f"C,{n},x,Nobody\r\n" for n in range(40_000))
    path = drop.put(lines)
    offer = drop.source.look("")
    assert offer is not None
    rows = drop.source.rows(offer, COLUMNS)
    next(rows)
    before = path.stat()
    with path.open("a") as more:
        more.write("D,1,x,Later\r\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    with pytest.raises(UnavailableError, match="was replaced while it was read"):
        list(rows)


def test_a_file_that_is_too_large_is_refused_unread(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its size is told; not a byte is read."""
    monkeypatch.setattr(file_rows, "MAX_FILE", 50)
    path = drop.put(GOOD)
    path.chmod(0)
    with pytest.raises(RefusedError, match=r"people-1\.csv has more than"):
        drop.source.look("")
