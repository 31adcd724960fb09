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

from tests.infra import predicted
from tests.support import bicep_compiler as bicep
from tests.support.bicep_compiler import ROOT
from upa_core.adapters.telemetry.log_events import LogEvents
from upa_core.domain.health.events import Event, EventName, Level
from upa_core.domain.people.escrow_entry import EscrowReason

EVENT = re.compile(r"\"(upa\.[a-z_.]+[a-z])\"|'(upa\.[a-z_.]+[a-z])'")
KINDS = (
    "Microsoft.Insights/scheduledQueryRules",
    "Microsoft.Insights/metricAlerts",
    "Microsoft.Insights/activityLogAlerts",
)
WINDOWS = {"PT5M", "PT10M", "PT15M", "PT30M", "PT45M", "PT1H", "PT2H", "PT3H", "PT4H", "PT5H", "PT6H", "P1D", "P2D"}
HOW_TO = (ROOT / "docs" / "how-to" / "respond-to-alerts.md").read_text(encoding="utf-8")


def name_of(rule: dict[str, Any]) -> str:
    """Return a rule's name without what is the environment's."""
    return rule["name"].removeprefix("upa-").rpartition("-")[0]


def rules() -> dict[str, dict[str, Any]]:
    """Return the properties of all rules by name."""
    found = [one for kind in KINDS for one in predicted.resources("default", kind)]
    by_name = {name_of(one): one["properties"] for one in found}
    assert len(by_name) == len(found)
    return by_name


def log_rules() -> dict[str, dict[str, Any]]:
    """Return the properties of the rules that are queries."""
    return {name: one for name, one in rules().items() if "query" in str(one.get("criteria", ""))}


def query(name: str) -> str:
    """Return the query of a rule."""
    (condition,) = rules()[name]["criteria"]["allOf"]
    return condition["query"]


def test_alerts_name_only_events_that_exist() -> None:
    """Every event that a query names is one of the registry."""
    named = {one or other for name in log_rules() for one, other in EVENT.findall(query(name))}

    assert named
    assert named <= {name.value for name in EventName}


def test_rules_have_windows_that_azure_offers() -> None:
    """A window is one of those that log alerts allow, and so is the severity."""
    assert {rule["windowSize"] for rule in log_rules().values()} <= WINDOWS
    assert {rule["severity"] for rule in log_rules().values()} <= {0, 1, 2, 3, 4}


def test_every_rule_tells_the_action_group() -> None:
    """Each rule is on, and has the action group as its action."""
    group = predicted.one("default", "Microsoft.Insights/actionGroups")["id"]

    assert [name for name, rule in rules().items() if group not in str(rule["actions"]) or not rule["enabled"]] == []


def test_who_is_told_is_the_address_that_was_given() -> None:
    """One receiver with an address, none without."""
    receivers = {
        name: predicted.properties(name, "Microsoft.Insights/actionGroups")["emailReceivers"] for name in predicted.SETS
    }

    assert receivers["default"] == []
    assert [one["emailAddress"] for one in receivers["closed"]] == ["identity-team@contoso.com"]


def test_silence_is_alerted_per_connector_and_as_a_whole() -> None:
    """One rule finds a connector without success; one fires even where no line at all is logged."""
    assert "by connector" in query("silence")
    assert "ago(26h)" in query("silence")
    assert query("no-pull").endswith("| summarize rounds = count()")


@pytest.mark.skipif(bicep.find() is None, reason=bicep.WHY_ABSENT)
def test_the_silence_of_a_connector_is_looked_for_within_the_range_of_its_query() -> None:
    """The query looks back two days, so the longest silence that can be asked for is below 48 hours."""
    assert rules()["silence"]["overrideQueryTimeRange"] == "P2D"
    assert bicep.template()["parameters"]["silenceHours"]["maxValue"] < 48


def test_escrow_counts_no_missing_profiles() -> None:
    """That a profile doesn't exist yet is no alarm; the reason is spelled as the code spells it."""
    assert f'"{EscrowReason.PROFILE_NOT_CREATED.value}"' in query("escrow-growing")
    assert "upa_people" in query("escrow-growing")


@pytest.mark.parametrize("rule", sorted(rules()))
def test_every_alert_has_a_how_to_section(rule: str) -> None:
    """The description of an alert points to the section of its name, which exists."""
    assert rules()[rule]["description"] == f"docs/how-to/respond-to-alerts.md#{rule}"
    assert re.search(rf"^## {rule}$", HOW_TO, re.MULTILINE)


def test_no_how_to_section_is_about_an_alert_that_is_gone() -> None:
    """Every section of the how-to is a rule's."""
    assert set(rules()) == set(re.findall(r"^## ([a-z-]+)$", HOW_TO, re.MULTILINE))


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

    data: Any = _convert_log_to_envelope(exporter.get_finished_logs()[0]).data.base_data
    assert data.message == "upa.run.failed"
    assert data.severity_level == 3  # Error, as the table of Application Insights counts
    wanted = {"upa_connector": "staff", "upa_run": "20261122T101500Z-7f3k", "upa_why": "no log", "upa_people": "7"}
    assert wanted == {name: data.properties[name] for name in wanted}
