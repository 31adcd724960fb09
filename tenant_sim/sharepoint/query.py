"""OData's query options on SharePoint's answers: $select, $filter, $orderby, $skip, $top; an error names others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

Row = dict[str, Any]
Test = Callable[[Row], bool]
_TAKEN = frozenset({"$select", "$filter", "$orderby", "$skip", "$top"})
_LISTS_ONLY = _TAKEN - {"$select"}
_TOKEN = re.compile(
    r"\s*(?:(?:datetime|guid)?'((?:[^']|'')*)'|(-?[0-9]+(?:\.[0-9]+)?)(?![\w-])|([A-Za-z_][\w/]*)|([(),]))",
    re.IGNORECASE,
)
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
}


class QueryError(ValueError):
    """An option that SharePoint refuses; the text is its own."""


class NotSimulatedError(Exception):
    """An option that SharePoint has and this simulator doesn't; the text names it."""


def check(options: Iterable[str]) -> None:
    """Refuse options that nothing here reads; `NotSimulatedError` names the first."""
    for name in options:
        if name.startswith("$") and name.lower() not in _TAKEN:
            raise NotSimulatedError(f"the query option {name}")


def check_single(options: Iterable[str]) -> None:
    """Refuse options that make sense for lists only."""
    for name in options:
        if name.lower() in _LISTS_ONLY:
            raise NotSimulatedError(f"the query option {name} on a single object")


def choose(row: Row, select: str | None) -> Row:
    """Keep what was selected, and `__uri`."""
    names = _names(select)
    if not names or "*" in names:
        return row
    _known(names, row)
    return {key: one for key, one in row.items() if key in names or key == "__uri"}


def rows(found: list[Row], options: Callable[[str], str | None], fields: Iterable[str]) -> list[Row]:
    """Filter, sort and cut a list; `fields` are the names that its members have."""
    known = dict.fromkeys(fields)
    _known(set(_names(options("$select"))) - {"*"}, known)
    if text := options("$filter"):
        test = _Filter(text, known).whole()
        found = [row for row in found if test(row)]
    for part in reversed((options("$orderby") or "").split(",")):
        name, _, direction = part.strip().partition(" ")
        if name:
            _known([name], known)
            if direction.strip().lower() not in ("", "asc", "desc"):
                raise QueryError(f'The expression "{part.strip()}" is not valid.')
            found = sorted(found, key=partial(_key, name), reverse=direction.strip().lower() == "desc")
    found = found[_number("$skip", options("$skip")) or 0 :]
    top = _number("$top", options("$top"))
    return found if top is None else found[:top]


def _names(select: str | None) -> list[str]:
    return [name for name in (part.strip() for part in (select or "").split(",")) if name]


def _known(names: Iterable[str], known: Row) -> None:
    for name in names:
        if name not in known:
            raise QueryError(f"The field or property '{name.partition('/')[0]}' does not exist.")


def _number(name: str, text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdigit():
        raise QueryError(f'The query string "{name}" is not valid.')
    return int(text)


def _key(name: str, row: Row) -> tuple[bool, Any]:
    value = _folded(row.get(name))
    return value is not None, value if value is not None else ""


def _folded(value: Any) -> Any:
    """Make values comparable: Int64 comes as a text, texts are compared without regard to case."""
    if isinstance(value, str):
        return float(value) if re.fullmatch(r"-?[0-9]+", value) else value.lower()
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


class _Filter:
    """Reads `name op value`, startswith, substringof, and/or/not and parentheses."""

    def __init__(self, text: str, known: Row) -> None:
        self._known, self._text = known, text
        self._tokens: list[tuple[str, Any]] = []
        at = 0
        while text[at:].strip():
            found = _TOKEN.match(text, at)
            if not found:
                raise QueryError(f'The expression "{text}" is not valid.')
            kinds = zip(("text", "number", "word", "sign"), found.groups(), strict=True)
            self._tokens.append(next(one for one in kinds if one[1] is not None))
            at = found.end()

    def whole(self) -> Test:
        """Read the whole expression."""
        test = self._either()
        if self._tokens:
            raise self._bad()
        return test

    def _bad(self) -> QueryError:
        return QueryError(f'The expression "{self._text}" is not valid.')

    def _next(self, *wanted: str) -> tuple[str, Any]:
        if not self._tokens or (wanted and self._tokens[0][1] not in wanted):
            raise self._bad()
        return self._tokens.pop(0)

    def _is(self, word: str) -> bool:
        return bool(self._tokens) and self._tokens[0] in (("word", word), ("sign", word))

    def _either(self) -> Test:
        test = self._both()
        while self._is("or"):
            self._next()
            test = _or(test, self._both())
        return test

    def _both(self) -> Test:
        test = self._one()
        while self._is("and"):
            self._next()
            test = _and(test, self._one())
        return test

    def _one(self) -> Test:
        if self._is("("):
            self._next()
            test = self._either()
            self._next(")")
            return test
        kind, word = self._next()
        if kind != "word":
            raise self._bad()
        if word == "not":
            inner = self._one()
            return lambda row: not inner(row)
        return self._call(word) if self._is("(") else self._comparison(word)

    def _comparison(self, name: str) -> Test:
        _known([name], self._known)
        compare = _COMPARISONS[self._next(*_COMPARISONS)[1]]
        wanted = self._value()
        return lambda row: _holds(compare, _folded(row.get(name)), wanted)

    def _call(self, function: str) -> Test:
        if function not in ("startswith", "substringof"):
            raise NotSimulatedError(f"the function {function} in $filter")
        self._next("(")
        first = self._next()[1]
        self._next(",")
        second = self._next()[1]
        self._next(")")
        name, part = (first, second) if function == "startswith" else (second, first)
        _known([name], self._known)
        part = str(part).replace("''", "'").lower()
        if function == "startswith":
            return lambda row: str(row.get(name) or "").lower().startswith(part)
        return lambda row: part in str(row.get(name) or "").lower()

    def _value(self) -> Any:
        kind, text = self._next()
        if kind == "text":
            return _folded(text.replace("''", "'"))
        if kind == "number":
            return float(text)
        constants = {"true": True, "false": False, "null": None}
        if text not in constants:
            raise self._bad()
        return constants[text]


def _holds(compare: Callable[[Any, Any], bool], value: Any, wanted: Any) -> bool:
    try:
        return compare(value, wanted)
    except TypeError:  # of another kind, or nothing
        return False


def _or(left: Test, right: Test) -> Test:
    return lambda row: left(row) or right(row)


def _and(left: Test, right: Test) -> Test:
    return lambda row: left(row) and right(row)
