"""A batch: the part of a frozen plan that travels together on one route; what each route's form of it must offer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Protocol

from upa_core.domain.connector import Connector, Limits
from upa_core.domain.documents.runs import BULK
from upa_core.domain.plan.planner import Entry

Loads = Callable[[bytes], Any]
"""Decodes JSON; raises ValueError for what isn't JSON."""


class Batch(Protocol):
    """A batch while it grows."""

    @property
    def people(self) -> int:
        """Return how many people it holds."""

    @property
    def pairs(self) -> int:
        """Return how many values it holds."""

    def add(self, entries: Sequence[Entry]) -> int:
        """Append people in their order; returns how many were taken before one would pass a limit of the route.

        A batch that holds nobody takes at least the first.
        """

    def content(self) -> bytes:
        """Return the whole batch as it is stored, and read by nobody but its route's form."""


class BatchForm(Protocol):
    """How one route writes and reads its batches: pure; a module `domain/<route>/batch` is one."""

    def begin(self, limits: Limits) -> Batch:
        """Return an empty batch."""

    def split(self, content: bytes) -> dict[str, bytes]:
        """Return what a batch says of each person, still encoded, in its order; `read` decodes it.

        Raises `CorruptStateError` for what isn't a batch of this route.
        """

    def read(self, pieces: Collection[bytes], loads: Loads) -> dict[str, dict[str, str]]:
        """Return the values of people whom `split` returned, by person and property.

        Raises `CorruptStateError` where they can't be read.
        """

    def without(self, content: bytes, person: str) -> bytes:
        """Return the batch without a person, whom it may name in any letter case.

        Raises `CorruptStateError` for what isn't a batch of this route.
        """


def cut(connector: Connector) -> Callable[[Sequence[Entry]], Iterator[tuple[str, Sequence[Entry]]]]:
    """Return the function that cuts people's changes by route; each route gets a person's own properties alone.

    One property has one route, so that a person is in at most one batch of each.
    """
    routes = {mapping.target: mapping.route for mapping in connector.active}
    used = sorted(set(routes.values()), key=lambda route: (route != BULK, route))
    if len(used) < 2:
        return lambda entries: iter([(used[0], entries)] if used and entries else [])

    def by_route(entries: Sequence[Entry]) -> Iterator[tuple[str, Sequence[Entry]]]:
        for route in used:
            parts = [_of_route(entry, route, routes) for entry in entries]
            if kept := [part for part in parts if part is not None]:
                yield route, kept

    return by_route


def _of_route(entry: Entry, route: str, routes: Mapping[str, str]) -> Entry | None:
    new = {target: value for target, value in entry.new.items() if routes.get(target, BULK) == route}
    if not new:
        return None
    if len(new) == len(entry.new):
        return entry
    return entry._replace(new=new, old={target: value for target, value in entry.old.items() if target in new})
