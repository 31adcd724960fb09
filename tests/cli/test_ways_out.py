"""Each way out of docs/how-to/restore-state.md, walked with the commands that it names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.conftest import Office
from upa_cli.shell import exits
from upa_core.adapters.storage.folder_store import FolderStore
from upa_core.domain.documents.storage_layout import Kind, parse

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "restore-state.md"


def store(office: Office) -> FolderStore:
    return FolderStore(office.folder / "state")


def keys(office: Office, kind: Kind) -> list[str]:
    return [one.key for one in store(office).list("") if (found := parse(one.key)) is not None and found.kind is kind]


def damage(office: Office, kind: Kind) -> None:
    """Cut every blob of a kind in half."""
    found = keys(office, kind)
    assert found
    for key in found:
        blob = store(office).get(key)
        assert blob is not None
        store(office).put(key, blob.data[: len(blob.data) // 2])


def converges(office: Office) -> None:
    """A change that comes now is delivered, and what was there is right."""
    office.edit("ada", employeeOrgData={"costCenter": "CC-9", "division": "Research"})
    for _ in range(12):  # a dropped run is tried again after a pause
        office.upa("run")
        if office.profile("ada").get("CostCenter") == "CC-9":
            break
    held = {name: office.profile(name).get("CostCenter") for name in office.people}
    assert held == {"ada": "CC-9", "bo": "CC-2", "cy": "CC-3"}
    assert office.upa("status").code in (exits.OK, exits.CHANGES)


def walk(office: Office, *commands: str) -> None:
    for command in commands:
        answer = office.upa(*command.split())
        for _ in range(12):  # what failed is tried again after a pause
            if answer.code != exits.LATER:
                break
            answer = office.upa(*command.split())
        assert answer.code in (exits.OK, exits.CHANGES), f"{command}: {answer.out}{answer.err}"


@pytest.mark.parametrize(
    ("kind", "commands"),
    [
        (Kind.STATE, ("state repair", "go", "run --full")),
        (Kind.LANE, ("state repair", "run --full")),
        (Kind.PEOPLE_SHARD, ("state repair",)),
        (Kind.PEOPLE_SHARD, ("reset --shadow --yes", "run --resend")),
    ],
    ids=["state.json", "lane.json", "people shards", "people shards, resent"],
)
def test_what_cant_be_read_is_given_up(office: Office, kind: Kind, commands: tuple[str, ...]) -> None:
    """The error names the blob; after the commands a change arrives, and nobody has a wrong value."""
    office.upa("run")
    damage(office, kind)
    office.edit("bo", employeeOrgData={"costCenter": "CC-2", "division": "Field"})
    told = office.upa("run")
    walk(office, *commands)

    assert told.code not in (exits.OK, exits.CHANGES)
    assert keys(office, kind)[0] in told.err + told.out
    converges(office)
    assert office.profile("bo")["Division"] == "Field"


def test_state_repair_of_what_is_sound_changes_nothing(office: Office) -> None:
    """It says so."""
    office.upa("run")
    answer = office.upa("state", "repair", "--json")

    assert answer.json["repaired"] == {"state": 0, "lane": 0, "people": 0}
    assert "everything can be read; nothing was changed" in office.upa("state", "repair").out


def test_a_segment_that_was_lost_is_read_anew(office: Office) -> None:
    """`reset --token`: the next round is full."""
    office.upa("run")
    office.upa("pause")
    office.edit("bo", employeeOrgData={"costCenter": "CC-2", "division": "Field"})
    office.upa("run")
    damage(office, Kind.SEGMENT)
    walk(office, "resume", "reset --token", "run")

    converges(office)
    assert office.profile("bo")["Division"] == "Field"


def test_an_open_run_is_dropped(office: Office) -> None:
    """Said with its id or without; the import job that may run stays on the books, and everything arrives."""
    office.upa("run", "--no-wait")
    run = office.upa("state", "show", "--json").json["state"]["run"]["id"]
    wrong = office.upa("state", "drop-run", "20200101T000000Z-aaaa")
    dropped = office.upa("state", "drop-run", "--json")
    none = office.upa("state", "drop-run")

    assert wrong.code == exits.REFUSED
    assert dropped.json == {"connector": "people", "run": run, "import_job_may_run": True}
    assert (none.code, "has no open run: nothing to drop" in none.err) == (exits.REFUSED, True)
    converges(office)


@pytest.mark.parametrize("way", ["drop", "reject"])
def test_a_held_plan_that_was_lost_is_decided(office: Office, way: str) -> None:
    """Dropping plans anew what was held; rejecting ends the hold too, whatever is left of the plan."""
    office.upa("run")
    for name in office.people:
        office.edit(name, employeeOrgData={"costCenter": None, "division": None})
    office.upa("run")
    shown = office.upa("hold", "show", "--json").json
    for key in keys(office, Kind.IMPORT_FILE):
        if shown["held"]["run"] in key:
            store(office).delete(key)
    told = office.upa("hold", "show").out
    answer = office.upa("hold", way, "--json")

    assert "can't be read: what was in there is planned anew" in told
    assert (answer.code, answer.json["run"]) == (exits.OK, shown["held"]["run"])
    assert office.upa("hold", "show").code == exits.OK
    for name, center in (("ada", "CC-1"), ("bo", "CC-2"), ("cy", "CC-3")):
        office.edit(name, employeeOrgData={"costCenter": center, "division": None})
    converges(office)


def test_the_archive_may_be_lost(office: Office) -> None:
    """Reports and import files of the past are gone, and nothing else."""
    office.upa("run")
    for one in list(store(office).list("runs/")):
        store(office).delete(one.key)

    converges(office)


def test_everything_may_be_lost(office: Office) -> None:
    """`go`, then `run --full --resend`."""
    office.upa("run")
    for one in list(store(office).list("")):
        store(office).delete(one.key)
    walk(office, "go", "run --full --resend")

    converges(office)


def test_the_page_names_no_other_command() -> None:
    """A command that the tables name and no test here walks would be a promise."""
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    named = {" ".join(found.split()[:2]) for line in rows for found in re.findall(r"`upa ([a-z][^`]*)`", line)}
    walked = {
        "run --full", "go", "reset --token", "reset --shadow", "run --resend", "state repair", "state drop-run",
        "hold reject", "hold drop",
    }  # fmt: skip

    assert named - walked == {"escrow list", "doctor", "resume"}  # tests/cli/test_operations.py, test_setup.py
