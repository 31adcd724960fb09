"""One person's changes in a plan, and how many of them update or clear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from types import MappingProxyType
from typing import NamedTuple


class Entry(NamedTuple):
    """One person's changes: the values for the import file, and the shadow's values before."""

    person: str
    new: Mapping[str, str]
    old: Mapping[str, str | None]
    """By property of `new`; a property that is missing here is unknown."""
    account: str = ""
    """The person's account name, where a route needs it."""
    sent: Mapping[str, Sequence[str]] = MappingProxyType({})
    """By property, other values of ours: confirmed before it became unknown, or sent and not confirmed since."""
    again: bool = False
    """Every value was sent before and only waits to be confirmed: it is no new change for the threshold."""
    lost: bool = False
    """What was known of the person may be lost: a value that is unknown may be there."""
    known: bool = False
    """A value of the profile is, or was, known: the person was delivered before."""
    since: Mapping[str, datetime] | None = None  # of each value that waits since another moment than its plan does
    waits: bool = False  # the person was in escrow when this was planned
    unanswered: str = ""  # run and batch whose single write had no answer: it may have reached another profile

    @property
    def clears(self) -> bool:
        """True where the entry clears a confirmed value, or one that may be there; other unknown values don't count."""
        return bool(self.emptied)

    @property
    def emptied(self) -> list[str]:
        """Return the properties of which the entry clears a confirmed value, or one that may be there."""
        return [target for target, value in self.new.items() if value == "" and (self.lost or self.old.get(target))]

    @property
    def updates(self) -> bool:
        """True where the entry sets a value, or writes one that is unknown."""
        return any(value != "" or not (self.lost or self.old.get(target)) for target, value in self.new.items())


_old_of, _lost_of = (itemgetter(Entry._fields.index(field)) for field in ("old", "lost"))


def count_changes(entries: Sequence[Entry]) -> tuple[int, int]:
    """Return how many entries update and how many clear; only an entry with "" needs a closer look."""
    if not any(map(_old_of, entries)) and not any(map(_lost_of, entries)):
        return len(entries), 0
    special = [entry for entry in entries if (_old_of(entry) or _lost_of(entry)) and "" in entry.new.values()]
    return len(entries) - len(special) + sum(one.updates for one in special), sum(one.clears for one in special)
