"""Makes sources from their declaration: a path is a folder, an address a container or a SharePoint library."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from upa_core.adapters.sources.file_rows import FileRows
from upa_core.adapters.sources.place import Place
from upa_core.domain.connector import Connector
from upa_core.domain.sources.contract import Contract
from upa_core.domain.sources.joined.secondary import Secondary
from upa_core.domain.sources.joined.since import Cursor
from upa_core.ports.clock import Clock
from upa_core.ports.row_source import RowSource

if TYPE_CHECKING:
    from upa_core.adapters.http.service import Service


class Query(Protocol):
    """One SELECT, and its database."""

    @property
    def driver(self) -> str:
        """postgresql, sql-server or sqlite."""

    @property
    def text(self) -> str:
        """The SELECT."""

    @property
    def database(self) -> str:
        """Its name; of SQLite the path of its file."""

    @property
    def host(self) -> str:
        """The server."""

    @property
    def port(self) -> int:
        """Its port."""

    @property
    def user(self) -> str:
        """The user who signs in."""

    @property
    def password(self) -> str:
        """The password."""

    @property
    def audience(self) -> str:
        """Of a server where the app's managed identity signs in instead of a user: whom its token is for; else ""."""

    @property
    def changes(self) -> str:
        """The SELECT with `:since`, or ""."""

    @property
    def cursor(self) -> Cursor | None:
        """The column of `:since`."""

    @property
    def full_every(self) -> timedelta:
        """How often everybody is read, beside the reads of changes."""


class Declared(Protocol):
    """A source as the connector file declares it."""

    @property
    def secondary(self) -> Secondary:
        """Its name and key."""

    @property
    def contract(self) -> Contract:
        """Its file contract, without the columns."""

    @property
    def settle(self) -> timedelta:
        """How long a file must have been unchanged."""

    @property
    def at(self) -> str:
        """The place of the file."""

    @property
    def query(self) -> Query | None:
        """Instead of a file."""


def rows_of(
    sources: Mapping[str, Declared],
    connector: Connector,
    clock: Clock,
    client_id: str | None,
    library: Callable[[], Service],
) -> dict[str, RowSource]:
    """Return a connector's secondary sources by name; nothing is called yet.

    `client_id` is that of the user-assigned identity that reads blobs and Azure SQL; None: the system-assigned one.
    `library` returns the service of the host of the connector's own site: another SharePoint is never read.
    """
    made: dict[str, RowSource] = {}
    for name, one in sources.items():
        columns, dates = connector.columns_of(one.secondary), connector.dates_of(one.secondary)
        contract = replace(one.contract, columns=columns, dates=dates)
        if one.query is not None:
            made[name] = _database(one.query, clock, contract, client_id)
        else:
            made[name] = FileRows(_place(one.at, connector, client_id, library), contract, clock, one.settle)
    return made


def _place(at: str, connector: Connector, client_id: str | None, library: Callable[[], Service]) -> Place:
    if "://" not in at:
        from upa_core.adapters.sources.folder_place import FolderPlace

        return FolderPlace(at)
    if at.split("/")[2].lower() == connector.target.site_url.split("/")[2].lower():
        from upa_core.adapters.sources.library_place import library_place

        return library_place(library(), at)
    from azure.identity import DefaultAzureCredential  # vendor imports are lazy

    from upa_core.adapters.sources.blob_place import blob_place

    return blob_place(at, DefaultAzureCredential(managed_identity_client_id=client_id))


def _database(query: Query, clock: Clock, contract: Contract, client_id: str | None) -> RowSource:
    from upa_core.adapters.sources.sql_drivers import asking
    from upa_core.adapters.sources.sql_place import SqlPlace

    ask, cursor = asking(query, client_id), query.cursor
    everybody = SqlPlace(ask, query.text, clock, contract.max_rows, cursor.column if cursor else "")
    if cursor is None:
        return FileRows(everybody, contract, clock, timedelta(0))
    from upa_core.adapters.sources.sql_rows import SqlRows

    changes = SqlPlace(ask, query.changes, clock, contract.max_rows, cursor.column)
    both = hashlib.sha256(f"{query.text}\0{query.changes}".encode()).hexdigest()
    return SqlRows(everybody, changes, contract, cursor, clock, query.full_every, both)
