"""What a connector's fingerprint is made of: a release that changes it calls for a full round in every tenant."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest

from tests.support.world import World
from upa_core.config import parse_expression
from upa_core.domain.language.expressions import describe_expression
from upa_core.domain.people.mapping import Mapping, direct
from upa_core.domain.people.scope import Clause, Scope


def test_a_mapping_is_described_by_all_that_decides_a_value() -> None:
    """And by nothing else: neither its state nor whether its values are shown."""
    mapping = Mapping(
        "Active",
        parse_expression('IIF([city]="x", Switch([state], , "k", 3), [country])'),
        type="boolean",
        on_empty="default",
        default="no",
        on_invalid="skip_value",
        max_length=9,
        on_too_long="truncate",
        format="yyyy",
        words=("yes", "no"),
        state="proposed",
        redact=True,
    )

    assert mapping.describe() == {
        "target": "Active",
        "expression": {
            "call": [
                "IIF",
                {"compare": ["=", {"attribute": "city"}, {"constant": "x"}]},
                {"call": ["Switch", {"attribute": "state"}, None, {"constant": "k"}, {"constant": 3}]},
                {"attribute": "country"},
            ]
        },
        "type": "boolean",
        "on_empty": "default",
        "default": "no",
        "on_invalid": "skip_value",
        "max_length": 9,
        "on_too_long": "truncate",
        "format": "yyyy",
        "words": ["yes", "no"],
    }
    assert direct("city", "City").describe()["words"] is None


def test_a_comparison_is_described_with_its_sides_in_order() -> None:
    """Greater isn't less."""
    described = describe_expression(parse_expression('IIF([a]>3, "x", "y")'))

    assert described["call"][1] == {"compare": [">", {"attribute": "a"}, {"constant": 3}]}


def test_a_scope_is_described_by_its_clauses_and_what_becomes_of_the_others() -> None:
    """Groups of clauses, each with attribute, operator and value."""
    first = (Clause("city", "EQUALS", "x"), Clause("state", "IS NULL", None))
    scope = Scope((first, (Clause("a", "EQUALS", "b"),)), "clear")

    assert scope.describe() == {
        "groups": [[["city", "EQUALS", "x"], ["state", "IS NULL", None]], [["a", "EQUALS", "b"]]],
        "out_of_scope": "clear",
    }


@pytest.mark.parametrize(("wide", "with_select"), [("fingerprint", True), ("export_hash", False)])
def test_a_fingerprint_is_the_hash_of_source_mappings_scope_and_select(wide: str, with_select: bool) -> None:
    """Keys sorted, so that their order in the code decides nothing; what `go` was said to leaves the $select out."""
    connector = World(0).connector
    proposed = replace(connector, mappings=(*connector.mappings, direct("city", "Next", state="proposed")))
    content = {
        "source": [connector.source.cloud.name, connector.source.tenant_id],
        "mappings": [mapping.describe() for mapping in sorted(connector.mappings, key=lambda one: one.target)],
        "scope": connector.scope.describe(),
    } | ({"select": list(proposed.select)} if with_select else {})
    expected = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]

    assert getattr(proposed, wide) == expected
