"""The answer for an auditor: everybody of the shadow judged by the last reads, from storage alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from upa_core.domain.connector import Connector
from upa_core.domain.drift.audit import NOT_COMPARABLE, STANDINGS, Standing, judge
from upa_core.domain.drift.exceptions import Excepted
from upa_core.domain.drift.put_right import stamps_of
from upa_core.domain.drift.record import DriftPart, moment_at
from upa_core.domain.people.shadow import Shard
from upa_core.ports.bundle import Ports
from upa_core.state.document import state_of
from upa_core.state.drift.documents import parts_of
from upa_core.state.drift.partitions import partition_of, whole_shadow


@dataclass(slots=True)
class Verification:
    """The result for an auditor."""

    made: datetime
    counts: dict[Standing, int] = field(default_factory=lambda: dict.fromkeys(STANDINGS, 0))
    undelivered: int = 0
    """People in escrow without any confirmed value."""
    oldest: datetime | None = None
    newest: datetime | None = None
    different: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Person → properties."""
    unreadable: dict[str, str] = field(default_factory=dict)
    """Person → reason."""
    never_read: list[str] = field(default_factory=list)
    excepted: dict[str, Excepted] = field(default_factory=dict)
    """Unreadable people whom the list of exceptions names, while the exception lasts."""
    expired: dict[str, Excepted] = field(default_factory=dict)
    """Unreadable people on the list whose exception has ended."""

    @property
    def people(self) -> int:
        """Return how many people were judged."""
        return sum(self.counts.values())

    @property
    def read(self) -> int:
        """Return how many of them were read."""
        return self.people - self.counts["never_read"] - self.counts["unreadable"]

    @property
    def failed(self) -> bool:
        """Whether something differs, or somebody is unreadable without an exception."""
        return bool(self.different) or not self.unreadable.keys() <= self.excepted.keys()

    @property
    def unfinished(self) -> bool:
        """Whether somebody was never read, or no value is confirmed yet: the answer is open."""
        return bool(self.never_read) or not self.people

    @property
    def passed(self) -> bool:
        """Whether there is somebody, everybody was read, nothing differs, and unreadable people are excepted."""
        return not self.failed and not self.unfinished


def verify(ports: Ports, connector: Connector, exceptions: Mapping[str, Excepted]) -> Verification:
    """Judge everybody; `exceptions`: by object id. Raises `CorruptStateError` for a damaged people shard."""
    now = ports.clock.now()
    result = Verification(now)
    parts = {number: stored.value for number, stored in parts_of(ports.store, connector.name)}
    index = state_of(ports.store, connector.name).load().value.people
    for _, shard in whole_shadow(ports.store, connector, index):
        for person in sorted(shard.rows):
            _judge(result, shard, parts.get(partition_of(person), DriftPart()), person)
        result.undelivered += len(shard.escrow.keys() - shard.rows.keys())
    for person in result.unreadable:
        if (one := exceptions.get(person)) is not None:
            (result.excepted if one.until >= now.date() else result.expired)[person] = one
    return result


def _judge(result: Verification, shard: Shard, part: DriftPart, person: str) -> None:
    cells = dict(zip(shard.targets, shard.shadow(person) or (), strict=True))
    standing = judge(part, person, stamps_of(shard, person), cells)
    result.counts[standing] += 1
    if standing == "never_read":
        result.never_read.append(person)
        return
    read = moment_at(part.last(person))
    result.oldest = min(read, result.oldest or read)
    result.newest = max(read, result.newest or read)
    found = part.found.get(person, {})
    if standing == "different":
        drifted = (name for name, one in found.items() if one.over is None and one.verdict in ("different", "empty"))
        result.different[person] = tuple(sorted(drifted))
    elif standing == "unreadable":
        result.unreadable[person] = part.unread[person].why if person in part.unread else NOT_COMPARABLE
