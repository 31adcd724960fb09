"""Answers about single profiles that are incomplete or odd: unclear, never a success and never nobody."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.fakes import FakeClock, FakeTokens, ScriptedTransport, reply
from upa_core.adapters.http.service import Service
from upa_core.adapters.sharepoint.single_profiles import SharePointProfiles
from upa_core.domain.errors import InvalidValueError, RefusedError, UnansweredError, UnavailableError
from upa_core.domain.individual.answer import Fault, Profile

ANN = "i:0#.f|membership|ann@contoso.com"
FINE = {"HasException": False, "ErrorInfo": None}
BOOM = {"ErrorMessage": "Boom", "ErrorCode": -1, "ErrorTypeName": "Microsoft.Office.Server.UserProfiles.OfNoUse"}
MINE = ["0A-ID", "D"]
"""What a read of one property answers: the object id, and its value."""


def profiles(body: Any, kind: str = "application/json") -> SharePointProfiles:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    session = ScriptedTransport(reply(200, body=content, headers={"Content-Type": kind})).session()
    root = "https://contoso-admin.sharepoint.com"
    return SharePointProfiles(Service(root, FakeTokens(), FakeClock(), session=session, attempts=1))


def answer(*results: Any, error: Any = None) -> list[Any]:
    return [{"ErrorInfo": error}, *results]


def read(*results: Any) -> Any:
    """Read one property; the scope has id 3 and its call id 7."""
    return profiles(answer(*results)).read({ANN: ["A"]})[ANN]


@pytest.mark.parametrize(
    ("results", "told"),
    [
        ((3, FINE, 6, {"IsNull": False}, 7, MINE), Profile("0a-id", {"A": "D"})),
        ((7, MINE, 6, {"IsNull": False}, 3, FINE), Profile("0a-id", {"A": "D"})),
        ((3, FINE, 7, ["0A-ID", None], 99, {"_ObjectType_": "SP.Odd"}), Profile("0a-id", {"A": ""})),
        ((3, FINE, 7, None), None),
        ((3, FINE), Fault("unclear", "unanswered")),
        ((7, MINE), Fault("unclear", "unanswered")),
        ((3, None, 7, MINE), Fault("unclear", "unanswered")),
        ((3, {"HasException": True, "ErrorInfo": None}, 7, MINE), Fault("unclear", "unnamed")),
        ((3, {"HasException": True, "ErrorInfo": BOOM}), Fault("refused", "OfNoUse")),
    ],
    ids=["whole", "any order", "null in it", "nobody", "no result", "no scope", "null scope", "unnamed", "refused"],
)
def test_readings(results: tuple, told: object) -> None:
    """A profile needs its scope and its result; null alone is nobody, and a result that isn't there is unclear."""
    assert read(*results) == told


@pytest.mark.parametrize(
    "results",
    [
        (3, FINE, 7, ["0A-ID"]),
        (3, FINE, 7, [*MINE, "x"]),
        (3, FINE, 7, "D"),
        (3, FINE, 7, ["0A-ID", 5]),
        (3, FINE, 7, {"A": "D"}),
        (3, True, 7, MINE),
        (3, FINE, 7, MINE, 7, ["0A-ID", "other"]),
        (3.0, FINE, 7, MINE),
    ],
    ids=["too few", "too many", "text", "number", "object", "scope", "twice", "fraction"],
)
def test_what_isnt_an_answer_is_a_failure_of_the_service(results: tuple) -> None:
    """Values of another number, kind or shape confirm nothing and nobody: the service failed."""
    with pytest.raises(UnavailableError):
        read(*results)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<html>Sign in</html>", "text/html"),
        (b"<html>Sign in</html>", "application/json"),
        (b"", "application/json"),
        (b'[{"ErrorInfo":null},3', "application/json"),
        (b"[{}]", "application/json"),
    ],
    ids=["page", "page as JSON", "nothing", "half", "silent header"],
)
def test_a_write_with_an_unreadable_answer_may_have_had_its_effect(body: bytes, kind: str) -> None:
    """A page, half a body, a header that is silent about errors: nobody knows whether the sets were carried out."""
    with pytest.raises(UnansweredError):
        profiles(body, kind).write(ANN, {"A": "x"}, ["A"])


def test_a_byte_order_mark_is_no_part_of_the_answer() -> None:
    """An answer that begins with a BOM is read like any other."""
    body = b"\xef\xbb\xbf" + json.dumps(answer(3, FINE, 7, MINE)).encode()

    assert profiles(body).read({ANN: ["A"]})[ANN] == Profile("0a-id", {"A": "D"})


def test_an_error_in_the_header_hides_all_results() -> None:
    """Whatever was answered besides: the request was refused."""
    with pytest.raises(RefusedError, match="Boom"):
        profiles(answer(3, FINE, 7, MINE, error=BOOM)).read({ANN: ["A"]})


def test_each_set_has_the_end_of_its_own_scope() -> None:
    """Of three sets one worked, one was refused and one isn't mentioned: each is told by itself."""
    results = (3, FINE, 7, MINE, 9, FINE, 13, {"HasException": True, "ErrorInfo": BOOM}, 21, FINE, 25, MINE)
    written = profiles(answer(*results)).write(ANN, {"A": "x", "B": "y", "C": ("z",)}, ["A"])

    assert written.sets == {"A": None, "B": Fault("refused", "OfNoUse"), "C": Fault("unclear", "unanswered")}
    assert (written.before, written.after) == (Profile("0a-id", {"A": "D"}), Profile("0a-id", {"A": "D"}))


@pytest.mark.parametrize("account", ["", "ann@contoso.com", "i:0#.f|membership|", "i:0#.w|contoso\\ann"])
def test_no_other_account_name_is_ever_sent(account: str) -> None:
    """An empty name could mean the caller: it is refused before anything is sent."""
    with pytest.raises(InvalidValueError, match="account"):
        profiles(answer()).write(account, {"A": "x"}, ["A"])
