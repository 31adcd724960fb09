"""Expressions: what is refused before any value is seen, and how they describe themselves."""

import json

import pytest

from upa_core.config import ExpressionSyntaxError, parse_expression
from upa_core.domain.errors import ConfigError
from upa_core.domain.language.expressions import (
    MAX_DEPTH,
    MAX_NODES,
    Attribute,
    Call,
    Comparison,
    Constant,
    ExpressionError,
    check_expression,
    compile_expression,
    describe_expression,
    expression_text,
)
from upa_core.domain.language.functions import FUNCTIONS

A = Attribute("a")
CLOSED_SET = (
    "Join Append Replace Switch Coalesce IIF Left Mid ToUpper ToLower PCase StripSpaces NormalizeDiacritics Split Item "
    "IsNullOrEmpty FormatDateTime"
)


def test_the_closed_set():
    """There are exactly the functions that the project names."""
    assert set(FUNCTIONS) == set(CLOSED_SET.split())


REPLACE = (
    "Replace: takes one of these besides source: oldValue, replacementValue; oldValue, template; regexPattern, "
    "[regexGroupName], replacementValue; regexPattern, regexGroupName, replacementAttributeName"
)
SWITCH = "Switch takes (source, [defaultValue], key1, value1, …)"
CONDITION = "IIF: condition must be a comparison, IsNullOrEmpty or a boolean attribute"
COMPARABLE = "only texts and whole numbers can be compared; for AND and OR, write one IIF inside another"
DELIMITER = 'Split: delimiter must be one character; spaces around the values are dropped, so write ";" for "; "'


@pytest.mark.parametrize(
    ("text", "part", "said"),
    [
        ("Eval([a])", "Eval([a])", "Eval isn't a function of this language"),
        ("Left([a])", "Left([a])", "Left takes (source, numChars): numChars is missing"),
        ('ToUpper(Left([a], "3"))', '"3"', "Left: numChars must be a whole number"),
        ("Left([a], [b])", "[b]", "Left: numChars must be a whole number"),
        ("Left([a], 1, 2)", "Left([a], 1, 2)", "Left takes (source, numChars)"),
        (
            'Left(Split([a], ","), 2)',
            'Split([a], ",")',
            "Left: source must be one text, not several; use Join or Item",
        ),
        ("Mid([a], 0, 1)", "Mid([a], 0, 1)", "Mid: start must be 1 or more, and length 0 or more"),
        ("Mid([a], 1, -1)", "Mid([a], 1, -1)", "Mid: start must be 1 or more, and length 0 or more"),
        ("Item([a], 0)", "Item([a], 0)", "Item: index must be 1 or more: the first value is 1"),
        ('Item(Split([a], ", "), 1)', 'Split([a], ", ")', DELIMITER),
        (
            'Split([a], ",")',
            'Split([a], ",")',
            "gives several values; a profile property takes one: use Join or Item",
        ),
        ("Join([a], [b])", "[a]", "Join: separator must be a text in quotes"),
        ('Join(",")', 'Join(",")', "Join takes (separator, source1, …): source1 is missing"),
        ('Switch([a], , "k")', 'Switch([a], , "k")', SWITCH),
        ('Switch([a], , "k", )', 'Switch([a], , "k", )', SWITCH),
        ('Switch([a], , , "v")', 'Switch([a], , , "v")', f"{SWITCH}: key1 is missing"),
        ('Switch([a], , "k", [a], "l")', 'Switch([a], , "k", [a], "l")', SWITCH),
        (
            'Switch([a], , "k", "v", Split([b], ","), "w")',
            'Split([b], ",")',
            "Switch: key1 must be one text, not several; use Join or Item",
        ),
        ("Join(ToUpper([a]), [b])", "ToUpper([a])", "Join: separator must be a text in quotes"),
        ("ToUpper(IsNullOrEmpty([a]))", "IsNullOrEmpty([a])", "ToUpper: source can't be a condition"),
        ("ToUpper()", "ToUpper()", "ToUpper takes (source, [culture]): source is missing"),
        ('ToUpper( , "de")', 'ToUpper( , "de")', "ToUpper takes (source, [culture]): source is missing"),
        ('IIF("x", [a], [b])', '"x"', CONDITION),
        ('IIF([a]="", [a], [b])', '""', 'comparing with "" is never true in Entra; use IsNullOrEmpty'),
        ('IIF(""="x", [a], [b])', '""', 'comparing with "" is never true in Entra; use IsNullOrEmpty'),
        ('IIF([a]>"x", [a], [b])', '"x"', "> compares whole numbers, and this is a text"),
        ('IIF([a]=Split([b], ","), [a], [b])', 'Split([b], ",")', COMPARABLE),
        ("IIF(IsNullOrEmpty([a])=[b], [a], [b])", "IsNullOrEmpty([a])", COMPARABLE),
        ("Coalesce([a], IsNullOrEmpty([b]))", "IsNullOrEmpty([b])", "Coalesce: source2 can't be a condition"),
        (
            'FormatDateTime([a], , , "ffffffff")',
            'FormatDateTime([a], , , "ffffffff")',
            "FormatDateTime: date format 'ffffffff': 'ffffffff' isn't supported, a fraction has at most 7 digits",
        ),
        (
            'Replace([a], , "(", , "", , )',
            'Replace([a], , "(", , "", , )',
            "Replace: pattern, at character 2: ends too early",
        ),
        (
            'Replace([a], , "a", "n", "", , )',
            'Replace([a], , "a", "n", "", , )',
            "Replace: the pattern has no group n",
        ),
        *(
            (text, text, REPLACE)
            for text in (
                'Replace([a], "x")',
                'Replace([a], "x", "y", , "", , )',
                'Replace([a], "", , , "", , )',
                'Replace([a], "x", , , "", , "t")',
                'Replace([a], "x", , , "", [b], )',
                'Replace([a], , "x", , , , )',
                'Replace([a], , "x", , , [b], )',
                'Replace([a], , "x", "n", , , )',
                'Replace([a], , "(?<n>x)", "n", "r", [b], )',
                'Replace([a], , "x", , "r", , "t")',
            )
        ),
    ],
)
def test_what_is_said_of_an_expression_that_is_refused(text, part, said):
    """Unknown functions, wrong arguments and wrong types are refused, at the place of the part."""
    with pytest.raises(ExpressionSyntaxError) as caught:
        parse_expression(text)

    assert (str(caught.value), caught.value.column) == (said, text.index(part) + 1)


def test_a_comparison_is_no_value():
    """It can't be written alone either, but an expression needn't come from a text."""
    alone = Comparison("=", A, Constant("x"))
    with pytest.raises(ExpressionError) as caught:
        check_expression(alone)

    assert (str(caught.value), caught.value.node) == (
        "a comparison isn't a value; write it as the condition of an IIF",
        alone,
    )


@pytest.mark.parametrize("side", [Comparison("=", A, A), Call("Split", (A, Constant(",")))])
def test_neither_side_of_a_comparison_is_a_condition_or_several_values(side):
    """Left and right alike."""
    for condition in (Comparison("=", A, side), Comparison("=", side, A)):
        with pytest.raises(ExpressionError) as caught:
            check_expression(Call("IIF", (condition, A, A)))

        assert (str(caught.value), caught.value.node) == (COMPARABLE, side)


def nested(depth):
    """ToUpper in ToUpper in …"""
    expression = A
    for _ in range(depth - 1):
        expression = Call("ToUpper", (expression,))
    return expression


@pytest.mark.slow
def test_depth_is_bounded():
    """Nesting up to the limit is accepted, one more is refused, and a hundred thousand is no worse."""
    check_expression(nested(MAX_DEPTH))
    for depth in (MAX_DEPTH + 1, 100_000):
        with pytest.raises(ExpressionError, match="deep"):
            check_expression(nested(depth))


def test_size_is_bounded():
    """An expression has a bounded number of parts."""
    with pytest.raises(ExpressionError, match="parts"):
        check_expression(Call("Join", (Constant(","), *[A] * MAX_NODES)))


def test_attributes_must_be_among_the_inputs():
    """Compiling needs every attribute that is read."""
    with pytest.raises(ConfigError, match="a isn't among"):
        compile_expression(A, {})


def test_descriptions_tell_expressions_apart():
    """Different expressions have different descriptions, all of them JSON."""
    different = [
        A,
        Attribute("b"),
        Constant("a"),
        Constant(1),
        Constant("1"),
        Call("Append", (A, A)),
        Call("Switch", (A, None, A, A)),
        Call("Switch", (A, A, A, A)),
        Comparison("=", A, A),
        Comparison("<>", A, A),
    ]

    assert len({json.dumps(describe_expression(each)) for each in different}) == len(different)


@pytest.mark.parametrize(
    "text",
    [
        'Join(", ", [city], [country])',
        'IIF([department] = "R\\"D", "x\\\\y", 7)',
        "Left([city], 3)",
    ],
)
def test_an_expression_is_written_as_it_is_read(text: str) -> None:
    """What the text gives, read again, is the same expression."""
    once = parse_expression(text)

    assert expression_text(once) == text
    assert parse_expression(expression_text(once)) == once
