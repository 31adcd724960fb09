"""The plan as CSV."""

from __future__ import annotations

import csv
import io
from typing import Any

from tests.support.world import World
from upa_cli.work.plan_csv import PlanCsv
from upa_core.domain.people.mapping import direct
from upa_core.domain.plan.planner import Entry
from upa_core.domain.redaction import Redactor

NOBODY: Any = None
"""No command line is asked: every name is known."""


def test_neither_value_of_a_redacted_property_is_shown() -> None:
    """What was there before is as private as what comes."""
    connector = World(mappings=(direct("city", "Badge", redact=True), direct("state", "State"))).connector
    stream = io.StringIO()
    sheet = PlanCsv(NOBODY, stream, Redactor(connector), {"p": "ann@contoso.com"})
    sheet.add([Entry("p", {"Badge": "new-77", "State": "ZH"}, {"Badge": "old-77", "State": "BE"})])
    sheet.proposed()
    rows = {row["property"]: (row["old"], row["new"]) for row in csv.DictReader(io.StringIO(stream.getvalue()))}

    assert rows == {"Badge": ("***", "***"), "State": ("BE", "ZH")}
