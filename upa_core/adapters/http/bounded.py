"""A session for vendors' libraries: every answer has a limited size and time, whatever the library asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from upa_core.adapters.http.body import read_body
from upa_core.adapters.http.session import deadline_adapter
from upa_core.domain.errors import TooLargeError

if TYPE_CHECKING:
    import requests

MOST = 1024 * 1024
"""Bytes of an answer about a token, or of a login service's metadata and keys; usual ones have a few thousand."""
SECONDS = 60.0


def bounded_session(most: int = MOST, seconds: float = SECONDS) -> requests.Session:
    """Return a session whose answers are read at once, up to `most` bytes (unpacked) and within `seconds`.

    A larger or later answer is a `requests.ConnectionError`, which the libraries and we handle.
    """
    import requests  # vendor imports are lazy

    class Bounded(deadline_adapter()):  # type: ignore[misc] # made when requests is there
        """Reads the body at once."""

        def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
            response: requests.Response = super().send(request, **{**options, "stream": True})
            try:
                response._content, _ = read_body(response, "an answer about a token", most, digest=False)
            except (TooLargeError, TimeoutError) as error:
                response.close()
                raise requests.ConnectionError(str(error) or "the answer took too long") from None
            response._content_consumed = True  # type: ignore[attr-defined]
            return response

    session = requests.Session()
    for scheme in ("https://", "http://"):  # a managed identity's endpoint is http, on the machine itself
        session.mount(scheme, Bounded(seconds))
    return session
