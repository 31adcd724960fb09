"""Conditions of OData, as in Graph's $filter, as clauses of a scope; only those with the same meaning."""

from __future__ import annotations

import re

_COMPARISON = re.compile(
    r"\s*([A-Za-z][\w.]*)\s+(eq|ne|gt|ge)\s+(?:'((?:[^']|'')*)'|(true|false|null)|([+-]?[0-9]+))\s*", re.IGNORECASE
)
_CALL = re.compile(r"\s*(startswith|endswith|contains)\s*\(\s*([A-Za-z][\w.]*)\s*,\s*'((?:[^']|'')*)'\s*\)\s*", re.I)
_OPERATOR = re.compile(r"\s(eq|ne|gt|ge|lt|le|in|has)\s|\b(startswith|endswith|contains|any|all)\s*\(", re.IGNORECASE)
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
_NUMBERS = {"gt": "GREATER_THAN", "ge": "GREATER_THAN_OR_EQUALS"}


def is_odata(text: str) -> bool:
    """Return whether a text looks like a condition of OData."""
    return _OPERATOR.search(text) is not None


def clauses_of(text: str) -> list[str]:
    """Return the clauses with the meaning of the condition; none where a part of it has no clause.

    Conditions joined by `and` are several clauses. `ne` with a value isn't among them: people without the attribute
    meet it, and no clause.
    """
    found = [_clause(part) for part in _AND.split(text.strip())]
    return found if all(found) else []


def _clause(text: str) -> str:
    if call := _CALL.fullmatch(text):
        name, value = call[2], call[3].replace("''", "'")
        if not _plain(value):
            return ""
        match call[1].lower():
            case "endswith":
                return f"{name} ENDS_WITH {value}"
            case "contains":
                return f"{name} INCLUDES {value}"
            case _:
                return f"{name} REGEX MATCH {re.escape(value)}.*"
    match = _COMPARISON.fullmatch(text)
    if match is None:
        return ""
    name, operator, word, number = match[1], match[2].lower(), (match[4] or "").lower(), match[5]
    if operator in _NUMBERS:
        return f"{name} {_NUMBERS[operator]} {number}" if number else ""
    if word == "null":
        return f"{name} IS {'' if operator == 'eq' else 'NOT '}NULL"
    if operator == "ne":
        return ""
    if word:
        return f"{name} IS {word.upper()}"
    value = number or match[3].replace("''", "'")
    return f"{name} EQUALS {value}" if _plain(value) else ""


def _plain(value: str) -> bool:
    """Return whether a clause can hold a value unquoted."""
    return bool(value) and '"' not in value and value == value.strip() and value.isprintable()
