"""The call to each kind of database: one SELECT in a read-only transaction, with rows in small portions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from upa_core.adapters.sources.sql_place import Answer, Ask, unreadable
from upa_core.domain.errors import AccessDeniedError, ConfigError, RefusedError, UnavailableError
from upa_core.domain.sources.joined.since import Value, split_at_since

if TYPE_CHECKING:
    from upa_core.adapters.sources.opened import Query

_PORTION = 1_000
_DENIED = {"28000", "28P01", "42501", "3D000"}
"""Codes of PostgreSQL for a wrong user, password, right or database name."""
_NO_TEXT = re.compile(r"Could not decode to UTF-8 column '(.*?)' with text ", re.DOTALL)
"""Of SQLite, before the value itself."""
_ABOUT_THE_QUERY = ("0A", "26", "34", "3F", "42")
"""Classes of PostgreSQL's errors whose texts name tables, columns and functions; others may quote a row's values."""


class SqliteAsk:
    """Asks a file of SQLite."""

    def __init__(self, path: str) -> None:
        """Take the path of the database."""
        self._path = path

    @contextmanager
    def __call__(self, query: str, since: Value | None = None) -> Iterator[Answer]:
        """Send the query; the database is opened for reading only."""
        import sqlite3  # not while the app is indexed
        from urllib.parse import quote

        try:
            with closing(sqlite3.connect(f"file:{quote(self._path)}?mode=ro", uri=True)) as connection:
                parts = split_at_since(query)
                cursor = connection.execute("?".join(parts), [since] * (len(parts) - 1))
                cursor.arraysize = _PORTION
                yield [column[0] for column in cursor.description], iter(cursor)
        except sqlite3.OperationalError as exc:
            if "locked" in str(exc):
                raise UnavailableError("the database is locked") from None
            if found := _NO_TEXT.match(str(exc)):
                raise RefusedError(
                    f"the column {found[1]} holds a text that isn't UTF-8: cast it in the query"
                ) from None
            raise RefusedError(f"the query failed: {exc}") from None
        except sqlite3.Error as exc:
            raise RefusedError(f"the query failed ({type(exc).__name__})") from None


def asking(query: Query, client_id: str | None = None) -> Ask:
    """Return the call to the database that a query names; nothing is called yet.

    `client_id` is that of the user-assigned identity that signs in where the query names no user; None: the
    system-assigned one.
    """
    if query.driver == "sqlite":
        return SqliteAsk(query.database)
    if query.driver == "sql-server":
        from upa_core.adapters.sources.sql_server import SqlServerAsk

        if query.audience:
            from upa_core.adapters.identity.tokens import managed_identity

            token = partial(managed_identity(client_id).token, query.audience)
            return SqlServerAsk(query.host, query.database, port=query.port, token=token)
        return SqlServerAsk(query.host, query.database, query.user, query.password, query.port)
    return PostgresAsk(query.host, query.database, query.user, query.password, query.port)


@dataclass(frozen=True, slots=True)
class PostgresAsk:
    """Asks a server of PostgreSQL by pg8000."""

    host: str
    database: str
    user: str
    password: str = field(repr=False)
    port: int = 5432
    tls: bool = True
    timeout: int = 300
    """Seconds that the query may take."""

    @contextmanager
    def __call__(self, query: str, since: Value | None = None) -> Iterator[Answer]:
        """Send the query behind a cursor of the server, so that memory stays flat."""
        try:
            from pg8000 import dbapi
        except ModuleNotFoundError as exc:
            text = "PostgreSQL needs the extra `postgresql` (pg8000): pip install 'upa-sync[postgresql]'"
            raise ConfigError(text) from exc
        from upa_core.adapters.sources.postgres_values import SETTINGS, register

        try:
            with closing(self._connected(dbapi)) as connection, closing(connection.cursor()) as cursor:
                register(connection)
                cursor.execute("SET TRANSACTION READ ONLY")
                cursor.execute(SETTINGS)
                cursor.execute(f"SET LOCAL statement_timeout = {self.timeout * 1000:d}")
                parts = split_at_since(query)
                declared = f"DECLARE upa NO SCROLL CURSOR FOR {'$1'.join(parts)}"  # SELECT, WITH, VALUES may follow
                connection.execute_unnamed(declared, vals=(since,) if len(parts) > 1 else ())
                yield self._answer(cursor)
        except dbapi.InterfaceError:
            raise UnavailableError(f"{self.host} can't be reached") from None
        except dbapi.DatabaseError as exc:
            raise self._error(exc) from None

    def _connected(self, dbapi: Any) -> Any:
        import ssl

        context = ssl.create_default_context() if self.tls else None
        return dbapi.connect(
            self.user,
            host=self.host,
            database=self.database,
            port=self.port,
            password=self.password,
            ssl_context=context,
            timeout=self.timeout,
            application_name="upa-sync",
        )

    @staticmethod
    def _answer(cursor: Any) -> Answer:
        def fetched() -> Any:
            try:
                cursor.execute(f"FETCH {_PORTION} FROM upa")
            except ValueError as exc:  # the driver's text holds the value
                raise unreadable(exc) from None
            return cursor.fetchall()

        first = fetched()
        names = [column[0] for column in cursor.description]

        def rows() -> Iterator[Any]:
            portion = first
            while portion:
                yield from portion
                portion = fetched()

        return names, rows()

    def _error(self, exc: Exception) -> Exception:
        told = exc.args[0] if exc.args and isinstance(exc.args[0], dict) else {}
        code, message = str(told.get("C", "")), str(told.get("M", type(exc).__name__))
        if code in _DENIED:
            return AccessDeniedError(f"{self.host} refuses the user {self.user} ({code})")
        if code[:2] in ("08", "53", "57", "40", "55"):
            return UnavailableError(f"{self.host} can't answer now ({code})")
        shown = f": {message}" if code[:2] in _ABOUT_THE_QUERY else ", whose log has the reason"
        return RefusedError(f"{self.host} refuses the query ({code}){shown}")
