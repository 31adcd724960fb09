"""Keys are numbered as a dictionary would number them, whether they rise from row to row or not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from upa_core.domain.sources.blocks.met_keys import MetKeys

KEY = st.sampled_from(["1", "a", "aa", "b", "c", "\u00e9"])


@given(st.lists(KEY | st.lists(KEY, min_size=1, max_size=6) | st.sets(KEY, min_size=1).map(sorted), max_size=20))
def test_numbers_are_those_of_a_dictionary(steps: list[str | list[str]]) -> None:
    """One by one or several at once, in order or not; of several that aren't all new and different, none is added."""
    met, known = MetKeys(), dict[str, int]()
    for step in steps:
        if isinstance(step, str):
            assert met.number(step) == known.setdefault(step, len(known))
            continue
        new = len(set(step)) == len(step) and known.keys().isdisjoint(step)
        assert met.add_new(step) == new
        if new:
            known.update(zip(step, range(len(known), len(known) + len(step)), strict=True))
    assert len(met) == len(known)
    assert {one: met.number(one) for one in known} == known


def test_a_key_that_comes_again_behind_many_that_rose_is_found() -> None:
    """Rising keys are looked up by nobody until one comes that doesn't rise: it is found among all of them."""
    met = MetKeys()
    for begin in range(0, 100_000, 100):
        assert met.add_new([f"{number:06d}" for number in range(begin, begin + 100)])

    assert not met.add_new(["100000", "000007"])
    assert (met.number("099999"), met.number("000007"), met.number("100000")) == (99_999, 7, 100_000)


def test_keys_that_rise_from_one_that_is_not_the_last_are_looked_up() -> None:
    """Rising isn't enough: they have to come behind every key that was met."""
    met = MetKeys()

    assert met.add_new(["c", "a"])
    assert not met.add_new(["b", "c"])
    assert met.add_new(["d", "e"])
