"""The queries of alerts and workbook as Kusto reads them: Azure takes any typing error in them."""

from __future__ import annotations

import json
import re

import pytest

from tests.infra import predicted
from tests.infra.test_alerts import EVENT, log_rules, query
from tests.support.bicep_compiler import INFRA
from tests.support.event_fields import ALWAYS, fields_of
from tests.support.kusto import complaints
from tests.support.npm import NpmMissingError
from upa_core.domain.health.events import EventName

FIELD = re.compile(r"customDimensions\.upa_(\w+)")


WORKBOOK = json.loads((INFRA / "workbook.json").read_text(encoding="utf-8"))
TILES = {one["name"]: one["content"] for one in WORKBOOK["items"] if one["type"] == 3}
QUERIES = {f"alert {name}": query(name) for name in log_rules()} | {
    f"workbook {name}": tile["query"] for name, tile in TILES.items()
}
TYPING_ERRORS = [
    ("| where ", "| wher "),
    ("timestamp", "timestmp"),
    ("traces", "trace"),
    ("iff(", "ifff("),
    ("by connector", "by conector"),
]


@pytest.fixture(scope="module")
def said() -> dict[str, list[str]]:
    """What the parser says of each query, and of one with typing errors; asked once, because it takes seconds."""
    asked = sorted(QUERIES.values())
    asked += [query("silence").replace(right, wrong) for right, wrong in TYPING_ERRORS]
    try:
        return dict(zip(asked, complaints(asked), strict=True))
    except NpmMissingError as exc:
        pytest.skip(f"no Kusto parser: {exc}")


def strange_fields(text: str) -> set[str]:
    """Return the fields that a query reads and none of the events that it names has."""
    named = {one or other for one, other in EVENT.findall(text)}
    known = ALWAYS.union(*(fields_of()[name] for name in named))
    return set(FIELD.findall(text)) - known


def test_every_query_is_right_kusto(said: dict[str, list[str]]) -> None:
    """Syntax, operators, functions, tables and columns, by Microsoft's own parser."""
    assert {name: said[text] for name, text in QUERIES.items() if said[text]} == {}


@pytest.mark.parametrize(("right", "wrong"), TYPING_ERRORS)
def test_a_typing_error_is_found(said: dict[str, list[str]], right: str, wrong: str) -> None:
    """A misspelt operator, column, table, function or name of its own in the query of a rule."""
    text = query("silence")

    assert right in text
    assert said[text.replace(right, wrong)] != []


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_a_query_reads_only_fields_of_the_events_that_it_names(name: str) -> None:
    """A field that the event doesn't have would leave a mail or a count empty, and nobody would notice."""
    assert strange_fields(QUERIES[name]) == set()


def test_a_field_of_another_event_is_found() -> None:
    """`seconds` is a field of a paused pull, not of a failed run."""
    text = query("run-failed")

    assert strange_fields(text.replace("upa_why", "upa_seconds")) == {"seconds"}
    assert strange_fields(query("pull-paused").replace("upa_reason", "upa_seconds")) == set()


def test_the_fields_of_every_event_are_known() -> None:
    """The code emits every event of the registry, and what it writes into some of them is read right."""
    fields = fields_of()

    assert set(fields) == {name.value for name in EventName}
    assert fields["upa.round.sealed"] - ALWAYS == {"kind", "pages", "rows"}
    assert fields["upa.person.escrowed"] - ALWAYS >= {"reason", "people"}
    assert fields["upa.run.failed"] - ALWAYS >= {"why", "status", "latency_hours", "exported"}


@pytest.mark.parametrize("name", sorted(TILES))
def test_a_tile_of_the_workbook_names_events_that_exist(name: str) -> None:
    """A tile about an event that nobody emits would stay empty for ever."""
    named = {one or other for one, other in EVENT.findall(TILES[name]["query"])}

    assert named
    assert named <= {event.value for event in EventName}
    assert TILES[name]["timeContextFromParameter"] == "TimeRange"


def test_the_workbook_is_deployed_as_it_is_written() -> None:
    """Azure gets the file's items, on the component that holds the events."""
    found = predicted.properties("default", "Microsoft.Insights/workbooks")
    insights = predicted.one("default", "Microsoft.Insights/components")["id"]
    deployed = json.loads(found["serializedData"])

    assert deployed["items"] == WORKBOOK["items"]
    assert deployed["fallbackResourceIds"] == [found["sourceId"]] == [insights]
