"""Scope: Entra's operators, groups and clauses (entra-docs, define-conditional-rules-for-provisioning…)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upa_core.domain.errors import ConfigError
from upa_core.domain.people.scope import Clause, Scope, compile_scope, compile_scope_reasons


def holds(operator, value, given_value):
    """Whether a clause holds for a value."""
    return compile_scope(Scope(((Clause("a", operator, value),),)), ["a"])([given_value])


@pytest.mark.parametrize(
    ("operator", "value", "inside", "outside"),
    [
        ("EQUALS", "Sales", ["Sales"], ["sales", "Sales ", None, ""]),
        ("NOT EQUALS", "Sales", ["sales"], ["Sales", None, ""]),
        ("INCLUDES", "ale", ["Sales"], ["SALES", None]),
        ("ENDS_WITH", "@x.com", ["a@x.com"], ["a@x.com.au", None]),
        ("&", "red green", ["red", "green"], ["blue", None]),
        ("!&", "red green", ["blue"], ["red", None]),
        ("IS TRUE", "", [True, "True", "true"], [False, "yes", None, 1]),
        ("IS FALSE", "", [False, "False"], [True, None, 0]),
        ("IS NULL", "", [None, "", []], ["x", False, 0, ["x"]]),
        ("IS NOT NULL", "", ["x", False, 0, ["x"]], [None, "", []]),
        ("REGEX MATCH", r".*\@domain.com", ["a@domain.com"], ["a@domain.com.au", None]),
        ("REGEX MATCH", "([1-9][0-9])", ["10", "99", 42], ["9", "100"]),
        ("NOT REGEX MATCH", r".*\@domain.com", ["a@other.com"], ["a@domain.com", None, ""]),
        ("GREATER_THAN", "10", ["11", 11], ["10", 9, "many", None, "1.5"]),
        ("GREATER_THAN_OR_EQUALS", "10", ["10", 11], ["9", None]),
    ],
)
def test_operators(operator, value, inside, outside):
    """Each operator holds for what the page says, and not where there is no value (except IS NULL)."""
    assert [holds(operator, value, each) for each in inside] == [True] * len(inside)
    assert [holds(operator, value, each) for each in outside] == [False] * len(outside)


@pytest.mark.parametrize("operator", ["EQUALS", "NOT EQUALS", "INCLUDES", "REGEX MATCH"])
def test_several_values_match_nothing(operator):
    """Filtering isn't supported for multi-valued attributes: such a clause doesn't hold."""
    assert not holds(operator, "x", ["x"])


def test_without_groups_everybody_is_in_scope():
    """An empty scope holds everybody, and names no failing clause."""
    assert compile_scope(Scope(), [])([])
    assert compile_scope_reasons(Scope(), [])([]) == ()


@pytest.mark.slow
@given(st.lists(st.lists(st.booleans(), min_size=1, max_size=3), min_size=1, max_size=3))
def test_groups_are_ored_and_clauses_anded(truths):
    """A person is in scope when all clauses of any group hold; otherwise one failing clause a group is named."""
    groups = tuple(tuple(Clause("a", "EQUALS" if truth else "NOT EQUALS", "x") for truth in group) for group in truths)
    scope = Scope(groups)
    inside = any(all(group) for group in truths)
    failed = compile_scope_reasons(scope, ["a"])(["x"])

    assert compile_scope(scope, ["a"])(["x"]) is inside
    assert len(failed) == (0 if inside else len(groups))
    assert all(clause.operator == "NOT EQUALS" for clause in failed)


def test_inputs_are_sorted_and_described():
    """A scope's inputs are its attributes once each, sorted; its description is JSON and tells scopes apart."""
    scope = Scope(((Clause("b", "IS TRUE"), Clause("a", "EQUALS", "x")), (Clause("a", "IS NULL"),)))

    assert scope.inputs == ("a", "b")
    assert json.dumps(scope.describe()) != json.dumps(Scope(scope.groups, "clear").describe())
    assert json.dumps(scope.describe()) != json.dumps(Scope(scope.groups[:1]).describe())


@pytest.mark.parametrize(
    ("operator", "value"), [("REGEX MATCH", "("), ("NOT REGEX MATCH", "(?=x)"), ("GREATER_THAN", "ten")]
)
def test_values_that_cannot_be_compared_with_are_refused(operator, value):
    """A pattern that isn't valid and a bound that isn't an integer are refused when compiled."""
    with pytest.raises(ConfigError):
        holds(operator, value, "x")


def test_an_attribute_that_is_not_among_the_inputs_is_refused():
    """Compiling needs every attribute that is judged."""
    with pytest.raises(ConfigError, match="userType"):
        compile_scope(Scope(((Clause("userType", "IS NULL"),),)), ["a"])


@pytest.mark.parametrize(
    ("clause", "text"),
    [(Clause("a", "EQUALS", "x"), "a EQUALS x"), (Clause("a", "IS TRUE"), "a IS TRUE")],
)
def test_a_clause_reads_as_it_is_written(clause, text):
    """A clause shows itself as in the connector file."""
    assert str(clause) == text
