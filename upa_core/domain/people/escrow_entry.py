"""One entry of escrow: the person or property that waits, why, since when, and until when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b

WHOLE = "*"
"""The property of an entry about the whole person."""
UNANSWERED = "unanswered "
"""An entry's detail begins with it, and goes on with run and batch: a single write had no answer, and nobody could look
at what came of it."""
_ADDED = {"added": True}
"""A field of a later release: it isn't written at its default."""


class EscrowReason(StrEnum):
    """Why a person, or one of their properties, waits to be retried."""

    PROFILE_NOT_CREATED = "profile_not_created"
    """SharePoint can't resolve the identity: there is no profile yet (or none ever, for a disabled account)."""
    INVALID_VALUE = "invalid_value"
    """A value doesn't fit its mapping's declared type."""
    REFUSED_BY_SHAREPOINT = "refused_by_sharepoint"
    """The answer says that the person, or one of their properties, was refused."""
    REQUESTED = "requested"
    """An administrator asked for this person now."""
    NOT_READABLE_YET = "not_readable_yet"
    """A round names the person without all values, and a read doesn't find them: a replica lags, or the person left."""
    IMPORT_JOB_ABANDONED = "import_job_abandoned"
    """An import job that was given up ended later: nobody knows what it wrote."""
    OVERTAKEN = "overtaken"
    """A newer batch was delivered before an older one ended: nobody knows which value is there."""
    OVERRIDDEN = "overridden"
    """An ad hoc run wrote another value, or may have written one: the connector's own value is sent again."""
    OTHER_PERSON = "other_person"
    """The account name leads to another person's profile: nothing is written singly until SharePoint has caught up."""
    USER_NAME_CHANGED = "user_name_changed"
    """The profile is known, but the person's new user name finds none: SharePoint's own sync hasn't seen it yet."""
    OTHER_GEO = "other_geo"
    """The profile is in another geo than the connector's target: a value set here wouldn't be seen there."""
    USER_EDITED = "user_edited"
    """The profile holds a value that somebody else wrote, and the mapping says to keep it."""
    NOT_KEPT = "not_kept"
    """A single write was accepted, but another value or nothing is read back: its user hides it, or it wasn't kept."""
    NOT_WRITTEN = "not_written"
    """A single write wasn't made: it was denied or given up, or the profile couldn't be read."""
    DRIFT = "drift"
    """The profile holds another value than was confirmed, and the mapping says to put it right (`on_drift`)."""
    OVER_BUDGET = "over_budget"
    """The budget of single writes was used up; the person is planned again when it renews."""


PATIENT = frozenset({EscrowReason.PROFILE_NOT_CREATED, EscrowReason.USER_NAME_CHANGED})
"""Reasons that end by themselves when SharePoint has caught up."""
HOLDS_BACK = frozenset(
    {
        EscrowReason.REFUSED_BY_SHAREPOINT,
        EscrowReason.OVER_BUDGET,
        EscrowReason.USER_EDITED,
        EscrowReason.NOT_KEPT,
    }
)
"""Reasons for which a property isn't sent before it is due."""
STOPS = frozenset({EscrowReason.USER_EDITED, EscrowReason.NOT_KEPT})
"""Reasons that end after some tries: one value of a property is tried `MOST_TRIES` times."""
MOST_TRIES = 3


@dataclass(frozen=True, slots=True)
class EscrowEntry:
    """One person, or one property of a person, in escrow."""

    reason: EscrowReason
    since: datetime
    """Since the round that first showed what waits; where no round did, since it was put here."""
    tries: int
    due: datetime | None
    """None: not before the next full round."""
    sequence: int = 0
    """Number of the batch that made or kept the entry; 0: a plan did."""
    detail: str = ""
    """The kind of answer with the service's own words, or the property; never a value."""
    suspected: tuple[str, ...] = field(default=(), metadata=_ADDED)
    """In the entry of a whole person: the suspected properties.

    At least one of them was refused; the answer didn't say which.
    """
    kept_back: tuple[str, ...] = field(default=(), metadata=_ADDED)
    """In the entry of a whole person: properties that wait until the search among the suspected ones has ended."""

    @property
    def searching(self) -> bool:
        """Return whether the refused property is still being searched for."""
        return bool(self.suspected or self.kept_back)

    @property
    def is_over(self) -> bool:
        """Return whether this value was tried often enough; only another value, or a request, sends it again."""
        return self.reason is EscrowReason.NOT_KEPT and self.tries >= MOST_TRIES and self.due is None

    def is_due(self, now: datetime, *, full_round: bool = False) -> bool:
        """Return whether it is time for the next try."""
        return full_round and not self.is_over if self.due is None else self.due <= now

    def left_out(self, same: Callable[[str], bool], *, due: bool) -> set[str]:
        """Return what isn't sent while the refused property is searched for: half of the suspected ones at a due try.

        `same`: whether a property still has the value that was sent.
        """
        suspected, kept = list(filter(same, self.suspected)), set(filter(same, self.kept_back))
        if not due:
            return {*suspected, *kept}
        if len(suspected) != len(self.suspected) or not suspected:
            # one of the suspected values changed or is gone, and may have been the refused one: try all others together
            return set()
        return {*suspected[: len(suspected) // 2], *kept}


def digest(value: str) -> str:
    """Return a digest by which two values can be compared; it doesn't reveal the value."""
    return blake2b(value.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
