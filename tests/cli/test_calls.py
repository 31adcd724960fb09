"""`upa calls`, as an administrator with a support case calls it."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from tests.cli.conftest import Office
from upa_cli.shell import exits


def test_the_calls_of_a_run_are_listed_newest_first_by_another_process(office: Office) -> None:
    """Graph, library and admin site; no address, nobody's name, no object id."""
    office.write()
    office.upa("run")
    found = office.upa("calls", "--last", "200", "--json")
    rows = found.json["calls"]

    assert found.code == exits.OK
    assert [row["at"] for row in rows] == sorted((row["at"] for row in rows), reverse=True)
    assert {row["service"] for row in rows} == {"graph", "library", "admin"}
    assert {"/v1.0/users/delta", "Files/AddUsingPath", "ProcessQuery QueueImportProfileProperties"} <= {
        row["name"] for row in rows
    }
    assert all(re.fullmatch("[0-9a-f-]{36}", row["client_request_id"]) for row in rows)
    told = found.out.replace(office.served.tenant_id, "")
    assert not any(office.upn(name) in told or person in told for name, person in office.people.items())
    assert "skiptoken" not in told
    assert "deltatoken" not in told


def test_a_failed_call_tells_both_ids_and_its_code(office: Office) -> None:
    """Only what failed, in 80 columns, with what Microsoft's support asks for."""
    office.write()
    theirs = {"request-id": "5f05e38c-bd0e-49ec-8c9c-c4cfe370248c"}
    office.sim.faults.add(surface="graph", operation="users.delta", status=403, headers=theirs)
    assert office.upa("run").code != exits.OK
    failed = office.upa("calls", "--failed", COLUMNS="80")

    assert "403" in failed.out
    assert re.search(r"request 5f05e38c-bd0e-49ec-8c9c-c4cfe370248c\n +ours +[0-9a-f-]{36}\n", failed.out)
    assert max(map(len, failed.out.splitlines())) <= 80
    assert office.upa("calls", "--status", "429").out == "No kept call is like that. All of them: upa calls\n"


def test_the_same_columns_as_csv(office: Office, tmp_path: Path) -> None:
    """Whoever sends them to support sends a file."""
    office.write()
    office.upa("run")
    office.upa("calls", "--service", "graph", "--csv", str(tmp_path / "calls.csv"))
    lines = (tmp_path / "calls.csv").read_text(encoding="utf-8-sig").splitlines()

    assert lines[0] == (
        '"at","service","method","host","name","status","code","seconds","request_id","client_request_id"'
    )
    assert len(lines) > 1
    assert all('"graph"' in line for line in lines[1:])


def test_every_list_goes_to_a_csv_file_with_the_keys_of_its_json(office: Office, tmp_path: Path) -> None:
    """Import jobs, archived files, causes of escrow, sources: a row for each, a list in one cell; how many is said."""
    office.write()
    office.upa("run")
    told: dict[str, list[dict[str, str]]] = {}
    lists = {"jobs list": "jobs", "archive list": "files", "escrow causes": "causes", "source list": "sources"}
    for words, key in lists.items():
        place = tmp_path / f"{key}.csv"
        answer = office.upa(*words.split(), "--csv", str(place), "--json")
        with place.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
        found = answer.json[key]
        assert len(rows) == len(found)
        assert all(row.keys() <= one.keys() for row, one in zip(rows, found, strict=True))
        told[key] = rows
    assert "1 import job in " in office.upa("jobs", "list", "--csv", str(tmp_path / "jobs.csv")).err

    (job,), (file,) = told["jobs"], told["files"]
    assert (job["state"], job["file"]) == ("Succeeded", file["file"])
    assert file["jobs"] == f"{job['id']} Succeeded"


def test_before_the_first_call_it_says_so(office: Office) -> None:
    """And makes none itself."""
    office.write()

    assert office.upa("calls").out == "No call is kept yet.\n"
