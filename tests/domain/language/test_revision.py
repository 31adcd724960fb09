"""Whose fingerprint changes since the language follows .NET's answers, and whose doesn't."""

import pytest

from upa_core.config import parse_expression
from upa_core.domain.people.mapping import direct
from upa_core.domain.people.scope import Clause, Scope


def described(text, **options):
    """Describe a mapping of an expression."""
    return direct("a", "T", **options).__class__("T", parse_expression(text), **options).describe()


@pytest.mark.parametrize(
    "text",
    [
        r'Replace([a], , "\\w+", , "x")',
        r'Replace([a], , "x\\b", , "x")',
        r'Replace([a], , "(?i)x\\p{Lu}", , "x")',
        'ToUpper([a], "tr_TR")',
        'Replace([a], , "x", , "$_")',
        'Replace([a], , "(x)", , "$001")',
        'FormatDateTime([a], , , "ss.FFF")',
        'FormatDateTime([a], , "dd-MMM-yyyy", "yyyy")',
        'FormatDateTime([a], , "dMyyyy", "yyyy")',
        'FormatDateTime([a], , "yyyyK", "yyyy")',
        'Append(FormatDateTime([a], , "hh yyyy", "yyyy"), "x")',
    ],
)
def test_what_may_give_another_value_is_marked(text):
    """Sets of characters, replacement texts, and formats that read or write otherwise."""
    assert described(text)["language"] == 2


@pytest.mark.parametrize(
    "text",
    [
        "[a]",
        'Replace([a], , "[0-9]+-x", , "$1")',
        'Replace([a], "x", , , "$_")',
        'FormatDateTime([a], , "d.M.yyyy", "dd.MM.yyyy HH:mm:ss.fff")',
        'FormatDateTime([a], , "yyyyMMddHHmmss", "MMM d, yyyy")',
        "ToUpper([a])",
        'ToUpper([a], "tr-TR")',
        r'Replace([a], , "x\\p{Lu}", , "x")',
    ],
)
def test_everything_else_keeps_its_fingerprint(text):
    """Not a key more than before."""
    assert "language" not in described(text)


def test_a_datetime_without_a_format_names_its_form():
    """Another form than before is another fingerprint; a form of its own, and a date's, stay."""
    assert described("[a]", type="datetime")["format"] == "yyyy-MM-dd HH:mm:ss"
    assert described("[a]", type="date")["format"] is None
    assert described("[a]", type="datetime", format="yyyy")["format"] == "yyyy"
    assert described("[a]", type="datetime", format="ss.FF")["language"] == 2


def test_a_scope_is_marked_by_its_patterns():
    """By a set of characters in a pattern, not by the same text elsewhere."""
    marked = Scope(((Clause("a", "NOT REGEX MATCH", r"\w+"),),)).describe()

    assert marked["language"] == 2
    assert "language" not in Scope(((Clause("a", "EQUALS", r"\w+"), Clause("a", "REGEX MATCH", "[a-z]+")),)).describe()
