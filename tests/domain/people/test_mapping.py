"""Mappings: from a person's row to what each property must hold."""

import dataclasses
import json
import locale
import os
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upa_core.domain.errors import ConfigError
from upa_core.domain.language.expressions import Attribute, Call, Constant
from upa_core.domain.language.values import truncate_utf16, utf16_length
from upa_core.domain.people.mapping import Mapping, Problem, compile_mapping, compile_mappings, direct

TYPES = ("string", "date", "datetime", "boolean", "integer")
TEXTS = st.text(st.characters(codec=None), max_size=30)
VALUES = st.one_of(
    st.none(),
    TEXTS,
    st.booleans(),
    st.integers(),
    st.floats(),
    st.lists(TEXTS, max_size=3),
    st.dictionaries(TEXTS, TEXTS, max_size=2),
    st.sampled_from(["2014-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "true", "42", "  ", "\ud83d"]),
)


def one(value, **options):
    """What a direct mapping makes of a value."""
    return compile_mapping(direct("a", "T", **options), ["a"])([value])


def test_direct_text_passes_unchanged():
    """A text is passed on as it is: no stripping, no normalising."""
    assert one("  Zoë \t\n “x” \\ 😀 ") == "  Zoë \t\n “x” \\ 😀 "


def test_one_desired_value_per_mapping_in_order():
    """The compiled function returns one value per mapping, in the mappings' order, whatever the order of inputs."""
    apply = compile_mappings([direct("b", "B"), direct("a", "A"), direct("b", "C")], ["a", "b"])

    assert apply(["1", "2"]) == ["2", "1", "2"]


@pytest.mark.parametrize("empty", [None, ""])
@pytest.mark.parametrize("kind", TYPES)
def test_keep_says_nothing(kind, empty):
    """No value and on_empty: keep: nothing to say, for every type."""
    assert one(empty, type=kind) is None


@pytest.mark.parametrize("empty", [None, ""])
def test_clear_of_a_string_is_an_empty_text(empty):
    """No value and on_empty: clear: a string property is to be empty."""
    assert one(empty, on_empty="clear") == ""


@pytest.mark.parametrize("kind", TYPES[1:])
def test_clear_of_other_types_is_unsupported(kind):
    """Bulk import can't clear other types than strings: that is said, not sent."""
    problem = one(None, on_empty="clear", type=kind)

    assert isinstance(problem, Problem)
    assert (problem.kind, problem.policy) == ("clear_unsupported", "skip_value")


@given(VALUES, st.sampled_from(TYPES), st.sampled_from(["keep", "clear"]))
def test_no_type_but_string_is_ever_sent_empty(value, kind, on_empty):
    """`""` is only ever desired for a string property with on_empty: clear."""
    desired = one(value, type=kind, on_empty=on_empty)

    assert desired != "" or (kind == "string" and on_empty == "clear")


@given(VALUES, st.sampled_from(TYPES))
def test_what_is_desired_can_be_stored(value, kind):
    """A desired text can be written as UTF-8, holds nothing that XML 1.0 can't carry, and nothing raises."""
    desired = one(value, type=kind)

    if isinstance(desired, str):
        desired.encode("utf-8")
        assert all(c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff") for c in desired)


@given(st.text(st.characters(min_codepoint=0x20), max_size=40))
def test_reasons_never_hold_the_value(text):
    """A problem's reason doesn't hold the value, whatever it is (marked: one of our own words could be a value)."""
    value = f"\N{ASTERISM}{text}"
    for kind in TYPES[1:]:
        problem = one(value, type=kind)
        assert not isinstance(problem, Problem) or value not in problem.reason


def test_default_is_sent_for_no_value():
    """No value and on_empty: default: the default's text is sent."""
    assert one(None, on_empty="default", default="none") == "none"


def test_default_must_be_given():
    """on_empty: default without a default is refused when compiled."""
    with pytest.raises(ConfigError, match="default"):
        one("x", on_empty="default")


@pytest.mark.parametrize("value", ["a\x00", "\x1f", "x\ud800y", "\udc00", "\ufffe", "\uffff", "\x0b"])
def test_characters_that_cannot_be_carried_are_invalid(value):
    """Control characters, lone surrogates and non-characters follow on_invalid."""
    problem = one(value, on_invalid="fail_run")

    assert isinstance(problem, Problem)
    assert (problem.kind, problem.policy) == ("invalid", "fail_run")


@pytest.mark.parametrize("value", ["\t", "a\nb", "\r", "\x7f", "\x85", "\u2028", "\ue000", "😀", "\u202e"])
def test_other_unprintable_characters_are_carried(value):
    """What XML 1.0 can carry is passed on, printable or not."""
    assert one(value) == value


def test_several_values_need_join_or_item():
    """A list in a direct mapping is invalid, and the reason says what to use."""
    problem = one(["a", "b"])

    assert isinstance(problem, Problem)
    assert "Join" in problem.reason


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "True"), (False, "False"), (7, "7"), (2.5, "2.5"), (3.0, "3")],
)
def test_other_json_values_become_text(value, text):
    """A string property takes booleans and numbers in .NET's words."""
    assert one(value) == text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {"a": 1}])
def test_what_has_no_text_is_invalid(value):
    """Structures and numbers that JSON doesn't know are invalid."""
    assert isinstance(one(value), Problem)


def test_length_counts_utf16_units():
    """max_length counts as SharePoint does: an emoji is two."""
    assert one("😀😀", max_length=4) == "😀😀"
    assert isinstance(one("😀😀", max_length=3), Problem)
    assert [utf16_length(char) for char in ("\uffff", "\U00010000")] == [1, 2]
    assert [truncate_utf16(char, 1) for char in ("\uffff", "\U00010000")] == ["\uffff", ""]


@given(TEXTS, st.integers(1, 20))
def test_truncation_fits_and_keeps_characters_whole(value, limit):
    """A truncated text is the longest prefix that fits, and never ends in half a character."""
    desired = one(value, max_length=limit, on_too_long="truncate")

    if isinstance(desired, str):
        assert value.startswith(desired)
        assert utf16_length(desired) <= limit
        assert len(desired) == len(value) or utf16_length(value[: len(desired) + 1]) > limit


@given(TEXTS, st.integers(0, 40))
def test_truncation_leaves_short_texts_alone(value, limit):
    """A text that fits is not cut."""
    assert (truncate_utf16(value, limit) == value) is (utf16_length(value) <= limit)


def test_truncated_to_nothing_is_no_value():
    """What is cut to nothing counts as no value."""
    assert one("😀", max_length=1, on_too_long="truncate", on_empty="clear") == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2014-01-01T00:00:00Z", "2014-01-01"),
        ("2014-01-01T23:59:59.9999999Z", "2014-01-01"),
        ("2014-01-01", "2014-01-01"),
        ("2013-12-31T23:30:00-01:00", "2014-01-01"),
        ("0001-01-01T00:00:00Z", None),
    ],
)
def test_dates(value, text):
    """Dates are UTC days; fractions of up to seven digits are read; year 1 is no value."""
    assert one(value, type="date") == text


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("1899-12-31T23:59:59Z", "is before 1900-01-01 or after 2079-06-06, and SharePoint stores no such date"),
        ("2079-06-07T00:00:00Z", "is before 1900-01-01 or after 2079-06-06, and SharePoint stores no such date"),
        ("1601-01-01T00:00:00Z", "is January 1, 1601, which stands for no date; map it to an empty value"),
        ("9999-12-31T23:59:59Z", "is December 31, 9999, which stands for no date; map it to an empty value"),
        ("1900-01-01T00:00:00Z", None),
        ("2079-06-06T23:59:29Z", None),
    ],
)
@pytest.mark.parametrize("kind", ["date", "datetime"])
def test_a_date_that_sharepoint_cant_store(kind, value, reason):
    """Outside smalldatetime, and what stands for "never", is an invalid value with its reason; the bounds are good."""
    found = one(value, type=kind)

    assert (found.reason if isinstance(found, Problem) else None) == reason


@pytest.mark.parametrize("text", ["2079-06-06T23:59:30Z", "2079-06-06T23:59:59.9Z", "2079-06-07T01:59:45+02:00"])
def test_the_last_half_minute_of_the_last_day_is_no_time(text):
    """Rounded to the minute it would be the next day, which SharePoint can't store; as a day it is good."""
    found = one(text, type="datetime")

    assert isinstance(found, Problem)
    assert "after 2079-06-06" in found.reason
    assert one(text, type="date") == "2079-06-06"


def test_datetime_is_written_in_utc_in_a_form_that_nobody_rewrites():
    """Without T and Z: what has them may be read as a date and come back in another form (ADR 9)."""
    assert one("2014-01-01T01:02:03.5+01:00", type="datetime") == "2014-01-01 00:02:03"


@pytest.mark.parametrize(
    "value", ["2014-02-30", "yesterday", "01/02/2014", True, 20140101, "2014-13-01", "9999-12-31T23:00-05:00"]
)
def test_what_is_no_date_is_invalid(value):
    """Days that don't exist, other notations and other types are invalid."""
    assert isinstance(one(value, type="date"), Problem)


@pytest.mark.parametrize(("value", "text"), [(True, "Ja"), ("FALSE", "Nein"), ("true", "Ja")])
def test_booleans_have_words(value, text):
    """A boolean, or its name, becomes the configured word."""
    assert one(value, type="boolean", words=("Ja", "Nein")) == text


@pytest.mark.parametrize("value", ["yes", 1, 0, "1", []])
def test_what_is_no_boolean_is_invalid(value):
    """Numbers and other words aren't booleans; an empty list has no text either."""
    assert isinstance(one(value, type="boolean"), Problem)


@pytest.mark.parametrize(("value", "text"), [("0042", "42"), (-7, "-7"), ("+5", "5"), (5.0, "5"), ("-0", "0")])
def test_integers_have_one_form(value, text):
    """Integers are written without leading zeros, plus sign or fraction."""
    assert one(value, type="integer") == text


@pytest.mark.parametrize("value", ["4.2", "1e3", "٤٢", True, 2**63, "9" * 400, " 5", "1,000"])
def test_what_is_no_integer_is_invalid(value):
    """Other digits, signs, booleans and what needs more than 64 bits are invalid."""
    assert isinstance(one(value, type="integer"), Problem)


def test_an_attribute_that_is_not_among_the_inputs_is_refused():
    """Compiling needs every attribute that is read."""
    with pytest.raises(ConfigError, match="dept"):
        compile_mappings([direct("dept", "T")], ["department"])


def test_inputs_are_the_paths_read_sorted():
    """A mapping's inputs are its attributes' paths, once each, sorted."""
    join = Call("Join", (Constant(","), Attribute("b.c"), Attribute("a"), Attribute("b.c")))

    assert Mapping("T", join).inputs == ("a", "b.c")


CHANGES = {
    "target": "U",
    "expression": Attribute("b"),
    "type": "date",
    "on_empty": "clear",
    "default": "x",
    "on_invalid": "fail_run",
    "max_length": 5,
    "on_too_long": "truncate",
    "format": "yyyy",
    "words": ("a", "b"),
}


UNDECIDING = {
    "redact": True,
    "state": "proposed",
    "route": "individual",
    "on_user_edit": "overwrite",
    "clears": True,
    "unproven": "never tried",
    "on_drift": "repair",
}


@pytest.mark.parametrize("field", CHANGES)
def test_the_description_tells_what_decides_a_value(field):
    """Each field that decides a value changes the description, which is JSON."""
    base = direct("a", "T")

    assert json.dumps(dataclasses.replace(base, **{field: CHANGES[field]}).describe()) != json.dumps(base.describe())


def test_the_description_leaves_out_what_decides_nothing():
    """Redaction, state and whatever concerns the way to the profile decide no value."""
    assert direct("a", "T", **UNDECIDING).describe() == direct("a", "T").describe()


def test_every_field_is_either_deciding_or_not():
    """A field added to Mapping must be put into one of the two tests above."""
    assert {f.name for f in dataclasses.fields(Mapping)} == {*CHANGES, *UNDECIDING}


@pytest.fixture
def elsewhere(request):
    """Another time zone and locale for the length of a test."""
    zone, place = request.param
    before = os.environ.get("TZ"), locale.setlocale(locale.LC_ALL)
    os.environ["TZ"] = zone
    time.tzset()
    try:
        locale.setlocale(locale.LC_ALL, place)
    except locale.Error:
        locale.setlocale(locale.LC_ALL, "C.UTF-8")
    yield
    locale.setlocale(locale.LC_ALL, before[1])
    os.environ.pop("TZ") if before[0] is None else os.environ.update(TZ=before[0])
    time.tzset()


@pytest.mark.parametrize(
    "elsewhere",
    [
        ("UTC", "C"),
        ("Pacific/Kiritimati", "de_DE.UTF-8"),
        ("America/Los_Angeles", "tr_TR.UTF-8"),
        ("Asia/Kolkata", "ar_SA.UTF-8"),
    ],
    indirect=True,
)
def test_values_do_not_depend_on_the_machine(elsewhere):
    """The same texts come out under every time zone and locale."""
    row = ["2014-06-30T23:30:00Z", True, 1234567, "IJ i"]
    upper = Mapping("U", Call("ToUpper", (Attribute("s"),)))
    mappings = [
        direct("d", "D", type="date", format="ddd, dd MMM yyyy"),
        direct("d", "T", type="datetime"),
        direct("b", "B", type="boolean"),
        direct("i", "I", type="integer"),
        upper,
    ]

    apply = compile_mappings(mappings, ["d", "b", "i", "s"])

    assert apply(row) == ["Mon, 30 Jun 2014", "2014-06-30 23:30:00", "True", "1234567", "IJ I"]


@pytest.mark.parametrize("by_target", [False, True])
@pytest.mark.parametrize(
    "value", [None, "", "x", "x" * 4, "x" * 5, "😀" * 2, "😀" * 3, "a\tb", "\x00", "2026-01-02", 7, True, ["x"]]
)
@pytest.mark.parametrize(
    "options",
    [
        {"on_empty": "keep"},
        {"on_empty": "clear"},
        {"on_empty": "default", "default": "D"},
        {"max_length": 4},
        {"max_length": 4, "on_too_long": "truncate", "on_empty": "clear"},
        {"type": "date"},
        {"unproven": "no probe", "route": "individual", "on_empty": "clear"},
    ],
    ids=str,
)
def test_the_quick_way_of_a_plain_attribute_gives_what_the_long_way_gives(options, value, by_target):
    """A plan computes nearly every value on it: another answer would be a wrong value in a profile."""
    mapping = direct("a", "T", **options)
    quick = compile_mappings([mapping], ["a"], by_target=by_target)([value])

    wanted = one(value, **options)
    texts = {"T": wanted} if wanted is not None else {}
    assert quick == ([wanted] if not by_target else None if isinstance(wanted, Problem) else texts)


@pytest.mark.parametrize(
    ("row", "texts"),
    [
        (["x", "2026-01-02", "z"], {"A": "x", "D": "2026-01-02", "B": "z"}),
        ([None, "2026-01-02", "z"], {"D": "2026-01-02", "B": "z"}),
        (["x", None, ""], {"A": "x"}),
        ([None, None, None], {}),
        (["x", "soon", "z"], None),
        ([None, "soon", "z"], None),
    ],
)
def test_by_target_there_are_the_texts_alone(row, texts):
    """What has no value isn't there; a single problem leaves the whole person to the long way."""
    mappings = [direct("a", "A"), direct("d", "D", type="date"), direct("b", "B")]

    assert compile_mappings(mappings, ["a", "d", "b"], by_target=True)(row) == texts


def test_a_text_that_cant_be_cut_to_fit_is_no_value():
    """Half a character is nothing; it isn't a clear unless the mapping says so."""
    assert one("😀", max_length=1, on_too_long="truncate") is None
    assert one("😀", max_length=1, on_too_long="truncate", on_empty="default", default="D") == "D"
