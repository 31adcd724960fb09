"""python-tds as it is used here: TLS by the standard library, one attempt to connect, no SQL text in a log.

By itself python-tds 1.17 does TLS by pyOpenSSL, and checks the server's name with a call that pyOpenSSL has no longer:
every certificate of Azure SQL fails. It also tries again by itself, sleeping, and makes 0.10000000149011612 of a `real`
of 0.1. Four functions are replaced, once for the process; the tests hold what they are called with.
"""

from __future__ import annotations

import logging
import ssl
import struct
from ctypes import c_float
from typing import Any

from upa_core.domain.errors import ConfigError, RefusedError

SYSTEM = "system"
"""Instead of a file with authorities: those that the machine trusts."""
_MANY = 65_536
_HANDSHAKE = 0x12
"""Type of the packets that carry the handshake: those of PRELOGIN."""
_REAL = struct.Struct("<f")


def driver() -> Any:
    """Return python-tds; raises `ConfigError` where the extra isn't installed."""
    try:
        import pytds
    except ModuleNotFoundError as exc:
        text = "SQL Server needs the extra `sql-server` (python-tds): pip install 'upa-sync[sql-server]'"
        raise ConfigError(text) from exc
    pytds.tls.OPENSSL_AVAILABLE = True
    pytds.tls.create_context = _context
    pytds.tls.establish_channel = _establish
    pytds.utils.exponential_backoff = _once
    pytds.tds_types.RealSerializer.read = _real
    logging.getLogger("pytds").setLevel(logging.WARNING)  # at INFO it writes queries
    return pytds


def _once(*, work: Any, max_time_sec: float, **_: Any) -> Any:
    return work(max_time_sec)


def _real(_: Any, reader: Any) -> float:
    """Return the shortest number that is stored as these four bytes."""
    raw = reader.unpack(_REAL)[0]
    shorter = (float(f"{raw:.{digits}g}") for digits in range(1, 10))
    return next((one for one in shorter if c_float(one).value == raw), raw)


def _context(authorities: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=None if authorities == SYSTEM else authorities)
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # within PRELOGIN; 1.3 begins with TDS 8
    return context


def _establish(session: Any) -> None:
    """Do the handshake within packets of PRELOGIN; from then on everything is encrypted."""
    login = session.conn._login
    _check_domain(str(login.servers[-1][0]), str(login.server_name))
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = login.tls_ctx.wrap_bio(incoming, outgoing, server_hostname=login.server_name)
    reader, writer = session._reader, session._writer
    while True:
        try:
            tls.do_handshake()
            break
        except ssl.SSLWantReadError:
            writer.begin_packet(_HANDSHAKE)
            writer.write(outgoing.read())
            writer.flush()
            reader.begin_response()
            while not reader.stream_finished():
                incoming.write(reader.recv(_MANY))
    channel = _Channel(session.conn.sock, tls, incoming, outgoing)
    session.conn.sock = writer._transport = reader._transport = channel


def _check_domain(asked: str, host: str) -> None:
    """A server may send us on, as Azure SQL does, but only within its own domain: a password follows."""
    domain = asked.partition(".")[2].lower()
    if host.lower() != asked.lower() and not (domain and host.lower().endswith(f".{domain}")):
        raise RefusedError(f"{asked} sends us on to {host}, which is another domain")


class _Channel:
    """The transport of python-tds, encrypted."""

    def __init__(self, transport: Any, tls: ssl.SSLObject, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO) -> None:
        self._transport, self._tls, self._incoming, self._outgoing = transport, tls, incoming, outgoing

    def gettimeout(self) -> Any:
        return self._transport.gettimeout()

    def settimeout(self, seconds: float | None) -> None:
        self._transport.settimeout(seconds)

    def sendall(self, data: Any, flags: int = 0) -> None:
        self._tls.write(data)
        self._transport.sendall(self._outgoing.read(), flags)

    def recv_into(self, buffer: Any, size: int = 0, flags: int = 0) -> int:
        data = self.recv(size or len(buffer), flags)
        buffer[: len(data)] = data
        return len(data)

    def recv(self, size: int, flags: int = 0) -> bytes:
        while True:
            try:
                return self._tls.read(size)
            except ssl.SSLWantReadError:
                data = self._transport.recv(_MANY, flags)
                if not data:
                    return b""
                self._incoming.write(data)
            except ssl.SSLZeroReturnError:
                return b""

    def close(self) -> None:
        self._transport.close()
