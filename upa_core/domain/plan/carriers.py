"""Attributes that nobody has any more: a typo, a deleted extension or a lost right looks like everybody being empty."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from upa_core.domain.connector import Connector
from upa_core.domain.people.changes import ROW_HEAD, Row
from upa_core.domain.plan.entry import Entry

_MOST_NAMED = 5
_NOTHING: tuple[object, ...] = (None, "", [])


@dataclass(slots=True)
class Carriers:
    """Finds the inputs that nobody in a full round has, and the people whose properties would be cleared for it.

    The search in a round's rows costs almost nothing where each input is carried: it ends at the first person who has
    it.
    """

    uncarried: dict[str, int]
    """Inputs that nobody seen so far has, and their position in a row."""
    reads: Mapping[str, Collection[str]]
    """The inputs of each property."""
    emptied: dict[str, int] = field(default_factory=dict)
    """By property, the people whose value would be cleared."""
    unasked: set[str] = field(default_factory=set)
    """Inputs of managers that nobody seen so far was asked about: of these nothing is known."""

    @staticmethod
    def of(connector: Connector) -> Carriers:
        """Return the carriers of a connector, before any row was seen."""
        read = {path for mapping in connector.active for path in mapping.inputs} | set(connector.scope.inputs)
        managers = tuple(one.prefix for one in connector.secondaries if one.kind == "manager")
        of_managers = {path for path in read if managers and path.startswith(managers)}
        read &= {*connector.directory_inputs, *of_managers}  # the file contract judges columns of a file
        at = {path: place + len(ROW_HEAD) for place, path in enumerate(connector.inputs) if path in read}
        reads = {mapping.target: frozenset(mapping.inputs) for mapping in connector.active}
        return Carriers(at, reads, unasked=of_managers)

    def see(self, rows: Collection[Row]) -> None:
        """Remove the inputs that a person in these rows has."""
        for path in list(self.unasked):
            bit = 1 << (self.uncarried[path] - len(ROW_HEAD))
            if any(not row[1] & bit for row in rows):
                self.unasked.remove(path)
        for path, at in list(self.uncarried.items()):
            if any(row[at] not in _NOTHING for row in rows):
                del self.uncarried[path]
                self.unasked.discard(path)

    @property
    def nobodys(self) -> list[str]:
        """The inputs that nobody has, sorted, without those that nobody was asked about."""
        return sorted(self.uncarried.keys() - self.unasked)

    def count(self, entries: Sequence[Entry]) -> None:
        """Count the people whose properties the entries would clear, for properties that read an input nobody has."""
        for target in self._suspects():
            found = sum(entry.new.get(target) == "" for entry in entries)
            if found:
                self.emptied[target] = self.emptied.get(target, 0) + found

    def reason_to_hold(self) -> str:
        """Return why the plan must be held, naming each attribute and property; "" where nobody would be cleared."""
        emptied = {target: people for target in self._suspects() if (people := self.emptied.get(target, 0))}
        if not emptied:
            return ""
        read = {path for target in emptied for path in self.reads[target] if path in self.uncarried}
        return f"nobody carries {' and '.join(sorted(read))}: {name_emptied(emptied)} would be cleared"

    def _suspects(self) -> Iterable[str]:
        return [target for target, inputs in self.reads.items() if any(path in self.uncarried for path in inputs)]


def name_emptied(emptied: Mapping[str, int]) -> str:
    """Name properties and how many people's would be cleared, the most first; beyond five it says how many more."""
    by_size = sorted(emptied.items(), key=lambda one: (-one[1], one[0]))
    named = [f"{target} of {people} people" for target, people in by_size[:_MOST_NAMED]]
    more = len(by_size) - _MOST_NAMED
    return ", ".join([*named, f"{more} more properties"] if more > 0 else named)
