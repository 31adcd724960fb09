"""A file that names a person a line, as the scope of a connector."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.joined import JoinedWorld
from tests.support.world import MAPPINGS
from upa_core.adapters.sources.file_rows import FileRows
from upa_core.adapters.sources.folder_place import FolderPlace
from upa_core.domain.people.scope import Clause, Scope
from upa_core.domain.sources.check import check
from upa_core.domain.sources.contract import Contract, KeyPart
from upa_core.domain.sources.joined.secondary import Secondary

NAMED = Secondary("hr", (KeyPart("member", "userPrincipalName"),), on_missing="leave")
CONTRACT = Contract(NAMED.match, ("member",), delimiter="\t", header="member", max_drop=50.0)


class NamesWorld(JoinedWorld):
    """Six people, of whom a file names some."""

    def __init__(self, folder: Path) -> None:
        scope = Scope(((Clause("hr.member", "IS NOT NULL"),),), "clear")
        super().__init__(6, mappings=MAPPINGS, secondaries=(NAMED,), scope=scope)
        self.file = folder / "pilot.txt"
        self.rows["hr"] = FileRows(FolderPlace(str(self.file)), CONTRACT, self.time, timedelta(0))

    def write(self, text: str, encoding: str = "utf-8") -> None:
        """Write the file; `p0` stands for a user name."""
        for number in range(6):
            text = text.replace(f"p{number}", f"P{number}@{self.sim.tenant_domain}")
        self.sim.advance(60)
        self.file.write_bytes(text.encode(encoding))
        os.utime(self.file, (self.now.timestamp(),) * 2)
        self.settle_down(days=1)

    def titles(self) -> str:
        return " ".join(self.profile(person)["UpaTitle"] or "-" for person in self.people)


@pytest.fixture
def world(tmp_path: Path) -> NamesWorld:
    """Return six people at rest, of whom the first four are named."""
    made = NamesWorld(tmp_path)
    made.write("p0\np1\np2\np3\n")
    return made


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_who_is_named_takes_part(tmp_path: Path, encoding: str) -> None:
    """With or without a byte order mark, blank lines and Windows' line breaks, in any letter case."""
    world = NamesWorld(tmp_path)
    world.write("p0\r\n\r\np3\r\n", encoding)

    assert world.titles() == "T0 - - T3 - -"


@pytest.mark.slow
def test_who_isnt_named_any_more_leaves_at_once(world: NamesWorld) -> None:
    """Nobody has to wait for days: that is what such a file says."""
    world.write("p1\np2\np5\n")

    assert world.titles() == "- T1 T2 - - T5"


@pytest.mark.slow
def test_a_file_that_lost_its_end_lets_nobody_leave(world: NamesWorld) -> None:
    """A last line without a line break may be cut, and a much shorter file is incomplete."""
    world.write("p0\np1\np2\np3@con")
    assert (world.titles(), world.source.holds) == ("T0 T1 T2 T3 - -", ("many_left",))
    world.write("p0\n")
    assert (world.titles(), world.source.holds) == ("T0 T1 T2 T3 - -", ("incomplete_file",))
    world.file.unlink()
    world.settle_down(days=1)
    assert world.titles() == "T0 T1 T2 T3 - -"


def test_lines_are_counted_as_they_stand_in_the_file() -> None:
    """The header that isn't there doesn't count."""
    verdict = check([b"anna\n\xff\n"], replace(CONTRACT, columns=()))

    assert [finding.line for finding in verdict.findings if finding.effect == "refused"] == [2]
    told = check([b"anna\nbert\tcarl\n"], replace(CONTRACT, columns=()))
    assert [finding.line for finding in told.findings if finding.line] == [2]
