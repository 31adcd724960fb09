"""Shards as stored blobs, read whole or a few people at a time."""

from __future__ import annotations

import zlib
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.clock import START
from upa_core.domain.errors import CorruptStateError
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.domain.people.shadow import Shard
from upa_core.state.rows.shard_rows import StoredRows
from upa_core.state.shard_codec import decode_shard, encode_shard

AB = ("A", "B")
HOSTILE = ('],"', '"a":[', "]}", "],", "x [1],", 'x"a', 'x"a":[', "\\")
TEXTS = st.one_of(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), st.sampled_from(HOSTILE))
PERSONS = st.one_of(st.sampled_from(["a", "b-1", "B-1", "c", "d"]), TEXTS)
VALUES = st.fixed_dictionaries({}, optional={target: st.one_of(st.none(), TEXTS) for target in AB})
FILES = st.lists(st.tuples(PERSONS, VALUES, st.integers(1, 9)), max_size=12)


def full() -> Shard:
    shard = Shard(AB)
    shard.settle("p", {"A": "a", "B": "b"}, 2)
    shard.settle("p", {"B": "bb"}, 6)
    shard.settle("s", {"A": "only"}, 3)
    shard.put_in_escrow("e", EscrowReason.REFUSED_BY_SHAREPOINT, now=START, sequence=4)
    shard.declined["q"] = {"A": "no"}
    shard.missed["r"] = "round"
    shard.floor, shard.writes = 1, 7
    return shard


def test_a_shard_comes_back_as_it_was_stored() -> None:
    """Shadow, stamps, escrow, missed, declined, floor and writes survive being stored."""
    assert decode_shard(encode_shard(full()), AB, where="here") == full()


def test_a_shard_is_read_for_todays_targets() -> None:
    """A property that is no longer mapped is dropped, a new one is unknown, stamps stay with their property."""
    again = decode_shard(encode_shard(full()), ("B", "C"), where="here", few=True)
    assert again.shadow("p") == ["bb", None]
    assert again.rows["p"][-1] == [6, 0]
    assert (again.declined, again.missed) == ({"q": {"A": "no"}}, {"r": "round"})


def test_a_shard_of_the_first_version_is_read() -> None:
    """What an earlier release stored goes on working: rows in the same object, the stamp first."""
    written = orjson.loads(encode_shard(full()).partition(b"\n")[0])
    head = {key: value for key, value in written.items() if key not in ("check", "count")} | {"version": 1}
    old = orjson.dumps(head | {"people": {"p": [[2, 6], "a", "bb"], "s": [[3, 0], "only", None]}})
    assert decode_shard(old, AB, where="here", few=True) == full()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}\n{}",
        b'{"version":3}\n{}',
        b'{"version":1,"targets":"AB"}',
        b'{"version":1,"targets":[],"people":3}',
        encode_shard(full())[:-1],
        encode_shard(full()).replace(b'"bb"', b'"bb'),
    ],
)
@pytest.mark.parametrize("few", [True, False])
def test_a_shard_that_cant_be_read_says_so(data: bytes, few: bool) -> None:
    """Damage and newer versions raise CorruptStateError with the key, at the latest when the person is asked for."""
    with pytest.raises(CorruptStateError, match="here"):
        decode_shard(data, AB, where="here", few=few).shadow("p")


@pytest.mark.parametrize("few", [True, False])
def test_every_damaged_byte_of_a_shard_is_found_out(few: bool) -> None:
    """A bit that flips in storage never becomes a confirmed value: the checksum covers all of it."""
    data = encode_shard(full())
    for at in range(len(data)):
        with pytest.raises(CorruptStateError, match="here"):
            decode_shard(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :], AB, where="here", few=few)


def test_a_shard_that_lost_rows_is_found_out() -> None:
    """The line counts them, whoever wrote the checksum."""
    line, body = encode_shard(full()).partition(b',"check"')[0], b'{"p":["a","bb",[2,6]]}'
    check = b',"check":"%08x"}\n' % zlib.crc32(body, zlib.crc32(line))
    with pytest.raises(CorruptStateError, match="holds 1 rows, not 2"):
        decode_shard(line + check + body, AB, where="here")


def test_a_shard_without_checksum_is_read_and_has_one_when_written_again() -> None:
    """An earlier release wrote it; a few people of it are still decoded one by one."""
    line, _, body = encode_shard(full()).partition(b"\n")
    head = {key: value for key, value in orjson.loads(line).items() if key not in ("check", "count")}
    old = decode_shard(orjson.dumps(head) + b"\n" + body, AB, where="here", few=True)
    old.settle("new", {"A": "x"}, 9)
    again = encode_shard(old)

    assert b'"check":"' in again
    assert decode_shard(again, AB, where="here").rows.keys() == {"p", "s", "new"}


def test_the_count_follows_people_who_come_and_go_one_by_one() -> None:
    """Nobody else's row is decoded for it."""
    shard = decode_shard(encode_shard(full()), AB, where="here", few=True)
    shard.settle("new", {"A": "x"}, 9)
    shard.end("p")
    shard.end("nobody")

    assert orjson.loads(encode_shard(shard).partition(b"\n")[0])["count"] == 2


@pytest.mark.slow
@given(FILES, FILES, st.lists(PERSONS, max_size=4))
def test_people_read_one_by_one_are_those_of_the_whole_shard(
    before: list[tuple[str, dict[str, str | None], int]],
    after: list[tuple[str, dict[str, str | None], int]],
    ended: list[str],
) -> None:
    """Whatever ids and values: settling and ending a few people in the blob is doing it in the decoded shard."""
    shard = Shard(AB)
    for file in before:
        shard.settle(*file)
    blob = encode_shard(shard)
    few, whole = (decode_shard(blob, AB, where="here", few=few) for few in (True, False))
    for part in (few, whole):
        for person in ended:
            part.end(person)
        for file in after:
            part.settle(*file)
    assert decode_shard(encode_shard(few), AB, where="here") == whole
    assert few.known() == whole.known()
    assert decode_shard(encode_shard(few), AB, where="here") == whole


@pytest.mark.parametrize("text", HOSTILE)
def test_a_value_never_looks_like_the_end_of_its_row(text: str) -> None:
    """Whatever a value ends with, the people before, with and after it are found, changed and ended one by one."""
    shard = Shard(AB)
    for person in ("a", "b", text, "c", "d"):
        shard.settle(person, {"A": text, "B": text}, 1)
    few = decode_shard(encode_shard(shard), AB, where="here", few=True)
    assert (few.shadow("a"), few.shadow("d"), few.shadow("x")) == ([text, text], [text, text], None)
    for part in (few, shard):
        part.settle("b", {"A": "new"}, 2)
        part.end("c")
    assert decode_shard(encode_shard(few), AB, where="here") == shard


def test_a_few_people_dont_cost_the_others() -> None:
    """Settling one person of a stored shard leaves everybody else's bytes undecoded and as they were."""
    shard = Shard(AB)
    for number in range(50):
        shard.settle(f"p{number}", {"A": str(number), "B": "b"}, 1)
    rows = StoredRows(orjson.dumps(shard.rows).replace(b'"p7":["7"', b'"p7":[broken'), "here")
    rows["p3"][0] = "changed"
    del rows["p49"]
    stored = rows.encoded()
    assert b'"p7":[broken,"b",1]' in stored
    assert b'"p3":["changed","b",1]}' in stored
    assert b"p49" not in stored


def test_what_is_ours_is_stored_only_where_there_is_any() -> None:
    """Values of ours come back as they were; of a property that isn't mapped any more nothing does."""
    shard = Shard(AB)
    plain = encode_shard(shard)
    shard.ours = {"p": {"A": ["1", "2"], "B": ["x"]}}
    stored = encode_shard(shard)

    assert b'"ours"' not in plain
    assert decode_shard(stored, AB, where="here").ours == {"p": {"A": ["1", "2"], "B": ["x"]}}
    assert decode_shard(stored, ("A",), where="here").ours == {"p": {"A": ["1", "2"]}}


def in_escrow(*entries: tuple[str, EscrowReason, str], **changes: Any) -> Shard:
    shard = Shard(AB)
    for target, reason, detail in entries:
        shard.put_in_escrow("p", reason, target, now=START, sequence=4, detail=detail)
    for name, value in changes.items():
        setattr(shard, name, value)
    return shard


INVALID, REFUSED = EscrowReason.INVALID_VALUE, EscrowReason.REFUSED_BY_SHAREPOINT


@pytest.mark.parametrize(
    ("shard", "version"),
    [
        (in_escrow(("*", REFUSED, "why")), 2),
        (in_escrow(("A", INVALID, "A")), 2),
        (in_escrow(("A", INVALID, "B")), 3),
        (in_escrow(("A", REFUSED, "A")), 3),
        (in_escrow(("A", INVALID, "A"), ("B", INVALID, "B")), 3),
        (in_escrow(lost=True, floor=3), 2),
        (in_escrow(ours={"p": {"A": ["x"]}}), 2),
    ],
)
def test_escrow_is_stored_so_that_the_release_before_can_read_it_where_it_can(shard: Shard, version: int) -> None:
    """It knows whole persons, and one invalid value by its property's name; all comes back as it was."""
    data = encode_shard(shard)
    again = decode_shard(data, AB, where="here")

    assert orjson.loads(data.partition(b"\n")[0])["version"] == version
    assert again == shard
    assert (again.escrow.entries() and list(again.escrow.entries())) == list(shard.escrow.entries())
    assert (again.lost, again.ours) == (shard.lost, shard.ours)


def test_a_search_for_a_refused_property_is_stored_as_such() -> None:
    """With what was sent and not confirmed."""
    shard = in_escrow()
    shard.escrow.refuse("p", ["A", "B"], now=START, sequence=4, detail="why")
    shard.escrow.note_sent("p", {"A": "a", "B": "b"}, ())
    data = encode_shard(shard)
    again = decode_shard(data, AB, where="here")

    assert orjson.loads(data.partition(b"\n")[0])["version"] == 3  # the release before would forget what is suspected
    assert (again.escrow["p"], again.escrow.allowed) == (shard.escrow["p"], shard.escrow.allowed)
    assert again.escrow.allowed != {}


def test_a_shard_of_a_newer_release_is_not_guessed_at() -> None:
    """By one version more."""
    line, _, body = encode_shard(in_escrow(("A", REFUSED, "why"))).partition(b"\n")
    with pytest.raises(CorruptStateError, match="newer"):
        decode_shard(line.replace(b'"version":3', b'"version":4') + b"\n" + body, AB, where="here")


def test_a_shard_tells_whether_something_of_it_is_no_longer_mapped() -> None:
    """It is written again then."""
    found = [
        decode_shard(encode_shard(full()), targets, where="here").dropped for targets in (AB, ("A",), ("A", "B", "C"))
    ]

    assert found == [False, True, False]
