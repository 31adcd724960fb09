"""Databases to ask: SQLite, a real server of PostgreSQL where one is installed, and SQL Server's bytes before SQLite.

Import the fixtures into a conftest.
"""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.support.tds_server import TdsServer
from upa_core.adapters.sources.sql_drivers import PostgresAsk, SqliteAsk
from upa_core.adapters.sources.sql_place import Ask
from upa_core.adapters.sources.sql_server import SqlServerAsk

TABLE = "CREATE TABLE people (no varchar(20), name varchar(50), grade integer, at timestamp)"
Run = Callable[..., None]


def _postgres_binaries() -> Path | None:
    found = shutil.which("pg_ctl")
    return Path(found).resolve().parent if found and shutil.which("runuser") and os.geteuid() == 0 else None


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresAsk]:
    """Start a server of PostgreSQL in a folder of its own, which its user can reach."""
    binaries = _postgres_binaries()
    if binaries is None:
        pytest.skip("no server of PostgreSQL can be started here")
    folder = Path(tempfile.mkdtemp(prefix="upa-postgres-"))
    folder.chmod(0o777)
    (folder / "password").write_text("geheim")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def run(program: str, *words: str) -> None:
        command = ["runuser", "-u", "postgres", "--", str(binaries / program), *words]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=60)

    data = str(folder / "data")
    run("initdb", "-D", data, "-U", "upa", "-A", "scram-sha-256", "--pwfile", str(folder / "password"), "--no-sync")
    options = f"-p {port} -h 127.0.0.1 -c unix_socket_directories='' -c fsync=off"
    run("pg_ctl", "-D", data, "-l", str(folder / "log"), "-o", options, "-w", "start")
    try:
        yield PostgresAsk("127.0.0.1", "postgres", "upa", "geheim", port, tls=False)
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder)


@pytest.fixture
def sql_server(tmp_path: Path) -> Iterator[TdsServer]:
    """Return what SQL Server would say of the database in `hr.db`; its authority is in `ca.pem`."""
    server = TdsServer(tmp_path / "hr.db")
    server.authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    yield server
    server.close()


def changing(path: Path) -> Run:
    """Return how to change a file of SQLite."""

    def change(text: str, *values: object) -> None:
        connection = sqlite3.connect(path)
        with connection:
            connection.execute(text.replace("%s", "?"), values)
        connection.close()

    return change


def administer(ask: PostgresAsk, text: str, *values: object) -> None:
    """Send a statement that changes something."""
    from pg8000 import dbapi

    connection = dbapi.connect(ask.user, host=ask.host, port=ask.port, database=ask.database, password=ask.password)
    connection.cursor().execute(text, values)
    connection.commit()
    connection.close()


def asking_of(server: TdsServer, **changes: Any) -> SqlServerAsk:
    """Return how the server is asked."""
    authorities = str(server.database.with_name("ca.pem"))
    asked = SqlServerAsk("localhost", "hr", server.user, server.password, server.port, authorities=authorities)
    return replace(asked, **changes)


@pytest.fixture(params=["sqlite", "postgresql", "sql-server"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Ask, Run]:
    """Return how to ask a database with an empty table, and how to change it."""
    if request.param != "postgresql":
        path = tmp_path / "hr.db"
        change = changing(path)
        change(TABLE)
        if request.param == "sqlite":
            return SqliteAsk(str(path)), change
        return asking_of(request.getfixturevalue("sql_server")), change
    ask: PostgresAsk = request.getfixturevalue("postgres")

    administer(ask, "DROP TABLE IF EXISTS people")
    administer(ask, TABLE)
    return ask, partial(administer, ask)
