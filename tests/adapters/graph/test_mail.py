"""Mail on the wire: what is sent, and how it fails."""

from __future__ import annotations

import json

import pytest

from tests.fakes import FakeClock, FakeTokens
from tests.fakes.transport import ScriptedTransport, reply
from tests.support.world import World
from upa_core.adapters.graph.mail import GraphMail
from upa_core.adapters.http.service import Service
from upa_core.domain.errors import (
    AccessDeniedError,
    RefusedError,
    UnansweredError,
    UpaError,
)
from upa_core.ports.messenger import Message

MESSAGE = Message("staff", "a plan is held", "clears of 50 people [x](http://evil)", "upa hold show")


def _mail(transport: ScriptedTransport) -> GraphMail:
    service = Service("https://graph.microsoft.com", FakeTokens(), FakeClock(), session=transport.session())
    return GraphMail(service, "upa@contoso.com", ["a@contoso.com", "b@contoso.com"])


def test_a_mail_is_plain_text_with_the_result_in_its_subject() -> None:
    """One call of sendMail as the sender; the text can't be markup."""
    transport = ScriptedTransport(reply(202))
    _mail(transport).send(MESSAGE)
    sent = json.loads(transport.requests[0].body or b"")["message"]

    assert transport.requests[0].url == "https://graph.microsoft.com/v1.0/users/upa@contoso.com/sendMail"
    assert sent["subject"] == "upa-sync staff: a plan is held"
    assert sent["body"]["contentType"] == "Text"
    assert [one["emailAddress"]["address"] for one in sent["toRecipients"]] == ["a@contoso.com", "b@contoso.com"]


@pytest.mark.parametrize(("status", "error"), [(403, AccessDeniedError), (404, RefusedError), (500, UnansweredError)])
def test_a_mail_that_fails_is_one_of_our_errors(status: int, error: type[UpaError]) -> None:
    """And it is sent once: nobody knows whether a lost answer was a sent mail."""
    transport = ScriptedTransport(reply(status, {"error": {"code": "X"}}))

    with pytest.raises(error):
        _mail(transport).send(MESSAGE)
    assert len(transport.requests) == 1


def test_the_tenant_takes_the_mail_of_an_identity_that_may_send() -> None:
    """Refused without Mail.Send, as the doctor says; taken with it, in the sender's name."""
    world = World(1)
    sender = world.sim.directory.get(world.people[0])["userPrincipalName"]
    service = Service(world.sim.urls.graph, world.tokens, world.time, session=world.session)
    mail = GraphMail(service, sender, ["ops@contoso.com"])
    with pytest.raises(AccessDeniedError):
        mail.send(MESSAGE)
    world.sim.apps.identity.grant("graph", "Mail.Send")
    world.tokens.refresh(world.sim.urls.graph)
    mail.send(MESSAGE)

    assert [(one["sender"], one["subject"]) for one in world.sim.mails] == [(sender, MESSAGE.subject)]
