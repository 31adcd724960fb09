"""The canary: a connector of its own, with what is known of one person."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from tests.cli.conftest import Office
from tests.support.world import NO_THRESHOLD, World
from upa_cli.work.canary import canary_of


def test_a_canary_is_never_held() -> None:
    """One person is any share of one: neither threshold nor staging mode applies to it."""
    threshold = replace(NO_THRESHOLD, updates_absolute=0, updates_percent=0.0, clears_absolute=0, clears_percent=0.0)
    connector = World(threshold=threshold, staging=True).connector
    cli: Any = SimpleNamespace(connector=connector, app=SimpleNamespace(connectors={"hr": connector}))
    canary = canary_of(cli)

    assert (canary.name, canary.staging, canary.threshold) == ("hr-canary", False, NO_THRESHOLD)


def test_a_canary_sends_no_value_that_an_administrator_rejected(office: Office) -> None:
    """The others go; the connector's own books stay as they are."""
    office.upa("run")
    for name in office.people:
        office.edit(name, employeeOrgData={"costCenter": None, "division": "New"})
    office.upa("run")
    held = office.upa("hold", "show", "--json").json["held"]["run"]
    office.upa("hold", "reject", held)
    before = office.upa("why", office.upn("ada"), "--json").json
    office.edit("ada", employeeOrgData={"costCenter": None, "division": "Newer"})

    answer = office.upa("canary", office.upn("ada"), "--json").json

    assert answer["delivered"]
    assert {target: one["sent"] for target, one in answer["properties"].items()} == {"Division": "Newer"}
    assert [step["text"] for step in answer["steps"]][-1].endswith("1 value rejected by an administrator")
    assert office.upa("why", office.upn("ada"), "--json").json["declined"] == before["declined"]
