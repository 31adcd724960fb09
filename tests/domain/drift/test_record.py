"""What is stored of reading back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from upa_core.domain.documents.codec import from_json, to_json
from upa_core.domain.drift.record import Campaign, Difference, DriftIndex, DriftPart, Unread, minute_of, moment_at

NOW = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)


def part() -> DriftPart:
    """Return what is known of two people."""
    one = Difference("different", "A", "B", NOW, NOW, 3)
    return DriftPart(
        reads={"a": (minute_of(NOW), 3), "b": (minute_of(NOW), 3)},
        found={"a": {"UpaX": one}},
        unread={"b": Unread("no_profile", NOW)},
        first=("a", "b"),
    )


def test_a_part_is_read_as_it_was_written() -> None:
    """A person's read takes some 60 bytes."""
    assert from_json(DriftPart, to_json(part()), where="x") == part()


def test_forgetting_a_person_leaves_nothing_of_them() -> None:
    """And everything of others."""
    left = part()

    assert left.forget("a")
    assert left.everybody() == {"b"}
    assert not left.forget("a")


def test_somebody_never_read_was_read_at_the_beginning_of_time() -> None:
    """So they come before everybody else."""
    assert (part().last("c"), part().last("a")) == (0, minute_of(NOW))
    assert moment_at(minute_of(NOW)) == NOW


def test_a_campaign_is_at_work_until_it_is_paused_or_over() -> None:
    """Then the background's share counts again."""
    one = Campaign(NOW, "Ann", 5)

    assert DriftIndex(campaign=one).full == one
    assert DriftIndex(campaign=Campaign(NOW, "Ann", 5, paused=True)).full is None
    assert DriftIndex(campaign=Campaign(NOW, "Ann", 5, ended=NOW + timedelta(days=1))).full is None
    assert DriftIndex().full is None
