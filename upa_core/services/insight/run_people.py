"""The people of a run: by page or all of them, by result, property and person, clears first; old → new and result.

In a run of any size, one person takes two reads and a page three, of bounded size. A page that would take more ends
early and says where the next one begins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from upa_core.domain.connector import Connector
from upa_core.domain.errors import RefusedError
from upa_core.domain.plan.run_people import Extent, Listing, RunPeople
from upa_core.domain.plan.run_rows import KINDS, Row, Value, labels_of, refusal_labels, values_of
from upa_core.domain.redaction import Redactor
from upa_core.state.run_people.reader import RunReader, runs

FIRST_READ = 128 * 1024
SECOND_READ = 1024 * 1024
"""Bytes of rows that a page reads, in two steps."""
MAX_LIMIT = 1000
WHOLE = "*"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A choice of values; "" = any."""

    result: str = ""
    property: str = ""
    kind: str = ""
    person: str = ""
    """Object id."""


@dataclass(frozen=True, slots=True)
class RunPerson:
    """One person in a run, with the chosen values."""

    person: str
    values: tuple[Value, ...]


class Page(NamedTuple):
    """Some of the chosen people."""

    people: list[RunPerson]
    after: str
    """Where the next page begins, "" after the last. A page before the last may be short, or even empty."""


@dataclass(frozen=True, slots=True)
class _Pass:
    """One way through the rows: the blocks to read, and which of their people belong to it."""

    extents: Sequence[Extent]
    labels: Sequence[str]
    """The listing of each block; empty where the blocks hold everybody."""
    accept: Callable[[Row, str], bool]


class RunPeopleView:
    """The people of one run, redacted."""

    def __init__(self, reader: RunReader, connector: Connector) -> None:
        """View a run; values are hidden by the connector's present settings and by those of that time."""
        self._reader = reader
        self._table: RunPeople = reader.table
        self._redactor = Redactor(connector)

    def page(self, wanted: Wanted, *, after: str = "", limit: int = 100) -> Page:
        """Return at most `limit` of the chosen people after `after`.

        Raises:
            CorruptStateError: what is stored can't be read.
            RefusedError: `after` isn't where a page ended.
        """
        if wanted.person:
            return Page(self._person(wanted), "")
        passes = self._passes(wanted)
        at, block, skip = _position(after, passes)
        people: list[RunPerson] = []
        reads = [FIRST_READ, SECOND_READ]
        while at < len(passes):
            one = passes[at]
            while block < len(one.extents):
                most = reads[0] if reads else 0
                first, last = next(runs(one.extents[block:], max(most, 1)))
                inline = one.extents[block].piece == 0
                if not reads and not inline:
                    return Page(people, f"{at}.{block}.{skip}")
                if not inline:
                    reads.pop(0)
                extents = one.extents[block + first : block + last + 1]
                for number, rows in self._reader.blocks(extents, at_once=1 << 40):
                    for n, person in self._shown_people(one, block + number, rows, wanted, skip):
                        if len(people) == limit:
                            return Page(people, f"{at}.{block + number}.{n}")
                        people.append(person)
                    skip = 0
                block += len(extents)
            at, block = at + 1, 0
        return Page(people, "")

    def everybody(self, wanted: Wanted) -> Iterator[RunPerson]:
        """Yield all chosen people; memory stays flat. Raises as `page`."""
        if wanted.person:
            yield from self._person(wanted)
            return
        for one in self._passes(wanted):
            for number, rows in self._reader.blocks(one.extents):
                for _, person in self._shown_people(one, number, rows, wanted, 0):
                    yield person

    def _person(self, wanted: Wanted) -> list[RunPerson]:
        found = (self._values(row, wanted) for row in self._reader.person(wanted.person))
        return [RunPerson(wanted.person, values) for values in found if values]

    def _shown_people(
        self, one: _Pass, block: int, rows: Sequence[Row], wanted: Wanted, skip: int
    ) -> Iterator[tuple[int, RunPerson]]:
        label = one.labels[block] if one.labels else ""
        for n, row in enumerate(rows):
            if n >= skip and one.accept(row, label):
                values = self._values(row, wanted)
                if values:
                    yield n, RunPerson(str(row[0]), values)

    def _values(self, row: Row, wanted: Wanted) -> tuple[Value, ...]:
        found = values_of(self._table, self._reader.codes, row)
        return tuple(
            replace_values(one, self._redactor)
            for one in found
            if wanted.result in ("", one.result.word)
            and wanted.property in ("", one.property)
            and wanted.kind in ("", one.kind)
        )

    # -- which blocks to read ----------------------------------------------------------------------------------------

    def _passes(self, wanted: Wanted) -> list[_Pass]:
        """Choose the lists of people stored together where they are short, else all blocks; clears come first."""
        listed = self._listings(wanted)
        labels = [one.label for one in listed or ()]
        if listed is not None and all(one.extents or not one.people for one in listed):
            extents = [(one.label, each) for one in listed for each in one.extents]

            def first_of(row: Row, label: str) -> bool:
                own = self._labels(row)
                return next((one for one in labels if one in own), label) == label

            return [_Pass([each for _, each in extents], [label for label, _ in extents], first_of)]
        everybody = self._table.blocks
        if wanted.kind or wanted.result in ("refused", "escrowed"):
            return [_Pass(everybody, (), lambda *_: True)]
        clears = self._clears(wanted.property)
        short = all(one.extents for one in clears)
        names = [one.label for one in clears]
        first = [(one.label, each) for one in clears for each in one.extents] if short else []

        def clearing(row: Row) -> bool:
            return any(kind.startswith("cleared:") and kind in names for kind in labels_of(row))

        def once(row: Row, label: str) -> bool:
            own = labels_of(row)
            return next((one for one in names if one in own), label) == label

        listed_clears = _Pass([each for _, each in first], [label for label, _ in first], once)
        scanned = _Pass(everybody if clears else (), (), lambda row, _: clearing(row))
        return [listed_clears if short else scanned, _Pass(everybody, (), lambda row, _: not clearing(row))]

    def _clears(self, target: str) -> list[Listing]:
        return [one for one in self._table.listings if one.label.startswith("cleared:") and _is_of(one.label, target)]

    def _listings(self, wanted: Wanted) -> list[Listing] | None:
        """Return the lists that together hold all chosen people, None where there are none."""
        table = self._table
        left = [one for one in table.listings if one.label.partition(":")[0] in ("escrowed", "declined")]
        if wanted.result in ("refused", "escrowed", "declined") and not table.status:
            found = [one for one in (*table.refused, *left) if one.label.startswith(f"{wanted.result}:")]
            return [one for one in found if _is_of(one.label, wanted.property, whole=True)]
        if wanted.property or wanted.kind:
            kinds = [wanted.kind] if wanted.kind else list(KINDS)
            planned = {one.label: one for one in table.listings}
            chosen = [one for kind in kinds for label, one in planned.items() if label.startswith(f"{kind}:")]
            chosen += [] if wanted.kind else left
            return [one for one in chosen if _is_of(one.label, wanted.property, whole=True)]
        return None

    def _labels(self, row: Row) -> set[str]:
        table, found = self._table, set(labels_of(row))
        for batch, index in row[3]:
            codes = self._reader.codes.get(batch, ())
            code = codes[index] if index < len(codes) else 0
            if 0 < code <= len(table.causes):
                found |= set(refusal_labels(table.causes[code - 1].refused))
        return found


def replace_values(one: Value, redactor: Redactor) -> Value:
    """Return a value as it may be shown."""
    old, new = redactor.value(one.property, one.old), redactor.value(one.property, one.new)
    return one._replace(old=old, new=new)


def _is_of(label: str, target: str, *, whole: bool = False) -> bool:
    of = label.partition(":")[2]
    return not target or of == target or (whole and of == WHOLE)


def _position(after: str, passes: Sequence[_Pass]) -> tuple[int, int, int]:
    if not after:
        return 0, 0, 0
    parts = after.split(".")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts):
        raise RefusedError("after isn't where a page ended")
    at, block, skip = map(int, parts)
    if at >= len(passes) or block >= max(1, len(passes[at].extents)):
        raise RefusedError("after isn't where a page of this question ended")
    return at, block, skip
