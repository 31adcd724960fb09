"""The list of existing people shards: it distinguishes a lost shard from one that never existed."""

from __future__ import annotations

from dataclasses import replace

from upa_core.domain.documents.connector_state import ShardList, WaitingPeople
from upa_core.domain.documents.storage_layout import people_prefix
from upa_core.ports.store import Store
from upa_core.state.document import shard_list_of


class ShardsThere:
    """The shards of one generation: the stored list, and the shards that are written here.

    A shard is listed once it was written. Who dies in between repeats the step, and with it the note.
    """

    def __init__(self, store: Store, connector: str, folder: str) -> None:
        self._store = store
        self._connector = connector
        self._folder = folder
        self._document = shard_list_of(store, connector)
        self._read: dict[str, int] | None = None
        self._written: dict[str, int | None] = {}
        self._waiting: dict[str, WaitingPeople] = {}

    def has(self, shard: int) -> bool:
        """Return whether the list names a shard; to be asked after the shard wasn't found.

        A list of another generation names none: the people were moved, and these shards are deleted.
        """
        if self._read is None or str(shard) in self._read:
            stored = self._document.load().value
            self._read = stored.shards if stored.folder == self._folder else {}
        return str(shard) in self._read

    def numbers(self) -> list[int]:
        """Return the shards that exist, and those that the list names: a lost one too."""
        stored = self._document.load().value
        listed = stored.shards if stored.folder == self._folder else {}
        return sorted(map(int, {**self._found(), **listed}))

    def note(self, number: int, people: int | None, waiting: WaitingPeople) -> None:
        """Note that a shard was written, with this many people (None: unknown), and who waits in it."""
        self._written[str(number)] = people
        self._waiting[str(number)] = waiting

    def add(self) -> None:
        """Add the written shards to the list; a generation's first list begins with the shards that exist."""
        if not self._written:
            return

        def change(stored: ShardList) -> ShardList:
            known = stored.shards if stored.folder == self._folder else self._found()
            counts = {name: known.get(name, 0) if n is None else n for name, n in self._written.items()}
            before = stored.waiting if stored.folder == self._folder else {}
            waiting = {name: one for name, one in {**before, **self._waiting}.items() if one.people}
            return replace(stored, folder=self._folder, shards={**known, **counts}, waiting=waiting)

        self._document.update(change)
        self._written, self._waiting = {}, {}

    def _found(self) -> dict[str, int]:
        keys = (blob.key for blob in self._store.list(people_prefix(self._connector, self._folder)))
        numbers = (key.rpartition("/")[2].removesuffix(".json") for key in keys)
        return {str(int(number)): 0 for number in numbers if number.isdecimal()}
