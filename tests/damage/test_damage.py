"""Whatever is damaged in storage is healed or named, never believed."""

from __future__ import annotations

from tests.damage.campaign import READERS, campaign


def test_a_damaged_document_is_healed_or_refused_by_name() -> None:
    """No exception of ours and no wrong value: `make damage` tries thousands."""
    tally = campaign(20 * len(READERS), seed=7)

    assert tally.tried > 15 * len(READERS)
    assert tally.wrong == []
    assert set(tally.outcomes) == {"healed", "clear error"}
