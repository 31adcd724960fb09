"""The contents of a connector file, checked and ready for use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from upa_core.config.problems import ConfigProblem
from upa_core.domain.connector import Connector
from upa_core.domain.sources.contract import Contract
from upa_core.domain.sources.joined.secondary import Secondary
from upa_core.domain.sources.joined.since import Cursor


@dataclass(frozen=True, slots=True)
class ManagedIdentity:
    """The function app's identity; the system-assigned one unless a client id is named."""

    client_id: str | None = None


@dataclass(frozen=True, slots=True)
class Certificate:
    """An app registration with a certificate, by reference: exactly one of `path` and `keyvault`."""

    tenant: str
    client_id: str
    path: str | None = None
    keyvault: str | None = None


Credential = ManagedIdentity | Certificate


@dataclass(frozen=True, slots=True)
class Credentials:
    """How a connector signs in."""

    graph: Credential = ManagedIdentity()
    sharepoint: Credential = ManagedIdentity()


@dataclass(frozen=True, slots=True)
class Notifications:
    """The channels, and their occasions."""

    events: tuple[str, ...]
    silence_after: timedelta
    email: tuple[str, ...] = ()
    webhook: str | None = field(default=None, repr=False)
    """A secret: its address carries a key."""
    sender: str = ""
    """Mailbox that sends."""


@dataclass(frozen=True, slots=True)
class Example:
    """An example beside a mapping."""

    connector: str
    mapping: int
    """Position among the connector's mappings."""
    inputs: tuple[tuple[str, object], ...]
    """Attribute paths and their values."""
    expected: str | None
    invalid: bool
    line: int


@dataclass(frozen=True, slots=True)
class Query:
    """One SELECT, and the database that answers it."""

    driver: str
    """postgresql, sql-server or sqlite."""
    text: str
    database: str
    """Its name; of SQLite the path of its file."""
    host: str = ""
    port: int = 5432
    user: str = ""
    password: str = field(default="", repr=False)
    audience: str = ""
    """Where the app's managed identity signs in instead of a user: whom its token is for."""
    changes: str = ""
    """The SELECT with `:since`; "" where everybody is read each time."""
    cursor: Cursor | None = None
    full_every: timedelta = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class RowsOf:
    """A secondary source: the rows of a file or of a query; of what Graph gives only `secondary` counts."""

    secondary: Secondary
    contract: Contract
    """Without the columns: mappings and scope decide which columns are read."""
    settle: timedelta
    """How long a file must have been unchanged before it is read."""
    at: str = ""
    """A path, or the address of blobs or of files in a library; the last part may hold `*` and `?`."""
    query: Query | None = None
    """Instead of a file."""


@dataclass(frozen=True, slots=True)
class Config:
    """A connector file."""

    name: str
    connectors: tuple[Connector, ...]
    credentials: Mapping[str, Credentials]
    """By connector name."""
    notifications: Notifications
    examples: tuple[Example, ...] = ()
    warnings: tuple[ConfigProblem, ...] = ()
    """Settings that are allowed and probably not intended."""
    rows: Mapping[str, Mapping[str, RowsOf]] = field(default_factory=dict)
    """Secondary sources by connector name and their own name."""
    text: str = field(default="", repr=False)
    """The file as it may be kept: references unfilled, no secrets."""

    def connector(self, name: str) -> Connector | None:
        """Return a connector by name."""
        return next((each for each in self.connectors if each.name == name), None)
