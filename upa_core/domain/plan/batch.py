"""A batch: the part of a frozen plan that travels together on one route; and the form that each route gives it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, Protocol

from upa_core.domain.connector import Connector, Limits
from upa_core.domain.documents.runs import BULK
from upa_core.domain.plan.entry import Entry

Loads = Callable[[bytes], Any]
"""Decodes JSON; raises ValueError for what isn't JSON."""


class Batch(Protocol):
    """A batch while it is built."""

    @property
    def people(self) -> int:
        """Return the number of people in it."""

    @property
    def pairs(self) -> int:
        """Return the number of values in it."""

    def add(self, entries: Sequence[Entry]) -> int:
        """Add people in their order; return how many were added before one would exceed a limit of the route.

        A batch that holds nobody takes at least the first.
        """

    def content(self) -> bytes:
        """Return the whole batch as it is stored; only its route's form reads it."""


class BatchForm(Protocol):
    """How one route encodes and decodes its batches: pure; a module `domain/<route>/batch` is one."""

    def begin(self, limits: Limits) -> Batch:
        """Return an empty batch."""

    def split(self, content: bytes) -> dict[str, bytes]:
        """Return each person's part of a batch, still encoded, in its order; `read` decodes it.

        Raises `CorruptStateError` for what isn't a batch of this route.
        """

    def read(self, pieces: Collection[bytes], loads: Loads) -> dict[str, dict[str, str]]:
        """Return the values of people whom `split` returned, by person and property.

        Raises `CorruptStateError` where they can't be read.
        """

    def without(self, content: bytes, person: str) -> bytes:
        """Return the batch without a person, whose id may be in any letter case.

        Raises `CorruptStateError` for what isn't a batch of this route.
        """


def cut(connector: Connector) -> Callable[[Sequence[Entry]], Iterator[tuple[str, Sequence[Entry]]]]:
    """Return the function that splits people's changes by route; each route gets only its own properties.

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


def columns(entries: Sequence[Entry], *fields: str) -> list[tuple[Any, ...]]:
    """Return fields of many entries, each as a column."""
    return [tuple(map(itemgetter(Entry._fields.index(field)), entries)) for field in fields]
