"""Change people in their shards while another instance may be moving or changing them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import TypeVar

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState, PeopleIndex
from upa_core.domain.errors import ConflictError
from upa_core.domain.people.changes import spread
from upa_core.domain.people.shadow import Shard
from upa_core.ports.bundle import Ports
from upa_core.ports.store import Blob
from upa_core.state.document import state_of
from upa_core.state.people import FEW_PEOPLE, EscrowBook, People, book_of
from upa_core.state.run_shards import kept_shards

T = TypeVar("T")
_TRIES = 8
_AT_ONCE = 32
"""Shards that are held at a time."""
Change = Callable[[Shard, str], None]
"""Changes one person in their shard."""
ShardChange = Callable[[Shard, Mapping[str, T]], None]
"""Changes some of a shard's people, each by what was given with them."""


def change_people(
    ports: Ports, connector: Connector, everyone: Mapping[str, T], change: ShardChange[T], run: str
) -> None:
    """Apply a change to people, shard by shard, in the current generation of shards; repeatable.

    For changes that belong to an open run: nobody moves people while one is open. A shard that the plan of
    `run` has read is trusted as long as its etag holds; any other shard is changed only if the run was still open after
    it was read. Raises `ConflictError` where somebody else ended the run meanwhile.
    """
    document = state_of(ports.store, connector.name)

    def check_open() -> None:
        current = document.load().value.run
        if current is None or current.id != run:
            raise ConflictError(f"run {run} was ended by somebody else")

    for _ in range(_TRIES):
        index = document.load().value.people
        _apply(ports, connector, index, everyone, change, kept_shards(ports.store, run, index), check_open)
        if document.load().value.people == index:
            return
    raise ConflictError("the people of this connector are being moved")


def change_people_between_runs(ports: Ports, connector: Connector, everyone: Iterable[str], change: Change) -> None:
    """Apply a change to people outside any run; a plan or a move of people that is being made starts again."""
    persons = dict.fromkeys(everyone)

    def change_each(shard: Shard, persons: Mapping[str, None]) -> None:
        for person in persons:
            change(shard, person)

    document = state_of(ports.store, connector.name)
    for _ in range(_TRIES):
        index = document.load().value.people
        _apply(ports, connector, index, persons, change_each)
        if document.update(partial(_fence, index=index)).value.people == index:
            return
    raise ConflictError("the people of this connector are being moved")


def next_sequence(ports: Ports, connector: Connector) -> int:
    """Take the next file number: its stamp is newer than that of every file planned so far."""
    taken = state_of(ports.store, connector.name).update(lambda state: replace(state, sequence=state.sequence + 1))
    return taken.value.sequence


def _fence(state: ConnectorState, index: PeopleIndex) -> ConnectorState:
    return replace(state, sequence=state.sequence + 1) if state.people == index else state


def _apply(
    ports: Ports,
    connector: Connector,
    index: PeopleIndex,
    everyone: Mapping[str, T],
    change: ShardChange[T],
    kept: Mapping[int, Blob | None] = MappingProxyType({}),
    check: Callable[[], None] = lambda: None,
) -> None:
    """Change the people of an index, shard by shard. Seven parameters: two of them apply only while a run is open."""
    people = People(ports.store, connector, index)
    by_shard = {n: dict(part) for n, part in enumerate(spread(everyone, everyone.items(), index.shards)) if part}
    numbers, books = list(by_shard), {}
    for at in range(0, len(numbers), _AT_ONCE):
        parts = {number: by_shard[number] for number in numbers[at : at + _AT_ONCE]}
        books.update(_change_shards(people, parts, change, kept, check))
    people.note(books)


def _change_shards(
    people: People,
    parts: Mapping[int, Mapping[str, T]],
    change: ShardChange[T],
    kept: Mapping[int, Blob | None],
    check: Callable[[], None],
) -> dict[int, EscrowBook]:
    """Change some shards at a time. A shard that somebody else wrote meanwhile is read, `check`ed and changed again."""
    books: dict[int, EscrowBook] = {}
    for _ in range(_TRIES):
        few = {number: len(part) <= FEW_PEOPLE for number, part in parts.items()}
        stored = {number: people.decode(number, kept[number], few=few[number]) for number in parts if number in kept}
        if missing := {number: few[number] for number in parts if number not in kept}:
            stored |= people.load_all(missing)
            check()
        for number, part in parts.items():
            change(stored[number].value, part)
        lost = people.save_all(stored)
        books |= {number: book_of(stored[number].value) for number in parts if number not in lost}
        if not lost:
            return books
        parts, kept = {number: parts[number] for number in lost}, {}
    raise ConflictError(f"shard {min(parts)} is being written by too many at once")
