"""What a query may be: one statement that reads.

SQLite and PostgreSQL refuse everything else themselves, in a transaction that only reads. SQL Server has no such
transaction, and needs no sign between two statements: there the words of the text are looked at, too.
"""

from __future__ import annotations

import re

_QUOTED = re.compile(
    r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\[(?:[^\]]|\]\])*\]|--[^\n]*|/\*.*?\*/",
    re.DOTALL,
)
"""Texts, quoted names and comments, in which nothing is a word."""
_BEGINS = re.compile(r"\s*(select|with)\b", re.IGNORECASE)
_CHANGES = re.compile(
    r"(?<![\w@#$])(insert|update|delete|merge|into|truncate|create|alter|drop|exec|execute|grant|revoke|deny|backup|restore"
    r"|bulk|commit|rollback|save|begin|declare|set|use|if|while|goto|return|waitfor|print|raiserror|shutdown|kill|dbcc"
    r"|reconfigure|checkpoint|updatetext|writetext|readtext|openquery|openrowset|opendatasource)(?![\w@#$])",
    re.IGNORECASE,
)
"""Reserved words of T-SQL that change something, begin another statement, or read from another server."""

ONE_SELECT = "must be one statement that begins with SELECT or WITH"


def refusal_of(query: str, *, by_words: bool = False) -> str:
    """Return why a query isn't sent, "" where it may be.

    Args:
        query: the text, without a semicolon at its end.
        by_words: also refuse reserved words of T-SQL that do more than read.

    """
    bare = _QUOTED.sub(" '' ", query)
    if not _BEGINS.match(query) or ";" in bare:
        return ONE_SELECT
    found = _CHANGES.search(bare) if by_words else None
    if found is None:
        return ""
    return f"holds the word {found[0].upper()}: only SELECT is sent; a column of that name is written [{found[0]}]"
