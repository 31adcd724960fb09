"""What answers leave of people: confirmed, refused, unknown, per property."""

from __future__ import annotations

from dataclasses import replace

import pytest

from upa_core.domain.individual.batch import Task
from upa_core.domain.individual.judge import judge
from upa_core.domain.individual.record import PersonRecord
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.domain.people.verdict import PersonVerdict, Refusal

TASK = Task("1a", "account", {"Text": "new", "Day": "2026-11-05"})
WRITTEN = PersonRecord(
    "1a",
    "written",
    "mdy",
    {"Day": "date"},
    {"Text": "old", "Day": ""},
    ("Text", "Day"),
    {},
    {"Text": "new", "Day": "11/5/2026 12:00:00 AM"},
)


EMPTY = replace(WRITTEN, after={"Text": "new", "Day": ""})


def verdict(record: PersonRecord) -> PersonVerdict | None:
    told = judge([TASK], [record])
    assert told.confirmed
    return told.failed.get("1a")


def test_all_is_there() -> None:
    """What reads back as it was sent is confirmed, by type."""
    assert verdict(WRITTEN) is None


@pytest.mark.parametrize(
    ("record", "reason", "detail"),
    [
        (replace(WRITTEN, after={"Text": "new", "Day": ""}), EscrowReason.NOT_KEPT, "Day"),
        (replace(WRITTEN, after={"Text": "new", "Day": "5/11/2026 12:00:00 AM"}), EscrowReason.NOT_KEPT, "Day"),
        (
            replace(WRITTEN, after={"Text": "new", "Day": ""}, faults={"Day": "refused X"}),
            EscrowReason.REFUSED_BY_SHAREPOINT,
            "X",
        ),
        (replace(WRITTEN, after={"Text": "new", "Day": ""}, faults={"Day": "unclear Y"}), EscrowReason.NOT_KEPT, "Y"),
        (replace(WRITTEN, sent=("Text",), edited=("Day",)), EscrowReason.USER_EDITED, "Day"),
        (replace(WRITTEN, date_order=""), EscrowReason.NOT_KEPT, "Day"),
    ],
)
def test_one_property_is_not(record: PersonRecord, reason: EscrowReason, detail: str) -> None:
    """Each way in which a value isn't there has its name; the other property is confirmed all the same."""
    unsent = () if "Day" in record.sent else ("Day",)
    assert verdict(record) == PersonVerdict({"Day": Refusal(reason, detail)}, ["Text"], unsent)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (PersonRecord("1a", "no_account"), EscrowReason.INVALID_VALUE),
        (PersonRecord("1a", "no_profile"), EscrowReason.PROFILE_NOT_CREATED),
        (PersonRecord("1a", "other_person"), EscrowReason.OTHER_PERSON),
        (PersonRecord("1a", "unreadable", code="X"), EscrowReason.NOT_WRITTEN),
        (PersonRecord("1a", "invalid", code="X"), EscrowReason.INVALID_VALUE),
        (replace(WRITTEN, stranger=True), EscrowReason.OTHER_PERSON),
    ],
)
def test_the_whole_person_is_not(record: PersonRecord, reason: EscrowReason) -> None:
    """Where nothing could be written, or a stranger was, nothing is confirmed."""
    told = verdict(record)

    assert told is not None
    assert ([one.reason for one in told.refused.values()], list(told.refused), told.confirmed) == ([reason], ["*"], ())
    assert told.unsent == (() if record.sent else ("Text", "Day"))


def test_an_unanswered_write_counts_by_what_was_read() -> None:
    """Without a later look everything that was sent is unknown."""
    assert verdict(replace(WRITTEN, ending="unanswered")) is None
    told = verdict(replace(WRITTEN, ending="unanswered", after=None))

    assert told is not None
    assert {one.reason for one in told.refused.values()} == {EscrowReason.NOT_KEPT}


def test_who_was_not_reached() -> None:
    """A batch that was given up confirms whom it reached, and leaves the others unknown with the reason; if it reached
    nobody it confirms nobody."""
    other = replace(TASK, person="2b")
    some = judge([TASK, other], [WRITTEN], given_up="denied")

    assert some.failed == {"2b": PersonVerdict({"*": Refusal(EscrowReason.NOT_WRITTEN, "denied")})}
    assert (judge([TASK], [], given_up="denied").confirmed, judge([TASK], [], given_up="denied").why) == (
        False,
        "denied",
    )


def test_whoever_nobody_could_look_at_is_found_again_by_run_and_batch() -> None:
    """A write without an answer is remembered with its batch until somebody looks at the account name again."""
    unlooked = PersonRecord("1a", "unlooked", sent=("Text", "Day"))
    gone = PersonRecord("1a", "no_profile", sent=("Text", "Day"), doubted=True)
    found = [judge([TASK], [one], batch="run file").failed["1a"] for one in (unlooked, gone)]
    later = judge([replace(TASK, unanswered="unanswered run file")], [], given_up="").failed["1a"]

    assert [one.refused["*"].detail for one in (*found, later)] == ["unanswered run file"] * 3
    assert [one.refused["*"].reason for one in found] == [EscrowReason.NOT_WRITTEN, EscrowReason.PROFILE_NOT_CREATED]
    assert [one.unsent for one in found] == [(), ()]
