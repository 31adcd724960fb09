"""Regular expressions: two engines that agree, and no pattern that takes long."""

import contextlib
import dataclasses
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upa_core.domain.errors import InvalidValueError
from upa_core.domain.language.letters import to_lower
from upa_core.domain.language.pattern import BACKTRACKING_STEPS, MAX_MATCHED_TEXT, Pattern, compile_pattern
from upa_core.domain.language.pattern_syntax import PatternError

ATOMS = st.sampled_from(
    [
        "a",
        "b",
        ".",
        "[ab]",
        "[^a]",
        r"\d",
        r"\w",
        r"\W",
        "^",
        "$",
        r"\b",
        r"\B",
        r"\z",
        "[a-c1-9]",
        r"\.",
        r"\p{L}",
        "(?i:b)",
    ]
)
REPEATS = st.sampled_from(["*", "+", "?", "{1,2}", "*?", "+?", "??", "{2}", "{0,1}?", "{1,}"])
PATTERNS = st.recursive(
    ATOMS,
    lambda part: st.one_of(
        st.tuples(part, part).map("".join),
        st.tuples(part, part).map(lambda two: f"({two[0]}|{two[1]})"),
        part.map(lambda one: f"({one})"),
        st.tuples(part, REPEATS).map(lambda two: f"(?:{two[0]}){two[1]}"),
    ),
    max_leaves=6,
)


def simulated(pattern: Pattern) -> Pattern:
    """The same pattern, always run by the simulation."""
    return dataclasses.replace(pattern, quick_limit=-1)


def backtracking(pattern: Pattern) -> Pattern:
    """The same pattern, always run by `re`, where it may be at all."""
    return dataclasses.replace(pattern, quick_limit=MAX_MATCHED_TEXT) if pattern.for_ascii else pattern


@pytest.mark.slow
@settings(max_examples=300)
@given(PATTERNS, st.text("abB1. \né\u0301😀", max_size=6))
def test_both_engines_give_the_same_spans(text, value):
    """Matches and groups are the same in `re` and in the simulation, for every pattern that is accepted."""
    try:
        pattern = compile_pattern(text)
    except PatternError:
        return
    if pattern.program.marks:
        return  # a repeat of what may be empty is never the quick engine's
    slow, fast = simulated(pattern), backtracking(pattern)

    assert slow.fullmatch(value) == fast.fullmatch(value)
    assert list(slow.finditer(value)) == list(fast.finditer(value))


@pytest.mark.slow
@settings(max_examples=300)
@given(st.text(max_size=30))
def test_any_text_is_a_pattern_or_refused(text):
    """Compiling any text gives a pattern that runs, or a PatternError."""
    try:
        compile_pattern(text).search("some text")
    except PatternError:
        return


@pytest.mark.parametrize(
    "text", ["(a|a)+b", "(a+)+b", "(.|a)+b", "(a|aa)+$", ".*.*.*.*x", "a?" * 50 + "a" * 50, "(a{0,50}){10}b"]
)
def test_hostile_patterns_take_no_time(text):
    """Patterns that take a backtracking matcher ages are answered at once, or refused."""
    started = time.perf_counter()
    with contextlib.suppress(PatternError):
        compile_pattern(text).search("a" * 300)

    assert time.perf_counter() - started < 5


def test_what_is_too_long_to_match_is_invalid():
    """A value that is too long for a pattern that isn't simple is invalid rather than slow."""
    with pytest.raises(InvalidValueError):
        compile_pattern("(a+)+b").search("a" * (MAX_MATCHED_TEXT + 1))


@pytest.mark.parametrize(
    "text",
    [
        "(?=a)",
        "(?!a)",
        "(?<=a)",
        "(?<!a)",
        r"(a)\1",
        "(?>a)",
        r"\k<n>",
        "(?(1)a|b)",
        "a**",
        "a++",
        "*a",
        "+",
        "(a",
        "a)",
        "[a",
        "[z-a]",
        r"[a-\d]",
        "[a-z-[aeiou]]",
        "a{201}",
        "a{2,1}",
        "\\",
        r"\q",
        r"\x1",
        r"\u12",
        "(" * 21 + ")" * 21,
        "a" * 501,
        "(a{100}){100}",
        "(?P=n)",
        "(?P<n>a)",
        "(?m)^a",
        "(?#c",
        r"\_",
        r"\G",
        r"\p{IsGreek}",
        r"\pL",
        r"[\A]",
        "a{1}{2}",
        "(?<0>a)",
    ],
)
def test_refused_patterns(text):
    """What is left out of .NET's syntax, and what isn't valid, is refused when compiled."""
    with pytest.raises(PatternError):
        compile_pattern(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r"[\]a-]+", "]a-"),
        ("[]a]", "]"),
        ("[^]a]", "b"),
        (r"[\d_]+", "1_2"),
        (r"\x41\u0042\t", "AB\t"),
        ("a{,2}", "a{,2}"),
        (r"[.*+?{}()|^$]+", ".*+?{}()|^$"),
        ("{", "{"),
        ("(?'n'a)", "a"),
        ("(?<1>a)", "a"),
        ("(?#c)a", "a"),
        (r"[\b]", "\b"),
        (r"\cA\0\07", "\x01\0\x07"),
        (r"\Aa\z", "a"),
        (r"a\Z\n", "a\n"),
        (r"a\Bb", "ab"),
        (r"\p{L}\P{L}[\p{Lu}-]+", "é.-É"),
        (r"(?i)\p{Lu}[\p{Ll}x][^\P{Lt}]", "éÉa"),
        ("(?i)straße", "STRAẞE"),
        ("(?i)k(?-i)k", "\u212ak"),
        ("(?i:a)b", "Ab"),
        ("(?<n>a)(?<n>b)", "ab"),
        (r"\w+", "e\u0301\u203f"),
        (r"\W+", "m\u00b2\u2163".replace("m", "")),
        (r"\S", "\x1c"),
        (r"\W", "😀"),
        ("[a-]", "-"),
        ("[$-^]", "^"),
        ("a.c", "aüc"),
        ("x{3}", "xxx"),
        ("(?:)", ""),
        ("", ""),
        ("[[]", "["),
        ("a|", ""),
    ],
)
def test_accepted_patterns(text, value):
    """Sets, escapes, names and literal braces mean what they mean in .NET."""
    pattern = compile_pattern(text)

    assert simulated(pattern).fullmatch(value)
    assert backtracking(pattern).fullmatch(value)


@pytest.mark.parametrize("text", ["s", "ſ", "İ", "ı", "ς", "µ", "ϑ"])
def test_what_has_another_lower_case_doesnt_fold(text):
    """`re.IGNORECASE` would take them; .NET compares lower case, one character each."""
    pattern = compile_pattern(f"(?i){text}")

    assert [c for c in "sSſiIİıσΣςμΜµθΘϑ" if pattern.fullmatch(c)] == [
        c for c in "sSſiIİıσΣςμΜµθΘϑ" if to_lower(c) == to_lower(text)
    ]


@pytest.mark.parametrize(
    ("text", "value", "spans"),
    [
        ("(a?)*b", "ab", ((0, 2), (1, 1))),
        ("(a|)*", "b", ((0, 0), (0, 0))),
        ("(|a){0,2}b", "ab", ((0, 2), (1, 1))),
        ("(^)*a", "a", ((0, 1), (0, 0))),
        ("(?:(a*)b?)+", "aab", ((0, 3), (3, 3))),
    ],
)
def test_a_turn_that_takes_nothing_ends_a_repeat(text, value, spans):
    """And its groups count."""
    assert compile_pattern(text).search(value) == spans


def test_a_group_that_stands_twice_is_where_it_was_last():
    """As in .NET, by the same name or number."""
    assert compile_pattern("(?<n>a)(?<n>b)?").search("ab") == ((0, 2), (1, 2))
    assert compile_pattern("(?<n>a)(?<n>b)?").search("ac") == ((0, 1), (0, 1))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("(?=a)", "lookaheads aren't supported"),
        ("(?<!a)", "lookbehinds aren't supported"),
        (r"(a)\1", "back-references aren't supported"),
        ("[a-z-[aeiou]]", "sets can't be subtracted; write the characters that remain"),
        ("(?>a)", "atomic groups aren't supported"),
        (r"\G", "matched from its start"),
        ("(?P<n>a)", "write (?<name>…)"),
        (r"\_", "write _ alone"),
    ],
)
def test_what_is_left_out_is_refused_by_name(text, said):
    """With what to write instead."""
    with pytest.raises(PatternError) as caught:
        compile_pattern(text)

    assert said in str(caught.value)


def test_groups_are_numbered_as_in_net():
    """By number, unnamed groups come first, then the named ones."""
    pattern = compile_pattern("(?<n>a)(b)")

    assert (pattern.group("1"), pattern.group("2"), pattern.group("n"), pattern.group("0")) == (2, 1, 1, 0)
    with pytest.raises(PatternError):
        pattern.group("3")


@given(st.text("ab", max_size=8))
def test_simple_patterns_match_as_re_does(value):
    """A group's span is where `re` finds it."""
    spans = compile_pattern("(a+)b").search(value)
    match = re.search("(a+)b", value)

    assert spans == (match and (match.span(), match.span(1)))


@pytest.mark.parametrize(
    ("text", "ways", "repeats"),
    [
        ("abc", 1, 0),
        ("x{7}", 1, 0),
        ("x{2,3}", 1, 1),
        ("x*y+", 1, 2),
        ("(a+)(b|c+)", 2, 2),
        ("(a|b)", 2, 0),
        ("(a|b){3}", 8, 0),
        ("(a|b){0,3}", 27, 0),
        ("(?:ab)?", 2, 0),
        ("(a+b){2}", 1, 2),
        ("(?:ab){29}", 1, 0),
    ],
)
def test_the_quick_engine_takes_what_its_tries_are_bounded_for(text, ways, repeats):
    """A repeat of a single character is tried at each length, a choice once for each option, and they multiply."""
    bound = int((BACKTRACKING_STEPS / ways) ** (1 / (repeats + 1)))

    assert compile_pattern(text).quick_limit == min(bound, MAX_MATCHED_TEXT)


@pytest.mark.parametrize("text", ["(?:ab)*", "(a+)+", "(?:ab){30}", "(?:a|b){20}", "(?:ab){0,29}", "(?:(?:ab)*c){2}"])
def test_what_may_be_exponential_is_never_the_quick_engines(text):
    """A repeat of more than single characters, without bounds or with many ways."""
    assert compile_pattern(text).quick_limit == -1


def test_groups_beside_each_other_arent_nested():
    """The depth counts those that are open; twenty within each other are allowed, too."""
    assert compile_pattern("(a)" * 25).fullmatch("a" * 25)
    assert compile_pattern("(" * 20 + "a" + ")" * 20).fullmatch("a")


NO_OPTIONS = "only (…), (?:…), (?<name>…), (?i) and (?#…) are supported: no other options or groups"


@pytest.mark.parametrize(
    ("text", "position", "said"),
    [
        ("a)", 2, "unmatched )"),
        ("(a", 3, "ends too early"),
        ("ab*+", 4, "a repeat of a repeat isn't supported"),
        ("a*?+", 4, "a repeat of a repeat isn't supported"),
        ("a{2}*", 5, "a repeat of a repeat isn't supported"),
        ("a{3,2}", 7, "a repeat count such as {2,5} has the smaller number first, at most 200"),
        ("a{201}", 7, "a repeat count such as {2,5} has the smaller number first, at most 200"),
        ("a{201,}", 8, "a repeat count such as {2,5} has the smaller number first, at most 200"),
        ("*a", 1, "* needs something before it to repeat"),
        ("a|?", 3, "? needs something before it to repeat"),
        ("(?s)a", 2, NO_OPTIONS),
        ("(" * 21, 22, "groups are nested more than 20 deep"),
        (r"\x1", 3, r"\x needs hexadecimal digits"),
        (r"\q", 3, r"\q isn't an escape of .NET; write q alone"),
        ("[a-z-[m]]", 6, "sets can't be subtracted; write the characters that remain as ranges"),
    ],
)
def test_a_refusal_names_the_character_and_why(text, position, said):
    """Counted from one: where reading stopped."""
    with pytest.raises(PatternError) as caught:
        compile_pattern(text)

    assert str(caught.value) == f"pattern, at character {position}: {said}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a" * 501, "the pattern has more than 500 characters"),
        ("(a{100}){100}", "the pattern is too large: more than 600 steps when its counts are written out"),
    ],
)
def test_a_pattern_that_is_too_large_says_so(text, said):
    """As it is written, or when its counts are written out."""
    with pytest.raises(PatternError) as caught:
        compile_pattern(text)

    assert str(caught.value) == said


def test_a_text_that_is_too_long_for_a_pattern_is_invalid():
    """For patterns that aren't quick; no longer than what is allowed is no error."""
    pattern = compile_pattern("(?:ab|a)*c")

    assert pattern.search("a" * MAX_MATCHED_TEXT) is None
    with pytest.raises(InvalidValueError, match=f"^is longer than {MAX_MATCHED_TEXT} characters, the most that a pat"):
        pattern.search("a" * (MAX_MATCHED_TEXT + 1))


@pytest.mark.parametrize(
    ("text", "members"),
    [
        ("[abX]", "Xab"),
        ("[^ -Za-~]", "[]\\^_`"),
        ("[a-c1-2]", "12abc"),
        ("[a-a]", "a"),
        (r"[\dA]", "0123456789A"),
        (r"[\]-\^]", "]^"),
        (r"[\x41-\x43]", "ABC"),
        (r"[A-\x43]", "ABC"),
        (r"[d\-w]", "-dw"),
        ("[-a]", "-a"),
        ("[a-]", "-a"),
        (r"[\\d]", "\\d"),
        ("[wd-f]", "defw"),
        ("[+--]", "+,-"),
    ],
)
def test_a_set_holds_its_members_and_nothing_else(text, members):
    """Characters, ranges, classes and escapes, among all of printable ASCII."""
    pattern = compile_pattern(text)

    assert "".join(c for c in map(chr, range(32, 127)) if pattern.fullmatch(c)) == "".join(sorted(members))


@pytest.mark.parametrize("text", [r"[a-\d]", "[a-[b]", "[c-a]", r"[\x43-A]"])
def test_a_range_that_is_none_is_refused(text):
    """It must end in a character, after its first."""
    with pytest.raises(PatternError, match=r"a range (must|such)"):
        compile_pattern(text)


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("x?", [0, 1]),
        ("x*", [0, 1, 2, 3, 4, 5]),
        ("x+", [1, 2, 3, 4, 5]),
        ("x{2}", [2]),
        ("x{2,}", [2, 3, 4, 5]),
        ("x{0,2}", [0, 1, 2]),
        ("x{1,3}?", [1, 2, 3]),
        ("(?:x|xx|xxxx)", [1, 2, 4]),
        ("xx?x??", [1, 2, 3]),
    ],
)
def test_repeats_take_as_many_as_they_say(text, counts):
    """Both engines, from none to five."""
    pattern = compile_pattern(text)

    for engine in (simulated(pattern), backtracking(pattern)):
        assert [n for n in range(6) if engine.fullmatch("x" * n)] == counts


@pytest.mark.parametrize(("text", "end"), [("x+", 3), ("x+?", 1), ("x{2,3}?", 2), ("x??", 0), ("x?", 1), ("x*?", 0)])
def test_a_lazy_repeat_takes_the_fewest(text, end):
    """Found in xxx."""
    pattern = compile_pattern(text)

    for engine in (simulated(pattern), backtracking(pattern)):
        assert engine.search("xxx") == ((0, end),)


def test_limits_are_what_may_just_be():
    """500 characters of pattern, a count of 200, 4,096 characters of text."""
    assert compile_pattern("a" * 500).fullmatch("a" * 500)
    assert compile_pattern("a{200}").fullmatch("a" * 200)
    assert compile_pattern("(a+)+b").search("a" * (MAX_MATCHED_TEXT - 1) + "b")
