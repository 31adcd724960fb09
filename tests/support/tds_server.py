"""What SQL Server says on the wire [MS-TDS 7.4], in front of a file of SQLite: as much of it as one SELECT needs.

It isn't SQL Server: T-SQL, its types and its errors are SQLite's, put into its bytes. It shows that the driver, as it
is called, encrypts before it signs in, binds `:since` as a value of the right type, and reads what is answered.
"""

from __future__ import annotations

import socket
import sqlite3
import ssl
import struct
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import trustme

PRELOGIN, LOGIN, BATCH, RPC, TRANSACTION, REPLY = 0x12, 0x10, 0x01, 0x03, 0x0E, 0x04
_COLLATION = b"\x09\x04\xd0\x00\x34"
_DAY_ONE = date(1, 1, 1)
_MIN_HEADER = 8


def _text(value: str) -> bytes:
    return struct.pack("<H", len(value)) + value.encode("utf-16-le")


def _short(value: str) -> bytes:
    return bytes([len(value)]) + value.encode("utf-16-le")


def error(number: int, message: str, severity: int = 16) -> bytes:
    """Return the token of an error, and the one that ends the answer."""
    body = (
        struct.pack("<iBB", number, 1, severity) + _text(message) + _short("fake") + _short("") + struct.pack("<i", 1)
    )
    return b"\xaa" + struct.pack("<H", len(body)) + body + done(0x02)


def done(status: int = 0, rows: int = 0) -> bytes:
    """Return the token that ends an answer; status 1: another follows."""
    return b"\xfd" + struct.pack("<HHq", status, 0, rows)


def _environment(kind: int, body: bytes) -> bytes:
    return b"\xe3" + struct.pack("<HB", len(body) + 1, kind) + body


def result(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """Return the tokens of columns and rows; the type of a column is that of its first value."""
    columns = [[_from_sqlite(name, row[at]) for row in rows] for at, name in enumerate(names)]
    kinds = [_kind_of(values) for values in columns]
    head = b"".join(
        struct.pack("<IH", 0, 1) + kind + _short(name) for name, (kind, _) in zip(names, kinds, strict=True)
    )
    cells = zip(*columns, strict=True) if rows else ()
    written = [b"".join(write(cell) for cell, (_, write) in zip(row, kinds, strict=True)) for row in cells]
    return b"\x81" + struct.pack("<H", len(names)) + head + b"".join(b"\xd1" + row for row in written)


class TdsServer:
    """Listens on loopback; every connection is a transaction, which ends without a commit."""

    def __init__(self, database: Path, *, host: str = "localhost", user: str = "upa", password: str = "geheim") -> None:
        """Take the file of SQLite, the name in the certificate, and who may sign in."""
        self.database, self.user, self.password = database, user, password
        self.authority = trustme.CA()
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(host).configure_cert(self._tls)
        self.encrypts = 1
        """What it says of encryption: 1 on, 2 not supported."""
        self.route: tuple[str, int] | None = None
        self.token = ""
        """The token of Entra that it takes."""
        self.fails: Callable[[str], bytes | None] = lambda _: None
        """Answers a query instead of the database."""
        self.breaks_after: int | None = None
        """Rows after which the connection is cut."""
        self.signed_in: list[str] = []
        self.asked: list[tuple[str, dict[str, Any]]] = []
        """Queries and their parameters, as they came."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._threads: list[threading.Thread] = []
        self._accepts = threading.Thread(target=self._accept, daemon=True)
        self._accepts.start()

    def close(self) -> None:
        """Stop, and wait for every connection to end."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in (self._accepts, *self._threads):
            thread.join(10)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError, EOFError):
            connection.settimeout(10)
            _Session(self, connection, self._tls).run()


class _Session:
    def __init__(self, server: TdsServer, connection: socket.socket, context: ssl.SSLContext) -> None:
        self._server, self._socket = server, connection
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._encrypted = False
        self._database = sqlite3.connect(server.database, isolation_level=None)

    def run(self) -> None:
        try:
            asked = self._message()[1]
            self._send(REPLY, _prelogin(self._server.encrypts, fedauth=b"\x06" in asked[0:40:5]))
            self._handshake()
            kind, login = self._message()
            if kind != LOGIN or not self._sign_in(login):
                return
            while True:
                self._answer(*self._message())
        finally:
            self._database.close()

    def _handshake(self) -> None:
        while True:
            try:
                self._tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                if self._outgoing.pending:
                    self._send(PRELOGIN, self._outgoing.read())
                self._incoming.write(self._message()[1])
        if self._outgoing.pending:
            self._send(PRELOGIN, self._outgoing.read())
        self._encrypted = True

    def _sign_in(self, login: bytes) -> bool:
        def field(at: int) -> str:
            begin, length = struct.unpack_from("<HH", login, at)
            return login[begin : begin + 2 * length].decode("utf-16-le")

        begin, length = struct.unpack_from("<HH", login, 44)
        word = bytes((b ^ 0xA5) >> 4 | ((b ^ 0xA5) & 0xF) << 4 for b in login[begin : begin + 2 * length])
        user, database, token = field(40), field(68), self._server.token
        if token:
            known = token.encode("utf-16-le") in login and not user
        else:
            known = (user, word.decode("utf-16-le")) == (self._server.user, self._server.password)
        if not known:
            self._send(REPLY, error(18456, f"Login failed for user '{user}'.", 14))
            return False
        self._server.signed_in.append(user or "token")
        parts = [_environment(1, _short(database) + _short("master"))]
        parts.append(b"\xad" + _counted(b"\x01\x74\x00\x00\x04" + _short("Microsoft SQL Server") + bytes(4)))
        if self._server.route is not None:
            host, port = self._server.route
            where = b"\x00" + struct.pack("<H", port) + _text(host)
            parts.append(_environment(20, struct.pack("<H", len(where)) + where + bytes(2)))
        self._send(REPLY, b"".join(parts) + done())
        return True

    def _answer(self, kind: int, body: bytes) -> None:
        (headers,) = struct.unpack_from("<I", body)
        body = body[headers:]
        if kind == TRANSACTION:
            if self._database.in_transaction:
                self._database.rollback()
            self._database.execute("BEGIN")
            self._send(REPLY, _environment(8, b"\x08" + struct.pack("<q", 1) + b"\x00") + done())
        elif kind == BATCH:
            self._ask(body.decode("utf-16-le"), {})
        elif kind == RPC:
            self._ask(*_executed(body))
        else:
            raise AssertionError(f"a packet of kind {kind}")

    def _ask(self, query: str, values: dict[str, Any]) -> None:
        if query.startswith("SET TEXTSIZE"):
            self._send(REPLY, done())
            return
        self._server.asked.append((query, values))
        if (failed := self._server.fails(query)) is not None:
            self._send(REPLY, failed)
            return
        plain = {name.removeprefix("@"): _for_sqlite(value) for name, value in values.items()}
        try:
            cursor = self._database.execute(query.replace("@", ":"), plain)
            names, rows = [column[0] for column in cursor.description or ()], cursor.fetchall()
        except sqlite3.Error as exc:
            self._send(REPLY, error(208 if "no such table" in str(exc) else 102, str(exc)))
            return
        if self._server.breaks_after is not None:
            self._send(REPLY, result(names, rows[: self._server.breaks_after]), last=False)
            raise EOFError
        self._send(REPLY, result(names, rows) + done(0x10, len(rows)))

    def _message(self) -> tuple[int, bytes]:
        body, last, kind = b"", 0, 0
        while not last:
            kind, last, length = struct.unpack(">BBH", self._exactly(_MIN_HEADER)[:4])
            body += self._exactly(length - _MIN_HEADER)
        return kind, body

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            data += self._received(size - len(data))
        return data

    def _received(self, size: int) -> bytes:
        while True:
            if self._encrypted:
                try:
                    return self._tls.read(size)
                except ssl.SSLWantReadError:
                    pass
            data = self._socket.recv(65536 if self._encrypted else size)
            if not data:
                raise EOFError
            if not self._encrypted:
                return data
            self._incoming.write(data)

    def _send(self, kind: int, body: bytes, *, last: bool = True) -> None:
        pieces = [body[at : at + 4000] for at in range(0, len(body), 4000)] or [b""]
        for number, piece in enumerate(pieces, start=1):
            ends = int(last and number == len(pieces))
            packet = struct.pack(">BBHHBB", kind, ends, len(piece) + _MIN_HEADER, 0, number % 256, 0) + piece
            if self._encrypted:
                self._tls.write(packet)
                packet = self._outgoing.read()
            self._socket.sendall(packet)


def _counted(body: bytes) -> bytes:
    return struct.pack("<H", len(body)) + body


def _prelogin(encrypts: int, *, fedauth: bool) -> bytes:
    options = {0: bytes([16, 0, 0, 0, 0, 0]), 1: bytes([encrypts])} | ({6: b"\x01"} if fedauth else {})
    head, body, at = b"", b"", 5 * len(options) + 1
    for number, value in options.items():
        head += struct.pack(">BHH", number, at + len(body), len(value))
        body += value
    return head + b"\xff" + body


def _executed(body: bytes) -> tuple[str, dict[str, Any]]:
    """Read a call of sp_executesql: the query, and its parameters by name."""
    marker, procedure, _ = struct.unpack_from("<HHH", body)
    assert (marker, procedure) == (0xFFFF, 10), "only sp_executesql is known"
    at, values = 6, []
    while at < len(body):
        length = body[at]
        name = body[at + 1 : at + 1 + 2 * length].decode("utf-16-le")
        value, at = _parameter(body, at + 2 + 2 * length)
        values.append((name, value))
    return str(values[0][1]), dict(values[2:])


def _parameter(body: bytes, at: int) -> tuple[Any, int]:
    kind, at = body[at], at + 1
    if kind in (0xE7, 0xA5):  # NVARCHAR, VARBINARY
        (size,) = struct.unpack_from("<H", body, at)
        at += 2 + (5 if kind == 0xE7 else 0)
        raw, at = _in_chunks(body, at + 8) if size == 0xFFFF else _whole(body, at, 2)
        return (raw.decode("utf-16-le") if kind == 0xE7 else raw), at
    if kind == 0x26:  # INT
        raw, at = _whole(body, at + 1, 1)
        return int.from_bytes(raw, "little", signed=True), at
    if kind in (0x6A, 0x6C):  # DECIMAL, NUMERIC
        scale = body[at + 2]
        raw, at = _whole(body, at + 3, 1)
        number = Decimal(int.from_bytes(raw[1:], "little")).scaleb(-scale)
        return (number if raw[0] else -number), at
    if kind == 0x28:  # DATE
        raw, at = _whole(body, at, 1)
        return _DAY_ONE + timedelta(days=int.from_bytes(raw, "little")), at
    if kind in (0x2A, 0x2B):  # DATETIME2, DATETIMEOFFSET
        scale = body[at]
        raw, at = _whole(body, at + 1, 1)
        zone = raw[-2:] if kind == 0x2B else b""
        raw = raw[: len(raw) - len(zone)]
        assert scale == 6, "the driver sends microseconds"
        day = datetime.combine(_DAY_ONE, datetime.min.time()) + timedelta(days=int.from_bytes(raw[-3:], "little"))
        moment = day + timedelta(microseconds=int.from_bytes(raw[:-3], "little"))
        return (moment.replace(tzinfo=UTC) if zone else moment), at
    raise AssertionError(f"a parameter of type {kind:#x}")


def _whole(body: bytes, at: int, width: int) -> tuple[bytes, int]:
    size = int.from_bytes(body[at : at + width], "little")
    return body[at + width : at + width + size], at + width + size


def _in_chunks(body: bytes, at: int) -> tuple[bytes, int]:
    data = b""
    while size := int.from_bytes(body[at : at + 4], "little"):
        data, at = data + body[at + 4 : at + 4 + size], at + 4 + size
    return data, at + 4


def _for_sqlite(value: Any) -> Any:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return str(value) if isinstance(value, date | Decimal) else value


def _from_sqlite(name: str, value: Any) -> Any:
    """The column `at` is a time, as the tests' tables declare it."""
    return datetime.fromisoformat(value) if name == "at" and isinstance(value, str) else value


Written = Callable[[Any], bytes]


def _kind_of(values: Sequence[Any]) -> tuple[bytes, Written]:
    """Return the type of a column, by its first value, and how its cells are written."""
    first = next((value for value in values if value is not None), "")
    match first:
        case datetime():
            return b"\x2a\x07", _moment
        case int():
            return b"\x26\x08", lambda v: b"\x00" if v is None else b"\x08" + struct.pack("<q", v)
        case float():
            return b"\x6d\x08", lambda v: b"\x00" if v is None else b"\x08" + struct.pack("<d", v)
        case bytes():
            return b"\xa5" + struct.pack("<H", 8000), lambda v: b"\xff\xff" if v is None else _counted(v)
    if any(len(value or "") > 4000 for value in values):
        return b"\xe7\xff\xff" + _COLLATION, _long_text
    return b"\xe7" + struct.pack("<H", 8000) + _COLLATION, _short_text


def _short_text(value: str | None) -> bytes:
    return b"\xff\xff" if value is None else _counted(value.encode("utf-16-le"))


def _long_text(value: str | None) -> bytes:
    if value is None:
        return b"\xff" * 8
    data = value.encode("utf-16-le")
    return struct.pack("<QI", len(data), len(data)) + data + bytes(4)


def _moment(value: datetime | None) -> bytes:
    if value is None:
        return b"\x00"
    midnight = datetime.combine(value.date(), datetime.min.time())
    ticks = (value - midnight) // timedelta(microseconds=1) * 10
    return b"\x08" + ticks.to_bytes(5, "little") + (value.date() - _DAY_ONE).days.to_bytes(3, "little")
