"""Follow the links of a delta query [GR-1], and write and read the cursor of a source that uses one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from upa_core.adapters.graph import wire
from upa_core.adapters.http.answer import Answer
from upa_core.adapters.http.service import Service
from upa_core.domain.documents.rounds import Link
from upa_core.domain.errors import CorruptStateError, UnavailableError
from upa_core.ports.change_source import Page

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
