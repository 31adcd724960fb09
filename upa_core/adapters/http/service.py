"""One HTTPS service: the only place that puts a token into a request [GR-25, SP-20].

A call returns an `Answer` or raises one of our errors. Messages name method, host, call, status, error code and request
id, never a full address (links carry tokens, paths carry people) and never a body.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import uuid4

from upa_core.adapters.http.address import is_plain, origin_of
from upa_core.adapters.http.answer import Answer, error_of, request_id_of
from upa_core.adapters.http.body import LIMIT_PAUSE, MAX_ANSWER, pieces, read_body
from upa_core.adapters.http.retry_after import parse_retry_after
from upa_core.adapters.http.sending import Accept, Request, Sent, surely_unsent, user_agent
from upa_core.adapters.http.wire_errors import error_codes
from upa_core.domain.calls import Call
from upa_core.domain.errors import (
    ConfigError,
    ForeignLinkError,
    ThrottledError,
    TooLargeError,
    UnansweredError,
    UnavailableError,
    UpaError,
)
from upa_core.ports.clock import Clock

if TYPE_CHECKING:
    import requests

    from upa_core.adapters.identity.tokens import TokenSource

TIMEOUTS = (10.0, 60.0)
"""Seconds to connect, and between two bytes of the answer."""
ATTEMPTS = 4
PATIENCE = 60.0
"""Seconds; a longer pause isn't slept here: the caller plans it."""


class Service:
    """One host, one audience, one token."""

    def __init__(
        self,
        root: str,
        tokens: TokenSource,
        clock: Clock,
        *,
        audience: str | None = None,
        session: requests.Session | None = None,
        patience: float = PATIENCE,
        attempts: int = ATTEMPTS,
        jitter: Callable[[], float] = random.random,
        calls: Callable[[Call], None] | None = None,
    ) -> None:
        """Serve `https://host[:port]`; the audience is the same unless named. `calls` is called with each request.

        Nine parameters: the last six have defaults, and only tests and one or two callers change them.
        """
        self.root = root.rstrip("/")
        self._origin = origin_of(self.root)
        if self._origin is None or urlsplit(self.root).path:
            raise ConfigError(f"not an https address of a host: {self.root}")
        self.host = urlsplit(self.root).netloc
        self._audience = (audience or self.root).rstrip("/")
        self._tokens, self._clock, self._session = tokens, clock, session
        self._patience, self._attempts, self._jitter, self._calls = patience, attempts, jitter, calls

    def close(self) -> None:
        """Close the connections; the next request opens new ones."""
        if self._session is not None:
            self._session.close()

    def check(self, url: str) -> str:
        """Return the address; raise ForeignLinkError where it leaves this service, or is no address at all."""
        if not is_plain(url):
            raise ForeignLinkError(f"a link of {len(url)} characters isn't an address; no token was sent")
        if (origin := origin_of(url)) != self._origin:
            there = origin[0] if origin else "a place that isn't https"
            raise ForeignLinkError(f"a link points to {there} instead of {self.host}; no token was sent")
        return url

    def request(
        self,
        method: str,
        url: str,
        call: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        idempotent: bool = True,
        json: bool = False,
        accept: Accept = lambda _: False,
        most: int = MAX_ANSWER,
        digest: bool = False,
    ) -> Answer:
        """Send the request, `url` being absolute or a path of this service, and `call` its name in messages.

        Answers below 300 (with `json`: decoded), other 4xx than 401, 403, 408, 429, and those that `accept` wants come
        back. Failures are repeated with growing, jittered pauses while the service's own pause stays within our
        patience; a call that isn't `idempotent` is sent once (and again after a 401, which executed nothing). An answer
        of more than `most` bytes isn't read to its end; with `digest` the body of a success is hashed, not kept.
        Raises AccessDeniedError, RefusedError (redirects), ForeignLinkError, ThrottledError, UnavailableError, and
        UnansweredError for a call that isn't idempotent.

        Ten parameters: a request has many parts, all but three with defaults.
        """
        url = self.check(self.root + url if url.startswith("/") else url)
        label = f"{method} {self.host} {call}"
        todo = Request(method, url, label, headers or {}, body, idempotent, json, accept, most, digest)
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._attempt(todo)
            except (ThrottledError, UnavailableError) as error:
                pause = error.retry_after if error.retry_after is not None else self._jitter() * 2.0**attempt
                if not idempotent or attempt >= self._attempts or pause > self._patience:
                    raise
                self._clock.sleep(pause)

    def stream(
        self, url: str, call: str, *, most: int, refusal: Callable[[Answer], UpaError] = Answer.refused
    ) -> Iterator[bytes]:
        """Send a GET and yield the body of a success as it comes, sent anew only after a 401.

        An answer that isn't a success raises as `request` does, or the error that `refusal` returns. A body that breaks
        off, or has more than `most` bytes, raises UnavailableError after the pieces that were yielded.
        """
        url = self.check(self.root + url if url.startswith("/") else url)
        label = f"GET {self.host} {call}"
        todo = Request("GET", url, label, {}, None, idempotent=True, json=False, accept=bool, most=most, digest=False)
        for token_of in (self._tokens.token, self._tokens.refresh):
            with self._sent(todo, token_of(self._audience)) as sent:
                if sent.response.ok:
                    yield from pieces(sent.response, label, most)
                    return
                sent.content, _ = read_body(sent.response, label, MAX_ANSWER, digest=False)
            answer = self._answer(todo, sent)
            if answer.status != 401:
                break
        raise error_of(answer, self.retry_after(answer.headers)) or refusal(answer)

    def pause(self, attempt: int, retry_after: float | None) -> None:
        """Sleep before a further attempt that the caller makes; raise ThrottledError for more than our patience."""
        pause = retry_after if retry_after is not None else self._jitter() * 2.0**attempt
        if attempt >= self._attempts or pause > self._patience:
            raise ThrottledError(f"{self.host} asks for fewer calls", retry_after=retry_after, status=429)
        self._clock.sleep(pause)

    def retry_after(self, headers: Mapping[str, str]) -> float | None:
        """Return the pause that headers ask for."""
        return parse_retry_after(headers.get("Retry-After"), self._clock.now())

    def _attempt(self, call: Request) -> Answer:
        answer = self._send(call, self._tokens.token(self._audience))
        if answer.status == 401:
            answer = self._send(call, self._tokens.refresh(self._audience))
        if call.accept(answer):
            return answer
        if answer.ok and "text/html" in answer.headers.get("Content-Type", ""):
            raise answer.garbled("an HTML page")
        if answer.ok:
            return replace(answer, document=answer.json()) if call.json else answer
        error = error_of(answer, self.retry_after(answer.headers))
        if error is not None:
            raise error
        return answer

    def _send(self, call: Request, token: str) -> Answer:
        with self._sent(call, token) as sent:
            sent.content, digest = read_body(sent.response, call.label, call.most, digest=call.digest)
        return self._answer(call, sent, digest)

    def _answer(self, call: Request, sent: Sent, digest: str = "") -> Answer:
        response = sent.response
        return Answer(response.status_code, response.headers, sent.content, call.label, call.idempotent, digest=digest)

    @contextmanager
    def _sent(self, call: Request, token: str) -> Iterator[Sent]:
        """Send once, and let the caller read the body; a failure until then becomes one of our errors."""
        import requests  # vendor imports are lazy
        from urllib3.exceptions import HTTPError

        from upa_core.adapters.http.session import new_session

        if self._session is None:
            self._session = new_session()
        adapter = self._session.get_adapter(call.url)
        if not call.idempotent and isinstance(adapter, requests.adapters.HTTPAdapter):
            adapter.close()  # a pooled connection that the server has closed would give no answer

        ours, began = str(uuid4()), self._clock.monotonic()

        def bearer(request: requests.PreparedRequest) -> requests.PreparedRequest:
            # An `auth` of our own: without one, requests lets ~/.netrc replace the Authorization header.
            request.headers["Authorization"] = f"Bearer {token}"
            return request

        try:
            response = self._session.request(
                call.method,
                call.url,
                headers={
                    "User-Agent": user_agent(),
                    "Accept": "application/json",
                    "client-request-id": ours,
                    **call.headers,
                },
                data=call.body,
                auth=bearer,
                timeout=TIMEOUTS,
                allow_redirects=False,
                stream=True,
            )
            sent = Sent(response)
            with response:
                yield sent
        except TooLargeError as error:
            self._note(call, began, ours, sent)
            if call.idempotent:
                raise
            raise UnansweredError(str(error), retry_after=error.retry_after) from error
        except (requests.RequestException, HTTPError, TimeoutError, UnicodeError) as error:
            self._note(call, began, ours)
            kind = UnansweredError if not call.idempotent and not surely_unsent(error) else UnavailableError
            name = type(error).__name__
            pause = LIMIT_PAUSE if isinstance(error, TimeoutError) else None
            # The vendor's text holds the whole address: only its kind is kept.
            told = f"{call.label}: no answer ({name}) (request {ours})"
            raise kind(told, retry_after=pause) from ConnectionError(name)
        self._note(call, began, ours, sent)

    def _note(self, call: Request, began: float, ours: str, sent: Sent | None = None) -> None:
        """Note the call in the log of calls; `sent` is None where no answer came."""
        if self._calls is None:
            return
        status, code, theirs = None, "", ""
        if sent is not None:
            status, theirs = sent.response.status_code, request_id_of(sent.response.headers)
            code = next(iter(error_codes(sent.content)), "") if status >= 400 else ""
        took, name = round(self._clock.monotonic() - began, 3), call.label.split(" ", 2)[2]
        self._calls(Call(self._clock.now(), call.method, self.host, name, status, code, theirs, ours, took))
