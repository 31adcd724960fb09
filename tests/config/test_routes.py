"""Mappings that are written individually: their types, what goes with them, and what is refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from tests.config.support import connector_of, document, only_problem
from upa_core.domain.people.mapping import Problem, compile_mapping
from upa_core.domain.people_calls import Budget


def mapping(**keys: Any) -> dict:
    return {"target": "Teams", "source": "department", **keys}


@pytest.mark.parametrize(("kind", "what"), [("strings", "several values"), ("terms", "terms"), ("person", "a person")])
def test_a_type_that_bulk_cannot_do_names_the_key(kind: str, what: str) -> None:
    """A list, terms and a person need the individual route, and the problem says the key to write."""
    problem = only_problem(document(mappings=[mapping(type=kind)]))

    assert f"bulk import can't write {what}" in problem.message
    assert problem.suggestion == "route: individual"


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"on_user_edit": "overwrite"}, "is only for route: individual"),
        ({"route": "individual", "type": "strings", "on_too_long": "truncate"}, "can't be cut"),
        ({"route": "individual", "type": "person", "max_length": 5}, "can't be written for person"),
        ({"route": "individual", "target": "SPS-FeedIdentifier"}, "bookkeeping"),
        ({"route": "individual", "target": "Department"}, "SharePoint fills it by itself"),
        ({"route": "carrier pigeon"}, "must be one of bulk, individual"),
    ],
)
def test_what_does_not_go_together(keys: dict, words: str) -> None:
    """Keys of one route on the other, lists that would be cut, and properties that aren't ours are refused by name."""
    assert words in only_problem(document(mappings=[mapping(**keys)])).message


def test_a_list_stays_a_list() -> None:
    """An attribute with several values goes into a list property as it is, commas included."""
    made = connector_of(mappings=[mapping(source="businessPhones", type="strings", route="individual")]).mappings[0]
    apply = compile_mapping(made.as_if_proven(), ["businessPhones"])

    assert [apply([value]) for value in (["1, 2", "3"], "4", [], None)] == ['["1, 2","3"]', '["4"]', None, None]
    assert apply([["a|b"]]).kind == "invalid"


def test_several_values_name_both_ways() -> None:
    """A list attribute for a single value names joining and the list type."""
    problem = only_problem(document(mappings=[mapping(source="businessPhones")]))

    assert "type: strings with route: individual" in problem.suggestion


def test_nothing_is_written_before_the_probe() -> None:
    """A mapping of the individual route gives no value until a probe has proven it."""
    made = connector_of(mappings=[mapping(route="individual")]).mappings[0]
    told = compile_mapping(made, ["department"])(["HR"])

    assert isinstance(told, Problem)
    assert (told.kind, "probe-individual" in told.reason) == ("unproven", True)


def test_clears_are_those_that_were_proven() -> None:
    """On the individual route a date is cleared where the probe has seen it, otherwise the clear isn't supported."""
    from dataclasses import replace

    keys = {"source": "employeeHireDate", "type": "date", "route": "individual", "on_empty": "clear"}
    made = connector_of(mappings=[mapping(**keys)]).mappings[0].as_if_proven()
    empty = [compile_mapping(replace(made, clears=one), ["employeeHireDate"])([None]) for one in (True, False)]

    assert (empty[0], empty[1].kind) == ("", "clear_unsupported")


def test_the_route_decides_no_value() -> None:
    """A string that changes its route keeps its fingerprint: no full round for that."""
    bulk, single = (connector_of(mappings=[mapping(route=route)]) for route in ("bulk", "individual"))

    assert bulk.fingerprint == single.fingerprint


def test_the_budget() -> None:
    """Share, licences, limits and hours are read; the default is a quarter of the smallest tenant's limit."""
    given = {"share": 50, "licences": 6000, "per_hour": 1000, "per_day": 5000, "hours": [20, 5]}

    assert connector_of().individual == Budget()
    assert connector_of(individual=given).individual == Budget(50.0, 6000, 1000, 5000, (20, 5))


@pytest.mark.parametrize("keys", [{"share": 0}, {"share": 101}, {"per_hour": 5}, {"hours": [20]}, {"hours": [20, 24]}])
def test_a_budget_that_cannot_be(keys: dict) -> None:
    """No share, more than everything, too few calls for a person, and hours that aren't any are refused."""
    assert "individual" in only_problem(document(individual=keys)).where
