"""The plan of an import: one entry for each person, and a reason for each row that has none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from upa_cli.once.cleared import CLEARED
from upa_cli.once.mapped import Mapped
from upa_cli.once.people import Found
from upa_cli.once.reading import FileRead
from upa_core.domain.connector import Connector
from upa_core.domain.people.mapping import Desired, Mapping, Problem, compile_mapping
from upa_core.domain.plan.entry import Entry
from upa_core.domain.sources.keys import SEPARATOR


@dataclass(slots=True)
class OncePlan:
    """The plan of an import."""

    entries: list[Entry] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    """Object id → user principal name."""
    lines: dict[str, int] = field(default_factory=dict)
    """Object id → line of the row."""
    unmatched: list[tuple[int, str]] = field(default_factory=list)
    """Line and key of rows that match nobody."""
    ambiguous: list[tuple[int, str]] = field(default_factory=list)
    """Line and key of rows that match several people; nobody gets their values."""
    set_aside: list[tuple[int, str, str]] = field(default_factory=list)
    """Line, property and the reason why a value isn't sent; the person's other values are."""
    empty: int = 0
    """People whose row has no values."""

    @property
    def cleared(self) -> int:
        """Return how many people lose a value, if they have one."""
        return sum("" in entry.new.values() for entry in self.entries)

    @property
    def updated(self) -> int:
        """Return how many people get a value."""
        return sum(any(entry.new.values()) for entry in self.entries)

    @property
    def pairs(self) -> int:
        """Return how many values are sent."""
        return sum(len(entry.new) for entry in self.entries)


def plan_once(connector: Connector, mapped: Sequence[Mapped], read: FileRead, found: Found) -> OncePlan:
    """Plan the rows that count for the people whom they name.

    Args:
        connector: with a mapping for each of `mapped`, which reads the column.
        mapped: column and property, in the mappings' order.
        read: the file.
        found: who has which key.
    """
    plan = OncePlan()
    targets = [
        (
            one.target,
            compile_mapping(mapping, read.columns),
            _clearing(mapping, read.columns),
            read.columns.index(one.column),
        )
        for one, mapping in zip(mapped, connector.mappings, strict=True)
    ]
    times = Counter(person for person, _ in found.people.values())
    for line, key, values in read.rows:
        shown = key.replace(SEPARATOR, " / ")
        person, name = found.people.get(key, ("", ""))
        if not person or times[person] > 1:
            (plan.ambiguous if key in found.ambiguous or person else plan.unmatched).append((line, shown))
            continue
        plan.names[person], plan.lines[person] = name, line
        row = tuple(None if value is CLEARED else value for value in values)
        new: dict[str, str] = {}
        for target, evaluate, clear, at in targets:
            desired = clear if values[at] is CLEARED else evaluate(row)
            if isinstance(desired, Problem):
                plan.set_aside.append((line, target, desired.reason))
            elif desired is not None:
                new[target] = desired
        if new:
            plan.entries.append(Entry(person, new, {}))
        else:
            plan.empty += 1
    return plan


def _clearing(mapping: Mapping, columns: Sequence[str]) -> Desired:
    """Return what an explicit "empty this" means for a property."""
    return compile_mapping(replace(mapping, on_empty="clear"), columns)([None] * len(columns))
