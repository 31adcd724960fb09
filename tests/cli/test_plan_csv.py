"""The plan as CSV."""

from __future__ import annotations

import csv
import io
from typing import Any

from tests.support.world import World
from upa_cli.work.plan_csv import PlanCsv
from upa_core.domain.people.mapping import direct
from upa_core.domain.plan.entry import Entry
from upa_core.domain.redaction import Redactor
from upa_core.services.insight.people_rows import COLUMNS
from upa_core.services.insight.scope_view import ScopeView

NOBODY: Any = None
"""No command line is asked: every name is known."""


def test_neither_value_of_a_redacted_property_is_shown() -> None:
    """What was there before is as private as what comes."""
    connector = World(mappings=(direct("city", "Badge", redact=True), direct("state", "State"))).connector
    stream = io.StringIO()
    sheet = PlanCsv(NOBODY, stream, Redactor(connector), {"p": "ann@contoso.com"}, io.StringIO())
    sheet.add([Entry("p", {"Badge": "new-77", "State": "ZH"}, {"Badge": "old-77", "State": "BE"})])
    sheet.proposed()
    rows = {row["property"]: (row["old"], row["new"]) for row in csv.DictReader(io.StringIO(stream.getvalue()))}

    assert rows == {"Badge": ("***", "***"), "State": ("BE", "ZH")}


def test_clears_come_first_and_the_columns_are_those_of_a_run() -> None:
    """People with a clear, each whole, then the others; what is proposed comes behind both."""
    connector = World(mappings=(direct("city", "Badge"), direct("state", "State"))).connector
    stream, names = io.StringIO(), dict.fromkeys("abcd", "ann@contoso.com")
    sheet = PlanCsv(NOBODY, stream, Redactor(connector), names, io.StringIO())
    sheet.add([Entry("a", {"Badge": "1"}, {"Badge": None}), Entry("b", {"Badge": "2", "State": ""}, {"State": "BE"})])
    sheet.add([Entry("c", {"State": "ZH"}, {"State": "BE"})])
    sheet.proposed()
    sheet.add([Entry("d", {"State": ""}, {"State": "BE"})])
    sheet.close(ScopeView())
    rows = list(csv.DictReader(io.StringIO(stream.getvalue())))

    assert tuple(rows[0]) == COLUMNS
    assert [(row["person"], row["property"], row["kind"], row["old"]) for row in rows] == [
        ("b", "State", "cleared", "BE"),
        ("b", "Badge", "set", "(unknown)"),
        ("a", "Badge", "set", "(unknown)"),
        ("c", "State", "changed", "BE"),
        ("d", "State", "cleared", "BE"),
    ]
    assert [row["why"] for row in rows] == ["", "", "", "", "proposed: not sent"]
