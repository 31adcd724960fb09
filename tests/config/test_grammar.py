"""The grammar: Entra's syntax, and refusals that say where and what instead."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.config.support import refusal_of
from upa_core.config import ExpressionSyntaxError, parse_expression
from upa_core.config.grammar import MAX_LENGTH, closest
from upa_core.domain.language.expressions import Attribute, Call, Comparison, Constant
from upa_core.domain.people.attributes import resolve_attribute


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("[mail]", Attribute("mail")),
        ("[ ext:CostCenter ]", Attribute("ext:CostCenter")),
        ('"a"', Constant("a")),
        (r'"say \"hi\" \\ back"', Constant('say "hi" \\ back')),
        ('"two\nlines"', Constant("two\nlines")),
        ("-12", Constant(-12)),
        ("Left( [a] ,\n 3 )", Call("Left", (Attribute("a"), Constant(3)))),
        ('Switch([a], , "k", "v")', Call("Switch", (Attribute("a"), None, Constant("k"), Constant("v")))),
        ('Replace([a], "x", , ,"", ,)', Call("Replace", (Attribute("a"), Constant("x"), None, None, Constant("")))),
        (
            'IIF([a]<>"x", "y", "z")',
            Call("IIF", (Comparison("<>", Attribute("a"), Constant("x")), Constant("y"), Constant("z"))),
        ),
    ],
)
def test_syntax(text, tree):
    """Texts, numbers, attributes, calls, left-out arguments and comparisons are read as Entra writes them."""
    assert parse_expression(text) == tree


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "column", "message", "suggestion"),
    [
        ("toupper([a])", 1, "toupper isn't", "ToUpper"),
        ('Join(",", Uper([a]))', 11, "Uper isn't", "ToUpper"),
        ("Now()", 1, "would change with every run", ""),
        ("IsPresent([a])", 1, "IsNullOrEmpty", ""),
        ('Left([a], "3")', 11, "whole number", ""),
        ("Left([a]", 9, r"ends too early", ""),
        ("Department", 11, "ends too early", "[Department]"),
        ("[a", 1, "isn't expected here: an attribute isn't closed with ]", ""),
        ('Append([a], "x)', 13, "isn't expected here: a text isn't closed", ""),
        ("Append([a], 'x')", 13, "isn't expected here: write texts in double quotes", ""),
        ("Append([a], “x”)", 13, "isn't expected here: use straight quotes", ""),
        ("Append([a],\xa0“x”)", 12, "isn't expected here: it looks like a space and isn't one", ""),
        ('[a] & "x"', 5, "isn't expected here: join texts with Join or Append", ""),
        ("ToUpper(department)", 9, "department isn't a function; an attribute needs brackets", "[department]"),
        ('Join(",", city , [a])', 11, "city isn't a function", "[city]"),
        ("[a] [b]", 5, "the end", ""),
        (r'"\d"', 1, "backslash", r"\\d"),
        ("Left([a], 99999999999)", 11, "digits", ""),
        ("", 1, "ends too early", ""),
        ('IIF([a]="", "x", "y")', 9, "never true", ""),
        ('[a]="x"', 4, "isn't expected", ""),
    ],
)
def test_refusals(text, column, message, suggestion):
    """A refusal names the character, what is wrong, and what was probably meant."""
    with pytest.raises(ExpressionSyntaxError, match=message) as caught:
        parse_expression(text)

    assert (caught.value.column, caught.value.suggestion) == (column, suggestion)


def test_places_count_lines():
    """In an expression of several lines, the line is named too."""
    with pytest.raises(ExpressionSyntaxError) as caught:
        parse_expression('Join(",",\n  toLower([a]))')

    assert (caught.value.line, caught.value.column) == (2, 3)


def test_attributes_are_resolved():
    """Aliases inside an expression become paths."""
    tree = parse_expression('Join(",", [extensionAttribute1], ToUpper([city]))', resolve_attribute)

    assert tree == parse_expression('Join(",", [onPremisesExtensionAttributes.extensionAttribute1], ToUpper([city]))')


def test_unknown_attributes_have_a_place():
    """An attribute that is refused is named at its place, with its suggestion; equal ones at the first wrong one."""
    with pytest.raises(ExpressionSyntaxError, match="citty") as caught:
        parse_expression('IIF([city]="x", [state], [citty])', resolve_attribute)

    assert (caught.value.column, caught.value.suggestion) == (26, "city")


@given(st.text(max_size=60))
def test_any_text_is_an_expression_or_refused(text):
    """No text raises anything but ExpressionSyntaxError."""
    error = refusal_of(ExpressionSyntaxError, parse_expression, text)

    assert error is None or (error.line >= 1 and error.column >= 1)


@given(
    st.lists(
        st.sampled_from(["Join", "(", ")", ",", '"a"', "[b]", "1", "=", "IIF", " ", "Switch", "Left", '"']), max_size=25
    )
)
def test_any_row_of_tokens_is_an_expression_or_refused(tokens):
    """No row of tokens raises anything but ExpressionSyntaxError."""
    error = refusal_of(ExpressionSyntaxError, parse_expression, "".join(tokens))

    assert error is None or str(error)


@pytest.mark.parametrize(
    "text",
    [
        "ToUpper(" * 400 + "[a]" + ")" * 400,
        "(" * 3900,
        "Join(" + ",".join(['"x"'] * 900) + ")",
        '"' + "a" * MAX_LENGTH + '"',
        "[" * 3900,
        "ToUpper(" * 480,
    ],
)
def test_blow_ups_are_refused_at_once(text):
    """Deep, wide and long expressions are refused, quickly and without exhausting the stack."""
    started = time.perf_counter()
    with pytest.raises(ExpressionSyntaxError):
        parse_expression(text)

    assert time.perf_counter() - started < 2


@pytest.mark.parametrize(("name", "meant"), [("TOLOWER", "ToLower"), ("Coalese", "Coalesce"), ("zzz", "")])
def test_closest(name, meant):
    """The closest name is found whatever the case; nothing is better than a wild guess."""
    assert closest(name, ["ToLower", "Coalesce"]) == meant
