"""One error tree, named for the recovery: who has to do what next.

UpaError
├── FatalError                  an administrator must act; repeating won't help
│   ├── ConfigError             the connector file is wrong
│   ├── AccessDeniedError       consent, role or credential is missing
│   ├── RefusedError            the service understood and said no
│   ├── ForeignLinkError        a link points outside the configured hosts; no token was sent
│   ├── OfferHeldError          a file waits for somebody to decide; the rows accepted last stay
│   └── CorruptStateError       a stored document can't be read by this version
├── RetryLaterError             nothing is wrong with what we asked; ask again later
│   ├── ThrottledError          the service named a pause
│   ├── UnavailableError        the service failed or didn't answer; the call had no effect
│   │   └── TooLargeError       the answer is larger than anything that we can use
│   ├── UnansweredError         the call may or may not have had its effect: look before repeating
│   └── PartlyReadError         a few people couldn't be read; the others are in it
├── SkipError                   one value or one person is set aside, the rest goes on
│   └── InvalidValueError       a value doesn't fit the mapping's declared type
├── ResyncRequiredError         the watermark is void: a full round is needed
└── ConflictError               somebody else wrote first; read again
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class UpaError(Exception):
    """Root of all errors that this package raises on purpose.

    The message names the thing and never holds a secret or a person's value.
    """


class FatalError(UpaError):
    """An administrator must act; repeating the call won't help."""


class ConfigError(FatalError):
    """The connector file or a setting is wrong."""


class AccessDeniedError(FatalError):
    """A credential, a role or consent is missing."""


class RefusedError(FatalError):
    """The service understood the request and refused it."""

    def __init__(self, message: str, *, code: str = "", details: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.details = details


class ForeignLinkError(FatalError):
    """A followed link points to a host that isn't configured, or isn't https."""


class OfferHeldError(FatalError):
    """What a source offers waits for somebody to decide; `offer` names it, `reasons` say why."""

    def __init__(self, message: str, *, offer: str, reasons: tuple[str, ...]) -> None:
        super().__init__(message)
        self.offer = offer
        self.reasons = reasons


class CorruptStateError(FatalError):
    """A stored document can't be decoded, or was written by a newer version."""


class RetryLaterError(UpaError):
    """Ask again later; `retry_after` is the pause in seconds that the service named, if it did."""

    def __init__(self, message: str, *, retry_after: float | None = None, status: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.status = status


class ThrottledError(RetryLaterError):
    """The service asked for fewer calls (429, 503 with Retry-After)."""


class UnavailableError(RetryLaterError):
    """The service failed or couldn't be reached, and the call had no effect."""


class TooLargeError(UnavailableError):
    """The answer is larger than anything that we can use; it wasn't read to its end."""


class UnansweredError(RetryLaterError):
    """The call was sent and no usable answer came: it may have had its effect."""


class PartlyReadError(RetryLaterError):
    """A few people couldn't be read, however often they were asked for; the others, by id, are in `found`."""

    def __init__(self, message: str, found: Mapping[str, Any], unread: tuple[str, ...]) -> None:
        super().__init__(message)
        self.found = found
        self.unread = unread


class SkipError(UpaError):
    """One value or one person is set aside; the rest goes on."""


class InvalidValueError(SkipError):
    """A value doesn't fit the declared type of its mapping."""


class ResyncRequiredError(UpaError):
    """The source no longer knows our position (410, syncStateNotFound…)."""

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class ConflictError(UpaError):
    """A conditional write lost: the blob changed since it was read, or exists already."""
