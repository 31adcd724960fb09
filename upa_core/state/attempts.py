"""Count failed steps: a step is noted before it reads foreign or archived bytes, and when it raises."""

from __future__ import annotations

from dataclasses import replace

from upa_core.domain.connector import Connector
from upa_core.domain.documents.attempts import Attempt, Attempts
from upa_core.domain.documents.storage_layout import attempts_key
from upa_core.domain.errors import AccessDeniedError, ConfigError, ConflictError, RetryLaterError
from upa_core.domain.health.events import Event, EventName, Fields, Level
from upa_core.ports.bundle import Ports
from upa_core.state.document import Document

INNOCENT = (RetryLaterError, ConflictError, ConfigError, AccessDeniedError, ImportError, NameError, SyntaxError)
"""Errors that say nothing about the document: an outage, a race, a missing right, a broken deployment."""


def may_begin(
    ports: Ports, connector: Connector, step: str, document: str, *, alone: bool = True, after: str = ""
) -> bool:
    """Note that a step begins to read a document; return False where it has failed too often.

    Six parameters: the step, its document, and the meaning of a death there.

    Args:
        ports: its storage and clock.
        connector: whose step it is.
        step: its name.
        document: what it reads.
        alone: it is taken on one document at a time, until that one is done with.
        after: a document that the same step has ended well on.

    Raises `RetryLaterError` where the storage can't be reached.
    """
    now = ports.clock.now()
    attempts = _attempts_of(ports, connector)
    read = attempts.load()
    before = read.value.of(step, document, now)
    given_up = before.is_spent(now)  # not noted again: it is forgotten some time after its last try
    attempt = before if given_up else before.began(now)

    def change(noted: Attempts) -> Attempts:
        if after:
            noted = noted.having(replace(noted.of(step, after, now), begun=None))
        if given_up:
            return noted
        return noted.having(noted.of(step, document, now).began(now), alone=alone)

    attempts.update(change, read)
    return not attempt.is_spent(now)


def ended(ports: Ports, connector: Connector, step: str, document: str) -> None:
    """Note that a step ended without a failure that counts; it will be repeated on the same document."""
    now = ports.clock.now()

    def change(attempts: Attempts) -> Attempts:
        return attempts.having(replace(attempts.of(step, document, now), begun=None))

    _attempts_of(ports, connector).update(change)


def failed(ports: Ports, connector: Connector, step: str, document: str, exc: Exception) -> bool:
    """Count a failure; return whether the step is to be given up, and emit an event then."""
    now = ports.clock.now()
    if isinstance(exc, INNOCENT):
        ended(ports, connector, step, document)
        return False
    attempt = Attempt(step, document, now)

    def change(attempts: Attempts) -> Attempts:
        nonlocal attempt
        attempt = attempts.of(step, document, now).failed(now)
        return attempts.having(attempt)

    _attempts_of(ports, connector).update(change)
    return attempt.is_spent(now)


def tell_given_up(ports: Ports, connector: Connector, step: str, document: str, instead: str) -> None:
    """Emit an event that names the step, and the action that replaces it."""
    fields: Fields = {"step": step, "document": document, "instead": instead}
    ports.events.emit(Event(EventName.STEP_GIVEN_UP, connector.name, level=Level.ERROR, fields=fields))


def _attempts_of(ports: Ports, connector: Connector) -> Document[Attempts]:
    return Document(ports.store, attempts_key(connector.name), Attempts(), disposable=True)
