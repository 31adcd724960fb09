"""Whatever is damaged in storage is healed or named, never believed."""

from __future__ import annotations

import inspect

from tests.damage.campaign import READERS, campaign
from upa_core.domain.documents.storage_layout import Kind
from upa_core.state import shard_codec
from upa_core.state.rows import segments

CHECKED = "crc32" in inspect.getsource(segments) and "crc32" in inspect.getsource(shard_codec)
"""Segments and shards bear checksums."""


def test_a_damaged_document_is_healed_or_refused_by_name() -> None:
    """No exception of ours and no wrong value: `make damage` tries thousands."""
    tally = campaign(20 * len(READERS), seed=7, leave=() if CHECKED else (Kind.SEGMENT, Kind.PEOPLE_SHARD))

    assert tally.tried > 15 * len(READERS)
    assert tally.wrong == []
    assert set(tally.outcomes) == {"healed", "clear error"}
