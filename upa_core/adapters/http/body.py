"""Read the body of an answer within limits."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from upa_core.adapters.http.session import deadline_of
from upa_core.domain.errors import TooLargeError

if TYPE_CHECKING:
    import requests

MAX_ANSWER = 16 * 1024 * 1024
"""Bytes of an answer, unpacked, unless a call allows another size; a page of Graph's has one or two million.

Decoded JSON of the worst kind takes 25 times as much memory."""
LIMIT_PAUSE = 900.0
"""Seconds before an answer that passed a limit is asked for again: at once it would only cost the same again."""
_PIECE = 1024 * 1024
_STREAMED = 256 * 1024


def read_body(response: requests.Response, label: str, most: int, *, digest: bool) -> tuple[bytes, str]:
    """Read a body in pieces; returns it, or with `digest`, of a success, nothing and its SHA-256 in hex.

    Raises TooLargeError for more than `most` bytes, TimeoutError once the answer's time is over, and what requests and
    urllib3 raise.
    """
    deadline, sha256 = deadline_of(response), hashlib.sha256()
    pieces: list[bytes] = []
    size, hashed = 0, digest and response.ok
    try:
        # in large pieces: requests itself reads a page of Graph's in twenty
        for piece in response.iter_content(_PIECE):
            size += len(piece)
            if size > most:
                raise TooLargeError(f"{label}: more than {most} bytes", retry_after=LIMIT_PAUSE)
            if hashed:
                sha256.update(piece)
            else:
                pieces.append(piece)
    finally:
        if deadline is not None:
            deadline.cancel()
            if deadline.passed:  # a cut body may look like a complete one
                raise TimeoutError
    return b"".join(pieces), sha256.hexdigest() if hashed else ""


def pieces(response: requests.Response, label: str, most: int) -> Iterator[bytes]:
    """Yield a body as it comes; each piece has the time of a whole answer; the caller's own time isn't counted.

    Raises as `read_body`, after the pieces that were yielded.
    """
    deadline, size = deadline_of(response), 0
    try:
        for piece in response.iter_content(_STREAMED):
            size += len(piece)
            if size > most:
                raise TooLargeError(f"{label}: more than {most} bytes", retry_after=LIMIT_PAUSE)
            if deadline is not None:
                deadline.cancel()
            yield piece
            if deadline is not None:
                deadline.again()
    finally:
        if deadline is not None:
            deadline.cancel()
            if deadline.passed:
                raise TimeoutError
