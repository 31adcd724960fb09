"""Where administrators are told something: mail, Teams, a webhook."""

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
    """The alarm is over: a recovery message."""

    @property
    def subject(self) -> str:
        """One line that says it all."""
        return f"upa-sync {self.connector}: {'recovered: ' if self.over else ''}{self.title}"


class Messenger(Protocol):
    """One channel."""

    @property
    def name(self) -> str:
        """Name the channel, for the record of who was told."""

    def send(self, message: Message) -> None:
        """Deliver the message once.

        Raises `AccessDeniedError`, `RefusedError` and `RetryLaterError`; no text names a secret address.
        """
