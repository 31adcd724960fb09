"""The members of a group as rows: by the group's delta [GR-51, GR-52, GR-53, GR-55], or all by a list [GR-56]."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from upa_core.adapters.graph.following import BACKGROUND, Position, Rounds, pages
from upa_core.adapters.http.service import Service
from upa_core.domain.documents.rounds import Link
from upa_core.domain.errors import RefusedError, ResyncRequiredError, UnavailableError
from upa_core.domain.sources.joined.secondary import Secondary
from upa_core.ports.clock import Clock
from upa_core.ports.row_source import Closing, Offer

_DELTA = "/v1.0/groups/delta"
_GROUP = "#microsoft.graph.group"
_NO_PEOPLE = frozenset(
    {_GROUP, "#microsoft.graph.device", "#microsoft.graph.orgContact", "#microsoft.graph.servicePrincipal"}
)
_MEMBER = "true"
MAX_MEMBERS = 5_000_000
_TOP = 999


@dataclass(slots=True)
class _Members:
    """The members as a round shows them."""

    said: dict[str, bool]
    """By id, in lower case: True for a member, False for a former one; the last entry counts."""
    groups: dict[str, bool]
    """Groups among them."""
    label: str = ""
    named: bool = False
    """The group itself was named."""

    def take(self, member: Any) -> None:
        """Take one entry of `members@delta` or of a list; raises ValueError where it isn't one."""
        if not isinstance(member, dict) or not isinstance(member.get("id"), str) or not member["id"]:
            raise ValueError("a member without an id")
        kind, there = member.get("@odata.type", ""), "@removed" not in member
        if kind == _GROUP:
            self.groups[member["id"]] = there
        elif kind not in _NO_PEOPLE:
            self.said[member["id"].lower()] = there
        if len(self.said) > MAX_MEMBERS:
            raise ValueError(f"more than {MAX_MEMBERS:,} members")


class GroupRows:
    """Implements `RowSource` on one group: a member has a value, a former member is named without one.

    A round is read to its end before its first row is yielded; an incomplete round leaves nothing.
    """

    def __init__(
        self, service: Service, clock: Clock, secondary: Secondary, *, valid: timedelta, full_every: timedelta
    ) -> None:
        """Use Graph's service. Five parameters: `valid` is a position's lifetime, the last how often all is read."""
        self._service, self._clock = service, clock
        self._group, self._nested = secondary.group, secondary.nested
        self._rounds = Rounds(service, clock, _DELTA, "the group", valid=valid, full_every=full_every)

    def look(self, cursor: str, approved: str = "") -> Offer | None:  # noqa: ARG002 - nothing is judged here
        """Return what changed since the cursor, or everything where the cursor is no longer valid.

        Raises `RefusedError` where the group isn't there: that doesn't mean that it has no members.
        """
        if self._nested == "include":
            return self._look_at_list(cursor)
        offer = self._rounds.look(cursor)
        if offer is not None:
            return offer
        self._name()
        return self._rounds.offer(Offer("everybody"))

    def rows(self, offer: Offer, columns: Sequence[str]) -> Iterator[tuple[str, Sequence[str | None]]]:
        """Read the round to its end, then yield the members and the former members."""
        before = self._rounds.before(offer)
        if self._nested == "include":
            members, cursor = self._list(), ""
        else:
            now = self._clock.now()
            members, url = self._round(before)
            cursor = Position(url, now, before.full if before is not None else now).write()
        self._refuse_nested(members)
        people = sorted((one, there) for one, there in members.said.items() if there or not offer.complete)
        name = _digest(people)
        self._rounds.close(Closing(cursor or name, name=name, label=members.label, rows=len(people)))
        for person, there in people:
            yield person, [_MEMBER if there else None] * len(columns)

    def closing(self, offer: Offer) -> Closing:
        """Return what is known of the round."""
        return self._rounds.closing(offer)

    def _name(self) -> str:
        """Return the group's name; raises `RefusedError` where there is no such group."""
        url = f"/v1.0/groups/{self._group}?$select=id,displayName"
        answer = self._service.request("GET", url, "/v1.0/groups/{id}", headers=BACKGROUND, json=True)
        if answer.status == 404:
            raise self._gone("Graph knows no such group: it was deleted, or the id is another object's")
        if not answer.ok:
            raise answer.refused()
        return str(answer.document.get("displayName") or "") if isinstance(answer.document, dict) else ""

    def _gone(self, why: str) -> RefusedError:
        return RefusedError(f"the group {self._group}: {why}. Its members as they were read last stay in force")

    def _round(self, before: Position | None) -> tuple[_Members, str]:
        """Read a round of the group's delta; returns its members and the link of the next round."""
        path = f"{_DELTA}?$select=id,displayName,members&$filter=id%20eq%20'{self._group}'"
        link = Link(before.url, "delta") if before is not None else Link(self._service.root + path, "initial")
        members = _Members({}, {})
        try:
            for page in pages(self._service, link, _DELTA):
                for record in page.records:
                    self._take(record, members)
                link = page.link
        except ResyncRequiredError as error:
            raise UnavailableError(f"{error}; everything is read anew at the next pull") from error
        except ValueError as error:
            raise UnavailableError(f"GET {self._service.host} {_DELTA}: {error}") from error
        if before is None and not members.named:
            raise self._gone("Graph's delta doesn't name it")
        return members, link.url

    def _take(self, record: Mapping[str, Any], members: _Members) -> None:
        if record["id"].lower() != self._group:
            raise ValueError("it names another group than was asked for")
        if "@removed" in record:
            raise self._gone("it was deleted")
        members.named, members.label = True, str(record.get("displayName") or members.label)
        listed = record.get("members@delta", [])
        if not isinstance(listed, list):
            raise ValueError("its members aren't a list")
        for member in listed:
            members.take(member)

    def _refuse_nested(self, members: _Members) -> None:
        inner = sorted(group for group, there in members.groups.items() if there)
        if inner and self._nested == "refuse":
            more = f" and {len(inner) - 3} more" if len(inner) > 3 else ""
            text = f"holds other groups ({', '.join(inner[:3])}{more}), whose members would be left out"
            fix = "Write `nested: ignore` to leave them out, or `nested: include`"
            raise RefusedError(f"the group {self._group} {text}. {fix}")

    # -- members of members ------------------------------------------------------------------------------------------

    def _look_at_list(self, cursor: str) -> Offer | None:
        members = self._list()
        digest = _digest(sorted(members.said.items()))
        if digest == cursor:
            return Offer(cursor, same=True)
        return self._rounds.offer(Offer(digest))

    def _list(self) -> _Members:
        """Read everybody in the group, and in the groups in it [GR-56]."""
        members = _Members({}, {}, self._name(), named=True)
        call = "/v1.0/groups/{id}/transitiveMembers"
        link = f"{self._service.root}/v1.0/groups/{self._group}/transitiveMembers?$select=id&$top={_TOP}"
        followed: set[str] = set()
        while link:
            followed.add(link)
            answer = self._service.request("GET", link, call, headers=BACKGROUND, json=True)
            if answer.status == 404:
                raise self._gone("Graph knows no such group any more")
            if not answer.ok:
                raise answer.refused()
            page = answer.document if isinstance(answer.document, dict) else {}
            try:
                for member in page["value"]:
                    members.take(member)
            except (KeyError, TypeError, ValueError) as error:
                raise UnavailableError(f"{answer.label()}: not a page of members") from error
            link = page.get("@odata.nextLink") or ""
            if link and self._service.check(link) in followed:
                raise UnavailableError(f"{answer.label()}: a next link leads back to a page of this list")
        return members


def _digest(people: Sequence[tuple[str, bool]]) -> str:
    digest = hashlib.sha256()
    for person, there in people:
        digest.update(f"{person} {there}\n".encode())
    return digest.hexdigest()
