"""A directory whose changes can be followed, in a dictionary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.fakes.hooks import Hooks
from upa_core.domain.documents.rounds import Link
from upa_core.domain.errors import ForeignLinkError, RefusedError, ResyncRequiredError
from upa_core.ports.change_source import Page

_ROOT = "https://directory.example"


class FakeChangeSource:
    """Implements `ChangeSource` as Graph's users/delta behaves: changed people come whole, never-set values absent.

    Operations: page (subject: the link's kind), read (the number of ids). `untracked` names attributes that are
    refused; `expire()` voids all positions.
    """

    def __init__(self, people: Mapping[str, Mapping[str, Any]] | None = None, *, page_size: int = 3) -> None:
        self.hooks = Hooks()
        self.untracked: set[str] = set()
        self._page_size = page_size
        self._people: dict[str, dict[str, Any]] = {}
        self._log: list[str] = []
        """Ids in the order in which they changed; a position is an index."""
        self._oldest = 0
        for person, attributes in (people or {}).items():
            self.set(person, **attributes)

    def set(self, person: str, **attributes: Any) -> None:
        """Change a person, or add one; None is an explicit null."""
        self._people.setdefault(person, {}).update(attributes)
        self._log.append(person)

    def remove(self, person: str) -> None:
        """Let a person leave."""
        self._people.pop(person, None)
        self._log.append(person)

    def expire(self) -> None:
        """Void every position that was handed out."""
        self._oldest = len(self._log) + 1
        self._log.append("")

    def begin(self, select: Sequence[str]) -> Link:
        """Return the link of a full round."""
        return Link(self._url(select, since=0, until=-1, offset=0), "initial")

    def page(self, link: Link) -> Page:
        """Follow a link."""
        with self.hooks.around("page", link.kind):
            return self._page(link)

    def read(self, ids: Sequence[str], select: Sequence[str]) -> Mapping[str, dict[str, Any] | None]:
        """Return today's records."""
        with self.hooks.around("read", str(len(ids))):
            names = set(select) | {"id"}
            by_name = {one.get("userPrincipalName"): person for person, one in self._people.items()}
            found = {asked: asked if asked in self._people else by_name.get(asked) for asked in ids}
            return {
                asked: {n: v for n, v in {**self._people[person], "id": person}.items() if n in names}
                if person is not None
                else None
                for asked, person in found.items()
            }

    def _page(self, link: Link) -> Page:
        if not link.url.startswith(f"{_ROOT}/"):
            raise ForeignLinkError("a link points outside the directory")
        query = {name: values[0] for name, values in parse_qs(urlsplit(link.url).query).items()}
        select = query.get("select", "").split(",")
        if bad := tuple(sorted(self.untracked & set(select))):
            raise RefusedError(f"can't be tracked: {', '.join(bad)}", code="BadRequest", details=bad)
        since, until, offset = (int(query[name]) for name in ("since", "until", "offset"))
        until = len(self._log) if until < 0 else until
        if (since and since < self._oldest) or (link.kind == "next" and until < self._oldest):
            raise ResyncRequiredError("the position is void", code="syncStateNotFound")
        changed = [person for person in dict.fromkeys(self._log[since:until]) if person]
        records = [self._record(person, select) for person in changed[offset : offset + self._page_size]]
        offset += self._page_size
        if offset < len(changed):
            return Page(records, Link(self._url(select, since=since, until=until, offset=offset), "next"))
        return Page(records, Link(self._url(select, since=until, until=-1, offset=0), "delta"))

    def _record(self, person: str, select: Sequence[str]) -> dict[str, Any]:
        if person not in self._people:
            return {"id": person, "@removed": {"reason": "changed"}}
        known = self._people[person]
        return {"id": person} | {name: known[name] for name in select if name in known}

    def _url(self, select: Sequence[str], **position: int) -> str:
        query = {"select": ",".join(sorted(set(select))), **position}
        return f"{_ROOT}/users/delta?{urlencode(query)}"
