"""Join the rows of secondary sources to people's rows, partition by partition, while a plan is made."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from upa_core.domain.connector import USER_NAME, Connector
from upa_core.domain.documents.runs import INDIVIDUAL
from upa_core.domain.documents.sources import CurrentRows, KeyRows, SourceState
from upa_core.domain.people.changes import PARTITIONS, Merged, Row, bucket, compile_projection, fill, remap
from upa_core.domain.sources.joined.merge import Join, absent_bits, make_absent
from upa_core.domain.sources.joined.secondary import Secondary
from upa_core.ports.bundle import Ports
from upa_core.ports.store import Store
from upa_core.state.document import state_of
from upa_core.state.rows.asked import Asked
from upa_core.state.rows.current_rows import RowSet


class Joins:
    """The current rows of every secondary source of a connector."""

    def __init__(
        self, store: Store, connector: Connector, sources: Sequence[SourceState], keys: KeyRows | None = None
    ) -> None:
        """Read by the states of the sources; a source without an accepted snapshot leaves its attributes absent.

        `keys` is the present key index: where a file or a query is the connector's own source, it holds everything that
        the directory says of a person.
        """
        alone = connector.primary is not None and keys is not None and keys.header == connector.key_paths
        self._keys = keys if alone else None
        self._known = RowSet(store, keys.segments if keys is not None else ())
        self._inputs = connector.inputs
        self._bits = absent_bits(connector.inputs, connector.secondaries)
        self._joins = [
            (
                Join(secondary, connector.inputs, current.header),
                RowSet(store, current.segments),
                Asked(store, secondary, current) if secondary.leaves else None,
            )
            for secondary in connector.secondaries
            if (current := _held(connector, secondary, sources)) is not None
        ]

    @property
    def know_the_directory(self) -> bool:
        """Return whether the key index holds everything about a person, so that the directory needn't be asked."""
        return self._keys is not None

    def complete(self, merged: Merged, people: Collection[str]) -> set[str]:
        """Complete people from the key index, which this pull's delta has updated.

        Returns who isn't in it: they have left.
        """
        header, gone = self._keys.header if self._keys is not None else (), set(people)
        touched = {bucket(person) % PARTITIONS for person in people} if header else ()
        for _, known_here in self._known.partitions(touched):
            for person, held in known_here.items():
                if person in gone:
                    known = remap(held, header, self._inputs)
                    merged.rows[person] = fill(merged.rows.get(person, known), known)
                    gone.remove(person)
        for person in gone:
            merged.rows.pop(person, None)
        return gone

    def lay(self, rows: dict[str, Row], partitions: Collection[int]) -> None:
        """Complete people's rows of these partitions; raises `CorruptStateError` where current rows are damaged."""
        if not self._bits:
            return
        make_absent(rows.values(), self._bits)
        touched = {bucket(person) % PARTITIONS for person in rows} if len(rows) < PARTITIONS else set(partitions)
        for join, current, asked in self._joins:
            for number, held in current.partitions(touched):
                join.lay(rows, held)
                if asked is not None:
                    here = {person: row for person, row in rows.items() if bucket(person) % PARTITIONS == number}
                    join.lay_nothing(here, held, asked.keys(number))


def _held(connector: Connector, secondary: Secondary, sources: Sequence[SourceState]) -> CurrentRows | None:
    """Return the current rows that count for a secondary source, None before the first."""
    one = next((one for one in sources if one.name == secondary.name), None)
    if one is None or (secondary.leaves and one.described != connector.description_of(secondary)):
        return None  # of another group, for instance: its non-members mean nothing here
    return one.current


def row_today(ports: Ports, connector: Connector, person: str, record: Mapping[str, Any]) -> Row:
    """Return a person's row as a plan made now would see it: a record of the directory, joined with other sources.

    No attribute of the directory is absent in it; a source's columns are where it hasn't named the person.
    Raises `CorruptStateError` where current rows are damaged, `RetryLaterError` where the storage can't be reached.
    """
    row = compile_projection(connector.inputs)(record)
    row[:2] = [person, 0]
    if connector.secondaries:
        state = state_of(ports.store, connector.name).load().value
        Joins(ports.store, connector, state.sources).lay({person: row}, [bucket(person) % PARTITIONS])
    return row


def needed_bits(connector: Connector) -> int:
    """Return the bits of the directory's inputs that active mappings, scope and keys read.

    The others needn't be known, and columns of secondary sources don't come from the directory.
    """
    read = {path for mapping in connector.active for path in mapping.inputs} | set(connector.scope.inputs)
    if any(mapping.route == INDIVIDUAL for mapping in connector.active):
        read.add(USER_NAME)  # it leads to the profile
    read |= {part.to for secondary in connector.secondaries for part in secondary.match}
    read &= set(connector.directory_inputs)
    return sum(1 << at for at, path in enumerate(connector.inputs) if path in read)
