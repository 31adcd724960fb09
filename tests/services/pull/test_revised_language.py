"""An upgrade from release c22f51c: whose values mean something else now is read anew once, and nobody else is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.world import World
from upa_core.config import parse_expression
from upa_core.domain.connector import ChangeThreshold
from upa_core.domain.health.events import EventName
from upa_core.domain.people.mapping import Mapping, direct
from upa_core.state.document import state_of

HIRED = {"source": "employeeHireDate", "target": "UpaHired", "type": "datetime"}
WORDS, LETTERS = (f'Replace([department], , "{pattern}", , "x", , )' for pattern in (r"\\w+", "[a-z]+"))
CASES = {
    "plain": (direct("department", "UpaDepartment"), "8b5cb76505747b35", True),
    "date": (direct("employeeHireDate", "UpaHired", type="date"), "59eaac00aa3718a9", True),
    "date-time with a format": (direct(**HIRED, format="yyyy-MM-dd HH:mm"), "86c92a46e0033b1c", True),
    "pattern": (Mapping("UpaCode", parse_expression(LETTERS)), "329fbaf03331250a", True),
    "date-time": (direct(**HIRED), "98bda42224177db9", False),
    "empty fraction": (direct(**HIRED, format="HH:mm:ss.FFF"), "4abcab3c5083b009", False),
    "word class": (Mapping("UpaCode", parse_expression(WORDS)), "44ccf88717419a9f", False),
}
"""A mapping, the fingerprint that the release computed for its connector, and whether it still holds."""


@pytest.mark.parametrize("case", CASES)
def test_a_fingerprint_changes_only_where_values_may(case: str) -> None:
    """What the language revised has another fingerprint than in c22f51c; all else keeps its own."""
    mapping, recorded, kept = CASES[case]

    assert (World().connect(mappings=(mapping,)).fingerprint == recorded) is kept


def test_the_change_is_one_announced_full_round_and_no_hold() -> None:
    """A connector with a date-time: after the upgrade everybody is read once, sent anew, and nothing is held."""
    mapping, recorded, _ = CASES["date-time"]
    world = World(3, mappings=(mapping,), threshold=ChangeThreshold(1, 1, 0, 0))
    for person in world.people:
        world.edit(person, employeeHireDate="2026-06-23T04:05:06Z")
    world.settle_down()
    state = state_of(world.store, "hr")
    watermark = state.load().value.watermark
    assert watermark is not None
    state.update(lambda one: replace(one, watermark=replace(watermark, fingerprint=recorded)))
    world.events.events.clear()
    world.settle_down()
    world.settle_down()

    rounds = [event.fields["kind"] for event in world.events.named(EventName.ROUND_STARTED)]
    assert rounds.count("full") == 1
    assert rounds[0] == "full"
    assert world.events.named(EventName.PLAN_HELD) == []
    assert state.load().value.hold is None
