"""A session whose answers end in time: a connection that sends very slowly is closed when its time is over."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import requests

TOTAL_SECONDS = 300.0
"""From the request's last byte to the answer's last; a time-out between two bytes never ends a very slow answer."""


class PassedError(TimeoutError):
    """The deadline of an answer passed; libraries wrap it in errors of their own."""


class Deadline:
    """Closes a socket after a while, even while somebody waits for it."""

    def __init__(self, sock: socket.socket, seconds: float) -> None:
        """Begin at once."""
        self.passed = False
        self._sock, self._seconds = sock, seconds
        self.again()

    def again(self) -> None:
        """Begin anew, for the next piece."""
        self._timer = threading.Timer(self._seconds, self._end)
        self._timer.daemon = True
        self._timer.start()

    def cancel(self) -> None:
        """Stop the deadline: the answer is here."""
        self._timer.cancel()

    def _end(self) -> None:
        self.passed = True
        try:
            socket.socket.shutdown(self._sock, socket.SHUT_RDWR)  # TLS's own shutdown would wait for the other side
        except OSError:
            return


def new_session(total_seconds: float = TOTAL_SECONDS) -> requests.Session:
    """Return a session for https whose answers end within `total_seconds`, or fail."""
    import requests  # vendor imports are lazy

    session = requests.Session()
    session.mount("https://", deadline_adapter()(total_seconds))
    return session


def deadline_of(response: requests.Response) -> Deadline | None:
    """Return the deadline of an answer, None for one that came over no socket of ours."""
    return getattr(response.raw, "deadline", None)


def deadline_adapter() -> Any:
    """Return the adapter class of sessions with deadlines; it takes the seconds that an answer may take."""
    from requests.adapters import HTTPAdapter  # vendor imports are lazy
    from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
    from urllib3.connection import HTTPConnection, HTTPSConnection

    def answer_of(connection: HTTPConnection, read: Callable[[], Any], seconds: float) -> Any:
        if connection.sock is None:
            return read()
        deadline = Deadline(connection.sock, seconds)
        try:
            answer = read()
        except Exception:
            deadline.cancel()
            if deadline.passed:
                raise PassedError from None
            raise
        answer.deadline = deadline
        return answer

    def pools(seconds: float) -> dict[str, type[HTTPConnectionPool]]:
        class Connection(HTTPSConnection):
            """A connection whose answer, headers and body, must come within the time."""

            def getresponse(self) -> Any:
                return answer_of(self, super().getresponse, seconds)

        class Plain(HTTPConnection):
            """The same without TLS."""

            def getresponse(self) -> Any:
                return answer_of(self, super().getresponse, seconds)

        class Pool(HTTPSConnectionPool):
            ConnectionCls = Connection

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        return {"https": Pool, "http": PlainPool}

    class Adapter(HTTPAdapter):
        """Makes such connections, behind a proxy too."""

        def __init__(self, total_seconds: float) -> None:
            self._pools = pools(total_seconds)
            super().__init__()

        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, **kwargs)
            self._prepare(self.poolmanager)

        def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
            manager = super().proxy_manager_for(*args, **kwargs)
            self._prepare(manager)
            return manager

        def _prepare(self, manager: Any) -> None:
            manager.pool_classes_by_scheme = {**manager.pool_classes_by_scheme, **self._pools}

    return Adapter
