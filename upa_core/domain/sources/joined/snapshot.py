"""Compare a new snapshot of a source with the current rows: who is new, changed, missing, or contradictory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from upa_core.domain.people.changes import REMOVED, Row
from upa_core.domain.sources.joined.current_rows import KEY, MISSED, VALUES, Difference, of_nobody
from upa_core.domain.sources.joined.missing import Missing, end_empty, end_missing, end_row, name_newcomers


def compare(
    current: Mapping[str, Row],
    incoming: Iterable[Row],
    keys: Mapping[str, str],
    missing: Missing,
    *,
    complete: bool,
    moved: bool = False,
    void: frozenset[str] = frozenset(),
) -> Difference:
    """Compare the rows that a source names now with the current rows, in one partition.

    Seven parameters: two sets of rows, the keys that decide between them, and what kind of comparison it is.

    Args:
        current: the last accepted row of each person.
        incoming: rows as they were proposed; several of one person contradict each other unless they are equal.
        keys: the key of everybody in the directory, as the index has it now.
        missing: what becomes of whom it doesn't name.
        complete: it is a snapshot of which every row counts: who isn't in it is missing.
        moved: the rows are the current ones, proposed anew: what isn't proposed here lies elsewhere now.
        void: keys whose rows contradict each other although one of them was proposed.
    """
    found = Difference(after=dict(current))
    named, contradictory = _by_person(incoming, keys, found, void)
    for person, row in named.items():
        held = current.get(person)
        if held is None or (held[KEY], held[VALUES:]) != (row[KEY], row[VALUES:]):
            found.named.append(row)
        elif held[MISSED] != row[MISSED]:
            found.noted.append(row)
        found.after[person] = row
    for person in current.keys() - named.keys() - contradictory:
        held = current[person]
        if moved or keys.get(person) != held[KEY]:
            (found.noted if missing.asked is None or person not in keys else found.named).append([person, REMOVED])
            del found.after[person]
        elif complete and missing.asked is not None:
            end_row(found, person)
        elif complete and not held[MISSED]:
            row = [*held[:MISSED], missing.day, *held[VALUES:]]
            found.noted.append(row)
            found.after[person] = row
    if missing.asked is not None:
        end_empty(found, current)
        if missing.asked_now:
            name_newcomers(found, keys, missing.asked)
    end_missing(found, missing)
    return found


def _by_person(
    incoming: Iterable[Row], keys: Mapping[str, str], found: Difference, void: frozenset[str]
) -> tuple[dict[str, Row], set[str]]:
    """Return the one row of each person, and the people with several rows that differ: none of those rows counts."""
    named: dict[str, Row] = {}
    contradictory: set[str] = set()
    for row in incoming:
        person = row[0]
        if keys.get(person) != row[KEY]:
            found.waiting.append(of_nobody(row, "unmatched" if row[KEY] not in void else "contradictory"))
            continue
        if row[KEY] in void:
            contradictory.add(person)
        before = named.setdefault(person, row)
        if bool(before[MISSED]) != bool(row[MISSED]):  # a row of the last snapshot is preferred
            named[person] = row if before[MISSED] else before
        elif before[VALUES:] != row[VALUES:]:
            contradictory.add(person)
            found.waiting.append(of_nobody(row, "contradictory"))
    found.waiting += [of_nobody(named.pop(person), "contradictory") for person in contradictory]
    return named, contradictory
