"""Plans: what is sent to whom, what is set aside, and what is counted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.fakes.clock import START
from upa_core.domain.cloud import CLOUDS
from upa_core.domain.connector import Connector, Source, Target
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.domain.people.mapping import OnInvalid, direct
from upa_core.domain.people.scope import Clause, Scope
from upa_core.domain.people.shadow import Shard
from upa_core.domain.plan.planner import Planner
from upa_core.domain.sources.contract import KeyPart
from upa_core.domain.sources.joined.secondary import Secondary


def _connector(*mappings: Any, scope: Scope | None = None) -> Connector:
    return Connector(
        name="hr",
        source=Source(CLOUDS["global"], "tenant"),
        target=Target("https://c-admin.sharepoint.com", "https://c.sharepoint.com/sites/upa", "/sites/upa/Imports"),
        mappings=mappings,
        scope=scope or Scope(),
    )


def _plan(connector: Connector, shard: Shard, *values: Any) -> Any:
    return Planner(connector).plan(shard, [["p", 0, *values]], ended=(), gone=(), full_round="", now=START)


def test_leaving_the_scope_clears_strings_that_hold_something_and_nothing_else() -> None:
    """With out_of_scope: clear a held string is cleared; an empty or unknown one, and a date, are left alone."""
    scope = Scope(groups=((Clause("userType", "EQUALS", "Member"),),), out_of_scope="clear")
    mappings = [direct(name, name.title()) for name in ("city", "state", "country")]
    connector = _connector(*mappings, direct("employeeHireDate", "Hired", type="date"), scope=scope)
    shard = Shard(connector.targets)
    shard.settle("p", {"City": "Bern", "State": "", "Hired": "2020-01-01"}, 1)
    values = {"userType": "Guest"}
    plan = _plan(connector, shard, *(values.get(path) for path in connector.inputs))

    assert [(entry.person, dict(entry.new)) for entry in plan.entries] == [("p", {"City": ""})]
    assert plan.counts.out_of_scope == 1


def test_a_new_person_gets_what_the_source_has_of_them() -> None:
    """A property without a value isn't sent, an invalid one waits, and of somebody without any nothing is sent."""
    connector = _connector(direct("city", "City"), direct("hired", "Hired", type="date"), direct("office", "Office"))
    shard = Shard(connector.targets)
    rows = [
        ["all", 0, "Rome", "2026-01-02", "R1"],
        ["some", 0, "Rome", None, "R1"],
        ["invalid", 0, "Rome", "soon", None],
        ["none", 0, None, None, None],
    ]

    plan = Planner(connector).plan(shard, rows, ended=(), gone=(), full_round="r", now=START)

    assert {entry.person: (entry.new, entry.old) for entry in plan.entries} == {
        "all": ({"City": "Rome", "Hired": "2026-01-02", "Office": "R1"}, {}),
        "some": ({"City": "Rome", "Office": "R1"}, {}),
        "invalid": ({"City": "Rome"}, {}),
    }
    assert (plan.counts.people, plan.counts.updated, plan.counts.unchanged, plan.counts.invalid) == (4, 3, 1, 1)
    assert list(shard.escrow) == ["invalid"]


def test_a_value_that_is_skipped_leaves_the_other_properties_alone() -> None:
    """on_invalid: skip_value drops one value; the person's other values are planned, and nobody goes to escrow."""
    connector = _connector(direct("city", "City", max_length=2, on_invalid="skip_value"), direct("state", "State"))
    shard = Shard(connector.targets)
    plan = _plan(connector, shard, "Bern", "BE")

    assert [dict(entry.new) for entry in plan.entries] == [{"State": "BE"}]
    assert not shard.escrow


@pytest.mark.parametrize(("policy", "sent"), [("escrow_value", [{"State": "BE"}]), ("escrow_user", [])])
def test_an_invalid_value_waits_in_escrow_under_the_propertys_name(policy: OnInvalid, sent: list[object]) -> None:
    """The others are sent, unless on_invalid is escrow_user; it counts one, and the shard must be stored."""
    connector = _connector(direct("city", "City", max_length=2, on_invalid=policy), direct("state", "State"))
    shard = Shard(connector.targets)
    plan = _plan(connector, shard, "Bern", "BE")

    assert [dict(entry.new) for entry in plan.entries] == sent
    assert (plan.counts.invalid, plan.changed) == (1, True)
    assert (shard.escrow["p"]["City"].reason, shard.escrow["p"]["City"].detail) == (EscrowReason.INVALID_VALUE, "City")


def test_clears_that_a_type_cannot_carry_are_counted_each() -> None:
    """Two dates that should be cleared are two unsupported clears; nothing is sent for them."""
    dates = [direct(name, name.title(), type="date", on_empty="clear") for name in ("hired", "left")]
    connector = _connector(*dates)
    shard = Shard(connector.targets)
    shard.settle("p", {"Hired": "2020-01-01", "Left": "2021-01-01"}, 1)
    plan = _plan(connector, shard, None, None)

    assert plan.entries == []
    assert plan.counts.clear_unsupported == 2


def test_everybody_who_is_set_aside_or_declined_is_counted() -> None:
    """Two people with an invalid value are two, two with a rejected value too; what still holds stays rejected."""
    connector = _connector(direct("employeeHireDate", "Hired", type="date"), direct("city", "City"))
    shard = Shard(connector.targets)
    for person in ("d1", "d2"):
        shard.declined[person] = {"City": "Rome", "Hired": "2020-01-01"}
    rows = [["i1", 0, "A", "x"], ["i2", 0, "B", "y"], ["d1", 0, "Rome", None], ["d2", 0, "Rome", None]]
    plan = Planner(connector).plan(shard, rows, ended=(), gone=(), full_round="", now=START)

    assert (plan.counts.invalid, plan.counts.declined) == (2, 2)
    assert shard.declined == {"d1": {"City": "Rome"}, "d2": {"City": "Rome"}}
    assert sorted(shard.escrow) == ["i1", "i2"]


@pytest.mark.parametrize(
    ("spell", "back", "sent"),
    [
        (["p", 1, "Member", None], "Rome", []),
        (["p", 0, "Guest", "Rome"], "Rome", []),
        (["p", 0, "Member", None], "Rome", [{"City": "Rome"}]),
        (["p", 0, "Member", "Bern"], "Rome", [{"City": "Rome"}]),
        (["p", 1, "Member", None], "Bern", [{"City": "Bern"}]),
        (["p", 0, "Guest", "Rome"], "Bern", [{"City": "Bern"}]),
    ],
    ids=["no row", "out of scope", "no value", "another value", "no row, then another", "out of scope, then another"],
)
def test_a_rejection_stands_until_the_source_says_otherwise(
    spell: list[Any], back: str, sent: list[dict[str, str]]
) -> None:
    """A spell without a row, or out of scope, says nothing: the same value afterwards is still rejected."""
    scope = Scope(groups=((Clause("userType", "EQUALS", "Member"),),), out_of_scope="clear")
    joined = replace(
        _connector(direct("hr.city", "City"), scope=scope), secondaries=(Secondary("hr", (KeyPart("number", "mail"),)),)
    )
    at = joined.inputs.index("hr.city")
    shard = Shard(joined.targets)
    shard.declined["p"] = {"City": "Rome"}

    def planned(person: str, absent: int, *values: str | None) -> Any:
        cells = {"userType": values[0], "hr.city": values[1]}
        row = [person, (1 << at) if absent else 0, *(cells.get(path) for path in joined.inputs)]
        plan = Planner(joined).plan(shard, [row], ended=(), gone=(), full_round="", now=START)
        return [dict(entry.new) for entry in plan.entries]

    assert planned(*spell) in ([], [{"City": "Bern"}])
    assert planned("p", 0, "Member", back) == sent


def test_a_rejected_clear_stands_while_out_of_scope_clears_too() -> None:
    """The value that was rejected is "" either way; another property is cleared all the same."""
    scope = Scope(groups=((Clause("userType", "EQUALS", "Member"),),), out_of_scope="clear")
    connector = _connector(direct("city", "City", on_empty="clear"), direct("state", "State"), scope=scope)
    shard = Shard(connector.targets)
    shard.settle("p", {"City": "Bern", "State": "BE"}, 1)
    shard.declined["p"] = {"City": "", "State": "ZH"}
    values = {"userType": "Guest", "state": "ZH"}
    plan = _plan(connector, shard, *(values.get(path) for path in connector.inputs))

    assert [dict(entry.new) for entry in plan.entries] == [{"State": ""}]
    assert shard.declined == {"p": {"City": "", "State": "ZH"}}


def test_leaving_the_scope_clears_what_a_file_left_unknown() -> None:
    """It may have been written, whether its cell bears a stamp of its own or the row's; what was never sent is left."""
    scope = Scope(groups=((Clause("userType", "EQUALS", "Member"),),), out_of_scope="clear")
    connector = _connector(*(direct(name, name.title()) for name in ("city", "state", "country")), scope=scope)
    one, several = Shard(connector.targets), Shard(connector.targets)
    one.settle("p", {"City": "Bern", "State": "BE", "Country": "CH"}, 1)
    one.settle("p", {"City": None, "State": None, "Country": None}, 2)
    several.settle("p", {"City": "Bern"}, 1)
    several.settle("p", {"State": None}, 2)
    values = [{"userType": "Guest"}.get(path) for path in connector.inputs]

    cleared = [dict(entry.new) for shard in (one, several) for entry in _plan(connector, shard, *values).entries]
    assert cleared == [{"City": "", "State": "", "Country": ""}, {"City": "", "State": ""}]


def test_what_was_there_before_a_doubt_is_sent_where_the_source_says_nothing() -> None:
    """Where it says something, that; what a newer file confirmed is out of doubt."""
    connector = _connector(direct("city", "City"), direct("state", "State"), direct("country", "Country"))
    shard = Shard(connector.targets)
    shard.settle("p", {"City": "Bern", "State": "BE", "Country": "CH"}, 1)
    shard.doubt("p", {"City": "Bern", "State": "BE", "Country": "CH"}, now=START, sequence=2)
    assert shard.doubted == {"p": {"City": "Bern", "State": "BE", "Country": "CH"}}
    shard.settle("p", {"Country": "AT"}, 3)
    plan = _plan(connector, shard, None, "AT", "VD")

    assert [dict(entry.new) for entry in plan.entries] == [{"City": "Bern", "State": "VD"}]
    assert (plan.changed, shard.doubted) == (False, {"p": {"City": "Bern", "State": "BE"}})
    shard.confirm({"p": {"City": "Bern", "State": "VD"}}, 4, START)
    again = _plan(connector, shard, None, "AT", "VD")

    assert (list(again.entries), again.changed, shard.doubted) == ([], False, {})


def test_a_doubt_about_a_property_that_is_mapped_no_more_is_dropped() -> None:
    """With it the others', where nothing is left of them."""
    connector = _connector(direct("city", "City"), direct("state", "State"))
    shard = Shard(connector.targets)
    shard.settle("p", {"City": "Bern"}, 1)
    shard.doubted = {"p": {"Gone": "x"}}
    assert _plan(connector, shard, "Bern", None).changed
    assert shard.doubted == {}

    shard.doubted = {"p": {"Gone": "x", "State": "BE"}}
    plan = _plan(connector, shard, "Bern", None)
    assert [dict(entry.new) for entry in plan.entries] == [{"State": "BE"}]
    assert (plan.changed, shard.doubted) == (True, {"p": {"State": "BE"}})


def test_who_is_named_and_cant_be_read_is_a_person_of_the_round() -> None:
    """They are counted, and no full round misses them."""
    connector = _connector(direct("city", "City"))
    shard = Shard(connector.targets)
    shard.settle("unread", {"City": "Rome"}, 1)
    shard.missed["unread"] = "before"

    plan = Planner(connector).plan(
        shard, [["p", 0, "Bern"]], ended=(), gone=(), unread=["unread"], full_round="now", now=START
    )

    assert (plan.counts.people, plan.missed, shard.missed) == (2, set(), {})
