"""The canary: an ad hoc run of the connector, which runs, archive, why and the shadow know."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.conftest import Office
from upa_cli.shell import exits
from upa_core.adapters.clock import ScaledClock


def test_a_canary_sends_no_value_that_an_administrator_rejected(office: Office) -> None:
    """The others go; what was declined stays declined."""
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


def test_a_canary_is_a_run_that_everything_knows(office: Office) -> None:
    """Runs, archive and why name it, and the first real run sends no second import job for the same values."""
    office.write(staging=True)
    run = office.upa("canary", office.upn("ada"), "--json").json["run"]

    known = office.upa("runs", "--json").json["runs"]
    archived = office.upa("archive", "list", "--json").json["files"]
    told = office.upa("why", office.upn("ada"), "--json").json
    office.upa("go")
    after = office.upa("run", "--json").json["runs"][0]

    assert [(one["run"], one["status"], one["ad_hoc"]["kind"]) for one in known] == [(run, "complete", "canary")]
    assert [one["run"] for one in archived] == [run]
    assert (told["known"]["CostCenter"], [one["run"] for one in told["timeline"]]) == ("CC-1", [run])
    assert (after["counts"]["updated"], after["counts"]["unchanged"]) == (2, 1)


def test_a_canary_left_alone_is_finished_by_the_next_who_wakes(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody closes the laptop while SharePoint works: in staging mode too, what runs next ends the canary's run."""
    office.write(staging=True)

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as laptop:
        laptop.setattr(ScaledClock, "sleep", stop)
        stopped = office.upa("canary", office.upn("ada"), "--json")
    on_its_way = office.upa("state", "show", "--json").json
    office.upa("run")
    told = office.upa("why", office.upn("ada"), "--json").json
    lane = office.upa("state", "show", "--json").json["lane"]

    assert (stopped.code, on_its_way["lane"]["in_flight"]["connector"]) == (exits.INTERRUPTED, "people")
    assert (told["known"]["CostCenter"], office.profile("ada")["CostCenter"]) == ("CC-1", "CC-1")
    assert (lane["in_flight"], office.sim.library.items(), len(office.sim.jobs)) == (None, [], 1)


def test_a_canary_obeys_a_pause_and_a_hold(office: Office) -> None:
    """While the connector is paused, or a plan is held, nothing begins."""
    office.upa("run")
    office.upa("pause")
    paused = office.upa("canary", office.upn("ada"))
    office.upa("resume")
    for name in office.people:
        office.edit(name, employeeOrgData={"costCenter": None})
    office.upa("run")
    held = office.upa("canary", office.upn("ada"))

    assert (paused.code, held.code) == (exits.REFUSED, exits.REFUSED)
    assert "people is paused" in paused.err
    assert "is held" in held.err
    assert len(office.sim.jobs) == 1


def test_a_canary_that_fails_leaves_the_person_due_and_the_connector_well(office: Office) -> None:
    """An import job that ends in an error without a name: the values are unknown and due, nothing is slowed down."""
    office.upa("run")
    office.edit("ada", employeeOrgData={"costCenter": "CC-9"})
    office.sim.timer_job.plan("next", "internal_error_partial")

    answer = office.upa("canary", office.upn("ada"), "--json")
    waits = office.upa("escrow", "list", "--json").json["people"]
    state = office.upa("state", "show", "--json").json["state"]
    office.upa("run")

    assert (answer.code, answer.json["delivered"]) == (exits.FAILED, False)
    assert [one["reason"] for one in waits] == ["overridden"]
    assert (state["retry"], state["quarantine"], state["run"]) == (None, None, None)
    assert office.profile("ada")["CostCenter"] == "CC-9"
