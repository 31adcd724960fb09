"""Tokens that name their audience and how often it was refreshed."""

from __future__ import annotations


class FakeTokens:
    """Implements `TokenSource`; a token is `<audience>#<number>`."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.refreshed: list[str] = []

    def token(self, audience: str) -> str:
        """Return the audience's present token."""
        self.asked.append(audience)
        return f"{audience}#{self.refreshed.count(audience)}"

    def refresh(self, audience: str) -> str:
        """Return a token with the next number."""
        self.refreshed.append(audience)
        return f"{audience}#{self.refreshed.count(audience)}"
