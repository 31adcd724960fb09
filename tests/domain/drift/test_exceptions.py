"""The list of people whose profiles needn't be readable."""

from __future__ import annotations

from datetime import date

import pytest

from upa_core.domain.drift.exceptions import Excepted, read_exceptions
from upa_core.domain.errors import InvalidValueError

HEAD = "person,until,reason,by\n"


def test_each_line_names_a_person_and_a_date() -> None:
    """Columns in any order, blank lines left out, a byte order mark taken."""
    text = '\ufeffuntil,Person,by,reason\n2027-03-31,Ada@contoso.com,Ann,"blocked, left"\n\n'

    assert read_exceptions(text) == [Excepted("ada@contoso.com", date(2027, 3, 31), "blocked, left", "Ann")]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "line 1: the columns are"),
        ("person,until\n", "line 1: the columns are"),
        (HEAD + "ada@x.org,2027-03-31,left\n", "line 2: 3 cells"),
        (HEAD + "ada@x.org,soon,left,Ann\n", "line 2: until isn't a date"),
        (HEAD + "ada@x.org,2027-03-31,,Ann\n", "line 2: reason is empty"),
        (HEAD + ",2027-03-31,left,Ann\n", "line 2: person is empty"),
        (HEAD + "a@x.org,2027-03-31,left,Ann\nA@x.org,2027-03-31,left,Ann\n", "twice"),
        (HEAD + '"a@x.org,2027-03-31,left,Ann\n', "line 2"),
    ],
)
def test_a_line_that_says_less_is_refused_by_its_number(text: str, problem: str) -> None:
    """Nobody is excepted by half a line."""
    with pytest.raises(InvalidValueError, match=problem):
        read_exceptions(text)
