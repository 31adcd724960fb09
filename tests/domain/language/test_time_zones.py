"""The day and hour where a person is: FormatDateTime's time zone."""

from __future__ import annotations

import pytest

from upa_core.config import parse_expression
from upa_core.domain.errors import ConfigError, InvalidValueError
from upa_core.domain.language.expressions import check_expression, compile_expression, inputs_of


def value(text: str, **row: object) -> object:
    expression = parse_expression(text)
    check_expression(expression)
    inputs = inputs_of(expression)
    run = compile_expression(expression, {name: at for at, name in enumerate(inputs)})
    return run([row.get(name) for name in inputs])


DAY = 'FormatDateTime([a], , , "yyyy-MM-dd", "Europe/Berlin")'
HOUR = 'FormatDateTime([a], , , "yyyy-MM-dd HH:mm", "Europe/Berlin")'


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-01-31T22:59:59Z", "2026-01-31"),
        ("2026-01-31T23:00:00Z", "2026-02-01"),
        ("2026-07-31T21:59:59Z", "2026-07-31"),
        ("2026-07-31T22:00:00Z", "2026-08-01"),
        ("2026-12-31T23:00:00Z", "2027-01-01"),
    ],
)
def test_the_day_is_that_of_the_zone(moment: str, day: str) -> None:
    """Midnight comes an hour before UTC's in winter, two in summer."""
    assert value(DAY, a=moment) == day


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        ("2026-03-29T00:59:00Z", "2026-03-29 01:59"),
        ("2026-03-29T01:00:00Z", "2026-03-29 03:00"),
        ("2026-10-25T00:59:00Z", "2026-10-25 02:59"),
        ("2026-10-25T01:00:00Z", "2026-10-25 02:00"),
    ],
)
def test_the_hour_follows_summer_time(moment: str, shown: str) -> None:
    """The hour that spring leaves out isn't written; the one that autumn has twice is written twice."""
    assert value(HOUR, a=moment) == shown


def test_each_person_has_a_zone_of_their_own() -> None:
    """The zone may be an attribute: one moment is two days."""
    text = 'FormatDateTime([a], , , "MM-dd", [z])'

    assert value(text, a="2026-06-01T12:00:00Z", z="Pacific/Kiritimati") == "06-02"
    assert value(text, a="2026-06-01T10:59:00Z", z="Pacific/Pago_Pago") == "05-31"


@pytest.mark.parametrize("zone", [None, "", "Berlin", "../etc/passwd", "Europe"])
def test_without_a_zone_there_is_no_guess(zone: str | None) -> None:
    """A person whose zone is empty or unknown gets no day of another zone."""
    with pytest.raises(InvalidValueError):
        value('FormatDateTime([a], , , "MM-dd", [z])', a="2026-06-01T12:00:00Z", z=zone)


def test_no_date_is_no_value() -> None:
    """Nothing at the source needs no zone."""
    assert value('FormatDateTime([a], , , "MM-dd", [z])', a=None, z=None) is None
    assert value(DAY, a="0001-01-01T00:00:00Z") is None


def test_an_offset_is_not_written_in_a_zone() -> None:
    """The offset written is UTC's, which would be wrong beside the hour of a zone."""
    with pytest.raises(ConfigError, match="offset"):
        value('FormatDateTime([a], , , "HH:mm zzz", "Europe/Berlin")', a="2026-06-01T12:00:00Z")


def test_a_birthday_without_a_year_is_one_of_2000() -> None:
    """The recipe keeps February 29, and no year is made up by the day on which it runs."""
    assert value('Append("2000-", [a])', a="02-29") == "2000-02-29"
    assert value('Append("2000-", FormatDateTime([a], , , "MM-dd"))', a="1984-02-29T00:00:00Z") == "2000-02-29"
    with pytest.raises(ConfigError, match="has no year"):
        value('FormatDateTime([a], , "MM-dd", "yyyy-MM-dd")', a="06-23")
