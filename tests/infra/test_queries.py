"""The queries of alerts as Kusto reads them: Azure takes any typing error, because their validation is skipped."""

from __future__ import annotations

import re

import pytest

from tests.infra.test_alerts import EVENT, log_rules, query
from tests.support.event_fields import ALWAYS, fields_of
from tests.support.kusto import complaints
from tests.support.npm import NpmMissingError
from upa_core.domain.health.events import EventName

FIELD = re.compile(r"customDimensions\.upa_(\w+)")


TYPING_ERRORS = [
    ("| where ", "| wher "),
    ("timestamp", "timestmp"),
    ("traces", "trace"),
    ("maxif(", "maxiff("),
    ("by connector", "by conector"),
]


@pytest.fixture(scope="module")
def said() -> dict[str, list[str]]:
    """What the parser says of each query, and of one with typing errors; asked once, because it takes seconds."""
    asked = [query(name) for name in sorted(log_rules())]
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
    assert {name: said[query(name)] for name in log_rules() if said[query(name)]} == {}


@pytest.mark.parametrize(("right", "wrong"), TYPING_ERRORS)
def test_a_typing_error_is_found(said: dict[str, list[str]], right: str, wrong: str) -> None:
    """A misspelt operator, column, table, function or name of its own in the query of a rule."""
    text = query("silence")

    assert right in text
    assert said[text.replace(right, wrong)] != []


@pytest.mark.parametrize("rule", sorted(log_rules()))
def test_a_query_reads_only_fields_of_the_events_that_it_names(rule: str) -> None:
    """A field that the event doesn't have would leave a mail or a count empty, and nobody would notice."""
    assert strange_fields(query(rule)) == set()


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
