"""Why a round is full, whether that is announced, and the name of the round."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.joined import HR, JOINED
from tests.support.world import World, with_limits
from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState, RunRequest
from upa_core.domain.documents.ids import run_id
from upa_core.domain.documents.rounds import Link, OpenRound, Watermark
from upa_core.domain.documents.sources import KeyRows
from upa_core.services.pull.begin import begin, is_void, why_full

WORLD = World()
NOW = WORLD.now
LIMITS = WORLD.connector.limits
JOINING = WORLD.connect(mappings=JOINED, secondaries=(HR,))
KEYS = KeyRows(JOINING.key_paths, "r1")


def mark(connector: Connector, age: timedelta = timedelta(0), decided: str = "") -> Watermark:
    """Return a watermark of a connector as it is now."""
    return Watermark("https://graph.example/delta", NOW - age, connector.fingerprint, decided)


def resting(connector: Connector = WORLD.connector, age: timedelta = timedelta(0)) -> ConnectorState:
    """Return the state after a full round."""
    keys = KEYS if connector.secondaries else None
    return ConnectorState(watermark=mark(connector, age), last_full=NOW, keys=keys)


@pytest.mark.parametrize("connector", [WORLD.connector, JOINING])
def test_a_connector_at_rest_reads_the_changes(connector: Connector) -> None:
    """Neither a full round nor an announcement."""
    assert why_full(connector, resting(connector), NOW, asked=False) == ("", False)


def test_the_first_round_and_one_that_somebody_asks_for_are_announced() -> None:
    """It is expected that they change much; the request is the state's, or this call's."""
    assert why_full(WORLD.connector, ConnectorState(), NOW, asked=False) == ("there is no watermark", True)
    assert why_full(WORLD.connector, resting(), NOW, asked=True) == ("asked for", True)
    for full, expected in ((True, ("asked for", True)), (False, ("", False))):
        state = replace(resting(), requested=RunRequest("r", full, NOW))
        assert why_full(WORLD.connector, state, NOW, asked=False) == expected


def test_positions_that_are_too_old_are_replaced_only_past_their_age() -> None:
    """At six days exactly they still count."""
    age = LIMITS.token_max_age
    assert why_full(WORLD.connector, resting(age=age), NOW, asked=False)[0] == ""
    old = resting(age=age + timedelta(seconds=1))
    assert why_full(WORLD.connector, old, NOW, asked=False) == ("the watermark is older than 6 days", True)


def test_the_scheduled_full_round_comes_past_its_interval_and_isnt_announced() -> None:
    """A state that names no full round is in no hurry."""
    connector = with_limits(WORLD.connector, full_round_every=timedelta(days=3))
    for age, expected in ((0, ""), (1, "the scheduled full round is due")):
        state = replace(resting(connector), last_full=NOW - timedelta(days=3, seconds=age))
        assert why_full(connector, state, NOW, asked=False) == (expected, False)
    assert why_full(connector, replace(resting(connector), last_full=None), NOW, asked=False) == ("", False)


def test_a_changed_configuration_is_announced_and_an_attribute_to_match_by_isnt() -> None:
    """An addition to match by changes no value; a watermark of an earlier release is compared without sources."""
    changed = ("the mapping, scope or selection changed", True)
    alone = WORLD.connect(mappings=JOINED[:5])
    joined = WORLD.connect(mappings=JOINED[:5], secondaries=(HR,))
    added = ("an attribute was added to match by", False)
    other = WORLD.connect(mappings=JOINED[:4])

    assert why_full(WORLD.connector, ConnectorState(watermark=mark(other)), NOW, asked=False) == changed
    assert why_full(joined, ConnectorState(watermark=mark(alone)), NOW, asked=False) == added
    assert why_full(joined, ConnectorState(watermark=mark(other)), NOW, asked=False) == changed
    for decided, expected in ((joined.decided, added), (other.decided, changed)):
        state = ConnectorState(watermark=mark(alone, decided=decided))
        assert why_full(joined, state, NOW, asked=False) == expected
    without = ConnectorState(watermark=mark(joined, decided=alone.decided))
    assert why_full(alone, without, NOW, asked=False) == changed


def test_a_key_index_that_is_missing_or_of_other_attributes_needs_a_full_round() -> None:
    """It isn't announced: no value is expected to change."""
    for keys in (None, replace(KEYS, header=("mail",))):
        state = replace(resting(JOINING), keys=keys)
        assert why_full(JOINING, state, NOW, asked=False) == ("the key index is missing", False)


def test_an_open_round_is_void_past_six_days_or_under_another_configuration() -> None:
    """At six days exactly its links still count."""
    opened = OpenRound("r", "full", "", NOW, Link("u", "next"), (), WORLD.connector.fingerprint)

    assert not is_void(WORLD.connector, opened, NOW + LIMITS.token_max_age)
    assert is_void(WORLD.connector, opened, NOW + LIMITS.token_max_age + timedelta(seconds=1))
    assert is_void(WORLD.connector, replace(opened, fingerprint="other"), NOW)


def test_a_round_begins_where_the_last_one_ended() -> None:
    """A delta round follows the watermark; a full one asks the source for its beginning."""
    world = World()
    ports, connector = world.ports(), world.connector
    delta = begin(ports, connector, resting(connector), None, full=False)
    assert (delta.kind, delta.reason, delta.announced) == ("delta", "changes since the last round", False)
    assert (delta.position, delta.requested) == (Link("https://graph.example/delta", "delta"), False)
    assert (delta.started, delta.fingerprint, delta.inputs) == (
        world.now,
        connector.fingerprint,
        connector.directory_inputs,
    )

    full = begin(ports, connector, resting(connector), None, full=True)
    assert (full.kind, full.reason, full.announced) == ("full", "asked for", True)
    assert full.position == ports.source.begin(connector.select)


def test_a_requested_round_has_the_id_of_its_request_and_keeps_it() -> None:
    """Whoever asked finds it by that id, also where it begins again; nobody else's round takes it."""
    world = World()
    ports, asked = world.ports(), replace(resting(world.connector), requested=RunRequest("asked", False, world.now))
    first = begin(ports, world.connector, asked, None, full=False)
    assert (first.id, first.requested) == ("asked", True)

    again = begin(ports, world.connector, resting(world.connector), first, full=False)
    assert (again.id, again.requested) == ("asked", True)
    other = begin(ports, world.connector, resting(world.connector), replace(first, requested=False), full=False)
    assert (other.id, other.requested) == (run_id(world.now, other.id[-4:]), False)
    taken = begin(ports, world.connector, asked, replace(first, id="other", requested=False), full=False)
    assert (taken.id, taken.requested) == ("asked", True)
