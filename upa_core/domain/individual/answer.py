"""SharePoint's answer about a single profile: its values, or why a call failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

OBJECT_ID = "msOnline-ObjectId"
"""The property that says whose profile it is [SP-62]."""

Value = str | tuple[str, ...] | None
"""What a set sends: a text, a list of texts, null."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a set or a read failed. It holds no message: a message is in the caller's language and may quote values."""

    kind: Literal["refused", "denied", "unclear"]
    """refused: this person and property. denied: a right is missing. unclear: it may work later, or may have worked."""
    code: str = ""
    """SharePoint's name of the error without its namespace."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile, as far as it was asked for."""

    object_id: str
    """Whose profile it is; "" where it doesn't say."""
    values: Mapping[str, str]
    """The shown values, by property; "" is empty, hidden, or no such property [SP-120, SP-121]."""
    site_host: str = ""
    """Host of the person's own site, where it was asked for: it shows the geo [SP-126]."""


Reading = Profile | Fault | None
"""None: the account has no profile."""


@dataclass(frozen=True, slots=True)
class Written:
    """The result of a request to one profile."""

    sets: Mapping[str, Fault | None]
    """By property; None: accepted, which says nothing about the value that is there now."""
    after: Reading
    """The profile as it was read afterwards."""
    before: Reading = None
    """The profile as it was read right before the sets, in the same request."""
