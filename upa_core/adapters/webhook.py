"""A webhook that takes adaptive cards: Teams' workflows, Logic Apps. Its address is a secret: no text ever holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from upa_core.domain.errors import ConfigError, RefusedError, UnansweredError, UnavailableError
from upa_core.ports.messenger import Message

if TYPE_CHECKING:
    import requests

_TIMEOUTS = (10.0, 30.0)


class Webhook:
    """Implements `Messenger`."""

    name = "webhook"

    def __init__(self, address: str, session: requests.Session | None = None) -> None:
        """Post to this https address."""
        if urlsplit(address).scheme != "https":
            raise ConfigError("notifications.webhook must be an https address (not shown)")
        self._address, self._session = address, session

    def send(self, message: Message) -> None:
        """Post one card; redirects aren't followed."""
        import requests  # vendor imports are lazy

        session = self._session = self._session or requests.Session()
        try:
            with session.post(
                self._address, json=card(message), timeout=_TIMEOUTS, allow_redirects=False, stream=True
            ) as answer:
                pass  # the body isn't needed, and may never end
        except requests.ConnectionError as error:
            raise UnavailableError(f"webhook: no answer ({type(error).__name__})") from None
        except requests.RequestException as error:
            raise UnansweredError(f"webhook: no answer ({type(error).__name__})") from None
        if answer.status_code == 429 or answer.status_code >= 500:
            raise UnavailableError(f"webhook: HTTP {answer.status_code}", status=answer.status_code)
        if not answer.ok or answer.status_code >= 300:
            raise RefusedError(f"webhook: HTTP {answer.status_code}")


def card(message: Message) -> dict[str, Any]:
    """Return the message as an adaptive card in the envelope that Teams' workflows take."""
    colour = "Good" if message.over else "Attention"

    def text(value: str, **options: Any) -> dict[str, Any]:
        return {"type": "TextRun", "text": value, **options}

    def block(*runs: dict[str, Any]) -> dict[str, Any]:
        return {"type": "RichTextBlock", "inlines": list(runs)}  # unlike a TextBlock it reads no Markdown

    body = [block(text(message.subject, weight="Bolder", size="Medium", color=colour)), block(text(message.detail))]
    if not message.over:
        body.append(block(text("What to do: ", weight="Bolder"), text(message.todo)))
    content = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
    }
    kind = "application/vnd.microsoft.card.adaptive"
    return {"type": "message", "attachments": [{"contentType": kind, "contentUrl": None, "content": content}]}
