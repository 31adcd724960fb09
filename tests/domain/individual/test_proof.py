"""What a probe proves, and for how long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from upa_core.domain.individual.proof import LIFETIME, Proof, Proofs, PropertyProof, why_not

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
GOOD = Proof(NOW, "mdy", {"Teams": PropertyProof("strings", "works", clear="empty")})


def test_a_property_that_was_proven() -> None:
    """A property of the same type, tried with success not too long ago, may be written."""
    assert why_not(GOOD, "Teams", "strings", NOW + LIFETIME) == ""


@pytest.mark.parametrize(
    ("proof", "target", "kind", "later", "words"),
    [
        (None, "Teams", "strings", timedelta(), "never been tried"),
        (GOOD, "Teams", "strings", LIFETIME + timedelta(minutes=1), "is over"),
        (GOOD, "Teams", "strings", timedelta(days=-1), "is over"),
        (GOOD, "Teams", "terms", timedelta(), "didn't try Teams as terms"),
        (GOOD, "Boss", "person", timedelta(), "didn't try Boss"),
    ],
)
def test_what_was_not_proven(proof: Proof | None, target: str, kind: str, later: timedelta, words: str) -> None:
    """No probe, an old one, one of the future, another type, another property: each is said, with what to run."""
    told = why_not(proof, target, kind, NOW + later)

    assert words in told
    assert "upa doctor --probe-individual USER" in told


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ("refused", "refused to set Boss (Code)"),
        ("denied", "may not set"),
        ("not_kept", "hidden"),
        ("unclear", "isn't known"),
    ],
)
def test_what_was_found_otherwise(found: str, words: str) -> None:
    """A refusal, a denial and a read-back of something else are told by name."""
    proof = Proof(NOW, "", {"Boss": PropertyProof("person", found, "Code")})

    assert words in why_not(proof, "Boss", "person", NOW)


def test_proofs_belong_to_apps() -> None:
    """Another app's proof says nothing of ours; a new probe replaces the old one whole."""
    proofs = Proofs().plus("a", GOOD).plus("b", Proof(NOW)).plus("a", Proof(NOW, "dmy"))

    assert proofs.apps == {"a": Proof(NOW, "dmy"), "b": Proof(NOW)}


def test_an_unknown_order_of_dates_is_none() -> None:
    """A stored order that this release doesn't know isn't used."""
    assert (GOOD.order, Proof(NOW, "ydm").order) == ("mdy", None)
