"""Read people of one partition: compare their profiles with the shadow, and store the differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from upa_core.domain.connector import Connector
from upa_core.domain.drift.choose import people_due
from upa_core.domain.drift.compare import order_in
from upa_core.domain.drift.record import DriftPart, PartTotals
from upa_core.domain.drift.totals import sum_up
from upa_core.domain.errors import UpaError
from upa_core.domain.individual.compare import DATE_ORDERS
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.domain.people.shadow import ShadowRow
from upa_core.ports.bundle import Ports
from upa_core.services.drift.judge import Came, Judge
from upa_core.services.drift.on_its_way import OnItsWay
from upa_core.services.drift.reader import AT_ONCE, NoCallsLeftError, Read, Reader
from upa_core.services.drift.repair import put_right
from upa_core.state.document import state_of
from upa_core.state.drift.documents import part_of
from upa_core.state.drift.partitions import people_of
from upa_core.state.people import People

AT_A_TIME = 200
"""People who are read before the results are stored."""


class Partition:
    """One partition of people."""

    def __init__(self, ports: Ports, connector: Connector, number: int, reader: Reader, order: str) -> None:
        """Five parameters: whose profiles, and how they are read; `order`: the order of dates so far."""
        self._ports, self._connector, self._reader = ports, connector, reader
        self._mappings = connector.active
        self._document = part_of(ports.store, connector.name, number)
        self._number = number
        self.order = order
        self.came = Came()

    def read(self, before: int, most: int, campaign: datetime | None) -> PartTotals:
        """Read at most this many people who are due, oldest read first; return the partition's totals.

        Everything that was read until something stopped it is stored. Raises `ConflictError` where somebody else reads
        the same people.
        """
        stored = self._document.load()
        part, people = stored.value, self._people()
        known = people_of(people, self._number)
        gone = part.everybody() - known.keys()
        for person in gone:
            part.forget(person)
        due = people_due(part, known, before, most)
        for at in range(0, len(due), AT_A_TIME):
            some = due[at : at + AT_A_TIME]
            readings = self._readings(some)
            drifted = self._judge(part, people, known, readings)
            stored, gone = self._document.save(stored, part), set()
            put_right(self._ports, self._connector, drifted)
            if self.came.stopped is not None:
                break
        if gone:
            self._document.save(stored, part)
        return sum_up(part, known, self._ports.clock.now(), campaign)

    def _people(self) -> People:
        index = state_of(self._ports.store, self._connector.name).load().value.people
        return People(self._ports.store, self._connector, index)

    def _readings(self, people: Sequence[str]) -> dict[str, Read]:
        """Read people as far as the budget and the service allow."""
        found: dict[str, Read] = {}
        names = [mapping.target for mapping in self._mappings]
        for at in range(0, len(people), AT_ONCE):
            try:
                found |= self._reader.read(people[at : at + AT_ONCE], names)
            except (UpaError, NoCallsLeftError) as exc:
                self.came.stopped = exc
                break
        return found

    def _judge(
        self, part: DriftPart, people: People, known: Mapping[str, tuple[int, ShadowRow]], readings: Mapping[str, Read]
    ) -> dict[str, dict[str, str]]:
        """Store the results; return the values to put right: person → property → confirmed value.

        Storage is read again after the profiles, first what is on its way. People who were settled, moved or ended in
        between are left for the next time.
        """
        if not readings:
            return {}
        on_its_way = OnItsWay(self._ports, self._connector)
        if self._people().index != people.index:
            return {}
        numbers = {known[person][0] for person in readings}
        shards = {n: one.value for n, one in people.load_all(dict.fromkeys(numbers, False)).items()}
        if not self.order:
            self.order = order_in((one.values for one in readings.values()), self._mappings) or ""
        order = next((one for one in DATE_ORDERS if one == self.order), None)
        judge = Judge(self._mappings, order, on_its_way, self._ports.clock.now())
        drifted: dict[str, dict[str, str]] = {}
        for person, one in readings.items():
            number, row = known[person]
            if shards[number].rows.get(person) != row:
                continue
            right = judge.person(part, shards[number], person, one)
            waiting = shards[number].escrow.of(person).values()
            if right or any(entry.reason is EscrowReason.DRIFT for entry in waiting):
                # people in escrow are noted again: a crash may have kept them out of the index
                drifted[person] = right
        self.came.add(judge.came)
        return drifted
