"""What is due, read from storage alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.world import World
from upa_core.domain.documents.lane import InFlight
from upa_core.domain.documents.quarantine import Quarantine, QuarantineReason
from upa_core.domain.documents.rounds import SealedRound
from upa_core.domain.documents.runs import Counts, Run, Urgent
from upa_core.domain.documents.storage_layout import due_key
from upa_core.services.drive.due import Due, what_is_due
from upa_core.state.document import lane_of, put_document, state_of
from upa_core.state.people import EscrowBook, EscrowIndex

SECOND = timedelta(seconds=1)
NOW = World().now
RUN = Run("run", NOW, (), (), Counts())
SEALED = (SealedRound("r1", "delta", "", NOW, NOW, (), "", ()),)
OFF = Quarantine(QuarantineReason.CREDENTIALS, NOW, "", off_since=NOW)


@pytest.mark.parametrize(
    ("state", "due"),
    [
        ({}, False),
        ({"sealed": SEALED}, True),
        ({"sealed": SEALED, "paused": True}, False),
        ({"run": RUN}, True),
        ({"run": RUN, "paused": True}, True),
        ({"run": RUN, "quarantine": OFF}, False),
        ({"sealed": SEALED, "urgent": Urgent(RUN, "person", NOW + SECOND)}, False),
        ({"urgent": Urgent(RUN, "person", NOW)}, True),
    ],
)
def test_what_makes_an_export_due(state: dict[str, Any], due: bool) -> None:
    """Sealed rounds behind open gates, an open run even in a pause, a claim that is over; nothing beside a claim."""
    world = World()
    state_of(world.store, "hr").update(lambda before: replace(before, **state))

    assert what_is_due(world.ports(), world.connector) == Due(export=due)


@pytest.mark.parametrize(("at", "due"), [(NOW, True), (NOW + SECOND, False)])
def test_somebody_in_escrow_is_due_without_any_round(at: Any, due: bool) -> None:
    """At their moment, not before."""
    world = World()
    index = EscrowIndex(world.state.people.folder, books={"0": EscrowBook(at)})
    put_document(world.store, due_key("hr"), index)

    assert what_is_due(world.ports(), world.connector).export == due


@pytest.mark.parametrize("connector", ["hr", "sales"])
def test_a_file_in_the_lane_is_to_be_watched_by_its_own_connector(connector: str) -> None:
    """Another one's doesn't hide what is due here."""
    world = World()
    flight = InFlight(connector, "run", "file", 1, "queued", world.now)
    lane_of(world.store, world.connector).update(lambda lane: replace(lane, in_flight=flight))
    state_of(world.store, "hr").update(lambda state: replace(state, sealed=SEALED))
    due = what_is_due(world.ports(), world.connector)

    assert due == (Due(export=False, flight=flight) if connector == "hr" else Due(export=True))
