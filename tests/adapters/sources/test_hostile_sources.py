"""What a hostile file, server or answer may try: each is refused, within limits, and without anybody's value."""

from __future__ import annotations

import ast
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from azure.core.credentials import AzureNamedKeyCredential

from tests.fakes import FakeClock
from upa_core.adapters.sources.blob_place import blob_place
from upa_core.adapters.sources.file_rows import FileRows
from upa_core.adapters.sources.folder_place import FolderPlace
from upa_core.adapters.sources.place import CHUNK
from upa_core.adapters.sources.reading import judged
from upa_core.domain.errors import RetryLaterError, UpaError
from upa_core.domain.sources.contract import Contract, FileFormat, KeyPart
from upa_core.domain.spreadsheet import safe_cell

ROOT = Path(__file__).parents[3]
CONTRACT = Contract((KeyPart("No"),), ("Name",))


@contextmanager
def answering(status: int, location: str = "") -> Iterator[tuple[int, list[str]]]:
    """Listen on loopback; yields the port, and the paths that were asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server.server_port, asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def test_a_container_that_redirects_isnt_followed() -> None:
    """Nobody is asked but the host that the connector file names."""
    with answering(200) as (other, asked), answering(302, f"http://127.0.0.1:{other}/metadata") as (port, first):
        place = blob_place(f"http://127.0.0.1:{port}/drop/people.csv", AzureNamedKeyCredential("drop", "a2V5"))
        with pytest.raises(RetryLaterError, match="HTTP 302"):
            place.files()
        assert len(first) == 1
        assert asked == []


@pytest.mark.parametrize(
    ("form", "begin"),
    [
        ("csv", b'No,Name\r\n1,"'),
        ("jsonl", b'{"No": "1", "Name": "'),
        ("json", b'[{"No": "1", "Name": "'),
    ],
)
def test_a_cell_of_200_megabytes_is_left_early(form: FileFormat, begin: bytes) -> None:
    """It is refused after a few megabytes; the rest isn't read."""
    given = 0

    def chunks() -> Iterator[bytes]:
        nonlocal given
        yield begin
        for _ in range(200_000_000 // CHUNK):
            given += CHUNK
            yield b"x" * CHUNK

    read = judged(chunks(), Contract((KeyPart("No"),), ("Name",), format=form))

    assert list(read) == []
    assert read.verdict.status == "refused"
    assert given <= 12_000_000


def _error(folder: Path, content: bytes, contract: Contract = CONTRACT) -> str:
    clock = FakeClock()
    (folder / "people").write_bytes(content)
    os.utime(folder / "people", (clock.now().timestamp() - 60,) * 2)
    source = FileRows(FolderPlace(str(folder / "people")), contract, clock, timedelta(0))
    offer = source.look("")
    assert offer is not None
    with pytest.raises(UpaError) as exc:
        list(source.rows(offer, ("Name",)))
    return str(exc.value)


@pytest.mark.parametrize(
    "rows",
    [
        b"Secret1,Secret2\r\nSecret1,Secret3\r\n",
        b"Secret1,Secret2,Secret3\r\n",
        b'Secret1,"Secret2\r\n',
        b"Secret1,Sec\x00ret2\r\n",
        b"Secret1,\xffSecret2\r\n",
        b"Secret1,#REF!Secret2\r\n,Secret3\r\n",
        b"TRAILER,Secret2\r\n",
    ],
)
def test_an_error_holds_no_value_of_anybody(tmp_path: Path, rows: bytes) -> None:
    """It goes into events and mails: line, column and kind are enough."""
    told = _error(tmp_path, b"No,Name\r\n" + rows, Contract((KeyPart("No"),), ("Name",), min_rows=5))

    assert "Sec" not in told
    assert "people is" in told


def test_a_formula_stays_a_text() -> None:
    """It is somebody's value; our own CSV makes it harmless."""
    formula = "=cmd|' /C calc'!A0"
    content = f'No,Name\r\n1,"{formula}"\r\n'.encode()

    assert [list(values) for _, _, values in judged([content], CONTRACT)] == [[formula]]
    assert safe_cell(formula) == f"'{formula}"


def _uses(names: set[str], *packages: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for package in packages:
        for path in (ROOT / package).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            if not any(f"{name}(" in text for name in names):
                continue
            called = {ast.unparse(one.func) for one in ast.walk(ast.parse(text)) if isinstance(one, ast.Call)} & names
            if called:
                found[path.relative_to(ROOT).as_posix()] = called
    return found


def test_every_csv_of_ours_goes_through_one_writer() -> None:
    """The one that makes formulas harmless."""
    writers = {"csv.writer", "csv.DictWriter", "DictWriter"}

    assert _uses(writers, "upa_core", "upa_cli") == {"upa_core/domain/spreadsheet.py": {"csv.writer"}}


def test_a_query_is_made_of_the_connector_file_alone() -> None:
    """No address, option or document brings SQL: one place reads it, and one sends it."""
    assert _uses({"Query", "SqlPlace", "build_query"}, "upa_core", "upa_cli") == {
        "upa_core/config/sources/build.py": {"build_query"},
        "upa_core/config/sources/query.py": {"Query"},
        "upa_core/adapters/sources/opened.py": {"SqlPlace"},
    }
