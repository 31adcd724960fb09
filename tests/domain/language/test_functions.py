"""The functions' results: those of Entra's page first, then what the page leaves open.

The page: MicrosoftDocs/entra-docs, docs/identity/app-provisioning/functions-for-customizing-application-data.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upa_core.config import parse_expression
from upa_core.domain.errors import ConfigError, InvalidValueError
from upa_core.domain.language.expressions import compile_expression, inputs_of
from upa_core.domain.language.letters import normalize_diacritics, proper_case, to_lower, to_upper
from upa_core.domain.language.limits import MAX_ITEMS, MAX_TEXT


def run(text, **values):
    """Evaluate an expression for a person with these attributes."""
    expression = parse_expression(text)
    inputs = inputs_of(expression)
    return compile_expression(expression, {path: i for i, path in enumerate(inputs)})([values.get(p) for p in inputs])


PAGE = [
    (
        'Append([userPrincipalName], ".test")',
        {"userPrincipalName": "John.Doe@contoso.com"},
        "John.Doe@contoso.com.test",
    ),
    ("Coalesce([mail],[userPrincipalName])", {"userPrincipalName": "John.Doe@contoso.com"}, "John.Doe@contoso.com"),
    (
        'FormatDateTime([extensionAttribute1], , "yyyyMMddHHmmss.fZ", "yyyy-MM-dd")',
        {"extensionAttribute1": "20150123105347.1Z"},
        "2015-01-23",
    ),
    ('IIF([country]="USA",[country],[department])', {"country": "USA", "department": "D"}, "USA"),
    ('IIF([country]="USA",[country],[department])', {"country": "CH", "department": "D"}, "D"),
    ('IIF([country]="USA",IIF([state]="CA","True","False"),"False")', {"country": "USA", "state": "CA"}, "True"),
    ("Item([proxyAddresses], 1)", {"proxyAddresses": ["SMTP:a@x", "smtp:b@x"]}, "SMTP:a@x"),
    ('Left("John Doe", 3)', {}, "Joh"),
    ("NormalizeDiacritics([givenName])", {"givenName": "Zoë"}, "Zoe"),
    ("PCase([firstName])", {"firstName": "PABLO GONSALVES (SECOND)"}, "Pablo Gonsalves (Second)"),
    ('PCase([lastName]," \'-")', {"lastName": "PINTO-DE'SILVA"}, "Pinto-De'Silva"),
    ('PCase(Join(" ",[firstName],[lastName]))', {"firstName": "GREGORY", "lastName": "JAMES"}, "Gregory James"),
    (
        'Replace([BusinessTitle],"Product Developer", , , "Software Engineer", , )',
        {"BusinessTitle": "Product Developer"},
        "Software Engineer",
    ),
    ('Replace([UserID],"<username>", , , , , "<username>@contoso.com")', {"UserID": "jsmith"}, "jsmith@contoso.com"),
    (
        r'Replace([telephoneNumber], , "\\+(?<isdCode>\\d* )(?<phoneNumber>\\d{10})", , "${phoneNumber}", , )',
        {"telephoneNumber": "+91 9998887777"},
        "9998887777",
    ),
    (
        r'Replace([AddressLineData], ,"(?<streetNumber>^\\d*)","streetNumber", "888", , )',
        {"AddressLineData": "545 Tremont Street"},
        "888 Tremont Street",
    ),
    (
        'Replace([userPrincipalName], , "(?<Suffix>@(.)*)", "Suffix", "", , )',
        {"userPrincipalName": "jsmith@contoso.com"},
        "jsmith",
    ),
    (
        r'Replace([telephoneNumber], , "\\+(?<isdCode>\\d* )(?<phoneNumber>\\d{10})", "phoneNumber" , , [mobile], )',
        {"telephoneNumber": "", "mobile": "+91 8887779999"},
        "8887779999",
    ),
    ('Replace([mailNickname], , "[a-zA-Z_]*", , "", , )', {"mailNickname": "john_doe72"}, "72"),
    (
        'Item(Split([extensionAttribute5], ","), 1)',
        {"extensionAttribute5": "PermissionSetOne, PermissionSetTwo"},
        "PermissionSetOne",
    ),
    (
        'Item(Split([extensionAttribute5], ","), 2)',
        {"extensionAttribute5": "PermissionSetOne, PermissionSetTwo"},
        "PermissionSetTwo",
    ),
    (
        'Switch([state], "Australia/Sydney", "NSW", "Australia/Sydney","QLD", "Australia/Brisbane")',
        {"state": "QLD"},
        "Australia/Brisbane",
    ),
    ('Switch(ToLower([statusFlag]), "0", "true", "1", "false", "0")', {"statusFlag": "TRUE"}, "1"),
    ('Switch([statusFlag], "Default Value", "true", "1", "", "0")', {}, "0"),
    ('Switch([country],[country],"","Other")', {}, "Other"),
    ('Switch([country],[country],"","Other")', {"country": "CH"}, "CH"),
    (
        'ToLower(Join("@", NormalizeDiacritics(StripSpaces(Join(".", [first], [last]))), "contoso.com"))',
        {"first": "John", "last": "Smith"},
        "john.smith@contoso.com",
    ),
    ('Replace([mail], "@contoso.com", , ,"", ,)', {"mail": "john.doe@contoso.com"}, "john.doe"),
    ("Append(Mid([givenName], 1, 3), Mid([surname], 1, 5))", {"givenName": "John", "surname": "Doe"}, "JohDoe"),
    ('Join(", ", "", [surname], [givenName])', {"givenName": "John", "surname": "Doe"}, "Doe, John"),
]


@pytest.mark.parametrize(("text", "values", "result"), PAGE)
def test_results_of_the_page(text, values, result):
    """Every result that Entra's page documents for these functions comes out."""
    assert run(text, **values) == result


def test_the_page_forgets_a_plus_sign():
    """The page shows 19998887777 for a pattern that doesn't match the +; we keep what the pattern doesn't match."""
    assert run(r'Replace([mobile], , "[()\\s-]+", , "", , )', mobile="+1 (999) 888-7777") == "+19998887777"


OPEN = [
    ('Append([a], "x")', {}, None),
    ("Append([a], [b])", {"a": "x"}, "x"),
    ('Coalesce([a], [b], "z")', {"a": ""}, "z"),
    ('Join("-", [a], [b])', {}, None),
    ('Join("; ", [a])', {"a": ["1", "", "2"]}, "1; 2"),
    ('Join("", 1000, [a])', {"a": "x"}, "1000x"),
    ("Left([a], 0)", {"a": "xyz"}, ""),
    ("Left([a], -1)", {"a": "xyz"}, "xyz"),
    ("Left([a], 2)", {}, ""),
    ("Left([a], 1)", {"a": "😀b"}, "😀"),
    ("Mid([a], 3, 9)", {"a": "abcd"}, "cd"),
    ("Mid([a], 9, 2)", {"a": "abcd"}, ""),
    ("Mid([a], 1, 2)", {}, None),
    ("Item([a], 3)", {"a": ["x"]}, None),
    ("Item([a], 1)", {"a": "x"}, "x"),
    ("Item([a], 1)", {}, None),
    ("StripSpaces([a])", {"a": " a b\tc\u00a0"}, "ab\tc\u00a0"),
    ("ToUpper([a])", {"a": "straße ıſ ᾳ"}, "STRAßE ıS ᾼ"),
    ('ToUpper([a], "en-US")', {"a": "iı"}, "II"),
    ('ToLower([a], "de")', {"a": "İI"}, "ii"),
    ("ToLower([a])", {"a": "İI"}, "İi"),
    ("PCase([a])", {"a": "ǆungla ǉ"}, "ǅungla ǈ"),
    ('FormatDateTime([a], , "yyyy-MM-dd", "yyyy")', {"a": "\t2000-01-02 "}, "2000"),
    ('FormatDateTime([a], , "hh:mm tt", "HH:mm")', {"a": "04:05 PM"}, "16:05"),
    ('FormatDateTime([a], , "MM-dd", "dd.MM")', {"a": "02-29"}, "29.02"),
    ("ToLower([a])", {"a": "ΑΣ İI"}, "ασ İi"),
    ('ToUpper([a], "tr-TR")', {"a": "iı"}, "İI"),
    ('ToLower([a], "tr-TR")', {"a": "Iİ"}, "ıi"),
    ("PCase([a])", {"a": "o'neil mc-DONALD"}, "O'neil Mc-Donald"),
    ("PCase([a])", {"a": "3rd floor"}, "3Rd Floor"),
    ("NormalizeDiacritics([a])", {"a": "Søren Æblegård Łódź Straße"}, "Soeren AEblegard Lodz Strasse"),
    ("NormalizeDiacritics([a])", {"a": "Андрей が"}, "Андрей が"),
    ("NormalizeDiacritics([a])", {"a": "\u0301 e\u0301"}, "\u0301 e"),
    ("IsNullOrEmpty([a])", {}, True),
    ("IsNullOrEmpty([a])", {"a": "x"}, False),
    ("IsNullOrEmpty([a])", {"a": []}, True),
    ('IIF(IsNullOrEmpty([a]), "none", [a])', {}, "none"),
    ('IIF([a]<>"x", "other", "none")', {}, "none"),
    ('IIF([a]<>"x", "other", "same")', {"a": "y"}, "other"),
    ('IIF([a], "on", "off")', {"a": True}, "on"),
    ('IIF([a], "on", "off")', {"a": "TRUE"}, "on"),
    ('IIF([a], "on", "off")', {}, "off"),
    ('Replace([a], , "x", , "y", , )', {}, None),
    ('IIF([a]="True", "on", "off")', {"a": True}, "on"),
    ('IIF([a]>=10, "big", "small")', {"a": "10"}, "big"),
    ('IIF([a]>10, "big", "small")', {"a": 10}, "small"),
    ('IIF([a]<10, "small", "big")', {"a": "9"}, "small"),
    ('IIF([a]<=10, "small", "big")', {"a": "11"}, "big"),
    ('Switch([a], , "k", "v")', {"a": "z"}, None),
    ('Switch([a], "", "1", "one")', {"a": 1}, "one"),
    ('FormatDateTime([a], , "", "dd.MM.yyyy")', {"a": "2014-01-01T00:00:00.1234567Z"}, "01.01.2014"),
    ('FormatDateTime([a], , , "yyyy")', {"a": "0001-01-01T00:00:00Z"}, None),
    ('FormatDateTime([a], , "yyyy-MM-ddzzz", "yyyy-MM-dd HH:mm")', {"a": "2021-06-30+08:00"}, "2021-06-29 16:00"),
    ('Replace([a], , "x*", , "-", , )', {"a": "axb"}, "-a--b-"),
    ('Replace([a], , "(b)(c)?", , "[$1$2$$${nope}]", , )', {"a": "abd"}, "a[b$${nope}]d"),
    ('Replace([a], , "b", , "<$&>", , )', {"a": "abc"}, "a<b>c"),
    ('Replace([a], , "(?<n>x)|y", "n", "-", , )', {"a": "xyx"}, "-y-"),
    ('Replace([a], , "(?<n>x)", "n", , [b], )', {"b": "none"}, None),
    ('Replace([a], , "(?<n>x)", "n", , [b], )', {"a": "kept", "b": "x"}, "kept"),
    ('Replace([a], "x", , , [b], , )', {"a": "axa"}, "aa"),
    ('Replace([a], "x", , , , , [b])', {"a": "1"}, ""),
    ('Replace([a], "x", , , "y", , )', {}, None),
    ('Replace([a], "x", , , , , "y")', {}, None),
    ('Replace([a], , "(?<n>x)", "n", "y", , )', {}, None),
    ('Replace([a], , "x", , [b], , )', {"a": "axa", "b": "1"}, "a1a"),
    ('Replace([a], , "a(?<n>x)", "n", [b], , )', {"a": "axa", "b": "1"}, "a1a"),
    ('Replace([a], , "(?<n>x)?", "n", , [b], )', {}, None),
    ('IIF(Left([a], 0)<>"x", "other", "nothing")', {"a": "y"}, "nothing"),
    ('IIF("x"<>Left([a], 0), "other", "nothing")', {"a": "y"}, "nothing"),
    ('IIF(IsNullOrEmpty(Left([a], 0)), "nothing", "something")', {"a": "y"}, "nothing"),
    ('Switch([a], "z", [b], [c])', {"a": "k", "b": "k", "c": "v"}, "v"),
    ("Mid([a], 2, 0)", {"a": "abc"}, ""),
]


@pytest.mark.parametrize(("text", "values", "result"), OPEN)
def test_results_that_the_page_leaves_open(text, values, result):
    """Where the page says nothing, these are the results, for good."""
    assert run(text, **values) == result


LONG = f"becomes longer than {MAX_TEXT} characters while it is computed"
FULL = "a" * MAX_TEXT


@pytest.mark.parametrize(
    ("text", "values", "said"),
    [
        ("ToUpper([a])", {"a": ["x", "y"]}, ""),
        ('Append([a], "x")', {"a": {"k": "v"}}, ""),
        ('IIF([a]>10, "x", "y")', {"a": "ten"}, ""),
        ('IIF([a], "x", "y")', {"a": 5}, "has a condition of IIF that is neither true nor false"),
        ('FormatDateTime([a], , "yyyyMMdd", "yyyy")', {"a": "20140230"}, ""),
        ('FormatDateTime([a], , "yyyyMMdd", "yyyy")', {"a": "2014-01-01"}, ""),
        ("ToUpper([a])", {"a": "x" * (MAX_TEXT + 1)}, f"the source holds more than {MAX_TEXT} characters"),
        ('Join(",", [a])', {"a": ["x"] * (MAX_ITEMS + 1)}, f"the source holds more than {MAX_ITEMS} values"),
        ('Join(",", [a])', {"a": ["x" * 1000] * 100}, LONG),
        ('Join("---", [a])', {"a": ["x" * 30] * (MAX_ITEMS - 5)}, LONG),
        ('Item(Split([a], ","), 1)', {"a": "," * MAX_ITEMS}, f"splits into more than {MAX_ITEMS} values"),
        ('Replace([a], "a", , , [b], , )', {"a": "a" * 10_000, "b": "b" * 10_000}, LONG),
        ('Replace([a], "x", , , , , [b])', {"a": "a" * 10_000, "b": "x" * 10_000}, LONG),
        ('Replace([a], , "a", , "aaaaaaaaaaaaaaaaaaaa", , )', {"a": "a" * 4_000}, LONG),
        ("Append([a], [a])", {"a": "a" * 20_000}, LONG),
        ('Append([a], "b")', {"a": FULL}, LONG),
        ('Replace([a], , "(x+x+)+y", , "", , )', {"a": "x" * 5_000}, ""),
    ],
)
def test_values_that_do_not_fit_are_invalid(text, values, said):
    """A value that a function can't take, or that grows out of bounds, is invalid: never cut, never slow."""
    with pytest.raises(InvalidValueError) as caught:
        run(text, **values)

    assert str(caught.value).startswith(said)
    assert str(caught.value) != "None"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("Append([a], [b])", {"a": FULL}),
        ('Join("-", [a], [b])', {"a": FULL[:-9], "b": "a" * 7}),
        ('Replace([a], "a", , , "b", , )', {"a": FULL}),
        ('Replace([a], "b", , , "aa", , )', {"a": FULL[:-2] + "b"}),
    ],
)
def test_a_value_may_be_just_as_long_as_is_allowed(text, values):
    """The bound is the longest text that goes through; Join counts a separator too many."""
    assert len(run(text, **values)) in (MAX_TEXT, MAX_TEXT - 1)


@given(st.text(max_size=20))
def test_case_changes_keep_the_number_of_characters(text):
    """.NET's case mapping is one character to one."""
    assert len(to_upper(text)) == len(to_lower(text)) == len(proper_case(text)) == len(text)


@given(st.text(st.characters(max_codepoint=0x7F), max_size=20))
def test_diacritics_leave_ascii_alone(text):
    """A text without diacritics stays as it is."""
    assert normalize_diacritics(text) == text


@given(st.text(max_size=20))
def test_diacritics_are_gone_after_one_pass(text):
    """Normalising twice gives what normalising once gives."""
    assert normalize_diacritics(normalize_diacritics(text)) == normalize_diacritics(text)


# The page's table, the part that is written with single code points and combining marks.
TABLE = {
    "a": "äàâãåáąăāā́ā̀ā̂ā̃ǟā̈ǡa̱å̄", "ae": "æǣ", "c": "çčćc̄c̱", "d": "ďd̄ḏ", "e": "ëèéêęěėēḗḕē̂ē̃ê̄e̱ë̄e̊̄", "g": "ğḡg̱",
    "i": "ïîìíıīī́ī̀ī̂ī̃i̱", "l": "ľłl̄ḹḻ", "n": "ñńňn̄ṉ", "o": "öòőõôóōṓṑō̂ō̃ȫō̈ǭȭȱo̱", "oe": "øø̄œ̄", "r": "řr̄ṟṝ",
    "ss": "ß", "s": "šśșşs̄s̱", "t": "ťțt̄ṯ", "u": "üùûúůűūū́ū̀ū̂ū̃u̇̄ǖṻṳ̄u̱", "y": "ÿýȳȳ́ȳ̀ȳ̃y̱", "z": "źžżz̄ẕ",
}  # fmt: skip


@pytest.mark.parametrize(("plain", "marked"), TABLE.items())
def test_the_table_of_diacritics(plain, marked):
    """Every character of the page's table is replaced as the table says."""
    assert normalize_diacritics(marked).replace(plain, "") == ""


@pytest.mark.parametrize("operator", ["=", "<>", "<", "<=", ">", ">="])
@pytest.mark.parametrize(("left", "right"), [(None, "1"), ("1", None), ("", "1"), ("1", ""), (None, None), ("", "")])
def test_a_comparison_with_nothing_is_false(operator, left, right):
    """Entra's page: with an empty source the condition check fails, for <> too."""
    assert run(f'IIF([city]{operator}[state],"yes","no")', city=left, state=right) == "no"


@pytest.mark.parametrize(
    ("operator", "answers"),
    [("<", "yes no no"), ("<=", "yes yes no"), (">", "no no yes"), (">=", "no yes yes")],
)
def test_whole_numbers_are_compared_as_such(operator, answers):
    """9, 10 and 11 against 10: as texts, 9 would come last."""
    found = [run(f'IIF([city]{operator}10,"yes","no")', city=text) for text in ("9", "10", "11")]

    assert found == answers.split()


@pytest.mark.parametrize("culture", ["tr", "tr-TR", "az-Latn-AZ", "TR_tr"])
def test_turkish_has_two_letters_i(culture):
    """With a dot and without, in both directions; elsewhere there is one."""
    assert (to_upper("iı", culture), to_lower("İI", culture)) == ("İI", "iı")
    assert (to_upper("i"), to_lower("I"), to_upper("i", "de-TR")) == ("I", "i", "I")


@pytest.mark.parametrize("culture", ["tr TR", "de-", "x", "tr@x", "a-culture-of-nobodyknows"])
def test_a_text_that_is_no_culture_is_refused(culture):
    """.NET throws for it on every value; here the connector file doesn't load."""
    with pytest.raises(ConfigError, match="isn't the name of one"):
        run(f'ToLower([a], "{culture}")', a="I")


@pytest.mark.parametrize("white", ["\t", "\x85", "\u00a0", "\u3000", "\u2028"])
def test_split_drops_the_white_space_that_net_drops(white):
    """And no more: U+001C to U+001F, which Python's strip takes too, stay and are refused later by name."""
    assert run('Item(Split([a], ";"), 2)', a=f"x;{white}y{white};z") == "y"
    assert run('Item(Split([a], ";"), 2)', a="x;\x1cy\x1f;z") == "\x1cy\x1f"
