"""People who are due and can't be read, or not all at once: the others don't wait for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson
import pytest

from tests.crash.scenarios import quick, settled
from tests.support.mortal import Death
from tests.support.world import World
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.services.admin.requests import request_people


def _failing(world: World, people: Sequence[str], status: int = 500) -> None:
    """Let Graph answer within its batches that it can't read these people."""
    real = world.session.request

    def request(method: str, url: str, **options: Any) -> Any:
        response = real(method, url, **options)
        if url.endswith("/$batch"):
            body = orjson.loads(response.content)
            asked = orjson.loads(options["data"])["requests"]
            bad = {one["id"] for one in asked if any(person in one["url"] for person in people)}
            for inner in body["responses"]:
                if inner["id"] in bad:
                    inner.update(status=status, body={"error": {"code": "UnknownError", "message": ""}})
            response._content = orjson.dumps(body)
        return response

    world.session.request = request


@pytest.mark.parametrize("others_asked_for", [0, 1])
def test_one_person_whom_graph_cant_read_stops_nobody_else(others_asked_for: int) -> None:
    """They wait in escrow; the others' changes are delivered."""
    world = settled(3)
    bad, good, *_ = world.people
    _failing(world, [bad])
    request_people(world.ports(), world.connector, [bad, good][: 1 + others_asked_for])
    world.edit(good, department="B")
    world.pull()
    world.drain(hours=3)

    assert world.profile(good)["UpaDepartment"] == "B"
    assert {person: entry.reason for person, entry in world.escrow().items()} == {bad: EscrowReason.NOT_READABLE_YET}


@pytest.mark.slow
def test_who_can_be_read_again_is_delivered() -> None:
    """Escrow asks again and again."""
    world = settled(3)
    bad = world.people[0]
    real = world.session.request
    _failing(world, [bad])
    world.edit(bad, department="B")
    request_people(world.ports(), world.connector, [bad])
    world.drain(hours=3)
    world.session.request = real
    world.settle_down(days=2)

    assert (world.escrow(), world.differences()) == ({}, [])


@pytest.mark.slow
@pytest.mark.parametrize(("people", "failing", "status"), [(24, 21, 500), (3, 2, 429), (3, 3, 500)])
def test_where_it_isnt_about_people_everybody_waits(people: int, failing: int, status: int) -> None:
    """Graph fails to read many, or everybody, or asks for fewer calls: nobody is put off for it."""
    world = settled(people)
    _failing(world, world.people[:failing], status)
    request_people(world.ports(), world.connector, world.people)
    before = {person: entry.reason for person, entry in world.escrow().items()}
    world.drain(hours=3)

    assert {person: entry.reason for person, entry in world.escrow().items()} == before


@pytest.mark.slow
def test_many_people_due_at_once_dont_keep_everybody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are read again plan by plan: an invocation that ends after 100 reads gets everybody done."""
    monkeypatch.setattr("upa_core.services.plan.make_plan.MAX_DUE", 50)
    world = quick(World(2))
    reads: list[int] = []

    class Slow:
        def __init__(self, source: Any) -> None:
            self._source = source

        def __getattr__(self, name: str) -> Any:
            return getattr(self._source, name)

        def read(self, ids: Sequence[str], select: object) -> Any:
            reads.append(len(ids))
            if len(ids) > 100:
                raise Death("the invocation's time is over")
            return self._source.read(ids, select)

    for number in range(150):
        world.join(profile=False, department=f"X{number}")
    world.settle_down()
    assert len(world.escrow()) == 150
    world.edit(world.people[0], department="B")
    request_people(world.ports(), world.connector, list(world.escrow()))
    world.pull()
    ports = world.ports()
    world.drain(replace(ports, source=Slow(ports.source)), hours=6)

    assert world.profile(world.people[0])["UpaDepartment"] == "B"
    assert reads[:3] == [1 + 50, 50, 50]


@pytest.mark.slow
def test_two_whom_graph_cant_read_stop_nobody_else_either() -> None:
    """Due together and alone in their batch, they look like Graph's trouble: the rounds go on without them."""
    world = settled(6)
    one, other, good, *_ = world.people
    _failing(world, [one, other])
    request_people(world.ports(), world.connector, [one, other, good])
    world.drain(hours=0.5)
    assert set(world.escrow()) == {one, other}
    world.sim.advance(2 * 3600)
    values = {"department": "new", "jobTitle": "x", "employeeType": "y", "employeeHireDate": "2026-01-01T00:00:00Z"}
    joiner = world.join(**values, onPremisesExtensionAttributes={"extensionAttribute1": "c"})
    world.pull()
    world.drain(hours=3)

    assert world.profile(joiner)["UpaDepartment"] == "new"
    assert set(world.escrow()) == {one, other}
