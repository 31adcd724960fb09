"""Limits the answers of Azure Storage: the size and time of each one, and the time of a read of several."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from upa_core.adapters.clock import WallClock
from upa_core.adapters.http.body import LIMIT_PAUSE, read_body
from upa_core.adapters.http.session import PassedError, deadline_adapter
from upa_core.domain.errors import UnavailableError

if TYPE_CHECKING:
    import requests
    from azure.core.pipeline.transport import RequestsTransport

MAX_BLOB = 64 * 1024 * 1024
"""Bytes of an answer."""
ANSWER_SECONDS = 120.0
"""From a request's last byte to its answer's last; the SDK asks for at most 32 MB at a time."""
READ_SECONDS = 300.0
"""Seconds that the answers to one read of a blob take together."""
TIMEOUTS: dict[str, Any] = {"connection_timeout": 10, "read_timeout": 60}
"""Seconds until a connection stands, and between two pieces of an answer."""
_MONOTONIC = WallClock().monotonic


def bounded_transport(seconds: float = ANSWER_SECONDS, **options: Any) -> RequestsTransport:
    """Return a transport of the SDK whose answers are read at once; the options are the SDK's, such as time-outs.

    An answer that is larger than `MAX_BLOB`, or that isn't whole within `seconds`, raises `UnavailableError`. The SDK
    doesn't know this error, so it doesn't try again: the pipeline does, later.
    """
    import requests  # vendor imports are lazy
    from azure.core.pipeline.transport import RequestsTransport

    class Bounded(deadline_adapter()):  # type: ignore[misc] # made when requests is there
        """Reads the body at once."""

        def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
            try:
                response: requests.Response = super().send(request, **{**options, "stream": True})
            except requests.RequestException as error:
                if _is_late(error):
                    raise _too_late(seconds) from None
                raise
            try:
                response._content, _ = read_body(response, "storage", MAX_BLOB, digest=False)
            except TimeoutError:
                response.close()
                raise _too_late(seconds) from None
            except BaseException:
                response.close()
                raise
            response._content_consumed = True  # type: ignore[attr-defined]
            return response

    session = requests.Session()
    for scheme in ("https://", "http://"):  # Azurite speaks http
        session.mount(scheme, Bounded(seconds))
    return RequestsTransport(session=session, **options)


def within(
    pieces: Iterable[bytes], seconds: float = READ_SECONDS, *, monotonic: Callable[[], float] = _MONOTONIC
) -> Iterator[bytes]:
    """Yield the pieces of a blob; the time to wait for them, taken together, is at most about `seconds`.

    Raises `UnavailableError` once it is over.
    """
    waited, following = 0.0, iter(pieces)
    while True:
        began = monotonic()
        piece = next(following, None)
        waited += monotonic() - began
        if piece is None:
            return
        if waited > seconds:
            raise _too_late(seconds)
        yield piece


def _too_late(seconds: float) -> UnavailableError:
    return UnavailableError(f"storage: no whole answer within {seconds:.0f} seconds", retry_after=LIMIT_PAUSE)


def _is_late(error: BaseException | None) -> bool:
    """Return whether a deadline ended the connection."""
    wrapped = [one for one in error.args if isinstance(one, BaseException)] if error is not None else []
    return isinstance(error, PassedError) or (
        error is not None and any(_is_late(one) for one in (*wrapped, error.__cause__ or error.__context__))
    )
