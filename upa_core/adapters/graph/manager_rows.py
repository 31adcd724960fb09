"""The attributes of everybody's manager as rows [GR-58, GR-60, GR-61, GR-62].

Everybody is read from the list of users with their managers. After that, a users/delta names the people who changed
themselves or have another manager. Each of them is read singly, because delta's answers about managers are incomplete.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from upa_core.adapters.graph.following import BACKGROUND, Position, Rounds, pages
from upa_core.adapters.graph.users import GraphUsers
from upa_core.adapters.http.service import Service
from upa_core.domain.documents.rounds import Link
from upa_core.domain.errors import AccessDeniedError, ResyncRequiredError, UnavailableError
from upa_core.domain.people.changes import ROW_HEAD, as_spelled, compile_projection
from upa_core.ports.clock import Clock
from upa_core.ports.row_source import Closing, Offer

_DELTA = "/v1.0/users/delta"
_USER = "#microsoft.graph.user"
_TOP = 999


class ManagerRows:
    """Implements `RowSource` and `AskedRows`: a row of each person who has a manager.

    A value in delta's own record wins over a value that is read singly: a read may lag behind [GR-46].
    """

    def __init__(
        self, service: Service, clock: Clock, columns: Sequence[str], *, valid: timedelta, full_every: timedelta
    ) -> None:
        """Read these attributes. Five parameters: `valid` is a position's lifetime, the last how often all is read."""
        self._service, self._clock, self._users = service, clock, GraphUsers(service)
        self._columns = tuple(columns)
        self._select = tuple(sorted({"id", *(path.partition(".")[0] for path in columns)}))
        self._rounds = Rounds(service, clock, _DELTA, "the list of managers", valid=valid, full_every=full_every)
        self._said: dict[str, Mapping[str, Any]] = {}
        """The last record of each changed person in the present round, by id."""

    def look(self, cursor: str, approved: str = "") -> Offer | None:  # noqa: ARG002 - nothing is judged here
        """Return what changed since the cursor, or everything where the cursor is no longer valid."""
        self._said = {}
        return self._rounds.look(cursor) or self._rounds.offer(Offer("everybody"))

    def rows(self, offer: Offer, columns: Sequence[str]) -> Iterator[tuple[str, Sequence[object]]]:
        """Yield the rows of everybody, or of those who changed; a row without values means: no manager."""
        before = self._rounds.before(offer)
        digest, count = hashlib.sha256(), 0
        now = self._clock.now()
        if before is None:
            url, touched = self._latest(), frozenset[str]()
            found = self._everybody(columns)
        else:
            url = self._changes(before)
            touched = frozenset(self._said)
            found = self.ask([person for person, record in self._said.items() if "@removed" not in record], columns)
        for person, cells in found:
            digest.update(f"{person} {cells!r}\n".encode("utf-8", "backslashreplace"))
            count += any(cell is not None for cell in cells)
            yield person, cells
        full = before.full if before is not None else now
        cursor = Position(url, now, full).write()
        closing = Closing(cursor, name=digest.hexdigest(), label="managers", rows=count, touched=touched)
        self._rounds.close(closing)

    def ask(self, keys: Sequence[str], columns: Sequence[str]) -> Iterator[tuple[str, Sequence[object]]]:
        """Yield today's row of each person."""
        found = self._users.read(keys, self._select, "/manager")
        told = {person: _manager_of(self._said.get(person.lower(), {})) for person in found}
        other = {p: id_ for p, id_ in told.items() if id_ is not None and id_ != _id_of(found[p])}
        read = self._users.read([id_ for id_ in other.values() if id_], self._select) if any(other.values()) else {}
        for person in dict.fromkeys(keys):
            manager = read.get(other[person]) if person in other else found[person]
            if manager is None or "@removed" in self._said.get(_id_of(manager), {}):
                yield person.lower(), [None] * len(columns)
            else:
                yield person.lower(), next(self._cells([manager], columns))

    def closing(self, offer: Offer) -> Closing:
        """Return what is known of the round."""
        return self._rounds.closing(offer)

    def _cells(self, managers: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> Iterator[list[object]]:
        """Yield the values of managers; raises where Graph shows that there is a manager and hides their id."""
        project = compile_projection(as_spelled(columns, managers))
        for manager in managers:
            said = self._said.get(manager["id"].lower(), {})
            newest = {name: value for name, value in said.items() if name != "id" and not name.startswith("@")}
            cells = project({**manager, **newest})[len(ROW_HEAD) :]
            hidden = manager.get("@odata.type", _USER) != _USER and len(columns) > 1
            if hidden and [cell is None for cell in cells].count(False) == 1:
                raise AccessDeniedError(
                    "a manager is a contact of the organization, whose attributes the app may not read: grant "
                    "OrgContact.Read.All, or give these people another manager"
                )
            yield cells

    def _latest(self) -> str:
        """Return the present position; it is taken before everybody is read, so that no change is missed [GR-5]."""
        names = ",".join(quote(name, safe="") for name in sorted({*self._select, "manager"}))
        link = Link(f"{self._service.root}{_DELTA}?$deltatoken=latest&$select={names}", "initial")
        for page in pages(self._service, link, _DELTA):
            link = page.link
        return link.url

    def _changes(self, before: Position) -> str:
        """Read who changed; returns the next position."""
        link, self._said = Link(before.url, "delta"), {}
        try:
            for page in pages(self._service, link, _DELTA):
                for record in page.records:  # a person may have several records: a later one keeps what it leaves out
                    held = self._said.get(record["id"].lower(), {})
                    again = {} if "@removed" in record or "@removed" in held else held
                    self._said[record["id"].lower()] = {**again, **record}
                link = page.link
        except ResyncRequiredError as error:
            raise UnavailableError(f"{error}; everything is read anew at the next pull") from error
        return link.url

    def _everybody(self, columns: Sequence[str]) -> Iterator[tuple[str, Sequence[object]]]:
        """Read all users with their managers, page by page [GR-61]."""
        expand = f"manager($select={','.join(quote(name, safe='') for name in self._select)})"
        link, call = f"{self._service.root}/v1.0/users?$select=id&$expand={expand}&$top={_TOP}", "/v1.0/users"
        followed: set[str] = set()
        while link:
            followed.add(link)
            answer = self._service.request("GET", link, call, headers=BACKGROUND, json=True)
            if not answer.ok:
                raise answer.refused()
            page = answer.document if isinstance(answer.document, dict) else {}
            try:
                led = {user["id"].lower(): manager for user in page["value"] if (manager := user.get("manager"))}
                managers = [{**one, "id": one["id"]} for one in led.values()]
            except (KeyError, TypeError, AttributeError) as error:
                raise UnavailableError(f"{answer.label()}: not a page of users with managers") from error
            yield from zip(led, self._cells(managers, columns), strict=True)
            link = page.get("@odata.nextLink") or ""
            if link and self._service.check(link) in followed:
                raise UnavailableError(f"{answer.label()}: a next link leads back to a page of this list")


def _id_of(manager: Mapping[str, Any] | None) -> str:
    return str(manager["id"]).lower() if manager is not None else ""


def _manager_of(record: Mapping[str, Any]) -> str | None:
    """Return the manager's id in delta's record, "" for no manager; None where the record doesn't say [GR-58]."""
    listed = record.get("manager@delta")
    if not isinstance(listed, list):
        return None
    there = [one["id"].lower() for one in listed if isinstance(one, dict) and "@removed" not in one and one.get("id")]
    return there[-1] if there else ""
