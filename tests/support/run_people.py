"""Runs of any size for whoever reads their people, and a store that counts what is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from tests.fakes import MemoryStore
from tests.support.world import MAPPINGS
from upa_core.domain.cloud import CLOUDS
from upa_core.domain.connector import Connector, Source, Target
from upa_core.domain.documents.connector_state import PeopleIndex
from upa_core.domain.documents.runs import BULK, FileState
from upa_core.domain.people.shadow import groups_of, shard_of, shards_for
from upa_core.domain.plan.entry import Entry
from upa_core.domain.plan.run_people import RunPeople, rows_key
from upa_core.domain.plan.tally import LeftOut
from upa_core.ports.store import Blob
from upa_core.state.run_people.writer import PeopleWriter, store_people

NOW = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)
RUN = "20261122T101500Z-7f3k"


class CountingStore(MemoryStore):
    """Counts reads and the bytes that they got."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = self.bytes = 0

    def get(self, key: str) -> Blob | None:
        """Count."""
        blob = super().get(key)
        self._count(blob.data if blob is not None else b"")
        return blob

    def read_range(self, key: str, start: int, length: int) -> bytes | None:
        """Count."""
        data = super().read_range(key, start, length)
        self._count(data or b"")
        return data

    def _count(self, data: bytes) -> None:
        self.reads += 1
        self.bytes += len(data)

    def spent(self) -> tuple[int, int]:
        """Return reads and bytes since this was last asked."""
        reads, size = self.reads, self.bytes
        self.reads = self.bytes = 0
        return reads, size


def connector(**changes: Any) -> Connector:
    """Return a connector of no tenant."""
    fields: dict[str, Any] = {
        "name": "hr",
        "source": Source(CLOUDS["global"], "11111111-1111-4111-8111-111111111111"),
        "target": Target("https://t-admin.sharepoint.com", "https://t.sharepoint.com/sites/upa", "/sites/upa/Imports"),
        "mappings": MAPPINGS,
    }
    return Connector(**{**fields, **changes})


def person(number: int) -> str:
    """Return an object id."""
    return f"{(number * 2654435761) % 2**32:08x}-0000-4000-8000-{number:012x}"


def entry(number: int, *, rare: int = 0, clears: int = 0) -> Entry:
    """Return a person's changes: two values, for every `rare`th a third, for every `clears`th a title is cleared."""
    new = {"UpaDepartment": f"Department {number % 97}", "UpaTitle": f"Title of {number:07}"}
    old: dict[str, str | None] = {"UpaDepartment": f"Department {number % 89}"} if number % 2 else {}
    if rare and number % rare == 0:
        new["UpaCode"] = f"C{number}"
    if clears and number % clears == 0:
        new["UpaTitle"], old = "", {"UpaTitle": f"Title of {number:07}"}
    return Entry(person(number), new, old)


def in_order(people: int, shards: int) -> Iterator[list[int]]:
    """Yield numbers of people shard by shard, as a plan meets them."""
    found: list[list[int]] = [[] for _ in range(shards)]
    for number in range(people):
        found[shard_of(person(number), shards)].append(number)
    groups = groups_of(shards)
    for group in range(groups):
        yield from (found[shard] for shard in range(group, shards, groups) if found[shard])


def write_run(
    store: MemoryStore,
    people: int,
    *,
    per_batch: int = 250_000,
    left_out: Sequence[LeftOut] = (),
    of: Mapping[str, int] | None = None,
    made: Connector | None = None,
) -> tuple[RunPeople, list[list[str]]]:
    """Store a run of so many people; returns its table, and the people of each batch."""
    index = PeopleIndex(1, shards_for(people, 1000), people, "20261122T101500Z-aaaa")
    writer = PeopleWriter(store, made or connector(), RUN, index)
    batches: list[list[str]] = [[]]
    aside = (
        {
            shard: [one for one in left_out if shard_of(one.person, index.shards) == shard]
            for shard in range(index.shards)
        }
        if left_out
        else {}
    )
    for numbers in in_order(people, index.shards):
        entries = [entry(number, **(of or {})) for number in numbers]
        places = []
        rest = entries
        while rest:
            room = per_batch - len(batches[-1])
            if not room:
                batches.append([])
                room = per_batch
            places.append((len(batches) - 1, len(batches[-1]), len(rest[:room])))
            batches[-1] += [one.person for one in rest[:room]]
            rest = rest[room:]
        shard = shard_of(entries[0].person, index.shards)
        writer.add(entries, aside.pop(shard, []), [(entries, places)])
    for left in aside.values():
        writer.add([], left)
    files = [
        FileState(f"upa-hr-{RUN}-{n}.json", n, len(one), len(one), 1, "", route=BULK)
        for n, one in enumerate(batches, 1)
    ]
    table = writer.close(files, NOW)
    store_people(store, table)
    return table, batches


class Repeating(CountingStore):
    """A run of any size from a small one: its only piece is read as if it lay there many times over."""

    def __init__(self, people: int, times: int, **of: int) -> None:
        """Write `people`, a thousand a shard, and let each shard be there `times`, under numbers of its own."""
        super().__init__()
        table, self.batches = write_run(self, people, of=of, made=connector(name="hr"))
        self._key = rows_key("hr", RUN, 1)
        self._size = len(self.blobs[self._key])
        shards = table.shards * times
        blocks = [
            replace(
                one, at=one.at + copy * self._size, shards=tuple(shard + copy * table.shards for shard in one.shards)
            )
            for copy in range(times)
            for one in table.blocks
        ]
        digests = {str(shard): "0123456789abcdef" for shard in range(shards)}
        self.table = replace(table, shards=shards, people=table.people * times, blocks=tuple(blocks), digests=digests)
        store_people(self, self.table)

    def read_range(self, key: str, start: int, length: int) -> bytes | None:
        """Read a piece that repeats itself."""
        if key != self._key:
            return super().read_range(key, start, length)
        piece, first = self.blobs[key], start % self._size
        data = (piece * (2 + length // self._size))[first : first + length]
        self._count(data)
        return data
