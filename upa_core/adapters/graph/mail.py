"""Mail by Graph's sendMail, from a mailbox of the tenant (application permission Mail.Send)."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from upa_core.adapters.http.service import Service
from upa_core.ports.messenger import Message


class GraphMail:
    """Implements `Messenger`."""

    name = "email"

    def __init__(self, service: Service, sender: str, recipients: Sequence[str]) -> None:
        """Send from this mailbox to these addresses."""
        self._service, self._sender, self._recipients = service, sender, tuple(recipients)

    def send(self, message: Message) -> None:
        """Send a plain text: nothing in it is read as markup."""
        import orjson  # vendor imports are lazy

        text = f"{message.detail}\n\nWhat to do: {message.todo}" if not message.over else f"It was: {message.detail}"
        document = {
            "message": {
                "subject": message.subject[:250],
                "body": {"contentType": "Text", "content": text},
                "toRecipients": [{"emailAddress": {"address": address}} for address in self._recipients],
            },
            "saveToSentItems": False,
        }
        answer = self._service.request(
            "POST",
            f"/v1.0/users/{quote(self._sender, safe='@')}/sendMail",
            "/v1.0/users/{id}/sendMail",
            headers={"Content-Type": "application/json"},
            body=orjson.dumps(document),
            idempotent=False,
        )
        if not answer.ok:
            raise answer.refused()
