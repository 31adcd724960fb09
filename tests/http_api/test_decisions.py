"""Decisions over HTTP: repeated, odd ids, people whose names hold half a character."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.crash.scenarios import settled
from tests.support.world import NO_THRESHOLD, World
from tests.support.wrapped import Wrapped
from upa_core.domain.http import Request, Response
from upa_core.http_api.serve import serve


def _held() -> tuple[World, str]:
    world = settled(3, threshold=replace(NO_THRESHOLD, updates_absolute=1))
    for person in world.people:
        world.edit(person, department="B")
    world.sync()
    assert world.state.hold is not None
    return world, world.state.hold.run.id


def _ask(world: World, operation: str, body: bytes = b"", **params: str) -> Response:
    everyone = {"hr": (world.connector, world.ports())}
    return serve(everyone, operation, Request(params=params, body=body), entra=False)


@pytest.mark.parametrize("verb", ["approve", "reject"])
def test_a_repeated_decision_is_answered_as_the_first(verb: str) -> None:
    """At once, by somebody else, and after the run has ended: the same body, which names who decided."""
    world, run = _held()
    first = _ask(world, f"{verb}_hold", b'{"by":"Ann"}', run=run)
    second = _ask(world, f"{verb}_hold", b'{"by":"Bob"}', run=run)
    world.settle_down()
    third = _ask(world, f"{verb}_hold", b'{"by":"Eve"}', run=run)
    other = _ask(world, f"{'reject' if verb == 'approve' else 'approve'}_hold", run=run)

    assert (first.status, first.body["by"]) == (200, "Ann (not verified, by function key)")
    assert (second.status, second.body) == (third.status, third.body) == (200, first.body)
    assert other.status == 409
    became = f"Ann (not verified, by function key) {'approved' if verb == 'approve' else 'rejected'} run {run} at 2026-"
    assert other.body["detail"].startswith(became)
    assert ("nothing of it was sent" if verb == "reject" else "; it ended at 2026-") in other.body["detail"]


ODD = [
    "\uff12\uff10261122T101500Z-7f3k",
    "20261122T101500Z-7f3k" + "k" * 200,
    "\u0662" * 8 + "T101500Z-7f3k",
    "../x",
    "",
]


@pytest.mark.parametrize("run", ODD)
@pytest.mark.parametrize("operation", ["get_run", "get_hold", "approve_hold", "reject_hold"])
def test_an_odd_run_id_is_a_bad_request(operation: str, run: str) -> None:
    """Digits of other scripts, endless ids and paths: 400, and nothing is looked up."""
    assert _ask(World(), operation, run=run).status == 400


def test_half_a_character_of_a_person_is_shown_escaped() -> None:
    """In the sample of a held plan and in what is known of a person; the answer can be sent."""
    world, run = _held()
    ports = world.ports()

    def read(ids: Sequence[str], select: Sequence[str]) -> dict[str, Any]:
        return {person: dict.fromkeys(select, "A\ud800B") | {"id": person} for person in ids}

    everyone = {"hr": (world.connector, replace(ports, source=Wrapped(ports.source, read=read)))}
    for operation, params in {"get_hold": {"run": run}, "get_user": {"user": world.people[0]}}.items():
        answer = serve(everyone, operation, Request(params=params), entra=False)

        assert answer.status == 200
        assert b"A\\ud800B" in answer.text.encode()
