"""Databases to ask: SQLite, and a real server of PostgreSQL where one is installed."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from upa_core.adapters.sources.sql_drivers import PostgresAsk, SqliteAsk
from upa_core.adapters.sources.sql_place import Ask

TABLE = "CREATE TABLE people (no varchar(20), name varchar(50), grade integer, at timestamp)"
Run = Callable[..., None]


def _postgres_binaries() -> Path | None:
    found = shutil.which("pg_ctl")
    return Path(found).resolve().parent if found and shutil.which("runuser") and os.geteuid() == 0 else None


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresAsk]:
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


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Ask, Run]:
    """Return how to ask a database with an empty table, and how to change it."""
    if request.param == "sqlite":
        path = tmp_path / "hr.db"

        def change(text: str, *values: object) -> None:
            connection = sqlite3.connect(path)
            with connection:
                connection.execute(text.replace("%s", "?"), values)
            connection.close()

        change(TABLE)
        return SqliteAsk(str(path)), change
    ask: PostgresAsk = request.getfixturevalue("server")

    def change_server(text: str, *values: object) -> None:
        from pg8000 import dbapi

        connection = dbapi.connect("upa", host=ask.host, port=ask.port, database="postgres", password="geheim")
        connection.cursor().execute(text, values)
        connection.commit()
        connection.close()

    change_server("DROP TABLE IF EXISTS people")
    change_server(TABLE)
    return ask, change_server
