"""Comparing two checkouts."""

from __future__ import annotations

from bench.compare.in_turns import table


def test_a_ratio_is_of_one_round_and_never_of_two_medians() -> None:
    """Both figures of a round were taken under the same load."""
    here = [[1.0, 1.0, 1.0, 1.0, 1.0], [2.2, 2.2, 2.2, 2.2, 2.2], [11.0, 11.0, 11.0, 11.0, 11.0]]
    other = [[1.0, 1.0, 1.0, 1.0, 1.0], [2.0, 2.0, 2.0, 2.0, 2.0], [10.0, 10.0, 10.0, 10.0, 10.0]]
    lines = list(table(here, other, "{:.2f}"))

    assert lines[0].split() == ["pull", "2.00", "->", "2.20", "+10.0%", "(1.00", "to", "1.10)"]
    assert [line.split("->")[0].split() for line in lines[-2:]] == [["whole", "6.00"], ["again,", "whole", "4.00"]]


def test_one_checkout_alone_has_no_ratio() -> None:
    """Its figures stand alone."""
    assert list(table([[1.0, 2.0, 3.0, 4.0, 5.0]], [], "{:.0f}"))[-1].split() == ["again,", "whole", "9"]
