"""Archived answers come back as they were, and lose a person like any log."""

from __future__ import annotations

import pytest

from upa_core.domain.errors import CorruptStateError
from upa_core.domain.individual.answer import Fault, Profile
from upa_core.domain.individual.record import PersonRecord, fault_text, own, read_records, write_records

RECORDS = [
    PersonRecord("1a", "no_profile"),
    PersonRecord(
        "2b",
        "written",
        "mdy",
        {"Day": "date"},
        {"Day": "", "Text": "a\tb\n日本"},
        ("Day", "Text"),
        {"Day": "refused PropertyNotEditableException"},
        {"Day": "", "Text": "x"},
        ("Other",),
        stranger=True,
    ),
]


def test_records_come_back() -> None:
    """Tabs, line ends and all scripts in values stay in their line."""
    assert read_records(write_records(RECORDS)) == RECORDS


def test_a_line_a_person() -> None:
    """Who is forgotten is one line less."""
    lines = write_records(RECORDS).splitlines(keepends=True)

    assert read_records(b"".join(line for line in lines if b"2b" not in line)) == RECORDS[:1]


UNKNOWN = b'Individual\t1a\t{"person":"1a","ending":"?"}\n'


@pytest.mark.parametrize("data", [b"x", b"Other\t1a\t{}\n", b"Individual\t1a\t{}\n", UNKNOWN])
def test_what_is_no_slice(data: bytes) -> None:
    """Something else is never taken for answers."""
    with pytest.raises(CorruptStateError):
        read_records(data)


def test_only_the_own_profile_counts() -> None:
    """What a stranger's profile shows, a fault, and nobody's are nothing."""
    seen = [own(one, "1A") for one in (Profile("1a", {"a": "b"}), Profile("2b", {}), Fault("denied"), None)]

    assert seen == [{"a": "b"}, None, None, None]
    assert (fault_text(Fault("refused", "X")), fault_text(Fault("denied"))) == ("refused X", "denied")
