"""What a query may be."""

from __future__ import annotations

import pytest

from upa_core.domain.sources.joined.statement import ONE_SELECT, refusal_of


@pytest.mark.parametrize(
    "query",
    [
        "SELECT no FROM people",
        "with p as (select no from people) select no from p",
        "SELECT no FROM people WHERE name <> ';' AND \"a;b\" = [c;d] -- ; \n /* ; */",
        "SELECT [update], \"delete\", 'drop', inserted_at, @into, t.setting FROM people -- exec",
        "SELECT no FROM people ORDER BY no OFFSET 0 ROWS FETCH NEXT 10 ROWS ONLY",
        "SELECT REPLACE(name, '''; DELETE', '') FROM people",
    ],
)
def test_a_select_is_sent(query: str) -> None:
    """Whatever stands in its texts, quoted names and comments, and in longer words."""
    assert refusal_of(query, by_words=True) == ""


@pytest.mark.parametrize(
    "query", ["DELETE FROM people", "SELECT 1; DELETE FROM people", "EXEC p", "", "selected", "(SELECT 1)"]
)
def test_one_statement_that_reads(query: str) -> None:
    """Anything else is refused for every database."""
    assert refusal_of(query) == ONE_SELECT


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("SELECT no INTO copy FROM people", "INTO"),
        ("SELECT no FROM people DELETE FROM people", "DELETE"),
        ("WITH gone AS (SELECT no FROM people) DELETE FROM gone", "DELETE"),
        ("SELECT 'it''s' EXEC xp_cmdshell 'dir'", "EXEC"),
        ("SELECT no FROM people /* ' */ Drop TABLE people --'", "DROP"),
        ("SELECT a FROM OPENROWSET('SQLNCLI', 'other', 'SELECT 1')", "OPENROWSET"),
        ("SELECT no FROM people COMMIT", "COMMIT"),
        ("SELECT no FROM [p]]x] UPDATE people SET no = 1", "UPDATE"),
    ],
)
def test_sql_server_needs_no_sign_between_statements(query: str, word: str) -> None:
    """So its words are looked at: what changes something, or reads from another server, is named."""
    told = refusal_of(query, by_words=True)

    assert told.startswith(f"holds the word {word}: only SELECT is sent")
    assert refusal_of(query) == ""
