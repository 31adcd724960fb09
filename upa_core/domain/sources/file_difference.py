"""The difference of two files of one source: new people, people who are no longer named, changed values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from upa_core.domain.sources.findings import SourceRow


@dataclass(frozen=True, slots=True)
class Change:
    """A value that differs."""

    key: str
    column: str
    old: str
    new: str


@dataclass(slots=True)
class Difference:
    """The difference of two files; people by key."""

    came: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    changed: int = 0
    """People with at least one value that differs."""
    by_column: Counter[str] = field(default_factory=Counter)
    emptied: Counter[str] = field(default_factory=Counter)
    """Values of these people that were in the earlier file and aren't in the later one."""
    samples: list[Change] = field(default_factory=list)

    @property
    def none(self) -> bool:
        """Return whether the files hold the same."""
        return not (self.came or self.missing or self.changed)


def compare(
    old: Iterable[SourceRow],
    old_columns: Sequence[str],
    new: Iterable[SourceRow],
    new_columns: Sequence[str],
    most: int,
) -> Difference:
    """Compare the rows of two files by key.

    Args:
        old: the earlier file's rows; they are kept in memory.
        old_columns: its columns.
        new: the later file's rows.
        new_columns: its columns; only those that both have are compared.
        most: how many samples are kept.

    """
    before = {key: values for _, key, values in old}
    at = {name.casefold(): place for place, name in enumerate(old_columns)}
    pairs = [(at[name.casefold()], place, name) for place, name in enumerate(new_columns) if name.casefold() in at]
    found = Difference()
    for _, key, values in new:
        earlier = before.pop(key, None)
        if earlier is None:
            found.came.append(key)
            continue
        differing = [(name, earlier[one], values[other]) for one, other, name in pairs if earlier[one] != values[other]]
        found.changed += bool(differing)
        for name, was, now in differing:
            found.by_column[name] += 1
            found.emptied[name] += not now
            if len(found.samples) < most:
                found.samples.append(Change(key, name, was, now))
    found.missing = list(before)
    return found
