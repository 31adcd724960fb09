"""The individual batch: written, split, read, and left without a person."""

from __future__ import annotations

import pytest

from upa_core.domain.connector import Limits
from upa_core.domain.errors import CorruptStateError
from upa_core.domain.individual import batch
from upa_core.domain.individual.batch import MAX_PEOPLE, Task
from upa_core.domain.plan.entry import Entry

ANN = Entry("1a", {"Teams": '["a","b, c"]', "Day": ""}, {"Day": "2020-01-02", "Teams": None}, "i:0#.f|membership|ann@c")
BOB = Entry("2B", {"Teams": '"\\\n\t日本'}, {}, "", {"Teams": ["sent"]})


def content(*entries: Entry) -> bytes:
    made = batch.begin(Limits())
    assert made.add(entries) == len(entries)
    return made.content()


def test_a_batch_says_what_was_planned() -> None:
    """Values, accounts and what counts as ours come back; pieces are read one by one."""
    pieces = batch.split(content(ANN, BOB))

    assert batch.read(pieces.values()) == {"1a": dict(ANN.new), "2B": dict(BOB.new)}
    assert batch.tasks(pieces.values()) == [
        Task("1a", "i:0#.f|membership|ann@c", dict(ANN.new), {"Day": ["2020-01-02"]}),
        Task("2B", "", dict(BOB.new), {"Teams": ["sent"]}),
    ]


def test_a_person_can_be_left_out() -> None:
    """In any letter case; the others stay byte for byte."""
    assert batch.without(content(ANN, BOB), "2b") == content(ANN)
    assert batch.split(batch.without(content(ANN), "1A")) == {}


def test_a_batch_has_an_end() -> None:
    """A full batch takes nobody more, and counts people and values."""
    made = batch.begin(Limits())
    taken = made.add([Entry(f"{n:06}", {"a": "b"}, {}) for n in range(MAX_PEOPLE + 5)])

    assert (taken, made.add([ANN]), made.people, made.pairs) == (MAX_PEOPLE, 0, MAX_PEOPLE, MAX_PEOPLE)


@pytest.mark.parametrize(
    "data",
    [b"", b"?", b'\xef\xbb\xbf{"value":[]}', content(ANN)[:-2], content(ANN).replace(b"[", b"{", 1)],
)
def test_what_is_no_batch(data: bytes) -> None:
    """Another route's batch and a cut one are told apart."""
    with pytest.raises(CorruptStateError):
        batch.read(batch.split(data).values())


@pytest.mark.parametrize("piece", [b"[]", b'["a",1,{},{}]', b'["a","b",{"c":1},{}]', b'["a","b",[],{}]', b"x"])
def test_what_is_no_person(piece: bytes) -> None:
    """A piece of another shape is never taken for values."""
    with pytest.raises(CorruptStateError):
        batch.tasks([piece])


def test_a_write_without_an_answer_goes_with_its_person() -> None:
    """The batch names the earlier batch, by which the account name of that time is looked at; others don't grow."""
    made = batch.begin(Limits())
    made.add([ANN._replace(unanswered="unanswered run file"), BOB, ANN._replace(person="3c", known=True)])
    pieces = batch.split(made.content())

    assert [(one.known, one.unanswered) for one in batch.tasks(pieces.values())] == [
        (False, "unanswered run file"),
        (False, ""),
        (True, ""),
    ]
    assert pieces["2B"].count(b"true") == pieces["2B"].count(b"false") == 0
