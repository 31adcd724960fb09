"""What the port `Place` promises: files of one pattern, and the bytes of that very version."""

from __future__ import annotations

from datetime import UTC
from typing import Protocol

import pytest

from upa_core.adapters.sources.place import CHUNK, FileInfo, Place
from upa_core.domain.errors import AccessDeniedError, RefusedError, UnavailableError

LARGE = b"0123456789abcde\n" * (CHUNK // 4)
"""Of more bytes than are read at a time."""


class PlaceWorld(Protocol):
    """A place of the pattern people-*.csv, and the system that drops files there."""

    place: Place

    def put(self, name: str, content: bytes) -> None:
        """Write a file, over one of that name, later than anything before."""

    def take_away(self, name: str) -> None:
        """Delete a file."""

    def put_elsewhere(self, name: str) -> None:
        """Write a file in a folder below."""

    def close_off(self) -> None:
        """Let the place be gone."""


class PlaceContract:
    """Subclass it with a fixture `world` in whose place nothing lies."""

    def test_only_files_that_fit_are_listed(self, world: PlaceWorld) -> None:
        """Other names and folders below aren't there; a name may hold a space, a quote and a percent sign."""
        assert list(world.place.files()) == []
        names = ["people-1.csv", "people-O'Neil 50%.csv", "people-ü.csv"]
        for name in (*names, "People.csv", "people-1.csv.part", "other.csv"):
            world.put(name, b"x")
        world.put_elsewhere("people-9.csv")

        found = world.place.files()
        assert sorted(one.name.rpartition("/")[2] for one in found) == names
        assert [b"".join(world.place.read(one)) for one in found] == [b"x"] * len(names)

    def test_a_file_is_told_with_its_size_its_time_and_a_tag(self, world: PlaceWorld) -> None:
        """They stay as long as nobody writes; after each write the tag is another one, of the same bytes too."""
        world.put("people-1.csv", b"12345")
        first = one(world)
        assert (first.size, first.modified.tzinfo, first == one(world)) == (5, UTC, True)

        world.put("people-1.csv", b"12345")
        assert one(world).tag != first.tag
        assert one(world).modified >= first.modified

    def test_bytes_come_whole(self, world: PlaceWorld) -> None:
        """A file of more than one piece, and one of no byte."""
        world.put("people-1.csv", LARGE)
        assert b"".join(world.place.read(one(world))) == LARGE

        world.put("people-1.csv", b"")
        assert b"".join(world.place.read(one(world))) == b""

    def test_a_file_that_was_replaced_or_taken_away_yields_no_end(self, world: PlaceWorld) -> None:
        """Who looked at one version never gets another one's bytes for it: smaller, as large, or none."""
        for other in (b"b", b"22", b"longer"):
            world.put("people-1.csv", b"11")
            before = one(world)
            world.put("people-1.csv", other)
            with pytest.raises(UnavailableError, match=r"people-1\.csv was replaced while it was read"):
                list(world.place.read(before))
        before = one(world)
        world.take_away("people-1.csv")
        with pytest.raises(UnavailableError, match="people-1"):
            list(world.place.read(before))

    def test_a_place_that_is_gone_needs_somebody(self, world: PlaceWorld) -> None:
        """It is no empty place."""
        world.close_off()
        with pytest.raises((RefusedError, AccessDeniedError)):
            world.place.files()


def one(world: PlaceWorld) -> FileInfo:
    """Return the only file."""
    (found,) = world.place.files()
    return found
