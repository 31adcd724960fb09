"""Settling an import file from its archive."""

from __future__ import annotations

import hashlib

import pytest

from tests.support.world import World
from upa_core.domain.documents.lane import JobOutcome, LogFile, Outcome
from upa_core.domain.documents.storage_layout import run_folder
from upa_core.services.deliver.settle import settle


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_whom_one_of_two_import_jobs_delivered_is_delivered(order: tuple[int, int]) -> None:
    """Both read the same bytes: only who failed in both waits in escrow, whichever ended first."""
    world = World(3)
    world.pull()
    world.far()
    run = world.state.run
    assert run is not None
    (file,) = run.files
    once, both, _ = world.people
    jobs = [JobOutcome(f"job-{n}", 5, 30, "") for n in order]
    named = {0: [once, both], 1: [both]}
    logs = []
    for n in order:
        key = f"{run_folder(run.id)}logs/{n}"
        lines = "".join(f"IdentityNotResolvable\t{person}\tx\n" for person in named[n])
        world.store.put(key, lines.encode())
        logs.append(LogFile(f"job-{n}", "log", key, hashlib.sha256(lines.encode()).hexdigest()))
    outcome = Outcome(1, "hr", run.id, file.name, file.sequence, world.now, tuple(jobs), tuple(logs), intact=True)
    settlement = settle(world.ports(), world.connector, outcome)

    assert (settlement.confirmed, settlement.escrowed, settlement.exported) == (True, 1, 2)
    assert list(world.escrow()) == [both]
