"""`Idempotency-Key`: the same request sent twice has its effect once, and the same answer."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

import orjson

from upa_core.domain.connector import Connector
from upa_core.domain.errors import ConflictError
from upa_core.domain.http import ProblemError, Response, problem
from upa_core.ports.bundle import Ports
from upa_core.state.document import get_document, put_document

HEADER = "idempotency-key"
_KEY = re.compile("[A-Za-z0-9._:-]{1,200}")
KEPT = timedelta(days=1)
PATIENCE = timedelta(minutes=1)
"""A request that has been in progress this long is dead; a repetition takes its place."""


REQUESTS_PREFIX = "requests/"


def request_key(digest: str) -> str:
    """Return the key of the record of a request with an `Idempotency-Key`, by the key's hash."""
    return f"{REQUESTS_PREFIX}{digest}.json"


@dataclass(frozen=True, slots=True)
class Remembered:
    """One request under its key; without an answer yet, somebody is working on it."""

    VERSION: ClassVar[int] = 1

    version: int
    asked: str
    """Hash of the body."""
    since: datetime
    answer: str = ""
    """The 202's body and Location as JSON."""


def once(ports: Ports, key: str | None, body: bytes, act: Callable[[], Response]) -> Response:
    """Call `act` unless it was called under this key within a day; only 202 answers are remembered.

    Raises `ProblemError`: 400 for a key that isn't one, 409 while the first request is in progress, 422 where the key
    was used for another body.
    """
    if key is None:
        return act()
    if _KEY.fullmatch(key) is None:
        raise ProblemError(problem(400, "Not an idempotency key", "up to 200 letters, digits and . _ : -"))
    place = request_key(hashlib.sha256(key.encode()).hexdigest())
    asked, now = hashlib.sha256(body).hexdigest(), ports.clock.now()
    stored = get_document(ports.store, place, Remembered)
    if stored is not None and now - stored.value.since < KEPT:
        before = stored.value
        if before.asked != asked:
            raise ProblemError(problem(422, "The key was used for another request", "take a fresh Idempotency-Key"))
        if before.answer:
            kept = orjson.loads(before.answer)
            return Response(202, kept["body"], {**kept["headers"], "Idempotency-Replayed": "true"})
        if now - before.since < PATIENCE:
            raise _at_work()
    mine = Remembered(Remembered.VERSION, asked, now)
    try:
        etag = put_document(
            ports.store, place, mine, etag=stored.etag if stored is not None else None, if_absent=stored is None
        )
    except ConflictError:
        raise _at_work() from None
    answer = act()
    if answer.status != 202:
        ports.store.delete(place)
        return answer
    text = orjson.dumps({"body": answer.body, "headers": dict(answer.headers)}).decode()
    with suppress(ConflictError):  # somebody took this request for dead and repeated it: the repetition is remembered
        put_document(ports.store, place, Remembered(Remembered.VERSION, asked, now, text), etag=etag)
    return answer


def forget_old_requests(ports: Ports, _: Connector) -> int:
    """Delete records that are too old; return how many."""
    old = [info.key for info in ports.store.list(REQUESTS_PREFIX) if ports.clock.now() - info.modified >= KEPT]
    for key in old:
        ports.store.delete(key)
    return len(old)


def _at_work() -> ProblemError:
    return ProblemError(problem(409, "The first request is still at work", "repeat it in a minute", Retry_After="30"))
