"""The webhook on the wire: what is sent, and that no error names the secret address."""

from __future__ import annotations

import json

import pytest
import requests

from tests.fakes.transport import ScriptedTransport, reply
from upa_core.adapters.webhook import Webhook
from upa_core.domain.errors import (
    ConfigError,
    RefusedError,
    RetryLaterError,
    UpaError,
)
from upa_core.ports.messenger import Message

SECRET = "sig=very-secret"
ADDRESS = f"https://hooks.example/workflows/1?{SECRET}"
MESSAGE = Message("staff", "a plan is held", "clears of 50 people [x](http://evil)", "upa hold show")


def test_a_card_is_what_teams_takes_and_reads_no_markdown() -> None:
    """An adaptive card in the message envelope; texts are runs, in which a link stays a text."""
    transport = ScriptedTransport(reply(202))
    Webhook(ADDRESS, transport.session()).send(MESSAGE)
    sent = json.loads(transport.requests[0].body or b"")
    card = sent["attachments"][0]["content"]

    assert (sent["type"], card["type"]) == ("message", "AdaptiveCard")
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    assert "Authorization" not in transport.requests[0].headers


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (reply(302, headers={"Location": "https://evil.example"}), RefusedError),
        (reply(400, {"error": SECRET}), RefusedError),
        (reply(429), RetryLaterError),
        (reply(503), RetryLaterError),
        (requests.ConnectionError(f"https://hooks.example?{SECRET}"), RetryLaterError),
        (requests.ReadTimeout(f"https://hooks.example?{SECRET}"), RetryLaterError),
    ],
    ids=["redirect", "400", "429", "503", "connection", "timeout"],
)
def test_no_error_of_the_webhook_names_its_address(answer: object, error: type[UpaError]) -> None:
    """Neither the text nor what caused it holds the address or its key."""
    with pytest.raises(error) as caught:
        Webhook(ADDRESS, ScriptedTransport(answer).session()).send(MESSAGE)

    assert SECRET not in f"{caught.value!r} {caught.value.__cause__!r}"
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_webhook_without_tls_is_refused_without_naming_it() -> None:
    """http is no address for a secret."""
    with pytest.raises(ConfigError) as caught:
        Webhook(f"http://hooks.example?{SECRET}")

    assert SECRET not in str(caught.value)
