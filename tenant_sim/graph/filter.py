"""The `$filter` forms that are understood: eq, ne, startsWith, in, and/or/not over plain properties."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from tenant_sim.graph.errors import bad_request

_TOKEN = re.compile(r"\s*(?:('(?:[^']|'')*')|([A-Za-z_][\w./]*)|(\(|\)|,)|(-?\d+))")
Test = Callable[[dict[str, Any]], bool]


def unsupported() -> Exception:
    """Build the answer to a filter that isn't understood [GR-6]."""
    return bad_request("Unsupported query.", "Request_UnsupportedQuery")


def delta_ids(text: str) -> tuple[str, ...]:
    """Read the only filter delta takes: `id eq '…' or id eq '…'`, at most 50 objects [GR-6]."""
    ids = []
    for part in re.split(r"\s+or\s+", text.strip()):
        found = re.fullmatch(r"\(?\s*id\s+eq\s+'([^']+)'\s*\)?", part.strip())
        if not found:
            raise unsupported()
        ids.append(found[1])
    if len(ids) > 50:
        raise unsupported()
    return tuple(ids)


def compile_filter(text: str, *, advanced: bool = True, known: Mapping[str, str] | None = None) -> Test:
    """Turn a filter into a function of a record; `ne` and `not` are taken in advanced queries only.

    `known` has the properties' names by their lower case: any other property is refused. None: any is taken.
    """
    tokens = []
    at = 0
    while at < len(text.rstrip()):
        found = _TOKEN.match(text, at)
        if not found:
            raise unsupported()
        tokens.append(found.group().strip())
        at = found.end()
    parser = _Parser(tokens, advanced=advanced, known=known)
    test = parser.either()
    if parser.tokens:
        raise unsupported()
    return test


def _not_for(name: str) -> Exception:
    return bad_request(
        f"Unsupported or invalid query filter clause specified for property '{name}' of resource 'User'.",
        "Request_UnsupportedQuery",
    )


def _any_of(left: Test, right: Test) -> Test:
    return lambda record: left(record) or right(record)


def _all_of(left: Test, right: Test) -> Test:
    return lambda record: left(record) and right(record)


class _Parser:
    def __init__(self, tokens: list[str], *, advanced: bool, known: Mapping[str, str] | None) -> None:
        self.tokens, self._advanced, self._known = tokens, advanced, known

    def _next(self, expected: str | None = None) -> str:
        if not self.tokens or (expected is not None and self.tokens[0] != expected):
            raise unsupported()
        return self.tokens.pop(0)

    def either(self) -> Test:
        test = self._both()
        while self.tokens and self.tokens[0] == "or":
            self._next()
            test = _any_of(test, self._both())
        return test

    def _both(self) -> Test:
        test = self._one()
        while self.tokens and self.tokens[0] == "and":
            self._next()
            test = _all_of(test, self._one())
        return test

    def _one(self) -> Test:
        word = self._next()
        if word == "not":
            self._require_advanced((self.tokens[1:] if self.tokens[:1] == ["("] else self.tokens or [""])[0])
            inner = self._one()
            return lambda r: not inner(r)
        if word == "(":
            test = self.either()
            self._next(")")
            return test
        if word.lower() == "startswith":
            self._next("(")
            name = self._property(self._next())
            self._next(",")
            prefix = self._value()
            self._next(")")
            return lambda r: str(_read(r, name) or "").lower().startswith(str(prefix).lower())
        return self._compare(word)

    def _require_advanced(self, name: str) -> None:
        if not self._advanced:
            raise _not_for(name)

    def _property(self, path: str) -> str:
        """Return a property's path in its own spelling; raise where there is no such property."""
        head, slash, tail = path.partition("/")
        if self._known is None:
            return path
        if head.lower() not in self._known:
            raise _not_for(head)
        return f"{self._known[head.lower()]}{slash}{tail}"

    def _compare(self, name: str) -> Test:
        name, operator = self._property(name), self._next()
        if operator == "ne":
            self._require_advanced(name)
        if operator in ("eq", "ne"):
            wanted = _fold(self._value())
            same = operator == "eq"
            return lambda r: (_fold(_read(r, name)) == wanted) == same
        if operator == "in":
            self._next("(")
            values = [_fold(self._value())]
            while self.tokens and self.tokens[0] == ",":
                self._next()
                values.append(_fold(self._value()))
            self._next(")")
            return lambda r: _fold(_read(r, name)) in values
        raise unsupported()

    def _value(self) -> Any:
        word = self._next()
        if word.startswith("'"):
            return word[1:-1].replace("''", "'")
        constants = {"true": True, "false": False, "null": None}
        if word in constants:
            return constants[word]
        if word.lstrip("-").isdigit():
            return int(word)
        raise unsupported()


def _read(record: dict[str, Any], path: str) -> Any:
    value: Any = record
    for part in path.split("/"):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _fold(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value
