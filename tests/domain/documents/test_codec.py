"""Stored documents: to JSON values and back, and what is said of one that can't be read."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from typing import Any, ClassVar, Literal

import pytest

from upa_core.domain.documents import codec as documents
from upa_core.domain.documents.codec import from_json, instant, to_json
from upa_core.domain.errors import CorruptStateError


@pytest.fixture(autouse=True)
def _first_of_its_kind() -> None:
    """Each test is the first that reads and writes: readers and writers are made once a type."""
    documents._reader.cache_clear()
    documents._writer.cache_clear()


MOMENT = datetime(2026, 3, 29, 1, 30, 0, 250_000, tzinfo=UTC)


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Part:
    name: str
    share: float = 0.5


@dataclass(frozen=True)
class Whole:
    VERSION: ClassVar[int] = 3

    colour: Colour
    version: int = 3
    kind: Literal["full", "delta"] = "full"
    parts: tuple[Part, ...] = ()
    by_id: dict[str, Part] = field(default_factory=dict)
    ready: bool = False
    at: datetime | None = None
    main: Part | None = None


WHOLE = Whole(
    colour=Colour.BLUE,
    kind="delta",
    parts=(Part("a"), Part("b", 1.0)),
    by_id={"x": Part("c")},
    ready=True,
    at=MOMENT,
    main=Part("d"),
)
STORED: dict[str, Any] = {
    "colour": "blue",
    "version": 3,
    "kind": "delta",
    "parts": [{"name": "a", "share": 0.5}, {"name": "b", "share": 1.0}],
    "by_id": {"x": {"name": "c", "share": 0.5}},
    "ready": True,
    "at": "2026-03-29T01:30:00.250000Z",
    "main": {"name": "d", "share": 0.5},
}


def test_a_document_is_stored_as_plain_json() -> None:
    """Records are objects, tuples lists, enums their values, moments ISO 8601 in UTC."""
    assert to_json(WHOLE) == STORED
    assert json.loads(json.dumps(to_json(WHOLE))) == STORED


def test_a_document_comes_back_as_it_was() -> None:
    """Every kind of field survives being stored."""
    assert from_json(Whole, STORED, where="here") == WHOLE


def test_a_moment_is_written_in_utc() -> None:
    """Whatever zone it came in."""
    assert instant(MOMENT.astimezone(timezone(timedelta(hours=-5)))) == "2026-03-29T01:30:00.250000Z"


def test_what_an_older_release_didnt_store_takes_its_default() -> None:
    """Only what has no default must be there; a default that is made is made anew."""
    one, other = (from_json(Whole, {"colour": "red", "at": None}, where="here") for _ in range(2))

    assert one == Whole(colour=Colour.RED)
    assert one.by_id is not other.by_id


def test_a_whole_number_is_a_float_where_one_is_expected() -> None:
    """JSON doesn't tell 1.0 from 1."""
    share = from_json(Part, {"name": "a", "share": 1}, where="here").share

    assert (share, type(share)) == (1.0, float)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"colour": "green"}, ".colour is none of red, blue"),
        ({"colour": ["red"]}, ".colour is none of red, blue"),
        ({"kind": "half"}, ".kind is none of full, delta"),
        ({"kind": {}}, ".kind is none of full, delta"),
        ({"parts": {"name": "a"}}, ".parts isn't a list"),
        ({"parts": [{"name": "a"}, {"name": 7}]}, ".parts[1].name isn't str"),
        ({"parts": [{"name": "a"}, {}]}, ".parts[1].name is missing"),
        ({"by_id": []}, ".by_id isn't an object"),
        ({"by_id": {"x": {"name": "a", "share": True}}}, ".by_id.x.share isn't float"),
        ({"by_id": {"x": {"name": "a", "share": "1"}}}, ".by_id.x.share isn't float"),
        ({"ready": 1}, ".ready isn't bool"),
        ({"ready": None}, ".ready isn't bool"),
        ({"version": True}, ".version isn't int"),
        ({"version": "4"}, ".version isn't int"),
        ({"version": None}, ".version isn't int"),
        ({"version": 4}, ".version is newer than 3, the newest that this release knows"),
        ({"at": "yesterday"}, ".at isn't a moment"),
        ({"at": 1_700_000_000}, ".at isn't a moment"),
        ({"at": "2026-03-29T01:30:00"}, ".at is a moment without a time zone"),
        ({"main": "d"}, ".main isn't an object"),
        ({"main": {"name": "d", "zeal": 1, "age": 2}}, ".main.age isn't a field that this release knows"),
    ],
)
def test_what_doesnt_fit_is_named(change: dict[str, Any], said: str) -> None:
    """The document, the place in it and what is wrong there."""
    with pytest.raises(CorruptStateError) as caught:
        from_json(Whole, STORED | change, where="connector/x/state.json")

    assert str(caught.value) == f"connector/x/state.json can't be read: {said}"


@pytest.mark.parametrize("data", [None, [], "text", 7])
def test_what_is_no_document_is_named(data: Any) -> None:
    """A file that holds something else altogether."""
    with pytest.raises(CorruptStateError) as caught:
        from_json(Whole, data, where="here")

    assert str(caught.value) == "here can't be read: it isn't an object"
