"""Which texts the reader of the import file may rewrite: compared with what Newtonsoft.Json itself answered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenant_sim.upa.newtonsoft import BadJsonError
from tenant_sim.upa.newtonsoft.values import date_of
from upa_core.domain.bulk.rewritten import may_be_rewritten

RECORDED = Path(__file__).parents[3].parent / "shared" / "data" / "dotnet-golden" / "json-values.jsonl"


@pytest.mark.skipif(not RECORDED.exists(), reason="../shared isn't beside the project")
def test_texts_are_told_apart_as_newtonsoft_did() -> None:
    """Every recorded text that came back as a date is known; of the others only a day that its month doesn't have."""
    known = [json.loads(line) for line in RECORDED.read_text(encoding="utf-8").splitlines()]
    texts = [(json.loads(one["json"]), one["kind"]) for one in known if one["json"].startswith('"')]

    assert [text for text, kind in texts if kind == "Date" and not may_be_rewritten(text)] == []
    assert [text for text, kind in texts if kind != "Date" and may_be_rewritten(text)] == ["2026-02-30T00:00:00Z"]
    assert len(texts) > 15


DIGITS = st.text("0123456789", min_size=2, max_size=2)
LIKE_A_DATE = st.builds(
    "{}-{}-{}T{}:{}:{}{}{}".format,
    st.sampled_from(["2026", "0001", "9999"]),
    *[DIGITS] * 5,
    st.sampled_from(["", ".1", ".1234567", ".12345678"]),
    st.sampled_from(["", "Z", "z", "+02:00", "-0530", "+2", "+02", " "]),
)


@given(st.one_of(LIKE_A_DATE, st.builds("/Date({})/".format, st.integers()), st.text(max_size=41)))
def test_no_date_of_the_reader_is_missed(text: str) -> None:
    """Whatever the simulator's reader takes for a date is warned of."""
    try:
        read = date_of(text) is not None
    except BadJsonError:
        read = True

    assert may_be_rewritten(text) or not read


@pytest.mark.parametrize("text", ["2026-06-23", "2026-06-23 00:00:00", "06/23/2026", "", "/", "2026-06-23T00:00"])
def test_our_own_forms_are_safe(text: str) -> None:
    """The forms that dates have by default are read as they stand."""
    assert not may_be_rewritten(text)
