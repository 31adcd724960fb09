"""Profiles as SharePoint returns them, one person at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Profiles(Protocol):
    """Reads single profiles: for checks and read-backs of a few people, never for a whole tenant."""

    def properties(self, user_principal_name: str) -> Mapping[str, str] | None:
        """Return every property of a profile, empty ones included; None where there is no profile.

        Raises `AccessDeniedError`, `RefusedError` and `RetryLaterError`.
        """
