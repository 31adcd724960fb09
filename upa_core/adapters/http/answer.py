"""The meaning of an HTTP answer: success, one of our errors, or a refusal for the caller to read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from upa_core.adapters.http.bounded_json import decode_json
from upa_core.adapters.http.wire_errors import error_codes
from upa_core.domain.errors import (
    AccessDeniedError,
    RefusedError,
    RetryLaterError,
    ThrottledError,
    UnansweredError,
    UnavailableError,
    UpaError,
)

_REQUEST_IDS = ("request-id", "SPRequestGuid", "x-ms-request-id")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that the caller reads."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    call: str
    """Method, host and call, fit for a message."""
    idempotent: bool
    document: Any = None
    """The decoded body, where JSON was asked for."""
    digest: str = ""
    """SHA-256 of the body in hex, where that was asked for instead of the body."""

    @property
    def ok(self) -> bool:
        """True for a status of success."""
        return 200 <= self.status < 300

    @property
    def request_id(self) -> str:
        """The service's own id of the request, "" where it named none."""
        return request_id_of(self.headers)

    def label(self, code: str = "") -> str:
        """Return a description of the answer for a message."""
        parts = [f"{self.call}: HTTP {self.status}", code, f"(request {self.request_id})" if self.request_id else ""]
        return " ".join(part for part in parts if part)

    def garbled(self, what: str) -> RetryLaterError:
        """Return the error for an answer that can't be read; the call may have had its effect."""
        message = f"{self.label()}: {what}"
        return (UnavailableError if self.idempotent else UnansweredError)(message, status=self.status)

    def json(self) -> Any:
        """Decode the body; an HTML page with status 200, or half a body, is a failure of the service."""
        import orjson  # vendor imports are lazy

        try:
            return orjson.loads(self.content)
        except orjson.JSONDecodeError:
            return self._half_a_character()

    def _half_a_character(self) -> Any:
        """Decode a body with an escaped lone surrogate: legal JSON, which orjson refuses.

        One person's broken value must not stop everybody's pull; the mapping finds it invalid.
        """
        try:
            return decode_json(self.content)
        except ValueError as error:
            raise self.garbled("the body isn't JSON") from error

    def refused(self) -> RefusedError:
        """Return the error for an unexpected refusal."""
        code = next(iter(error_codes(self.content)), "")
        return RefusedError(self.label(code), code=code)


def request_id_of(headers: Mapping[str, str]) -> str:
    """Return the service's own id of a request, "" where it named none."""
    return next((headers[name][:100] for name in _REQUEST_IDS if name in headers), "")


def error_of(answer: Answer, retry_after: float | None) -> UpaError | None:
    """Return our error for an answer of failure, None for a refusal that the caller has to read."""
    status = answer.status
    code = next(iter(error_codes(answer.content)), "")
    if status in (401, 403):
        return AccessDeniedError(answer.label(code))
    if 300 <= status < 400:
        return RefusedError(answer.label("redirect, not followed"), code="redirect")
    if status == 429 or (status == 503 and retry_after is not None):
        return ThrottledError(answer.label(code), retry_after=retry_after, status=status)
    if status == 408 or status >= 500:
        repeatable = UnavailableError if retry_after is None else ThrottledError
        kind = repeatable if answer.idempotent else UnansweredError
        return kind(answer.label(code), retry_after=retry_after, status=status)
    return None
