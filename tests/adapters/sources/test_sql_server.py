"""SQL Server, as far as its bytes go: sign-in over TLS, `:since` as a value of its type, errors without values."""

from __future__ import annotations

import logging
import socket
import struct
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.databases import TABLE, asking_of, changing
from tests.support.tds_server import TdsServer, done, error, result
from upa_core.adapters.sources import sql_server as adapter
from upa_core.adapters.sources.sql_place import MAX_CELL
from upa_core.adapters.sources.sql_server import SqlServerAsk, bound
from upa_core.adapters.sources.tds_driver import SYSTEM, driver
from upa_core.domain.errors import AccessDeniedError, ConfigError, RefusedError, UnavailableError
from upa_core.domain.sources.joined.since import Value

NOW = datetime(2026, 11, 22, 10, 15, 30, 123456)  # noqa: DTZ001 - a column without a zone
PEOPLE = "SELECT no FROM people"


@pytest.fixture
def server(sql_server: TdsServer) -> TdsServer:
    """A server with two people."""
    change = changing(sql_server.database)
    change(TABLE)
    change("INSERT INTO people (no, name) VALUES ('1', 'Anna 100%'), ('2', 'Ben')")
    return sql_server


def rows(ask: SqlServerAsk, query: str = PEOPLE, since: Value | None = None) -> list[list[object]]:
    with ask(query, since) as (_, answer):
        return [list(row) for row in answer]


def test_nobody_signs_in_before_the_server_is_known(server: TdsServer, tmp_path: Path) -> None:
    """Another name in the certificate, an unknown authority and no encryption end before the password is sent."""
    assert rows(asking_of(server)) == [["1"], ["2"]]
    server.signed_in.clear()
    for changes, told in (
        ({"host": "127.0.0.1"}, "certificate of 127.0.0.1 isn't accepted: IP address mismatch"),
        ({"authorities": SYSTEM}, "isn't accepted: unable to get local issuer certificate"),
    ):
        with pytest.raises(RefusedError, match=told):
            rows(asking_of(server, **changes))
    for server.encrypts in (0, 2):
        with pytest.raises(RefusedError, match="offers no encryption, and nobody signs in without"):
            rows(asking_of(server))

    assert server.signed_in == []


def test_who_is_refused_is_told_without_the_password(server: TdsServer) -> None:
    """An administrator must act; no text and no representation holds a secret."""
    ask = asking_of(server, password="falsch")
    with pytest.raises(
        AccessDeniedError, match=r"localhost refuses the user upa of the database hr \(error 18456\)"
    ) as no:
        rows(ask)

    assert "falsch" not in str(no.value) + repr(ask)
    assert no.value.__cause__ is None
    assert no.value.__suppress_context__


def test_a_managed_identity_signs_in_with_a_token(server: TdsServer) -> None:
    """No user and no password are sent; a token that isn't taken needs an administrator."""
    server.token = "eyJ-token"
    ask = asking_of(server, user="", password="", token=lambda: "eyJ-token")
    assert (rows(ask), server.signed_in) == ([["1"], ["2"]], ["token"])

    with pytest.raises(AccessDeniedError, match="refuses the managed identity of the database hr") as no:
        rows(asking_of(server, user="", password="", token=lambda: "eyJ-other"))
    assert "eyJ" not in str(no.value) + repr(ask)


def test_a_server_may_send_us_on_within_its_domain_alone(server: TdsServer, tmp_path: Path) -> None:
    """As Azure SQL does. Elsewhere nobody signs in."""
    other = TdsServer(server.database)
    other.authority.cert_pem.write_to_path(tmp_path / "other.pem")
    both = tmp_path / "both.pem"
    both.write_bytes((tmp_path / "ca.pem").read_bytes() + (tmp_path / "other.pem").read_bytes())
    try:
        server.route = ("localhost", other.port)
        assert rows(asking_of(server, authorities=str(both))) == [["1"], ["2"]]
        assert other.signed_in == ["upa"]
        other.signed_in.clear()
        server.route = ("127.0.0.1", other.port)
        with pytest.raises(RefusedError, match=r"localhost sends us on to 127\.0\.0\.1, which is another domain"):
            rows(asking_of(server, authorities=str(both)))
        assert other.signed_in == []
    finally:
        other.close()


@pytest.mark.parametrize(
    "since",
    [
        *(NOW, NOW.replace(tzinfo=UTC), date(2026, 11, 22), 7, 2**40, Decimal("12.50")),
        *(b"\x00\x00\x00\x00\x00\x01\xe2\x40", "2026-11-22 10:15:30"),
    ],
)
def test_a_value_is_bound_as_its_own_type(server: TdsServer, since: Value) -> None:
    """A rowversion isn't sent as text, as the driver would; each place of `:since` is the same parameter."""
    query = "SELECT no FROM people WHERE name LIKE '%100%' OR at >= :since OR at > :since"

    assert ["1"] in rows(asking_of(server), query, since)
    assert server.asked == [(query.replace(":since", "@P1"), {"@P1": since})]
    assert type(server.asked[0][1]["@P1"]) is type(since)


def test_a_statement_is_examined_with_no_value(server: TdsServer) -> None:
    """`:since` is NULL then, and nobody is answered."""
    assert rows(asking_of(server), "SELECT no FROM people WHERE at >= :since") == []
    assert server.asked == [("SELECT no FROM people WHERE at >= NULL", {})]


def test_a_query_without_since_is_sent_as_it_stands(server: TdsServer) -> None:
    """Its percent signs are no places of parameters."""
    query = "SELECT no FROM people WHERE name LIKE '%s%%' OR name LIKE '%0%'"
    assert rows(asking_of(server), query) == [["1"]]
    assert server.asked == [(query, {})]
    assert bound(driver(), query, None) == (query,)


@pytest.mark.parametrize(
    ("number", "kind", "told"),
    [
        (208, RefusedError, "refuses the query (error 208): told"),
        (245, RefusedError, "refuses the query (error 245)"),
        (2628, RefusedError, "refuses the query (error 2628)"),
        (229, AccessDeniedError, "refuses the user upa of the database hr (error 229)"),
        (40615, AccessDeniedError, "refuses by its firewall (error 40615)"),
        (1205, UnavailableError, "can't answer now (error 1205)"),
        (40613, UnavailableError, "can't answer now (error 40613)"),
    ],
)
def test_an_error_is_told_by_its_number(server: TdsServer, number: int, kind: type[Exception], told: str) -> None:
    """Texts are shown only of errors that name words of the query: others quote a person's value."""
    server.fails = lambda _: error(number, "told")
    with pytest.raises(kind) as exc:
        rows(asking_of(server))

    assert str(exc.value) == f"localhost {told}"


def test_an_answer_that_breaks_off_is_no_answer(server: TdsServer) -> None:
    """The rows before it count for nothing: the error says that it may be asked again."""
    server.breaks_after = 1
    with pytest.raises(UnavailableError, match="localhost broke off"):
        rows(asking_of(server))


def test_a_silent_server_is_left() -> None:
    """Nobody waits for ever."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        ask = SqlServerAsk("127.0.0.1", "hr", "upa", "geheim", silent.getsockname()[1], sign_in_timeout=0.05)
        with pytest.raises(UnavailableError, match=r"127\.0\.0\.1 can't be reached \(TimeoutError\)"):
            rows(ask)


def test_what_a_query_does_is_undone(server: TdsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even one that the check of its words let pass: nothing is ever committed."""
    query = "DELETE FROM people RETURNING no"
    with pytest.raises(RefusedError, match="must be one statement that begins with SELECT"):
        rows(asking_of(server), query)
    assert server.asked == []
    monkeypatch.setattr(adapter, "refusal_of", lambda *_, **__: "")

    assert rows(asking_of(server), query) == [["1"], ["2"]]
    assert rows(asking_of(server)) == [["1"], ["2"]]


def test_two_answers_are_refused(server: TdsServer) -> None:
    """T-SQL needs no sign between statements; a query without rows is none either."""
    server.fails = lambda _: result(["no"], [["1"]]) + done(0x11, 1) + result(["x"], [["2"]]) + done(0x10, 1)
    with pytest.raises(RefusedError, match="more than one statement: it answers twice"):
        rows(asking_of(server))
    server.fails = lambda _: done()
    with pytest.raises(RefusedError, match="answers no rows"):
        rows(asking_of(server))


def test_the_server_cuts_only_what_is_refused_then() -> None:
    """TEXTSIZE counts bytes, two a character: what it cuts is longer than the longest text that is read."""
    assert 4 * MAX_CELL // 2 > MAX_CELL + 1


def test_the_driver_is_needed_only_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra the error says what to install; at INFO the driver writes no query into a log."""
    assert driver() is driver()
    assert logging.getLogger("pytds").getEffectiveLevel() == logging.WARNING
    monkeypatch.setitem(sys.modules, "pytds", None)
    with pytest.raises(ConfigError, match=r"pip install 'upa-sync\[sql-server\]'"):
        driver()


def test_a_time_is_read_as_the_server_has_it(server: TdsServer) -> None:
    """Without a zone, to the microsecond."""
    server.fails = lambda _: result(["at", "n", "share"], [[NOW, 7, 0.5], [None, None, None]]) + done(0x10, 2)

    assert rows(asking_of(server)) == [[NOW, 7, 0.5], [None, None, None]]


def test_half_of_a_character_is_refused(server: TdsServer) -> None:
    """SQL Server may hold one in an nvarchar; the driver's error would hold the text around it."""
    server.fails = lambda _: result(["no"], [["Secret\ue000"]]).replace(b"\x00\xe0", b"\x3d\xd8") + done(0x10, 1)

    with pytest.raises(RefusedError, match="answers a text that isn't Unicode") as refused:
        rows(asking_of(server))
    assert "Secret" not in str(refused.value)


@pytest.mark.parametrize("number", [0.1, 1.1, -2.5, 16777216.0, 3.4028234663852886e38, 1e-45, 123456.79])
def test_a_real_has_the_digits_that_were_written(server: TdsServer, number: float) -> None:
    """Four bytes are the shortest number that they stand for, not the seventeen digits of a float."""
    column = b"\x81" + struct.pack("<HIHB", 1, 0, 0, 59) + b"\x01" + "x".encode("utf-16-le")
    server.fails = lambda _: column + b"\xd1" + struct.pack("<f", number) + done(0x10, 1)

    assert rows(asking_of(server)) == [[float(f"{number:.8g}") if abs(number) > 1e38 else number]]
