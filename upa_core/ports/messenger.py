"""A channel to administrators: mail, Teams, a webhook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Message:
    """One message; ids, counts and reasons, never a person's values."""

    connector: str
    title: str
    detail: str
    todo: str
    over: bool = False
    """The alarm has ended: this is a recovery message."""

    @property
    def subject(self) -> str:
        """The message in one line."""
        return f"upa-sync {self.connector}: {'recovered: ' if self.over else ''}{self.title}"


class Messenger(Protocol):
    """One channel."""

    @property
    def name(self) -> str:
        """The channel's name, for the record of notifications."""

    def send(self, message: Message) -> None:
        """Deliver the message once.

        Raises `AccessDeniedError`, `RefusedError` and `RetryLaterError`; no text names a secret address.
        """
