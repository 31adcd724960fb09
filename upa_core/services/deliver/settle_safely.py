"""Settle; where the archive stays unreadable, make everything unknown that the file may have named."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping

import orjson

from upa_core.domain.connector import Connector
from upa_core.domain.documents.ad_hoc import AdHoc
from upa_core.domain.documents.lane import Abandoned, Outcome
from upa_core.domain.documents.runs import FileState, Intent
from upa_core.domain.documents.storage_layout import file_key, intent_key
from upa_core.domain.errors import ConflictError, CorruptStateError, RetryLaterError
from upa_core.domain.health.events import Event, EventName, Fields, Level
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.domain.people.shadow import Shard
from upa_core.domain.people.verdict import Verdict
from upa_core.ports.bundle import Ports
from upa_core.services.admin.repair import doubt_everybody
from upa_core.services.deliver.ages import BatchAges
from upa_core.services.deliver.settle import Settlement, doubt, settle
from upa_core.state.attempts import ended, failed, may_begin, tell_given_up
from upa_core.state.change_people import change_people, change_people_between_runs, next_sequence
from upa_core.state.document import get_document
from upa_core.state.plan_reader import form_of, people_in, read_known
from upa_core.state.run_people.results import note_unreadable

Named = Mapping[str, frozenset[str]]
"""Person → the properties that a file may have written."""


def settle_safely(
    ports: Ports,
    connector: Connector,
    file: FileState,
    outcome: Outcome,
    ad_hoc: AdHoc | None = None,
    *,
    tried: Collection[str] = (),
) -> Settlement:
    """Settle from the archive; an archive that stays unreadable confirms nobody, and everybody in it is sent again.

    Six parameters: `ad_hoc` and `tried` as `settle`. Raises what settling raises, until it has been tried often enough.
    """
    if may_begin(ports, connector, "settle", file.name):
        try:
            check_batch(ports, outcome.run, file)
            return settle(ports, connector, outcome, ad_hoc, tried=tried)
        except Exception as exc:
            if not failed(ports, connector, "settle", file.name, exc):
                raise
    why = "its archive can't be read"

    def forget(named: Named) -> None:
        now, sequence = outcome.ended, outcome.sequence

        def change(shard: Shard, part: Mapping[str, frozenset[str]]) -> None:
            for person, targets in part.items():
                unknown = dict.fromkeys(targets)
                if ad_hoc is None:
                    shard.settle(person, unknown, sequence)
                else:
                    shard.doubt(person, unknown, now=now, sequence=sequence, reason=EscrowReason.OVERRIDDEN)

        change_people(ports, connector, named, change, outcome.run)

    _doubt_whom_it_named(ports, connector, outcome.run, file, forget)
    note_unreadable(ports.store, outcome.run, file.name, why)
    BatchAges(ports, connector, outcome).count(Verdict(confirmed=False, why=why))
    fields: Fields = {"file": file.name, "exported": 0, "escrowed": 0, "why": why}
    event = Event(EventName.FILE_SETTLED, connector.name, outcome.run, Level.WARNING, fields, outcome.import_jobs)
    ports.events.emit(event)
    return Settlement(confirmed=False, exported=0, escrowed=0, why=why, opaque=True)


def doubt_safely(ports: Ports, connector: Connector, entry: Abandoned) -> int:
    """Doubt the people of a file that was given up, as `settle_safely`; return how many are in doubt, 0: everybody."""
    file = _file_of(ports, entry)
    if may_begin(ports, connector, "doubt", entry.file, alone=False):
        try:
            if file is not None:
                check_batch(ports, entry.run, file)
            people = doubt(ports, connector, entry)
            ended(ports, connector, "doubt", entry.file)
            return people
        except Exception as exc:
            if not failed(ports, connector, "doubt", entry.file, exc):
                raise
    people = 0

    def forget(named: Named) -> None:
        nonlocal people
        people, now, sequence = len(named), ports.clock.now(), next_sequence(ports, connector)

        def change(shard: Shard, person: str) -> None:
            shard.doubt(person, dict.fromkeys(named[person]), now=now, sequence=sequence)

        change_people_between_runs(ports, connector, named, change)

    _doubt_whom_it_named(ports, connector, entry.run, file or FileState(entry.file, 0, 0, 0, 0, ""), forget)
    return people


def _doubt_whom_it_named(
    ports: Ports, connector: Connector, run: str, file: FileState, forget: Callable[[Named], None]
) -> None:
    """Call `forget` with the people whom the file named, by the file or its plan; else everybody becomes unknown."""
    for name, read in (("settle by file", _by_file), ("settle by plan", _by_plan)):
        if may_begin(ports, connector, name, file.name):
            try:
                forget(read(ports, run, file))
            except (RetryLaterError, ConflictError):
                raise
            except Exception as exc:  # noqa: BLE001 - the next way needs less
                failed(ports, connector, name, file.name, exc)
                continue
            tell_given_up(ports, connector, "settle", file.name, "its people are sent again")
            return
    doubt_everybody(ports, connector)
    tell_given_up(ports, connector, "settle", file.name, "everybody is sent again by a full round")


def _by_file(ports: Ports, run: str, file: FileState) -> Named:
    check_batch(ports, run, file)
    form, pieces = form_of(ports, file.route), people_in(ports, run, file.name, file.route)
    return {person: frozenset(form.read([piece], orjson.loads)[person]) for person, piece in pieces.items()}


def _by_plan(ports: Ports, run: str, file: FileState) -> Named:
    """Return the people of whom the plan knew something: the others are unknown already.

    Raises `CorruptStateError` for a plan that knew nobody: an import's never knows what the connector has confirmed.
    """
    known = read_known(ports.store, run, file.name)
    if not known:
        raise CorruptStateError(f"the plan of {file.name} knew nobody")
    return {person: frozenset(old) for person, old in known.items()}


def check_batch(ports: Ports, run: str, file: FileState) -> None:
    """Raise CorruptStateError where the import file isn't as it was written."""
    digest, key = hashlib.sha256(), file_key(run, file.name)
    for piece in _pieces(ports, key):
        digest.update(piece)
    if digest.hexdigest() != file.sha256:
        raise CorruptStateError(f"{key} is damaged: its hash isn't that of the file that was written")


def _pieces(ports: Ports, key: str) -> Iterator[bytes]:
    at, size = 0, 4 * 1024 * 1024
    while (piece := ports.store.read_range(key, at, size)) or not at:
        if piece is None:
            raise CorruptStateError(f"{key} is missing from the archive")
        yield piece
        at += size


def _file_of(ports: Ports, entry: Abandoned) -> FileState | None:
    """Return the run's intent for the file; None where it no longer exists."""
    try:
        intent = get_document(ports.store, intent_key(entry.run), Intent)
    except CorruptStateError:
        return None
    return next((one for one in intent.value.files if one.name == entry.file), None) if intent is not None else None
