"""Write results into the table of a run's people: with each batch that is settled, and at the run's end.

The table is only for answers, never truth: a missing or damaged one stops nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from upa_core.domain.errors import ConflictError, CorruptStateError
from upa_core.domain.people.shadow import shard_of
from upa_core.domain.people.verdict import PersonVerdict, Verdict
from upa_core.domain.plan.run_people import BatchRow, Cause, Listing, RunPeople, run_people_key
from upa_core.domain.plan.run_rows import MOST_CODES, pack_codes, refusal_labels
from upa_core.ports.store import Store
from upa_core.state.document import get_document, put_document
from upa_core.state.run_people.listings import Listings, Pieces, encode_rows, most_listed
from upa_core.state.run_people.reader import RunReader

_TRIES = 4
Named = tuple[Mapping[str, tuple[str, ...]], tuple[str, ...]]


def note_results(store: Store, run: str, file: str, people: Sequence[str], verdict: Verdict) -> None:
    """Write the results of a batch for its people; repeating it changes nothing.

    Args:
        store: the store of the table.
        run: the run.
        file: the batch's name.
        people: its people, in its order.
        verdict: what the answer says.

    Raises:
        RetryLaterError: the storage can't be reached.
    """

    def note(table: RunPeople) -> RunPeople:
        at = next((at for at, one in enumerate(table.batches) if one.name == file), None)
        if at is None or table.batches[at].state != "planned":
            return table
        before = table.batches[at]
        if not verdict.confirmed:
            return _with_batch(table, at, replace(before, state="unknown", why=verdict.why))
        if not verdict.failed:
            return _with_batch(table, at, replace(before, state="settled"))
        return _with_failed(store, table, at, people, verdict.failed)

    _update(store, run, note)


def note_unreadable(store: Store, run: str, file: str, why: str) -> None:
    """Write that a batch's archive can't be read: everybody in it is unknown."""
    note_results(store, run, file, (), Verdict(confirmed=False, why=why))


def note_batch(store: Store, run: str, file: str, moments: Mapping[str, Any]) -> None:
    """Write moments of a batch: fields of `BatchRow`."""

    def note(table: RunPeople) -> RunPeople:
        batches = (replace(one, **moments) if one.name == file else one for one in table.batches)
        return replace(table, batches=tuple(batches))

    _update(store, run, note)


def note_end(store: Store, run: str, status: str, why: str) -> None:
    """Write how a run ended, where that decides about people: `rejected` or `failed`."""
    _update(store, run, lambda table: replace(table, status=status, why=why))


def _update(store: Store, run: str, change: Callable[[RunPeople], RunPeople]) -> None:
    with suppress(CorruptStateError):
        for _ in range(_TRIES):
            stored = get_document(store, run_people_key(run), RunPeople)
            changed = change(stored.value) if stored is not None else None
            if stored is None or changed == stored.value:
                return
            with suppress(ConflictError):
                put_document(store, run_people_key(run), changed, etag=stored.etag)
                return


def _with_batch(table: RunPeople, at: int, changed: BatchRow) -> RunPeople:
    return replace(table, batches=tuple(changed if n == at else one for n, one in enumerate(table.batches)))


def _with_failed(
    store: Store, table: RunPeople, at: int, people: Sequence[str], failed: Mapping[str, PersonVerdict]
) -> RunPeople:
    """Give everybody whom the answer names the number of their cause, and list them apart with their values."""
    causes, numbers = list(table.causes), {_named_by(one): n for n, one in enumerate(table.causes, 1)}
    codes = []
    for person in people:
        verdict = failed.get(person)
        if verdict is None:
            codes.append(0)
            continue
        named = _named(verdict)
        key = _key(named)
        if key not in numbers and len(causes) < MOST_CODES - 1:
            causes.append(Cause(dict(named[0]), named[1]))
            numbers[key] = len(causes)
        number = numbers.get(key, MOST_CODES)
        if number <= len(causes):
            causes[number - 1] = replace(causes[number - 1], people=causes[number - 1].people + 1)
        codes.append(number)
    table = _with_batch(table, at, replace(table.batches[at], state="settled", codes=pack_codes(codes)))
    pieces = Pieces(store, table.connector, table.run, first=table.pieces + 1)
    most = most_listed(table.people)
    listings = _listed(store, table, failed, most).close(pieces, most)
    pieces.flush()
    return replace(
        table,
        causes=tuple(causes),
        pieces=pieces.piece - 1,
        refused=_merged(table.refused, listings, most),
    )


def _listed(store: Store, table: RunPeople, failed: Mapping[str, PersonVerdict], most: int) -> Listings:
    """Collect the rows of people whom the answer names; only the blocks that hold them are read."""
    listings, reader = Listings(), RunReader(store, table)
    shards = {shard_of(person, table.shards) for person in failed}
    for verdict in failed.values():
        listings.count(refusal_labels(_named(verdict)[0]))
    if most < min(listings.people.values(), default=0):
        return listings
    extents = [one for one in table.blocks if not shards.isdisjoint(one.shards)]
    for _, rows in reader.blocks(extents):
        for row in rows:
            verdict_of = failed.get(row[0])
            if verdict_of is not None:
                listings.add(refusal_labels(_named(verdict_of)[0]), encode_rows([row]))
    return listings


def _merged(before: Sequence[Listing], now: Sequence[Listing], most: int) -> tuple[Listing, ...]:
    """Add the listings of another batch; a label with too many people in either batch isn't listed any more."""
    merged = {one.label: one for one in before}
    for one in now:
        known = merged.get(one.label)
        people = one.people + (known.people if known is not None else 0)
        short = people <= most
        merged[one.label] = Listing(
            one.label, people, (*(known.extents if known is not None else ()), *one.extents) if short else ()
        )
    return tuple(merged[label] for label in sorted(merged))


def _named(verdict: PersonVerdict) -> Named:
    refused = {target: (why.reason.value, why.detail) for target, why in sorted(verdict.refused.items())}
    return refused, tuple(sorted(verdict.confirmed))


def _named_by(cause: Cause) -> object:
    return _key((cause.refused, cause.confirmed))


def _key(named: Named) -> object:
    return tuple(sorted((target, tuple(why)) for target, why in named[0].items())), named[1]
