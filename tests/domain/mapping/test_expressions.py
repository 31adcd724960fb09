"""Expressions: what is refused before any value is seen, and how they describe themselves."""

import json

import pytest

from upa_core.domain.errors import ConfigError
from upa_core.domain.expressions import (
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
)
from upa_core.domain.expressions_functions import FUNCTIONS

A = Attribute("a")
CLOSED_SET = (
    "Join Append Replace Switch Coalesce IIF Left Mid ToUpper ToLower PCase StripSpaces NormalizeDiacritics Split Item "
    "IsNullOrEmpty FormatDateTime"
)


def test_the_closed_set():
    """There are exactly the functions that the project names."""
    assert set(FUNCTIONS) == set(CLOSED_SET.split())


@pytest.mark.parametrize(
    "expression",
    [
        Call("Eval", (A,)),
        Call("Left", (A,)),
        Call("Left", (A, Constant("3"))),
        Call("Left", (A, A)),
        Call("Left", (A, Constant(1), Constant(2))),
        Call("Left", (Call("Split", (A, Constant(","))), Constant(2))),
        Call("Mid", (A, Constant(0), Constant(1))),
        Call("Mid", (A, Constant(1), Constant(-1))),
        Call("Item", (A, Constant(0))),
        Call("Item", (Call("Split", (A, Constant(", "))), Constant(1))),
        Call("Split", (A, Constant(","))),
        Call("Join", (A, A)),
        Call("Join", (Constant(","),)),
        Call("Switch", (A, None, Constant("k"))),
        Call("Switch", (A, None, Constant("k"), None)),
        Call("Switch", (A, None, Constant("k"), A, Constant("l"))),
        Call("ToUpper", (Call("IsNullOrEmpty", (A,)),)),
        Call("ToUpper", ()),
        Call("ToUpper", (None,)),
        Call("IIF", (Constant("x"), A, A)),
        Call("IIF", (Comparison("=", A, Constant("")), A, A)),
        Call("IIF", (Comparison(">", A, Constant("x")), A, A)),
        Call("IIF", (Comparison("=", A, Comparison("=", A, A)), A, A)),
        Call("Coalesce", (A, Comparison("=", A, A))),
        Comparison("=", A, Constant("x")),
        Call("FormatDateTime", (A, None, None, Constant("yyyyy"))),
        Call("Replace", (A, Constant("x"))),
        Call("Replace", (A, None, Constant("("), None, Constant(""))),
        Call("Replace", (A, None, Constant("a"), Constant("n"), Constant(""))),
        Call("Replace", (A, Constant("x"), Constant("y"), None, Constant(""))),
        Call("Replace", (A, Constant(""), None, None, Constant(""))),
        Call("Replace", (A, Constant("x"), None, None, Constant(""), None, Constant("t"))),
    ],
    ids=repr,
)
def test_refused_expressions(expression):
    """Unknown functions, wrong arguments and wrong types are refused when checked, whatever the values would be."""
    with pytest.raises(ExpressionError):
        check_expression(expression)


def test_the_error_names_the_part():
    """The refusal carries the part that is wrong, for its place in the text."""
    wrong = Call("Left", (A, Constant("3")))

    with pytest.raises(ExpressionError) as caught:
        check_expression(Call("ToUpper", (wrong,)))

    assert caught.value.node == Constant("3")


def nested(depth):
    """ToUpper in ToUpper in …"""
    expression = A
    for _ in range(depth - 1):
        expression = Call("ToUpper", (expression,))
    return expression


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
