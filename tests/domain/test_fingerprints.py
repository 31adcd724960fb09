"""Fingerprints are numbered as a dictionary would number them, in a fifth of the memory."""

from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from upa_core.domain.fingerprints import Fingerprints

ALIKE = st.integers(-20, 20).map(lambda high: high << 32 | 5) | st.integers(-(2**63), 2**63 - 1) | st.just(2**18 - 1)
"""Many of them begin at one slot, the last one at the last."""


@given(st.lists(ALIKE | st.lists(ALIKE, max_size=12), max_size=40))
def test_numbers_are_those_of_a_dictionary(steps: list[int | list[int]]) -> None:
    """One by one or several at once; of several that aren't all new and different, none is added."""
    seen, known = Fingerprints(), dict[int, int]()
    for step in steps:
        if isinstance(step, int):
            assert seen.number(step) == known.setdefault(step, len(known))
            continue
        new = len(set(step)) == len(step) and known.keys().isdisjoint(step)
        assert seen.add_new(step) == new
        if new:
            known.update(zip(step, range(len(known), len(known) + len(step)), strict=True))
    assert len(seen) == len(known)
    assert {one: seen.number(one) for one in known} == known


def test_numbers_stay_while_the_arrays_grow() -> None:
    """Behind each growth, everything is found under its first number, and nothing else is known."""
    seen = Fingerprints()
    for begin in range(0, 90_000, 100):
        assert seen.add_new([one * 7_919 for one in range(begin, begin + 100)])

    assert [seen.number(one * 7_919) for one in range(90_000)] == list(range(90_000))
    assert seen.number(1) == 90_000


def test_what_is_known_to_be_new_is_found_later() -> None:
    """Appended without a look, between others: each is found under its number, and isn't new a second time."""
    seen = Fingerprints()
    for begin in range(0, 90_000, 200):
        seen.append([one * 7_919 for one in range(begin, begin + 100)])
        if begin % 3_000 == 0:
            assert not seen.add_new([begin * 7_919])
        assert seen.add_new([one * 7_919 for one in range(begin + 100, begin + 200)])

    assert [seen.number(one * 7_919) for one in range(90_000)] == list(range(90_000))


def test_a_fingerprint_takes_few_bytes() -> None:
    """Eight bytes, and four for each slot."""
    hashes = [hash(str(one)) for one in range(30_000)]
    tracemalloc.start()
    seen = Fingerprints()
    for begin in range(0, 30_000, 1_000):
        seen.add_new(hashes[begin : begin + 1_000])
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert most < 4 * 2**18 + 30_000 * 12
