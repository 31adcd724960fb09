"""What a run's rows say of its people, beside its batches and what their archives judge: after any death both agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import orjson

from tests.support.world import World
from upa_core.domain.documents.runs import INDIVIDUAL, Intent
from upa_core.domain.documents.storage_layout import Kind, intent_key, parse
from upa_core.domain.errors import CorruptStateError
from upa_core.domain.people.escrow_entry import WHOLE
from upa_core.domain.people.verdict import Verdict
from upa_core.domain.plan.run_people import BatchRow
from upa_core.domain.plan.run_rows import word_of
from upa_core.services.deliver.archive import load_outcome
from upa_core.services.insight.run_people import RunPeopleView, Wanted
from upa_core.state.document import get_document
from upa_core.state.plan_reader import form_of, people_in
from upa_core.state.run_people.reader import open_run

Told = dict[tuple[str, str], tuple[str, str]]
"""Person and property → new value and the word of its result."""


def disagreements(world: World) -> list[str]:
    """Open each run as the page and `upa run show` do; return where its rows and its batches differ."""
    wrong = []
    for run in sorted(_planned_runs(world)):
        reader = open_run(world.store, run)
        if reader is None:
            wrong += [] if _is_at_once(world, run) else [f"run {run} has batches and no table of its people"]
            continue
        table, rows, sent = reader.table, Told(), Told()
        for one in RunPeopleView(reader, world.connector).everybody(Wanted()):
            rows |= {
                (one.person, value.property): (value.new or "", value.result.word) for value in one.values if value.kind
            }
        try:
            for batch in table.batches:
                sent |= _delivered(world, run, batch, table.status)
        except CorruptStateError:  # a fault lost or damaged the archive's copy: there is nothing to compare with
            continue
        wrong += [
            f"run {run}: {key} is {rows.get(key)} in the rows, and {sent.get(key)} in the archive"
            for key in sorted(rows.keys() | sent.keys())
            if rows.get(key) != sent.get(key)
        ]
        named = {batch.name for batch in table.batches}
        wrong += [f"run {run}: {name} isn't in the table" for name in _planned_runs(world)[run] - named]
    return wrong


def _planned_runs(world: World) -> Mapping[str, set[str]]:
    """Return the names of planned batches by run, of the runs that have an intent: nobody finds what else is stored."""
    found: dict[str, set[str]] = {}
    keys = [place for key in world.store.blobs if (place := parse(key)) is not None]
    begun = {place.run for place in keys if place.kind is Kind.INTENT}
    for place in keys:
        if place.kind is Kind.PLAN and place.run in begun:
            found.setdefault(place.run, set()).add(place.file)
    return found


def _is_at_once(world: World, run: str) -> bool:
    """Return whether a run is of one person at once, which is seen through by whoever asked; it has no table."""
    stored = get_document(world.store, intent_key(run), Intent)
    assert stored is not None
    alone = [file.route for file in stored.value.files] == [INDIVIDUAL] and not stored.value.rounds
    return alone and stored.value.counts.people == 1


def _delivered(world: World, run: str, batch: BatchRow, status: str) -> Told:
    ports = world.ports()
    pieces = people_in(ports, run, batch.name, batch.route)
    people = form_of(ports, batch.route).read(pieces.values(), orjson.loads)
    outcome = load_outcome(ports, run, batch.name)
    verdict = ports.routes[batch.route].judge(ports, outcome, pieces) if outcome is not None else None
    return {
        (person, target): (value, word)
        for person, values in people.items()
        for (target, value), word in zip(values.items(), _words(person, values, verdict, status), strict=True)
    }


def _words(person: str, values: Mapping[str, str], verdict: Verdict | None, status: str) -> Iterator[str]:
    for target in values:
        if verdict is None:
            yield {"": "planned", "rejected": "declined"}.get(status, "not_sent")
        elif not verdict.confirmed:
            yield "unknown"
        elif person not in verdict.failed or target in verdict.failed[person].confirmed:
            yield "accepted"
        else:
            refused = verdict.failed[person].refused
            why = refused.get(target) or refused.get(WHOLE)
            yield word_of(why.reason.value) if why is not None else "unknown"
