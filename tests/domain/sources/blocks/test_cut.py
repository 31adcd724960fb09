"""Records that are cut many at once hold what the strict reader reads."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upa_core.domain.sources.blocks.cut import cut


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("1,a,b\r\n2,c,\r\n", [["1", "2"], ["a", "c"], ["b", ""]]),
        ('"1","a,a","b"\n"2","c","d"\n', [["1", "2"], ["a,a", "c"], ["b", "d"]]),
        ('1,"a,a",b\r\n"2",c,""\r\n', [["1", "2"], ["a,a", "c"], ["b", ""]]),
        ("1,a\n2,b,c,d\n", None),
        ("1,a,b\n\n2,c,d\n", None),
        ("1,a,b\r\n2,c,d\n", None),
        ("1,a\r,b\n2,c,d\n", None),
        ('1,"a""a",b\n2,c,d\n', None),
        ('1,\0,"b"\n2,c,d\n', None),
        ('1,"a\na",b\n2,c,d\n', None),
        ('1,"a"a,b\n2,c,d\n', None),
        ('1,5" pipe,b\n2,c,6"\n', None),
        ('"1,a,b\n2,c,d"\n', None),
        ('"1","a","b"\n"2,c","","d"\n"",""', None),
    ],
)
def test_records_are_cut_at_once_only_where_nothing_needs_the_reader(text: str, columns: object) -> None:
    """No quote, a quote around every cell or around some; anything else is left to the reader."""
    assert cut(text, text.count("\n"), ",", 3) == columns


CELL = st.sampled_from(["", "a", "bc", "d d", ";", "\0", "\r", "\n", ",", '"', '""', '"a"', '"a,b"', '""""', '"\n"'])
PIECE = st.sampled_from([",", ",", '"', "\n", "\r\n", "\r", "a"])


@given(
    st.lists(st.lists(CELL, min_size=2, max_size=3), min_size=1, max_size=4),
    st.sampled_from(["\n", "\r\n"]),
    st.lists(PIECE, max_size=2),
    st.booleans(),
)
def test_what_is_cut_is_what_the_strict_reader_reads(rows, ending, more, every) -> None:
    """Any text at all: it is left to the reader, or each cell is the reader's."""
    text = "".join(",".join(f'"{cell}"' if every else cell for cell in row) + ending for row in rows)
    text += "".join(more) + ending * bool(more)
    width = len(rows[0])
    columns = cut(text, text.count("\n"), ",", width)
    if columns is not None:
        read = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        assert list(map(list, zip(*columns, strict=True))) == read


def test_a_column_alone_is_cut_at_its_lines() -> None:
    """A file of names has no delimiter; a line with one is no record of it."""
    assert cut("a\r\nb\r\n", 2, ",", 1) == [["a", "b"]]
    assert cut("a\nb,c\n", 2, ",", 1) is None
    assert cut('"a"\n"b"\n', 2, ",", 1) == [["a", "b"]]
    assert cut("a\r\r\nb\nc\r\n", 3, ",", 1) is None
