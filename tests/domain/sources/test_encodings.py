"""Bytes to text: strictly what is declared or marked, never changed on the way."""

from __future__ import annotations

import codecs
import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.sources.support import found, read
from upa_core.domain.sources.contract import Contract, KeyPart
from upa_core.domain.sources.encodings import NAMES, encoding_named

CONTRACT = Contract((KeyPart("Key"),), ("Text",), nulls=())


@pytest.mark.slow
@given(
    st.sampled_from(sorted(NAMES)),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12),
    st.booleans(),
)
def test_every_text_comes_back_or_is_refused_by_name(encoding: str, text: str, marked: bool) -> None:
    """In each encoding that can hold it: the value read is the value written, or the file or row is refused."""
    try:
        written = text.encode(encoding)
        meant = written.decode(encoding)
    except UnicodeError:
        return
    stream = io.StringIO()
    csv.writer(stream, quoting=csv.QUOTE_ALL).writerows([["Key", "Text"], ["K", meant]])
    data = stream.getvalue().encode(encoding)
    if marked and encoding in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"):
        data = codecs.BOM_UTF8 + data if encoding == "utf-8" else "\ufeff".encode(encoding) + data
    rows, verdict = read(data, CONTRACT, encoding=encoding)

    if verdict.status == "accepted" and verdict.whole:
        assert rows == {"K": ("" if not meant.strip(" ") else meant,)}
    else:
        assert {kind for _, kind, _, _ in found(verdict)} <= {
            "damaged_cell",
            "nul",
            "wrong_encoding",
            "too_many_odd_rows",
        }


def test_a_mark_outranks_what_is_declared() -> None:
    """A byte order mark decides, UTF-32's before UTF-16's."""
    for name in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"):
        rows, verdict = read("\ufeffKey,Text\r\nK,Žoë\r\n".encode(name), CONTRACT, encoding="cp1252")
        assert (rows, verdict.encoding) == ({"K": ("Žoë",)}, name)


@pytest.mark.parametrize(
    ("data", "declared", "kind", "line", "remedy"),
    [
        ("Key,Text\r\nK,Žoë\r\n".encode(), "cp1252", "wrong_encoding", 2, "utf-8"),
        ("Key,Text\r\nK,Zoe\r\n".encode("utf-16-le"), "utf-8", "wrong_encoding", 1, "utf-16-le"),
        ("Key,Text\r\nK,Zoe\r\n".encode("utf-16-be"), "utf-8", "wrong_encoding", 1, "utf-16-be"),
        ("Key,Text\r\nK,Müller\r\n".encode("cp1252"), "utf-8", "wrong_encoding", 2, "cp1252"),
        ("Key,Text\r\nK,Ж\r\n".encode() + "L,Жук\r\n".encode("cp1251"), "utf-8", "mixed_encoding", 3, "UTF-8"),
        ("Key,Text\r\nK,ü".encode()[:-1], "utf-8", "cut_file", 2, "anew"),
        (b"Key,Text\r\nK,a\x81b\r\n", "cp1252", "wrong_encoding", 2, "encoding"),
    ],
)
def test_another_encoding_than_the_declared_one_is_refused_and_suggested(data, declared, kind, line, remedy) -> None:
    """The refusal says line and what to write; cp1252 that decodes UTF-8 without an error is refused too."""
    _, verdict = read(data, CONTRACT, encoding=declared)

    assert verdict.status == "refused"
    assert found(verdict)[0][1:3] == (kind, line)
    assert remedy in verdict.findings[0].remedy


def test_names_of_encodings() -> None:
    """Usual names are understood; what is no encoding of text isn't."""
    given_names = ("UTF8", "Windows-1252", "latin1", "ANSI", "utf-16", "rot13", "base64", "utf-7", "idna", "x\0")

    assert [encoding_named(name) for name in given_names] == [
        *("utf-8", "cp1252", "iso8859-1", "cp1252", "utf-16-le", "", "", "", "", "")
    ]
