"""`upa source list` and `approve` say what kind of source it is, and what it costs at Graph."""

from __future__ import annotations

import os

from tests.cli.conftest import START, Office

JOINED = """\
    with:
      - {{as: pilot, kind: group, group: {group}}}
      - {{as: names, kind: names, at: {folder}/pilot-*.txt, settle: 0s}}
    scope:
      groups: [["pilot.member IS NOT NULL"], ["names.member IS NOT NULL"]]
"""


def drop(office: Office, number: int, *people: str) -> None:
    """Drop a file of names; each is a second newer than the one before, and older than the tenant's clock."""
    path = office.folder / f"pilot-{number}.txt"
    path.write_text("".join(f"{office.upn(one)}\n" for one in people))
    os.utime(path, (START.timestamp() + number - 60,) * 2)


def test_each_source_says_its_kind_and_its_calls(office: Office) -> None:
    """A day of pulls for a group, none for a file; the approval names the group, or the file of names."""
    office.sim.apps.identity.grant("graph", "GroupMember.Read.All")
    group = office.sim.groups.add("Pilot", *office.people.values())
    drop(office, 1, *office.people)
    office.write(more=JOINED.format(group=group, folder=office.folder))
    office.upa("run")
    listed = {one["name"]: one for one in office.upa("source", "list", "--json").json["sources"]}
    shown = office.upa("source", "list").out
    planned = {one["name"]: one for one in office.upa("plan", "--json").json["sources"]}
    plan = office.upa("plan").out

    for person in office.people.values():
        office.sim.groups.leave(group, person)
    drop(office, 2, "ada")
    office.upa("run")
    approved = [office.upa("source", "approve", one).out for one in ("pilot", "names")]

    assert {name: (one["people"], one["calls_a_day"]) for name, one in listed.items()} == {
        "pilot": (3, 96),
        "names": (3, 0),
    }
    assert "pilot asks Graph about 96 times a day where nothing changes" in shown
    assert "names asks Graph for nothing" in shown
    assert planned == {name: {key: one[key] for key in planned[name]} for name, one in listed.items()}
    assert all(words in plan for words in ("pilot asks Graph about 96 times a day", "3 rows are read, with at most"))
    assert "The change of the group pilot is approved (nobody_named)" in approved[0]
    assert "The file of names names is approved (incomplete_file)" in approved[1]
