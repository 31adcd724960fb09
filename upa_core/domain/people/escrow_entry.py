"""One entry of escrow: who or what waits, why, since when, and until when."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

WHOLE = "*"
"""Stands for a property where the whole person is meant."""
_ADDED = {"added": True}
"""A field of a later release: not written at its default."""


class EscrowReason(StrEnum):
    """Why a person, or a property of theirs, waits to be retried."""

    PROFILE_NOT_CREATED = "profile_not_created"
    """SharePoint can't resolve the identity: there is no profile yet (or none ever, for a disabled account)."""
    INVALID_VALUE = "invalid_value"
    """A value doesn't fit its mapping's declared type."""
    REFUSED_BY_SHAREPOINT = "refused_by_sharepoint"
    """The answer names the person, or one property of theirs, as refused."""
    REQUESTED = "requested"
    """An administrator asked for this person now."""
    NOT_READABLE_YET = "not_readable_yet"
    """A round names the person without every value, and a read of them finds nobody: a replica lags, or they left."""
    IMPORT_JOB_ABANDONED = "import_job_abandoned"
    """An import job that was given up ended after all: what it wrote is unknown."""
    OVERTAKEN = "overtaken"
    """Something newer was delivered before an older batch ended: nobody knows which of them is there."""
    OVERRIDDEN = "overridden"
    """An ad hoc run wrote another value, or may have written one: the connector's own is sent again."""
    OTHER_PERSON = "other_person"
    """The account name leads to somebody else's profile: nothing is written singly until SharePoint has caught up."""
    USER_NAME_CHANGED = "user_name_changed"
    """Somebody whose profile is known has a user name that finds none: SharePoint's own sync hasn't seen it yet."""
    OTHER_GEO = "other_geo"
    """The profile lives in another geo than the connector's target: a value set here wouldn't be seen there."""
    USER_EDITED = "user_edited"
    """The profile holds what somebody else wrote, and the mapping says to keep that."""
    NOT_KEPT = "not_kept"
    """A value was accepted singly, and something else or nothing is read back: hidden by the user, or not kept."""
    NOT_WRITTEN = "not_written"
    """A single write wasn't made: denied, given up, or the profile couldn't be read."""
    DRIFT = "drift"
    """The profile holds something else than was confirmed, and the mapping says to put it right (`on_drift`)."""
    OVER_BUDGET = "over_budget"
    """The budget of single writes was used up; the person is planned anew when it renews."""


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
"""Reasons that aren't tried for ever: one value of a property `MOST_TRIES` times."""
MOST_TRIES = 3


@dataclass(frozen=True, slots=True)
class EscrowEntry:
    """One person, or one property of a person, in escrow."""

    reason: EscrowReason
    since: datetime
    tries: int
    due: datetime | None
    """None: not before the next full round."""
    sequence: int = 0
    """Number of the batch that put or kept them here; 0: a plan did."""
    detail: str = ""
    """The answer's kind, or the property; never a value."""
    suspected: tuple[str, ...] = field(default=(), metadata=_ADDED)
    """Of a whole person: properties one of which at least was refused, the answer didn't say which."""
    kept_back: tuple[str, ...] = field(default=(), metadata=_ADDED)
    """Of a whole person: properties that are left out until it is known which of the suspected ones it was."""

    @property
    def searching(self) -> bool:
        """Tell whether it isn't known yet which property was refused."""
        return bool(self.suspected or self.kept_back)

    @property
    def is_over(self) -> bool:
        """Tell whether this value was tried often enough: what else differs goes, and whoever asks for it."""
        return self.reason is EscrowReason.NOT_KEPT and self.tries >= MOST_TRIES and self.due is None

    def is_due(self, now: datetime, *, full_round: bool = False) -> bool:
        """Tell whether it is time for another try."""
        return full_round and not self.is_over if self.due is None else self.due <= now
