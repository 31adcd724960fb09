"""Whom a source was asked about, and under which key: for sources in which a row that isn't there says something."""

from __future__ import annotations

from upa_core.domain.documents.sources import CurrentRows
from upa_core.domain.people.changes import ROW_HEAD
from upa_core.domain.sources.joined.secondary import Secondary, compile_key_of
from upa_core.ports.store import Store
from upa_core.state.rows.current_rows import RowSet


class Asked:
    """The people of the key index by which a source with `on_missing: leave` was asked last."""

    def __init__(self, store: Store, secondary: Secondary, current: CurrentRows | None) -> None:
        """Read what current rows say of it; None: the source was never asked about anybody."""
        known = current.known if current is not None else None
        if known is not None and not {part.to for part in secondary.match} <= set(known.header):
            known = None  # it was asked by another key
        self.known = known
        header = known.header if known is not None else tuple(part.to for part in secondary.match)
        self._of = compile_key_of(secondary.match, [header.index(part.to) + len(ROW_HEAD) for part in secondary.match])
        self._rows = RowSet(store, known.segments if known is not None else ())
        self._waiting = RowSet(store, current.waiting if current is not None else ())
        self._unclear: frozenset[str] | None = None

    def keys(self, number: int) -> dict[str, str]:
        """Return the keys of the people in a partition whom the source's answer covers.

        It doesn't cover a person whose row waits because its owner is unclear.
        Raises `CorruptStateError` where a segment is missing or damaged.
        """
        if self._unclear is None:
            waiting = self._waiting.rows()
            self._unclear = frozenset(row[0] for row in waiting if row[2] in ("ambiguous", "contradictory"))
        keys = {person: self._of(row) for person, row in self._rows.partition(number).items()}
        return {person: key for person, key in keys.items() if key not in self._unclear}
