"""What a profile doesn't hold any more becomes unknown and due."""

from __future__ import annotations

from datetime import UTC, datetime

from upa_core.domain.drift.put_right import put_right, stamps_of
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.domain.people.shadow import Shard

NOW = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)


def shard() -> Shard:
    """Return a shard with one person of three properties."""
    made = Shard(("X", "Y", "Z"))
    made.settle("a", {"X": "1", "Y": "", "Z": "3"}, 4)
    return made


def test_only_what_drifted_becomes_unknown_and_due() -> None:
    """It is remembered what was confirmed; what was confirmed empty isn't cleared again for that alone."""
    made = shard()
    put_right(made, "a", {"X": "1", "Y": ""}, now=NOW, sequence=9)

    assert made.shadow("a") == [None, None, "3"]
    assert made.doubted == {"a": {"X": "1"}}
    assert {target: (one.reason, one.due) for target, one in made.escrow.of("a").items()} == {
        "X": (EscrowReason.DRIFT, NOW),
        "Y": (EscrowReason.DRIFT, NOW),
    }
    assert stamps_of(made, "a") == {"X": 9, "Y": 9, "Z": 4}


def test_what_was_settled_meanwhile_is_left_alone() -> None:
    """What was read is older."""
    made = shard()
    made.settle("a", {"X": "2"}, 5)
    put_right(made, "a", {"X": "1"}, now=NOW, sequence=9)

    assert made.shadow("a") == ["2", "", "3"]
    assert not made.escrow


def test_it_is_a_new_change() -> None:
    """The change threshold judges it: nothing says that these values were allowed before."""
    made = shard()
    put_right(made, "a", {"X": "1"}, now=NOW, sequence=9)

    assert not made.escrow.was_allowed("a", {"X": "1"})


def test_values_written_singly_stay_ours() -> None:
    """What the profile shows is told from what its user wrote."""
    made = shard()
    put_right(made, "a", {"X": "1", "Z": "3"}, ["X"], now=NOW, sequence=9)

    assert made.ours == {"a": {"X": ["1"]}}


def test_somebody_unknown_has_no_stamps() -> None:
    """And nothing to put right."""
    made = shard()
    put_right(made, "b", {"X": "1"}, now=NOW, sequence=9)

    assert (stamps_of(made, "b"), made.known()) == ({}, {"a"})
