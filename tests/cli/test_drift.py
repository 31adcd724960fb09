"""`upa drift` and `upa verify`, as an administrator and an auditor call them."""

from __future__ import annotations

import json
from collections import Counter
from io import StringIO
from pathlib import Path

from rich.console import Console

from tests.cli.conftest import Office
from tests.services.drift.test_read_back import settled
from upa_cli.commands.drift import render
from upa_cli.shell import exits
from upa_core.services.drift.view import drifted, drifted_json
from upa_core.state.drift.standing import standing_of


def delivered(office: Office) -> None:
    """Deliver everybody, and read them back."""
    office.write(replace=("    mappings:", "    drift: {}\n    mappings:"))
    assert office.upa("run").code == exits.OK
    office.sim.profiles.set(office.people["ada"], "CostCenter", "hand")
    office.sim.profiles.set(office.people["cy"], "Badge", "other")


def test_what_was_changed_by_hand_is_told_with_what_was_confirmed(office: Office, tmp_path: Path) -> None:
    """Old and found, by user name; a redacted property shows neither."""
    delivered(office)
    found = office.upa("drift", "--full", "--json", "--csv", str(tmp_path / "drift.csv"))
    rows = {(row["user"], row["property"]): (row["old"], row["found"]) for row in found.json["differences"]}

    assert found.code == exits.CHANGES
    assert rows == {
        (office.upn("ada"), "CostCenter"): ("CC-1", "hand"),
        (office.upn("cy"), "Badge"): ("***", "***"),
    }
    assert found.json["standing"]["campaign"]["ended"]
    csv = (tmp_path / "drift.csv").read_text(encoding="utf-8-sig")
    assert '"CC-1","hand"' in csv
    assert "secret-7" not in csv


def test_one_property_and_the_text_for_people(office: Office) -> None:
    """What isn't mapped is refused by name."""
    delivered(office)
    office.upa("drift", "--full")
    one = office.upa("drift", "--property", "CostCenter")

    assert "CostCenter: 1 person differs" in one.out
    assert "everybody read within 1 day".capitalize() in one.out
    wrong = office.upa("drift", "--property", "Shoe")
    assert (wrong.code, "isn't mapped" in wrong.err) == (exits.USAGE, True)
    assert office.upa("drift", "--full", "--pause").code == exits.USAGE
    assert office.upa("drift", "--pause").code == exits.REFUSED


def test_what_is_written_again_and_again_is_told_with_how_often() -> None:
    """Three reads, each with another value by hand: the person's line says how often, and the property's line once."""
    world, shown = settled(), Console(file=StringIO(), width=200)
    world.hand(world.people[1], "UpaCode", "once")
    for n in range(3):
        world.hand(world.people[0], "UpaTitle", f"King {n}")
        world.read_all()
    rows = [{"user": "", **drifted_json(world.connector, one)} for one in drifted(world.ports(), world.connector)]
    render(shown, standing_of(world.store, world.connector, world.now), rows, Counter(), 20)
    told = shown.file.getvalue()  # type: ignore[attr-defined]

    (line,) = (line for line in told.splitlines() if "King 2" in line)
    assert ("3 times" in line, "somebody or something else writes it" in line) == (True, True)
    assert "UpaTitle: somebody or something else writes it, with 1 person three times or more" in told
    assert told.count("somebody") == 2


def test_status_says_within_how_many_days_everybody_is_read(office: Office) -> None:
    """And how many people differ."""
    delivered(office)
    office.upa("drift", "--full")
    status = office.upa("status")

    assert "profiles      everybody read within 1 day; 2 differ: see upa drift" in status.out


def test_nothing_is_compared_before_anything_was_delivered(office: Office) -> None:
    """And it says what to do."""
    refused = office.upa("drift", "--full")

    assert (refused.code, "upa run" in refused.err) == (exits.REFUSED, True)


def test_an_auditor_gets_a_report_and_a_code(office: Office, tmp_path: Path) -> None:
    """5 while somebody was never read, 1 where something differs or is unreadable, 0 where all is equal or excepted."""
    office.write(replace=("    mappings:", "    drift: {}\n    mappings:"))
    office.upa("run")
    place = tmp_path / "verified.json"
    assert office.upa("verify", "--report", str(place)).code == exits.LATER
    office.sim.directory.edit(office.people["bo"], userPrincipalName="not a name")
    office.upa("drift", "--full")
    assert office.upa("verify", "--report", str(place)).code == exits.FAILED
    listed = tmp_path / "exceptions.csv"
    listed.write_text(f"person,until,reason,by\n{office.people['bo']},2099-01-01,renamed,Ann\n", encoding="utf-8")
    passed = office.upa("verify", "--report", str(place), "--exceptions", str(listed))
    report = json.loads(place.read_text(encoding="utf-8"))

    assert passed.code == exits.OK
    assert (report["people"], report["read"], report["counts"]["equal"]) == (3, 2, 2)
    assert report["unreadable"][0]["exception"]["holds"] is True
    assert len(report["connector_file"]) == 64
    assert "CC-1" not in place.read_text(encoding="utf-8")
    office.sim.profiles.set(office.people["ada"], "CostCenter", "hand")
    office.upa("drift", "--full")
    again = office.upa("verify", "--report", str(place), "--exceptions", str(listed), "--json")
    assert (again.code, again.json["different"][0]["properties"]) == (exits.FAILED, ["CostCenter"])


def test_a_bad_list_of_exceptions_is_refused_by_its_line(office: Office, tmp_path: Path) -> None:
    """No report is written then."""
    listed, place = tmp_path / "exceptions.csv", tmp_path / "verified.json"
    listed.write_text("person,until,reason,by\nada,soon,renamed,Ann\n", encoding="utf-8")
    refused = office.upa("verify", "--report", str(place), "--exceptions", str(listed))

    assert (refused.code, "line 2: until isn't a date" in refused.err) == (exits.USAGE, True)
    assert not place.exists()
    missing = office.upa("verify", "--report", str(place), "--exceptions", str(tmp_path / "no.csv"))
    assert missing.code == exits.USAGE
