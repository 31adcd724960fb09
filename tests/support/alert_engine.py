"""Alert rules as Azure Monitor evaluates them, over our events: a rule's own query, run by a Kusto engine on DuckDB.

Of a scheduled query rule it knows what ours use: window, `overrideQueryTimeRange`, the three aggregations, the
dimension `connector`, one failing period. The engine lacks `maxif` and says so; no query of ours uses it. Activity
log alerts and metric alerts aren't queries and aren't here.
"""

from __future__ import annotations

import json
import logging
import operator
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from typing import Any

import duckdb_kql

from upa_core.adapters.telemetry.log_events import LogEvents
from upa_core.domain.health.events import Event

SPANS = {"PT15M": 0.25, "PT1H": 1, "PT6H": 6, "P1D": 24, "P2D": 48}
"""Hours."""
_COMPARE = {"GreaterThan": operator.gt, "LessThan": operator.lt}
_COLUMNS = (
    '"timestamp" TIMESTAMP, message VARCHAR, severityLevel INTEGER, customDimensions JSON, operation_Id VARCHAR, '
    "cloud_RoleName VARCHAR, cloud_RoleInstance VARCHAR"
)


@dataclass(frozen=True)
class Stamped:
    """An event and when it was emitted."""

    at: datetime
    event: Event


class StampedEvents:
    """Implements `Events`: keeps every event with the moment that a clock tells."""

    def __init__(self, clock: Any) -> None:
        self._clock = clock
        self.kept: list[Stamped] = []

    def emit(self, event: Event) -> None:
        """Keep the event."""
        self.kept.append(Stamped(self._clock.now(), event))


class AlertEngine:
    """The events of a while, and any rule over them."""

    def __init__(self, events: Sequence[Stamped]) -> None:
        """Write the events as the exporter does: the event's name as message, its fields as custom dimensions."""
        self.events = sorted(events, key=lambda one: one.at)
        self._kusto = duckdb_kql.connect()
        self._kusto.sql("SET threads = 1")
        self._kusto.sql(f"CREATE TABLE everything ({_COLUMNS})")
        self._kusto.sql(f"CREATE TABLE traces ({_COLUMNS})")
        self._kusto.sql(
            "CREATE TABLE _LogOperation (TimeGenerated TIMESTAMP, Category VARCHAR, Operation VARCHAR, Level VARCHAR, "
            "Detail VARCHAR, _ResourceId VARCHAR)"
        )
        self._insert(self.events)

    def log_operation(self, at: datetime, category: str, detail: str) -> None:
        """Add a row of the workspace's own table."""
        row = [_utc(at), category, "", "Warning", detail, ""]
        self._kusto.execute("INSERT INTO _LogOperation VALUES (?, ?, ?, ?, ?, ?)", row)

    @contextmanager
    def having(self, more: Sequence[Stamped]) -> Iterator[AlertEngine]:
        """Add events for a while."""
        self._kusto.sql("BEGIN")
        self._insert(more)
        yield self
        self._kusto.sql("ROLLBACK")

    def _insert(self, events: Sequence[Stamped]) -> None:
        columns = [
            [_utc(one.at) for one in events],
            [one.event.name.value for one in events],
            [json.dumps(dimensions(one.event)) for one in events],
        ]
        self._kusto.execute(
            "INSERT INTO everything SELECT unnest(?::TIMESTAMP[]), unnest(?::VARCHAR[]), 1, "
            "unnest(?::VARCHAR[])::JSON, '', '', ''",
            columns,
        )

    @cached_property
    def over(self) -> tuple[datetime, datetime]:
        """The moments of the first and the last event."""
        return self.events[0].at, self.events[-1].at

    def run(self, query: str, since: datetime, at: datetime) -> list[dict[str, Any]]:
        """Run a query at a moment, over what came since another one."""
        self._kusto.execute("DELETE FROM traces")
        self._kusto.execute(
            'INSERT INTO traces SELECT * FROM everything WHERE "timestamp" > ? AND "timestamp" <= ?',
            [_utc(since), _utc(at)],
        )
        sql, moments = _translated(query)
        found = self._kusto.execute(sql, dict.fromkeys(moments, _utc(at)))
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def firing(self, rule: Mapping[str, Any], at: datetime) -> set[str]:
        """Return the connectors for which a rule fires at a moment; "" for a rule without a dimension."""
        (condition,) = rule["criteria"]["allOf"]
        span = SPANS[rule.get("overrideQueryTimeRange", rule["windowSize"])]
        rows = self.run(condition["query"], at - timedelta(hours=span), at)
        return _beyond(condition, rows)

    def spells(
        self, rule: Mapping[str, Any], *, step: timedelta | None = None, within: tuple[datetime, datetime] | None = None
    ) -> dict[str, list[tuple[datetime, datetime]]]:
        """Return for each connector when a rule fired: first and last evaluation of each spell.

        It is evaluated as often as it says (or each `step`), from its first whole window on. A query that only counts
        rows is run once: what it would give at each moment follows from the rows' times.
        """
        (condition,) = rule["criteria"]["allOf"]
        often = step or timedelta(hours=SPANS[rule["evaluationFrequency"]])
        window = timedelta(hours=SPANS[rule.get("overrideQueryTimeRange", rule["windowSize"])])
        first, last = within or self.over
        plain = "summarize" not in condition["query"] and "ago(" not in condition["query"]
        rows = self.run(condition["query"], first - timedelta(days=1), last) if plain else []
        times: dict[str, list[datetime]] = {}
        for row in sorted(rows, key=lambda row: row["timestamp"]):
            times.setdefault(str(row["connector"]), []).append(row["timestamp"].replace(tzinfo=UTC))
        found: dict[str, list[tuple[datetime, datetime]]] = {}
        at, before = first if plain else first + window, set[str]()
        while at <= last:
            if plain:
                counts = {one: bisect_right(t, at) - bisect_right(t, at - window) for one, t in times.items()}
                compare = _COMPARE[condition["operator"]]
                now = {one for one, count in counts.items() if count and compare(count, condition["threshold"])}
            else:
                now = self.firing(rule, at)
            for connector in now:
                spells = found.setdefault(connector, [])
                if connector in before:
                    spells[-1] = (spells[-1][0], at)
                else:
                    spells.append((at, at))
            at, before = at + often, now
        return found


@cache
def _translated(query: str) -> tuple[str, tuple[str, ...]]:
    """Translate a query once: its SQL, and the names of the parameters that stand for the moment."""
    made = duckdb_kql.to_sql(query, query_now=datetime(2026, 1, 1))  # noqa: DTZ001 - DuckDB's moments have no zone
    return str(made), tuple(made.parameters)


def _beyond(condition: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> set[str]:
    """Aggregate rows by the rule's dimension and compare with its threshold."""
    named = [one["name"] for one in condition.get("dimensions", ())]
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault(str(row[named[0]]) if named else "", []).append(row)
    compare, threshold = _COMPARE[condition["operator"]], condition["threshold"]
    measure = condition.get("metricMeasureColumn", "")
    how = {
        "Count": len,
        "Total": lambda g: sum(row[measure] or 0 for row in g),
        "Maximum": lambda g: max(row[measure] for row in g),
    }[condition["timeAggregation"]]
    return {name for name, group in groups.items() if compare(how(group), threshold)}


def dimensions(event: Event) -> dict[str, str]:
    """Return the custom dimensions of an event: what `LogEvents` writes into the record, as texts."""
    seen: list[logging.LogRecord] = []
    logger = logging.Logger("alert-engine", logging.DEBUG)
    handler = logging.Handler()
    handler.emit = seen.append
    logger.addHandler(handler)
    LogEvents(logger).emit(event)
    return {name: str(value) for name, value in vars(seen[0]).items() if name.startswith("upa_")}


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
