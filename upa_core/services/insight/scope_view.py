"""Who is in scope, who isn't and why, among the people that a plan reads; who enters and who leaves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from upa_core.domain.connector import Connector
from upa_core.domain.documents.rounds import Link
from upa_core.domain.people.changes import PARTITIONS, REMOVED, Row, compile_projection, remap
from upa_core.domain.people.scope import compile_scope_reasons
from upa_core.domain.people.shadow import Shard, shard_of
from upa_core.ports.bundle import Ports
from upa_core.ports.change_source import ChangeSource, Page
from upa_core.state.document import state_of
from upa_core.state.people import People
from upa_core.state.rows.segments import SegmentReader

KEPT = 1000


@dataclass(slots=True)
class ScopeView:
    """What was seen of the scope."""

    inside: set[str] = field(default_factory=set)
    outside: dict[str, str] = field(default_factory=dict)
    """Person → the conditions that aren't met."""

    def reasons(self) -> list[tuple[str, int]]:
        """Return how many people each unmet condition leaves out, most first."""
        return Counter(self.outside.values()).most_common()

    def moved(self, ports: Ports, connector: Connector) -> tuple[list[str], list[str]]:
        """Return who enters (nothing was ever confirmed for them) and who leaves (something was)."""
        index = state_of(ports.store, connector.name).load().value.people
        people = People(ports.store, connector, index)
        loaded: dict[int, Shard] = {}

        def known(person: str) -> bool:
            number = shard_of(person, index.shards)
            if number not in loaded:
                loaded[number] = people.load(number).value
            return person in loaded[number].rows

        entering = sorted(person for person in self.inside if not known(person))
        return entering, sorted(person for person in self.outside if known(person))


class WatchedSource:
    """Implements `ChangeSource`: passes on, and looks at the scope and perhaps the names of everybody who comes by."""

    def __init__(
        self, source: ChangeSource, connector: Connector, view: ScopeView, names: dict[str, str] | None = None
    ) -> None:
        """Watch a source for a connector; user principal names are noted in `names`."""
        self._source, self._view = source, view
        self._project = compile_projection(connector.inputs)
        self._judge = _judge(connector)
        self._names = names

    def begin(self, select: Sequence[str]) -> Link:
        """Pass on."""
        return self._source.begin(select)

    def page(self, link: Link) -> Page:
        """Pass on, and look."""
        page = self._source.page(link)
        for record in page.records:
            self._judge(self._view, self._project(record))
            if self._names is not None and isinstance(name := record.get("userPrincipalName"), str):
                self._names[record["id"]] = name
        return page

    def read(self, ids: Sequence[str], select: Sequence[str]) -> Mapping[str, dict[str, Any] | None]:
        """Pass on, and look."""
        found = self._source.read(ids, select)
        for record in found.values():
            if record is not None:
                row = self._project(record)
                row[1] = 0
                self._judge(self._view, row)
        return found


def look_at_waiting(ports: Ports, connector: Connector, view: ScopeView) -> None:
    """Look at everybody in the outbox: what staging mode, a pause or a hold has gathered."""
    judge = _judge(connector)
    for sealed in state_of(ports.store, connector.name).load().value.sealed:
        for segment in () if sealed.source else sealed.segments:
            rows: Iterable[Row] = SegmentReader(ports.store, segment).rows(range(PARTITIONS))
            for row in rows:
                judge(view, remap(row, sealed.inputs, connector.inputs))


def _judge(connector: Connector) -> Any:
    reasons = compile_scope_reasons(connector.scope, connector.inputs)
    needed = sum(1 << at for at, path in enumerate(connector.inputs) if path in connector.scope.inputs)

    def judge(view: ScopeView, row: Row) -> None:
        person = row[0]
        if row[1] == REMOVED:
            view.inside.discard(person)
            view.outside.pop(person, None)
            return
        if row[1] & needed:
            return  # a partial record: an earlier one, or a re-read, tells
        failed = reasons(row[2:])
        if failed:
            view.inside.discard(person)
            view.outside[person] = "not " + ", and not ".join(str(clause) for clause in failed)
        else:
            view.outside.pop(person, None)
            view.inside.add(person)

    return judge
