"""What SharePoint answers about a single profile: its values, or why something wasn't done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

OBJECT_ID = "msOnline-ObjectId"
"""The property that tells whose profile it is [SP-62]."""

Value = str | tuple[str, ...] | None
"""What a set sends: a text, a list of texts, null."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a set or a read wasn't done; never a message, which is in the caller's language and may quote values."""

    kind: Literal["refused", "denied", "unclear"]
    """refused: this person and property. denied: a right is missing. unclear: it may work later, or has worked."""
    code: str = ""
    """SharePoint's name of the error without its namespace."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile, as far as it was asked for."""

    object_id: str
    """Whose it is; "" where it doesn't tell."""
    values: Mapping[str, str]
    """What is shown, by property; "" is empty, hidden, or no such property [SP-120, SP-121]."""
    site_host: str = ""
    """Host of the person's own site, where that was asked for: it tells the geo [SP-126]."""


Reading = Profile | Fault | None
"""None: the account has no profile."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a request to one profile came to."""

    sets: Mapping[str, Fault | None]
    """By property; None: accepted, which says nothing of what is there now."""
    after: Reading
    """The profile as it reads afterwards."""
    before: Reading = None
    """The profile as it read right before the sets, in the same request."""
