"""Dates: what Graph writes, and .NET's custom formats without anybody's culture."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upa_core.domain.errors import ConfigError, InvalidValueError
from upa_core.domain.language.dates import DateFormat, parse_iso

MOMENTS = st.datetimes(datetime(2, 1, 1), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive


@given(MOMENTS)
def test_iso_texts_are_read_back(moment):
    """What Python writes as ISO 8601 is read as the same moment."""
    assert parse_iso(moment.isoformat()) == moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2014-12-31T23:59:58Z", datetime(2014, 12, 31, 23, 59, 58, tzinfo=UTC)),
        ("2014-10-09T08:07:06Z", datetime(2014, 10, 9, 8, 7, 6, tzinfo=UTC)),
        ("2014-03-05", datetime(2014, 3, 5, tzinfo=UTC)),
        ("2014-03-05T04:06Z", datetime(2014, 3, 5, 4, 6, tzinfo=UTC)),
        ("2014-03-05T04:06:07.5Z", datetime(2014, 3, 5, 4, 6, 7, 500_000, tzinfo=UTC)),
        ("2014-03-05T04:06:07.05Z", datetime(2014, 3, 5, 4, 6, 7, 50_000, tzinfo=UTC)),
        ("0002-01-01T00:00:00Z", datetime(2, 1, 1, tzinfo=UTC)),
    ],
)
def test_each_part_is_read_from_its_place(text, moment):
    """Graph's usual form and the shorter and longer ones."""
    assert parse_iso(text) == moment


@given(MOMENTS, st.text("0123456789", min_size=7, max_size=9))
def test_finer_fractions_are_dropped(moment, digits):
    """Of seven to nine fractional digits, microseconds are kept."""
    text = f"{moment:%Y-%m-%dT%H:%M:%S}".rjust(19, "0") + f".{digits}Z"

    assert parse_iso(text) == moment.replace(microsecond=int(digits[:6]))


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00Z", "0001-01-01", "0000-01-01T00:00:00Z", "0000-00-00"])
def test_year_one_is_no_date(text):
    """`0001-01-01T00:00:00Z` is how Graph writes an unset date."""
    assert parse_iso(text) is None


@pytest.mark.parametrize("text", ["0001-99-99", "0000-13-45", "0000-06-23", "0001-00-00", "0001-01-32"])
def test_a_mistake_in_the_first_year_is_no_unset_date(text):
    """It is invalid, and never "no value", which would clear a property."""
    with pytest.raises(InvalidValueError):
        parse_iso(text)


def test_another_day_of_the_year_one_is_a_day():
    """A birthday whose year got lost can still be written without one."""
    assert parse_iso("0001-06-23") == datetime(1, 6, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "x", "2014-1-1", "2014-01-01T25:00Z", "2014-01-01T00:00:60Z", "2014-01-01 x", "9999-12-31T23:59-23:00"]
)
def test_texts_that_are_no_dates(text):
    """Other notations and moments outside the calendar are invalid."""
    with pytest.raises(InvalidValueError):
        parse_iso(text)


@pytest.mark.parametrize(
    ("offset", "utc"),
    [
        ("z", "12:00"),
        ("+05:30", "06:30"),
        ("+0530", "06:30"),
        ("-03:30", "15:30"),
        ("-0945", "21:45"),
    ],
)
def test_an_offset_is_applied_to_the_minute(offset, utc):
    """With a colon or without, and Z in either case."""
    assert parse_iso(f"2014-01-01T12:00:00{offset}") == datetime.fromisoformat(f"2014-01-01T{utc}:00+00:00")


def test_an_offset_of_hours_alone_is_applied():
    """As zz writes it."""
    read = DateFormat.compile("yyyy-MM-dd HH zz", reading=True).parse("2014-01-01 12 -05")

    assert read == datetime(2014, 1, 1, 17, tzinfo=UTC)


@pytest.mark.parametrize(("text", "hour"), [("12", 0), ("3", 3), ("11", 11)])
def test_an_hour_of_twelve_without_its_half_is_before_noon(text, hour):
    """A format that reads h without t."""
    read = DateFormat.compile("yyyy-MM-dd h", reading=True).parse(f"2014-01-01 {text}")

    assert read == datetime(2014, 1, 1, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("pattern", "why", "meant"),
    [
        ("YYYY-MM-DD", "Y isn't a part of a date: each value will hold it as it is", "yyyy-MM-dd"),
        ("yyyy-mm-dd", "m is for minutes; the month is M", "yyyy-MM-dd"),
        ("yyyy-m-d", "m is for minutes; the month is M", "yyyy-M-d"),
        ("yyyy-MM-dd Q", "Q isn't a part of a date: each value will hold it as it is", ""),
        ("yyyy-MM-dd X", "X isn't a part of a date: each value will hold it as it is", ""),
        ("d", "d alone is a standard format of .NET; the part of a date alone is %d", "%d"),
    ],
)
def test_a_format_that_is_probably_not_meant_says_what_is(pattern, why, meant):
    """Capital years and days, minutes for months; a letter nobody knows has no suggestion."""
    assert DateFormat.compile(pattern).doubt() == (why, meant)


@pytest.mark.parametrize(
    "pattern", ["yyyy-MM-ddTHH:mmZ", "h:mm", "hh:m", "H:m", "HH:mm", "ddd d MMM yyyy K", "ss.ff tt"]
)
def test_a_format_that_means_what_it_says_raises_no_doubt(pattern):
    """Minutes beside any kind of hour, T, Z and K, and every part of a date."""
    assert DateFormat.compile(pattern).doubt() == ("", "")


FORMATS = [
    "yyyy-MM-ddTHH:mm:ss.ffffffZ",
    "dd.MM.yyyy HH:mm:ss.ffffff",
    "M/d/yyyy h:m:s.ffffff tt",
    "dddd, dd MMMM yyyy HH.mm.ss,ffffff",
    "ddd d MMM yyyy hh:mm:ss.ffffff t zzz",
    "yyyyMMddHHmmssffffffK",
    "yyyy-MM-dd'T'HH\\:mm\":\"ss.ffffffzz",
]


@pytest.mark.parametrize("pattern", FORMATS)
@given(moment=MOMENTS)
def test_a_format_reads_what_it_writes(pattern, moment):
    """A format that names all parts reads back what it wrote."""
    compiled = DateFormat.compile(pattern, reading=True)

    assert compiled.parse(compiled.format(moment)) == moment


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("yyyy-MM-dd", "2015-01-03"),
        ("d.M.yy", "3.1.15"),
        ("ddd dddd", "Sat Saturday"),
        ("MMM MMMM", "Jan January"),
        ("hh:mm tt", "03:04 PM"),
        ("h t", "3 P"),
        ("f ff fff fffffff", "5 50 500 5000000"),
        ("'f'F FFF", "f5 5"),
        ("ssF", "055"),
        ("z zz zzz K", "+0 +00 +00:00 Z"),
        ("'day' d", "day 3"),
        ('"d" d', "d 3"),
        (r"\d d", "d 3"),
        ("HH", "15"),
        ("H m s", "15 4 5"),
    ],
)
def test_specifiers(pattern, text):
    """Each specifier writes what .NET's invariant culture writes."""
    assert DateFormat.compile(pattern).format(datetime(2015, 1, 3, 15, 4, 5, 500_000, tzinfo=UTC)) == text


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "e",
        "%",
        "%%",
        "yyyy\\",
        "%'x'",
        "'open",
        "'open\\",
        '"x',
        "ffffffff",
        "FFFFFFFF",
        "y" * 101,
        "-",
        "/",
        " ",
        "5",
        "{",
    ],
)
def test_formats_that_are_refused(pattern):
    """What isn't closed, isn't a standard format, or is too long, is refused when compiled."""
    with pytest.raises(ConfigError):
        DateFormat.compile(pattern)


def test_a_part_that_stands_twice_must_say_the_same():
    """Read from two places, it is one part of the date."""
    twice = DateFormat.compile("yyyy yyyy", reading=True)

    assert twice.parse("2014 2014").year == 2014
    with pytest.raises(InvalidValueError, match="calendar"):
        twice.parse("2014 2015")


@pytest.mark.parametrize(
    ("pattern", "text", "moment"),
    [
        ("yyyy-MM-ddzzz", "2021-06-30+08:00", datetime(2021, 6, 29, 16, tzinfo=UTC)),
        ("dd/MM/yy", "01/02/49", datetime(2049, 2, 1, tzinfo=UTC)),
        ("dd/MM/yy", "01/02/50", datetime(1950, 2, 1, tzinfo=UTC)),
        ("hh tt yyyy", "12 AM 2000", datetime(2000, 1, 1, tzinfo=UTC)),
        ("hh tt yyyy", "12 pm 2000", datetime(2000, 1, 1, 12, tzinfo=UTC)),
        ("dd-MMM-yyyy", "02-JAN-2000", datetime(2000, 1, 2, tzinfo=UTC)),
        ("dddd d MMMM yyyy", "SUNDAY 2 january 2000", datetime(2000, 1, 2, tzinfo=UTC)),
        ("h:mm tt yyyy", "0:15 AM 2000", datetime(2000, 1, 1, 0, 15, tzinfo=UTC)),
        ("yyyyK", "2000-0530", datetime(2000, 1, 1, 5, 30, tzinfo=UTC)),
        ("yyyyK", "2000", datetime(2000, 1, 1, tzinfo=UTC)),
        ("yyyyZ", "2000z", datetime(2000, 1, 1, tzinfo=UTC)),
        ("yyyyZ", "2000gmt", datetime(2000, 1, 1, tzinfo=UTC)),
        ("ddd, dd MMM yyyy HH:mm GMT", "Sun, 02 Jan 2000 03:04 GMT", datetime(2000, 1, 2, 3, 4, tzinfo=UTC)),
        ("yyyy s.FF", "2000 5", datetime(2000, 1, 1, 0, 0, 5, tzinfo=UTC)),
        ("yyyy s.F", "2000 5.", datetime(2000, 1, 1, 0, 0, 5, tzinfo=UTC)),
        ("yyyy ss.FFF", "2000 07", datetime(2000, 1, 1, 0, 0, 7, tzinfo=UTC)),
        ("yyyy H t", "2000 13 P", datetime(2000, 1, 1, 13, tzinfo=UTC)),
        ("gg yyyy", "A.D. 2000", datetime(2000, 1, 1, tzinfo=UTC)),
        ("dMyyyy", "01012000", datetime(2000, 1, 1, tzinfo=UTC)),
        ("yyyy ss.FFF", "2000 07.5", datetime(2000, 1, 1, 0, 0, 7, 500_000, tzinfo=UTC)),
        ("yyyyz", "2000-1", datetime(2000, 1, 1, tzinfo=UTC) + timedelta(hours=1)),
    ],
)
def test_readings(pattern, text, moment):
    """Offsets are applied, two-digit years turn at 50, noon and midnight are 12."""
    assert DateFormat.compile(pattern, reading=True).parse(text) == moment


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("dMyyyy", "1112026"),
        ("dMyyyy", "230626"),
        ("yyyy-MM-dd", " 2014-02-01"),
        ("yyyy 'x'", "2014 X"),
        ("dddd yyyy-MM-dd", "Wednesday 2026-06-23"),
        ("yyyyzzz", "2014+14:01"),
        ("yyyyzzz", "2014+01:60"),
        ("yyyy H t", "2014 13 A"),
        ("yyyy H t", "2014 11 P"),
        ("yyyyK+", "2014+"),
        ("yyyyGMT", "2014G5T"),
        ("yyyyGMT", "2014gmt"),
        ("yyyyZulu", "2014Zulu"),
        ("yyyyzzZ", "2014+02Z"),
        ("yyyy'Z'", "2014z"),
        ("yyyy s.F", "2014 5"),
        ("yyyy-MM-dd", "2014-02-30"),
        ("hh yyyy", "13 2000"),
        ("yyyy", "20145"),
        ("HH yyyy", "٢٣ 2000"),
    ],
)
def test_what_does_not_fit_a_format_is_invalid(pattern, text):
    """Another form, impossible days and other digits are invalid."""
    with pytest.raises(InvalidValueError):
        DateFormat.compile(pattern, reading=True).parse(text)


@pytest.mark.parametrize(
    ("pattern", "hour", "written"),
    [("h tt", 0, "12 AM"), ("h t", 11, "11 A"), ("hh tt", 12, "12 PM"), ("h t", 23, "11 P")],
)
def test_the_half_of_the_day_is_written(pattern, hour, written):
    """Whole, or its first letter."""
    assert DateFormat.compile(pattern).format(datetime(2014, 1, 1, hour, tzinfo=UTC)) == written


@pytest.mark.parametrize(
    ("pattern", "text", "said"),
    [
        ("yyyyMMdd", "2014-01-01", "doesn't have the expected date format"),
        ("yyyyMMdd", "20140230", "isn't a date of the calendar"),
    ],
)
def test_what_is_no_date_of_a_format_says_why(pattern, text, said):
    """Never with the value."""
    with pytest.raises(InvalidValueError) as caught:
        DateFormat.compile(pattern, reading=True).parse(text)

    assert str(caught.value) == said


def test_what_a_format_doesnt_read_is_its_least():
    """The first of January, at midnight; where there is no year, of one with a 29 February."""
    assert DateFormat.compile("HH", reading=True).parse("05") == datetime(2000, 1, 1, 5, tzinfo=UTC)
    assert DateFormat.compile("yyyy", reading=True).parse("2014") == datetime(2014, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("%d", "3"),
        ("d", "01/03/2015"),
        ("M", "January 03"),
        ("s", "2015-01-03T15:04:05"),
        ("ss.FFF", "05.5"),
        ("yyyyMM%d", "2015013"),
        ("%yyyy", "152015"),
        ("gg", "A.D."),
        ("yyyyy", "02015"),
    ],
)
def test_standard_formats_and_a_part_alone(pattern, text):
    """One letter is a standard format; behind % it is the part alone."""
    assert DateFormat.compile(pattern).format(datetime(2015, 1, 3, 15, 4, 5, 500_000, tzinfo=UTC)) == text


def test_a_dot_before_an_empty_fraction_is_dropped():
    """As .NET drops it, in the middle too."""
    moment = datetime(2015, 1, 3, 15, 4, 5, tzinfo=UTC)

    assert DateFormat.compile("ss.FFFZ").format(moment) == "05Z"
    assert DateFormat.compile("ss.F.F x").format(moment) == "05 x"


BESIDE = st.sampled_from(
    ["ddd", "dddd", "MMM", "t", "tt", "z", "zzz", "K", "gg", "'at'", r"\d", "T", "/", "dd", "yyyy"]
)
WHOLE = [["yyyy"], ["MM", "M", "MMM", "MMMM"], ["dd", "d"], ["HH", "H"], ["mm", "m"], ["ss", "s"], ["ffffff", "FFFFFF"]]


@pytest.mark.slow
@settings(max_examples=100)
@given(
    st.tuples(*(st.sampled_from(each) for each in WHOLE)).flatmap(st.permutations),
    st.lists(BESIDE, max_size=4),
    st.sampled_from([" ", "-", "_", " 'of' "]),
    MOMENTS,
)
def test_any_format_that_names_all_parts_reads_what_it_writes(whole, more, between, moment):
    """In any order, with other parts beside them, some of them twice."""
    compiled = DateFormat.compile(between.join([*whole, *more]), reading=True)

    assert compiled.parse(compiled.format(moment)) == moment


@pytest.mark.parametrize(
    "text",
    [
        "2014-10-09T24:00:00Z",
        "2014-10-09T08:60:00Z",
        "2014-10-09T08:07:60Z",
        "2014-13-09T08:07:06Z",
        "2015-02-29T08:07:06Z",
    ],
)
def test_no_release_of_python_decides_what_a_date_is(text):
    """Midnight is never hour 24, which later releases read as the next day; a minute has no 61st second."""
    with pytest.raises(InvalidValueError):
        parse_iso(text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("yyyy-MM-dd", "2014-03-05"),
        ("yyyy-dd-MM", "2014-05-03"),
        ("yyyy/MM/dd", "2014/03/05"),
        ("%d", "5"),
        ("d'%'M'%s'", "5%3%s"),
        ("H:m:s", "4:6:7"),
        ("'%d'", "%d"),
    ],
)
def test_plain_numbers_are_written_in_their_order_and_literals_as_they_are(pattern, text):
    """They are written by one template; a percent sign of a literal is no part of it."""
    assert DateFormat.compile(pattern).format(datetime(2014, 3, 5, 4, 6, 7, tzinfo=UTC)) == text
