"""Other sources of a connector in the connector file. Field docstrings become schema and reference."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from upa_core.config.fields import Duration, Line, parse_percent
from upa_core.config.models_mapping import Part
from upa_core.config.sources.expectation import Expected

Share = Annotated[float, BeforeValidator(parse_percent, json_schema_input_type=float | str), Field(ge=0, le=100)]


class ClearAfterModel(Part):
    """Values of people who are missing are cleared, once somebody has approved the first time."""

    clear_after: Annotated[int, Field(ge=1, le=365)]
    """How many different accepted snapshots, each on another day, must not name the person."""


class MatchModel(Part):
    """A column that names the person."""

    column: Line
    """The column's name in the file's header."""
    to: Line
    """The attribute of the person that it equals: employeeId, userPrincipalName, mail, id, `ext:Name`, …"""
    pad: Annotated[int, Field(ge=0, le=50)] = 0
    """Digits are filled up with zeros from the left to this length, on both sides."""


class CursorModel(Part):
    """The column by which a database shows what changed."""

    column: Line
    """Answered by both queries: a time, a day, a whole number or SQL Server's rowversion."""
    lag: Annotated[Duration, Field(ge=timedelta(0), le=timedelta(days=7))] = timedelta(minutes=10)
    """For times: how far back each query begins, for clocks that differ and for changes that are seen later."""
    back: Annotated[int, Field(ge=0)] = 0
    """For numbers: the same, as a number."""


Name = Annotated[str, Field(min_length=1, max_length=32, pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")]


class RowsModel(Part):
    """Rows of a file or of a query, and how they name a person."""

    at: Line | None = None
    """For a file: path, blob (https://<account>.blob.core.windows.net/<container>/<name>), or the address of a file
    in a SharePoint library on the target's host; the last part may hold `*` and `?`."""
    match: Annotated[tuple[MatchModel, ...], Field(max_length=5)] = ()
    """The columns that name the person together; a file and a query need it."""
    format: Literal["csv", "json", "jsonl", "xlsx"] = "csv"
    """CSV with a header, a JSON list of objects, a JSON object a line, or a workbook (the extra `xlsx`)."""
    sheet: Line | None = None
    """For XLSX: the sheet's name; default: the only one."""
    encoding: Line = "utf-8"
    """The encoding, unless a byte order mark says another: utf-8, cp1252, utf-16-le, …"""
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    """For CSV; default: the one that divides the header (comma, semicolon, tab, bar)."""
    nulls: Annotated[tuple[Annotated[str, Field(max_length=100)], ...], Field(max_length=50)] | None = None
    """Words that mean no value; an empty list says that none does."""
    not_damaged: Annotated[tuple[Annotated[str, Field(max_length=100)], ...], Field(max_length=50)] = ()
    """Texts of cells that look damaged and are right, e.g. `(BLOB)`; otherwise their rows are set aside."""
    min_rows: Annotated[int, Field(ge=1)] = 1
    """A file with fewer rows is held as incomplete."""
    max_drop: Share = 5.0
    """Percent of the rows accepted last that may be missing; a file that lacks more is held."""
    trailer: Line | None = None
    """The last row, `{rows}` standing for the number of rows, e.g. `TRAILER;{rows}`; without it the file is held."""
    ends_with_newline: Literal["always", "never"] = "always"
    """`never`: the writer doesn't end the last line, which is read all the same; otherwise it is set aside."""
    items: Line | None = None
    """For JSON: dotted path of the list of people; default: the document itself."""
    total: Line | None = None
    """For JSON: dotted path of the number of people, which the list must have."""
    max_unmatched: Share = 5.0
    """Percent of the rows that may match nobody in the directory; a file with more is held."""
    max_rows: Annotated[int, Field(ge=1, le=10_000_000)] = 5_000_000
    """A file with more rows is refused."""
    driver: Literal["postgresql", "sql-server", "sqlite"] | None = None
    """For SQL: `postgresql`, `sql-server` (also Azure SQL), each with the extra of that name, or `sqlite` with the
    file's path as `database`."""
    server: Line | None = None
    """For SQL: host, or host:port."""
    database: Line | None = None
    """For SQL: the database's name; for SQLite the path of its file."""
    user: Line | None = None
    """For SQL: who signs in; a user that may only read. Without user and password the function app's managed identity
    signs in, at Azure SQL."""
    password: Line | None = None
    """For SQL: as `${NAME}`, never in the file."""
    query: Annotated[str, Field(min_length=1, max_length=10_000)] | None = None
    """For SQL: one SELECT that answers everybody; it is sent unchanged, in a transaction that only reads."""
    changes: Annotated[str, Field(min_length=1, max_length=10_000)] | None = None
    """For SQL: the same SELECT of those who changed since `:since`, which is bound to a value of `cursor`'s column."""
    cursor: CursorModel | None = None
    """For SQL with `changes`: the column that grows with each change."""
    full_every: Duration = timedelta(days=7)
    """For SQL with `changes`: how often `query` reads everybody all the same; only then a deleted row is missed."""
    on_missing: Literal["keep", "report", "leave"] | ClearAfterModel = "keep"
    """What happens to people whom the source no longer names: `keep` their values, also `report` these people,
    `{clear_after: N}`, or `leave`: their row ends at once and they have no value (always for `names`, `group`,
    `manager`)."""
    expect: Expected | None = None
    """When the next delivery is late: a time after the last one (`26h`), or a time of day, `by 06:00 Europe/Berlin
    Mon-Fri` (without a zone UTC, without days every day); default: never."""
    settle: Duration = timedelta(minutes=2)
    """How long a file must have lain unchanged before it is read."""


class SecondaryModel(RowsModel):
    """Another source whose rows are joined to the people of the directory by a key."""

    as_: Annotated[Name, Field(alias="as")]
    """Its name: mappings, expressions and scope read its columns as `<name>.<column>`."""
    kind: Literal["file", "sql", "names", "group", "manager"]
    """What it is: `file`, the newest file at `at`; `sql`, the answer to `query`; `names`, a file that names a
    person a line; `group`, the members of a group of Entra; `manager`, the attributes of everybody's manager."""
    to: Line | None = None
    """For names: the attribute that the lines hold; default userPrincipalName."""
    group: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")] | None = None
    """For a group: its object id, from Entra admin center > Groups."""
    nested: Literal["refuse", "ignore", "include"] | None = None
    """For a group that holds groups: `refuse` (default) says so and reads nothing, `ignore` takes its own members
    alone, `include` takes members of members too, and reads all of them at every pull."""


class PrimaryModel(RowsModel):
    """Rows that are the source itself."""

    kind: Literal["entra", "file", "sql"] = "entra"
    """`entra`: attributes of the directory; `file`, `sql`: columns alone, of people whom a row names."""
    as_: Annotated[Name | None, Field(alias="as")] = None
    """For a file or a query: its name in messages; default: its kind. Mappings name its columns without it."""
