"""Who is in scope, who isn't and why, among the people of a plan; who enters and who leaves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from upa_core.domain.connector import Connector
from upa_core.domain.documents.rounds import Link
from upa_core.domain.people.changes import Row
from upa_core.domain.people.scope import compile_scope_reasons
from upa_core.domain.people.shadow import Shard, shard_of
from upa_core.ports.bundle import Ports
from upa_core.ports.change_source import ChangeSource, Page
from upa_core.state.document import state_of
from upa_core.state.people import People

KEPT = 1000


@dataclass(slots=True)
class ScopeView:
    """The scope, as seen in a plan."""

    inside: set[str] = field(default_factory=set)
    outside: dict[str, str] = field(default_factory=dict)
    """Person → the conditions that aren't met."""

    def watching(self, connector: Connector) -> Callable[[Iterable[Row]], None]:
        """Return a function that notes people's rows, with the values of other sources, while they are planned.

        A person whose scope depends on a missing row is neither in nor out: the plan leaves them alone.
        """
        reasons = compile_scope_reasons(connector.scope, connector.inputs)
        bits = {path: 1 << at for at, path in enumerate(connector.inputs)}
        needed = sum(bits[path] for path in set(connector.scope.inputs))
        presence = bits[connector.primary.presence] if connector.primary is not None else 0
        nobodys = f"not named by a row of {connector.primary.name}" if connector.primary is not None else ""

        def look(rows: Iterable[Row]) -> None:
            for row in rows:
                person, absent = row[0], row[1]
                if absent & presence:
                    self.outside[person] = nobodys
                elif absent & needed:
                    continue
                elif failed := reasons(row[2:]):
                    self.outside[person] = "not " + ", and not ".join(str(clause) for clause in failed)
                else:
                    self.inside.add(person)

        return look

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
    """Implements `ChangeSource`: passes everything on, and notes the user names of all people in it."""

    def __init__(self, source: ChangeSource, names: dict[str, str]) -> None:
        """Watch a source; user principal names are noted in `names`."""
        self._source, self._names = source, names

    def begin(self, select: Sequence[str]) -> Link:
        """Pass on."""
        return self._source.begin(select)

    def page(self, link: Link) -> Page:
        """Pass on, and note."""
        page = self._source.page(link)
        for record in page.records:
            if isinstance(name := record.get("userPrincipalName"), str):
                self._names[record["id"]] = name
        return page

    def read(self, ids: Sequence[str], select: Sequence[str]) -> Mapping[str, dict[str, Any] | None]:
        """Pass on."""
        return self._source.read(ids, select)
