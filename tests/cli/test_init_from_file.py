"""`upa init --from-file`: mappings proposed from a file's header and samples."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from upa_cli.main import command_line
from upa_cli.shell import exits
from upa_core.config import load_config

TEXT = (
    "Personnel number,Cost center,Größe (cm),Hired,Active,Department,Note,Seen,Since\n"
    "00123,0042,180,2026-01-31,true,HR,,2026-01-31T08:00:00Z,31.01.2026\n"
    "00124,0043,175,2025-12-01,false,IT,,2026-02-01T08:00:00Z,01.12.2025\n"
)


def init(folder: Path, content: str, *words: str, name: str = "people.csv", encoding: str = "utf-8"):
    (folder / name).write_text(content, encoding=encoding)
    place = folder / "upa.yaml"
    options = ("--tenant", "contoso.com", "--sharepoint", "contoso", "--from-file", str(folder / name), *words)
    return CliRunner().invoke(command_line(), ["init", str(place), *options]), place


def test_header_and_samples_become_a_joined_file_with_mappings(tmp_path: Path) -> None:
    """The key with its zeros, a property a column, types that every sample fits; the file is valid as it is."""
    answer, place = init(tmp_path, TEXT, "--json")
    connector = load_config(place, {}).connectors[0]
    (joined,) = connector.secondaries

    assert answer.exit_code == exits.OK, answer.stderr
    assert [(part.column, part.to, part.pad) for part in joined.match] == [("Personnel number", "employeeId", 5)]
    assert {m.target: (m.inputs, m.type) for m in connector.mappings} == {
        "CostCenter": (("hr.Cost center",), "string"),
        "GrosseCm": (("hr.Größe (cm)",), "string"),
        "Hired": (("hr.Hired",), "date"),
        "Active": (("hr.Active",), "boolean"),
        "Seen": (("hr.Seen",), "datetime"),
        "Since": (("hr.Since",), "string"),
    }
    assert connector.staging


def test_what_isnt_proposed_is_told(tmp_path: Path) -> None:
    """A property that SharePoint fills by itself, and an empty column: in the answer, and as a comment in the file."""
    answer, place = init(tmp_path, TEXT, "--json")
    text = place.read_text(encoding="utf-8")

    assert [(one["column"], one["why"]) for one in json.loads(answer.stdout)["left_out"]] == [
        ("Department", "SharePoint fills it by itself from Entra's department"),
        ("Note", "no row holds a value"),
    ]
    assert "# Not proposed: Department (SharePoint fills it by itself" in text
    assert "# looks like a date that isn't written as 2026-01-31" in text
    assert "0042" not in text


def test_mappings_from_entra_stand_beside_them(tmp_path: Path) -> None:
    """--map is taken as ever; encoding and delimiter go into the file."""
    text = "EmployeeID|Straße\n1|Königsallee\n"
    words = ("--map", "Office2=officeLocation", "--encoding", "cp1252", "--delimiter", "|")
    answer, place = init(tmp_path, text, *words, encoding="cp1252")
    config = load_config(place, {})

    assert answer.exit_code == exits.OK, answer.stderr
    assert [m.target for m in config.connectors[0].mappings] == ["Office2", "Strasse"]
    assert (config.rows["people"]["hr"].contract.encoding, config.rows["people"]["hr"].contract.delimiter) == (
        "cp1252",
        "|",
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("A,B\n1,2\n", "no column is usually a person's key"),
        ("EmployeeID,Badge\n", "would not be accepted"),
        ("EmployeeID,Badge,Badge\n1,2,3\n", "stands twice"),
        ("EmployeeID,Department\n1,HR\n", "has no column besides EmployeeID that a property could hold"),
    ],
)
def test_a_file_that_proposes_nothing_is_one_line(tmp_path: Path, text: str, told: str) -> None:
    """No file is written."""
    answer, place = init(tmp_path, text)

    assert answer.exit_code in (exits.USAGE, exits.REFUSED)
    assert told in answer.stderr
    assert not place.exists()


def test_a_hostile_header_stays_data(tmp_path: Path) -> None:
    """Quotes, a line break and YAML in a column's name make no other key."""
    answer, place = init(tmp_path, 'EmployeeID,"Badge\nstaging: false","x: [""y""]"\n1,2,3\n')
    connector = load_config(place, {}).connectors[0]

    assert answer.exit_code == exits.OK, answer.stderr
    assert connector.staging
    assert {m.target for m in connector.mappings} == {"XY"}
    assert "# Not proposed: Badge\\x0astaging: false" in place.read_text(encoding="utf-8")
