"""A channel whose messages a test reads."""

from __future__ import annotations

from tests.fakes.hooks import Hooks
from upa_core.ports.messenger import Message


class FakeMessenger:
    """Implements `Messenger`; operation: send, the subject is the message's."""

    def __init__(self, name: str = "fake") -> None:
        self.name = name
        self.hooks = Hooks()
        self.messages: list[Message] = []

    def send(self, message: Message) -> None:
        """Keep the message."""
        with self.hooks.around("send", message.subject):
            self.messages.append(message)

    @property
    def subjects(self) -> list[str]:
        """What was delivered."""
        return [message.subject for message in self.messages]
