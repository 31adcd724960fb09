"""SQL Server and Azure SQL: one SELECT in a transaction that is never committed, over TLS."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

from upa_core.adapters.sources.sql_place import MAX_CELL, Answer, unreadable
from upa_core.adapters.sources.tds_driver import SYSTEM, driver
from upa_core.domain.errors import AccessDeniedError, RefusedError, UnavailableError, UpaError
from upa_core.domain.sources.joined.since import Value, split_at_since
from upa_core.domain.sources.joined.statement import refusal_of

_DENIED = {18452, 18456, 18463, 18470, 18486, 18487, 18488, 4060, 916, 229, 230, 262, 297, 300, 40532, 40615, 40914}
"""Numbers of SQL Server: sign-in, the database, rights on an object, a firewall."""
_AWAY = {64, 233, 1204, 1205, 1222, 3960, 3961, 4221, 8645, 8651, 10053, 10054, 10060, 10928, 10929, 17142, 17197}
_AWAY |= {18401, 40020, 40143, 40166, 40197, 40501, 40540, 40613, 42108, 42109, 49918, 49919, 49920}
"""A deadlock, a time-out for a lock, a server that starts, pauses, moves or has too much to do."""
_OBJECTS = {102, 105, 137, 156, 164, 170, 195, 205, 207, 208, 209, 319, 335, 1033, 4104, 4121, 8114, 8120, 8155, 8156}
"""Errors of the query itself: their texts name its words and columns; any other text may hold a person's value."""
_FIREWALL = {40615, 40914}


@dataclass(frozen=True, slots=True)
class SqlServerAsk:
    """Asks SQL Server by python-tds. Nothing is committed: whatever a query did is undone when it is left."""

    host: str
    database: str
    user: str = ""
    password: str = field(default="", repr=False)
    port: int = 1433
    token: Callable[[], str] | None = field(default=None, repr=False)
    """Gives a token of Entra instead of user and password."""
    authorities: str = SYSTEM
    """A file with the authorities that sign certificates; default: those that the machine trusts."""
    timeout: int = 300
    """Seconds that the server may be silent."""
    sign_in_timeout: int = 30

    @contextmanager
    def __call__(self, query: str, since: Value | None = None) -> Iterator[Answer]:
        """Send the query; rows are read as they come, so that memory stays flat."""
        pytds = driver()
        if reason := refusal_of(query, by_words=True):
            raise RefusedError(f"the query {reason}")
        connection = self._told(pytds, lambda: self._connected(pytds))
        with closing(connection), closing(connection.cursor()) as cursor:

            def ask() -> None:
                # what is longer is cut by the server, and then refused by its length
                cursor.execute(f"SET TEXTSIZE {4 * MAX_CELL}")
                cursor.execute(*bound(pytds, query, since))

            self._told(pytds, ask)
            if cursor.description is None:
                raise RefusedError("the query answers no rows")
            yield [column[0] for column in cursor.description], self._rows(pytds, cursor)

    def _connected(self, pytds: Any) -> Any:
        signs = {"access_token_callable": self.token} if self.token else {"user": self.user, "password": self.password}
        return pytds.connect(
            self.host,
            self.database,
            port=self.port,
            timeout=self.timeout,
            login_timeout=self.sign_in_timeout,
            cafile=self.authorities,
            readonly=True,
            appname="upa-sync",
            **signs,
        )

    def _rows(self, pytds: Any, cursor: Any) -> Iterator[Sequence[Any]]:
        while (row := self._told(pytds, cursor.fetchone)) is not None:
            yield row
        if self._told(pytds, cursor.nextset):
            raise RefusedError("the query is more than one statement: it answers twice")

    def _told(self, pytds: Any, call: Callable[[], Any]) -> Any:
        """Return the answer of a call to the driver; raises its errors as ours, without a value of anybody."""
        try:
            return call()
        except pytds.DatabaseError as exc:
            raise self._error(int(getattr(exc, "number", 0)), str(getattr(exc, "text", ""))) from None
        except pytds.Error as exc:
            if "encrypt" in str(exc).lower():
                text = "offers no encryption, and nobody signs in without: install a certificate there"
                raise RefusedError(f"{self.host} {text}") from None
            raise UnavailableError(f"{self.host} broke off ({type(exc).__name__})") from None
        except ssl.SSLCertVerificationError as exc:
            text = f"the certificate of {self.host} isn't accepted: {exc.verify_message.rstrip('.')}"
            raise RefusedError(f"{text}. Name the server as its certificate does") from None
        except ValueError as exc:
            raise unreadable(exc) from None
        except OSError as exc:  # sockets and TLS; a time-out is one too
            raise UnavailableError(f"{self.host} can't be reached ({type(exc).__name__})") from None

    def _error(self, number: int, text: str) -> UpaError:
        if number in _DENIED:
            who = f"the user {self.user}" if self.user else "the managed identity"
            where = "by its firewall" if number in _FIREWALL else f"{who} of the database {self.database}"
            return AccessDeniedError(f"{self.host} refuses {where} (error {number})")
        if number in _AWAY:
            return UnavailableError(f"{self.host} can't answer now (error {number})")
        shown = f": {text}" if number in _OBJECTS else ""
        return RefusedError(f"{self.host} refuses the query (error {number}){shown}")


def bound(pytds: Any, query: str, since: Value | None) -> tuple[Any, ...]:
    """Return what the driver's `execute` is called with: a query without `:since` is sent as it stands.

    The driver takes bytes for text, so that a rowversion is wrapped.
    """
    parts = split_at_since(query)
    if len(parts) == 1:
        return (query,)
    value = pytds.Binary(since) if isinstance(since, bytes) else since
    return "%(since)s".join(part.replace("%", "%%") for part in parts), {"since": value}
