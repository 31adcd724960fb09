"""Alerts against the code: a rule that names an event nobody emits would never fire, and nobody would notice."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from azure.monitor.opentelemetry.exporter.export.logs._exporter import _convert_log_to_envelope
from opentelemetry.instrumentation.logging.handler import LoggingHandler
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor

from tests.infra.bicep import INFRA, ROOT, load
from upa_core.adapters.telemetry.log_events import LogEvents
from upa_core.domain.health.events import Event, EventName, Level
from upa_core.domain.people.shadow import EscrowReason

ALERTS = load(INFRA / "modules" / "alerts.bicep")
EVENT = re.compile(r"\"(upa\.[a-z_.]+[a-z])\"|'(upa\.[a-z_.]+[a-z])'")
EVENT_RULES: list[dict[str, Any]] = ALERTS.variables["eventRules"]
WINDOWS = {"PT5M", "PT10M", "PT15M", "PT30M", "PT45M", "PT1H", "PT2H", "PT3H", "PT4H", "PT5H", "PT6H", "P1D", "P2D"}
ANCHOR = re.compile(r"docs/how-to/respond-to-alerts\.md#([a-z-]+)'")
HOW_TO = (ROOT / "docs" / "how-to" / "respond-to-alerts.md").read_text(encoding="utf-8")


def rule_names() -> set[str]:
    """Return the names of all rules."""
    return {rule["name"] for rule in EVENT_RULES} | set(ANCHOR.findall(ALERTS.text))


def queries() -> Iterator[tuple[str, str]]:
    """Return the queries by symbol."""
    for symbol, resource in ALERTS.resources.items():
        if resource["type"] == "Microsoft.Insights/scheduledQueryRules":
            for condition in ALERTS.body(symbol)["properties"]["criteria"]["allOf"]:
                yield symbol, condition["query"]


def test_alerts_name_only_events_that_exist() -> None:
    """Every event that a rule names is one of the registry."""
    named = {one or other for one, other in EVENT.findall(ALERTS.text)}

    assert named
    assert named <= {name.value for name in EventName}


def test_the_events_of_the_rules_are_found_by_the_check() -> None:
    """What the table of rules lists is among what the check above reads."""
    listed = {event for rule in EVENT_RULES for event in rule["events"]}

    assert listed <= {one or other for one, other in EVENT.findall(ALERTS.text)}


def test_rules_have_windows_that_azure_offers() -> None:
    """A window is one of those that log alerts allow, and a rule looks at least as often as its window is long."""
    assert {rule["window"] for rule in EVENT_RULES} <= WINDOWS
    assert {ALERTS.parameters["pullWindow"]["default"]} <= WINDOWS
    assert {rule["severity"] for rule in EVENT_RULES} <= {0, 1, 2, 3, 4}


def test_rule_names_are_unique() -> None:
    """No rule overwrites another."""
    names = [rule["name"] for rule in EVENT_RULES]

    assert sorted(set(names)) == sorted(names)


def test_every_rule_tells_the_action_group() -> None:
    """Each rule has the action group as its action."""
    for symbol, resource in ALERTS.resources.items():
        if resource["type"].endswith("Rules") or resource["type"].endswith("metricAlerts"):
            assert "operators" in str(ALERTS.body(symbol)["properties"]["actions"]), symbol


def test_silence_is_alerted_per_connector_and_as_a_whole() -> None:
    """One rule finds a connector without success; one fires even where no line at all is logged."""
    found = dict(queries())

    assert "by connector" in found["silence"]
    assert "${silenceHours}h" in found["silence"]
    assert found["noPull"].endswith("| summarize rounds = count()")


def test_the_silence_of_a_connector_is_looked_for_within_the_range_of_its_query() -> None:
    """The query looks back two days, so the longest silence that can be asked for is below 48 hours."""
    limits = {
        one["type"]: one["argument"] for one in load(INFRA / "main.bicep").parameters["silenceHours"]["decorators"]
    }

    assert ALERTS.body("silence")["properties"]["overrideQueryTimeRange"] == "P2D"
    assert limits["max_value"] < 48


def test_escrow_counts_no_missing_profiles() -> None:
    """That a profile doesn't exist yet is no alarm; the reason is spelled as the code spells it."""
    query = dict(queries())["escrowGrowing"]

    assert f'"{EscrowReason.PROFILE_NOT_CREATED.value}"' in query
    assert "upa_people" in query


@pytest.mark.parametrize("rule", sorted(rule_names()))
def test_every_alert_has_a_how_to_section(rule: str) -> None:
    """The description of an alert points to a section that exists."""
    assert re.search(rf"^## {rule}$", HOW_TO, re.MULTILINE)


def test_no_how_to_section_is_about_an_alert_that_is_gone() -> None:
    """Every section of the how-to is a rule's."""
    assert rule_names() == set(re.findall(r"^## ([a-z-]+)$", HOW_TO, re.MULTILINE))


@pytest.fixture
def telemetry() -> Iterator[tuple[LogEvents, InMemoryLogRecordExporter]]:
    """Events through the real logging handler of OpenTelemetry, kept in memory."""
    exporter = InMemoryLogRecordExporter()
    provider = LoggerProvider(shutdown_on_exit=False)
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    logger = logging.getLogger("upa.test-telemetry")
    logger.setLevel(logging.INFO)
    handler = LoggingHandler(logger_provider=provider)
    logger.addHandler(handler)
    yield LogEvents(logger), exporter
    logger.removeHandler(handler)
    provider.shutdown()


def test_an_event_reaches_azure_monitor_as_the_queries_read_it(
    telemetry: tuple[LogEvents, InMemoryLogRecordExporter],
) -> None:
    """The exporter of Azure Monitor makes the event's name the message and its fields custom dimensions upa_*."""
    events, exporter = telemetry

    events.emit(
        Event(EventName.RUN_FAILED, "staff", "20261122T101500Z-7f3k", Level.ERROR, {"why": "no log", "people": 7})
    )

    data = _convert_log_to_envelope(exporter.get_finished_logs()[0]).data.base_data
    assert data.message == "upa.run.failed"
    assert data.severity_level.name.title() == "Error" if hasattr(data.severity_level, "name") else data.severity_level
    wanted = {"upa_connector": "staff", "upa_run": "20261122T101500Z-7f3k", "upa_why": "no log", "upa_people": "7"}
    assert wanted == {name: data.properties[name] for name in wanted}


def test_the_queries_read_only_fields_that_the_code_writes() -> None:
    """Each custom dimension of a query is a field of an event in the code."""
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "upa_core").rglob("*.py"))
    for name in set(re.findall(r"customDimensions\.upa_(\w+)", ALERTS.text)) - {"connector", "run"}:
        assert re.search(rf'"{name}"|\b{name}=', code), name
