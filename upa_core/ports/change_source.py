"""The source of changed people; Graph delta is the first one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from upa_core.domain.documents.rounds import Link


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of the source.

    A record is the source's JSON object: `id`, then attributes as sent. A key that is missing is *absent*, a key that
    is None is *null*; `@removed` marks a person who left.
    """

    records: Sequence[dict[str, Any]]
    link: Link
    """`next`: follow it now; `delta`: the round is complete and this is the new watermark."""


class ChangeSource(Protocol):
    """A stream of changed people with a resumable position."""

    def begin(self, select: Sequence[str]) -> Link:
        """Return the link that starts a full round tracking `select`; no call is made."""

    def page(self, link: Link) -> Page:
        """Follow a link.

        Raises `ResyncRequiredError` (position void), `RetryLaterError` (with the pause named by the service),
        `AccessDeniedError`, `RefusedError` (for instance an attribute that isn't tracked), and `ForeignLinkError`
        before a token would be sent to a foreign host.
        """

    def read(self, ids: Sequence[str], select: Sequence[str]) -> Mapping[str, dict[str, Any] | None]:
        """Return each person's present record, by the id that was asked for; None for a person the source doesn't know.

        `ids` are object ids or user principal names; the record's own `id` is the object id.
        Raises as `page`, and `PartlyReadError` where a few people can't be read and the others can.
        """
