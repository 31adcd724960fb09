"""Turns errors of Azure Storage's SDK about a blob into the errors of the store's port."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from upa_core.domain.errors import (
    AccessDeniedError,
    ConflictError,
    RefusedError,
    ThrottledError,
    UnavailableError,
    UpaError,
)

if TYPE_CHECKING:
    from azure.core.exceptions import AzureError

_BUSY = {"ContainerBeingDeleted", "ServerBusy", "OperationTimedOut", "InternalError"}


@contextmanager
def translated(key: str) -> Iterator[None]:
    """Turn what the SDK raises about a blob into the port's errors."""
    from azure.core.exceptions import AzureError  # vendor imports are lazy

    try:
        yield
    except AzureError as error:
        raise error_of(key, error) from None
    except (ValueError, LookupError, TypeError, AttributeError) as error:  # an answer of a shape the SDK doesn't know
        raise UnavailableError(f"blob {key}: an answer that can't be read ({type(error).__name__})") from None


def error_of(key: str, error: AzureError) -> UpaError:
    """Return the port's error for an error of the SDK; the SDK's text may hold signed addresses and isn't repeated."""
    from azure.core.exceptions import ClientAuthenticationError, HttpResponseError  # lazy

    status = error.status_code if isinstance(error, HttpResponseError) else None
    named = getattr(error, "error_code", None) or type(error).__name__
    code = str(getattr(named, "value", named))
    label = f"blob {key}: HTTP {status} {code}" if status else f"blob {key}: {type(error).__name__}"
    if isinstance(error, ClientAuthenticationError) or status in (401, 403):
        return AccessDeniedError(label)
    if code in _BUSY and status != 503:
        return UnavailableError(label, status=status)
    if status in (409, 412):
        return ConflictError(label)
    if status is not None and 400 <= status < 500 and status not in (408, 429):
        return RefusedError(label, code=code)
    pause = _retry_after(error)
    kind = ThrottledError if status == 429 or (status == 503 and pause is not None) else UnavailableError
    return kind(label, retry_after=pause, status=status)


def _retry_after(error: AzureError) -> float | None:
    text = str((getattr(getattr(error, "response", None), "headers", None) or {}).get("Retry-After") or "")
    return float(text) if text.isascii() and text.isdigit() else None
