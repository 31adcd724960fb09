"""Follow the links of a delta query [GR-1], and offer, read and close the rounds of a source that uses one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from upa_core.adapters.graph import wire
from upa_core.adapters.http.answer import Answer
from upa_core.adapters.http.service import Service
from upa_core.domain.documents.rounds import Link
from upa_core.domain.errors import CorruptStateError, ResyncRequiredError, UnavailableError
from upa_core.ports.change_source import Page
from upa_core.ports.clock import Clock
from upa_core.ports.row_source import Closing, Offer

BACKGROUND = {"x-ms-throttle-priority": "low"}
"""Graph throttles a background sync before requests that people wait for [GR-27]."""


def follow(service: Service, link: Link, call: str) -> Page:
    """Follow one link; the link in its answer is checked as well, so that no foreign link is ever stored.

    Raises as `ChangeSource.page`.
    """
    answer = service.request("GET", link.url, call, headers=BACKGROUND, json=True, accept=_says_resync)
    if not answer.ok:
        raise wire.delta_error(answer.status, answer.content, answer.label()) or answer.refused()
    try:
        page = wire.decode_page(answer.document, link)
    except ValueError as error:
        raise UnavailableError(f"{answer.label()}: {error}", status=answer.status) from error
    service.check(page.link.url)
    return page


def pages(service: Service, link: Link, call: str) -> Iterator[Page]:
    """Follow links to the end of a round; raises as `follow`, and where a link of the round comes again."""
    followed: set[str] = set()
    while True:
        followed.add(link.url)
        page = follow(service, link, call)
        yield page
        link = page.link
        if link.kind == "delta":
            return
        if link.url in followed:
            raise UnavailableError(f"GET {service.host} {call}: a next link leads back to a page of this round")


def _says_resync(answer: Answer) -> bool:
    """Return whether an answer of 4xx or 5xx says that the position is void."""
    return not answer.ok and wire.delta_error(answer.status, answer.content, "") is not None


@dataclass(frozen=True, slots=True)
class Position:
    """The start of a source's next round."""

    url: str
    """A deltaLink."""
    issued: datetime
    full: datetime
    """When everything was read last."""

    def write(self) -> str:
        """Return the cursor."""
        import orjson  # vendor imports are lazy

        return orjson.dumps({"url": self.url, "issued": self.issued, "full": self.full}).decode()


def read_position(cursor: str) -> Position:
    """Read a cursor; raises `CorruptStateError` where it isn't one."""
    import orjson  # vendor imports are lazy

    try:
        held = orjson.loads(cursor)
        issued, full = datetime.fromisoformat(held["issued"]), datetime.fromisoformat(held["full"])
        return Position(str(held["url"]), issued, full)
    except (ValueError, KeyError, TypeError) as error:
        raise CorruptStateError("where a round of Graph begins can't be read") from error


class Rounds:
    """The rounds of a source that is read by a delta query: one is on offer, then read, then closed."""

    def __init__(
        self, service: Service, clock: Clock, call: str, name: str, *, valid: timedelta, full_every: timedelta
    ) -> None:
        """Prepare the rounds of `call`.

        Six parameters: what is asked, the source's name in errors, and how long a position is `valid` and how often
        everything is read anew.
        """
        self._service, self._clock, self._call, self._name = service, clock, call, name
        self._valid, self._full_every = valid, full_every
        self._offered: tuple[Offer, Position | None] | None = None
        self._closing: Closing | None = None

    def look(self, cursor: str) -> Offer | None:
        """Offer what changed since the cursor; None where everything must be read, because nothing else tells it.

        Raises as `RowSource.look`.
        """
        before = read_position(cursor) if cursor else None
        now = self._clock.now()
        if before is None or now - before.issued > self._valid or now - before.full > self._full_every:
            return None
        try:
            page = follow(self._service, Link(before.url, "delta"), self._call)
        except ResyncRequiredError:
            return None
        if not page.records and page.link.kind == "delta":
            return Offer(Position(page.link.url, now, before.full).write(), same=True)
        return self.offer(Offer(before.url, complete=False), before)

    def offer(self, offer: Offer, before: Position | None = None) -> Offer:
        """Put something on offer, and return it; what was on offer is no more."""
        self._offered, self._closing = (offer, before), None
        return offer

    def before(self, offer: Offer) -> Position | None:
        """Return where the round on offer begins, None for everything; raises where another is on offer."""
        if self._offered is None or self._offered[0] != offer:
            raise UnavailableError(f"{self._name} must be looked at again")
        return self._offered[1]

    def close(self, closing: Closing) -> None:
        """Note what is known of the round now that it was read to its end."""
        self._closing = closing

    def closing(self, offer: Offer) -> Closing:
        """Return what is known of the round on offer; raises where it wasn't read to its end."""
        self.before(offer)
        if self._closing is None:
            raise UnavailableError(f"{self._name} wasn't read to its end")
        return self._closing
