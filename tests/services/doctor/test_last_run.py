"""Earlier refusals, from storage."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.cli.test_doctor_checks import Surroundings
from tests.support.world import World
from upa_core.domain.documents.connector_state import RefusedProperty
from upa_core.domain.documents.quarantine import Quarantine, QuarantineReason
from upa_core.domain.documents.runs import Retry
from upa_core.domain.plan.refused import hash_of
from upa_core.services.doctor.last_run import PROBE_IT, check_last_run
from upa_core.state.document import state_of


def told(**fields: Any) -> list[tuple[str, str, str, str]]:
    """Return what the doctor says of a state: check, severity, evidence and fix."""
    world = World()
    state_of(world.store, "hr").update(lambda state: replace(state, **fields))
    found = check_last_run(world.ports(), world.connector, Surroundings(None))
    return [(one.check, one.severity, one.evidence, one.fix) for one in found]


NOW = World().now
LATER = "fix what it names; upa status says when it is tried again"


def quarantine(reason: QuarantineReason, detail: str) -> Quarantine:
    return Quarantine(reason, NOW, detail)


@pytest.mark.parametrize(
    ("fields", "severity", "evidence", "fix"),
    [
        ({"quarantine": quarantine(QuarantineReason.CREDENTIALS, "403")}, "error", "credentials: 403", LATER),
        ({"quarantine": quarantine(QuarantineReason.MAPPING, "x")}, "error", "mapping: x", PROBE_IT),
        ({"retry": Retry(1, NOW, "down")}, "warning", "down", LATER),
        ({"retry": Retry(1, NOW, "Properties [A] are odd")}, "warning", "Properties [A] are odd", PROBE_IT),
        ({"pull_retry": Retry(1, NOW + timedelta(hours=1), "HTTP 400")}, "warning", "HTTP 400", LATER),
        (
            {"quarantine": quarantine(QuarantineReason.CREDENTIALS, "403"), "retry": Retry(1, NOW, "a property")},
            "error",
            "credentials: 403",
            LATER,
        ),
    ],
)
def test_the_cause_of_a_slowdown_or_of_a_retry_is_told(
    fields: dict[str, Any], severity: str, evidence: str, fix: str
) -> None:
    """Quarantine as an error, a retry as a warning; what concerns a property leads to the probe."""
    assert told(**fields) == [("last run", severity, evidence, fix)]


def test_a_connector_that_nothing_hinders_says_nothing_and_refused_properties_are_named() -> None:
    """Each with SharePoint's words, as long as its mapping is the same."""
    world = World()
    mapping = world.connector.active[0]
    one = RefusedProperty(mapping.target, hash_of(mapping), NOW, "run", 12, "no such type")

    assert told() == []
    assert told(refused=(one, replace(one, mapping="another's"))) == [
        ("last run", "warning", f"SharePoint refused {mapping.target}: no such type", PROBE_IT)
    ]
