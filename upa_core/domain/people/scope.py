"""Scope: the people of a connector. Groups are ORed, the clauses of a group ANDed, with Entra's operators.

Semantics of entra-docs, define-conditional-rules-for-provisioning-user-accounts, including "Scoping filters will
return 'false' if the value is null / empty" (so also NOT EQUALS), and no filtering on multi-valued attributes. A
pattern must match the whole value: only so are that page's examples true ("matches any number between 10 and 99").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from upa_core.domain.errors import ConfigError, InvalidValueError
from upa_core.domain.language.pattern import compile_pattern
from upa_core.domain.language.revision import REVISION, pattern_is_revised
from upa_core.domain.language.values import as_text

ClauseOperator = Literal[
    "EQUALS", "NOT EQUALS", "IS TRUE", "IS FALSE", "IS NULL", "IS NOT NULL", "REGEX MATCH", "NOT REGEX MATCH",
    "GREATER_THAN", "GREATER_THAN_OR_EQUALS", "INCLUDES", "ENDS_WITH", "&", "!&",
]  # fmt: skip
UNARY = frozenset({"IS TRUE", "IS FALSE", "IS NULL", "IS NOT NULL"})
"""Operators that take no value."""

Row = Sequence[object]
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition on one attribute."""

    attribute: str
    operator: ClauseOperator
    value: str = ""

    def __str__(self) -> str:
        return f"{self.attribute} {self.operator}" + ("" if self.operator in UNARY else f" {self.value}")


@dataclass(frozen=True, slots=True)
class Scope:
    """The people who take part; without groups, everybody."""

    groups: tuple[tuple[Clause, ...], ...] = ()
    out_of_scope: Literal["keep", "clear"] = "keep"
    """The policy for the properties of a person who leaves the scope."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """The dotted attribute paths that are read, sorted."""
        return tuple(sorted({clause.attribute for group in self.groups for clause in group}))

    def describe(self) -> Any:
        """Return everything that decides who is in scope, and the policy for all others, as JSON."""
        described: dict[str, Any] = {
            "groups": [[[c.attribute, c.operator, c.value] for c in group] for group in self.groups],
            "out_of_scope": self.out_of_scope,
        }
        patterns = [c.value for group in self.groups for c in group if c.operator in ("REGEX MATCH", "NOT REGEX MATCH")]
        if any(map(pattern_is_revised, patterns)):
            described["language"] = REVISION
        return described


def compile_scope(scope: Scope, inputs: Sequence[str]) -> Callable[[Row], bool]:
    """Return the function from a person's row to whether they are in scope."""
    groups = _compile(scope, inputs)
    if not groups:
        return lambda _row: True

    def contains(row: Row) -> bool:
        return any(all(test(row) for _, test in group) for group in groups)

    return contains


def compile_scope_reasons(scope: Scope, inputs: Sequence[str]) -> Callable[[Row], tuple[Clause, ...]]:
    """Return the function from a row to the first failing clause of each group; no clause means in scope."""
    groups = _compile(scope, inputs)

    def reasons(row: Row) -> tuple[Clause, ...]:
        failed: list[Clause] = []
        for group in groups:
            clause = next((clause for clause, test in group if not test(row)), None)
            if clause is None:
                return ()
            failed.append(clause)
        return tuple(failed)

    return reasons


def _compile(scope: Scope, inputs: Sequence[str]) -> list[list[tuple[Clause, Callable[[Row], bool]]]]:
    index = {path: position for position, path in enumerate(inputs)}
    return [[(clause, _test(clause, index)) for clause in group] for group in scope.groups]


def _test(clause: Clause, index: dict[str, int]) -> Callable[[Row], bool]:
    if clause.attribute not in index:
        raise ConfigError(f"scope: attribute {clause.attribute} isn't among the inputs")
    position = index[clause.attribute]
    if clause.operator == "IS NULL":
        return lambda row: row[position] in (None, "", [])
    if clause.operator == "IS NOT NULL":
        return lambda row: row[position] not in (None, "", [])
    judge = _judge(clause)

    def test(row: Row) -> bool:
        value = row[position]
        if value is None or value == "":
            return False
        try:
            return judge(value if isinstance(value, str) else as_text(value))
        except InvalidValueError:
            return False  # several values: "Filtering is not supported for multi-valued attributes"

    return test


def _judge(clause: Clause) -> Callable[[str], bool]:
    wanted = clause.value
    match clause.operator:
        case "EQUALS":
            return lambda text: text == wanted
        case "NOT EQUALS":
            return lambda text: text != wanted
        case "INCLUDES":
            return lambda text: wanted in text
        case "ENDS_WITH":
            return lambda text: text.endswith(wanted)
        case "&":
            return lambda text: text in wanted
        case "!&":
            return lambda text: text not in wanted
        case "IS TRUE":
            return lambda text: text.lower() == "true"
        case "IS FALSE":
            return lambda text: text.lower() == "false"
        case "REGEX MATCH":
            pattern = compile_pattern(wanted)
            return lambda text: pattern.fullmatch(text) is not None
        case "NOT REGEX MATCH":
            pattern = compile_pattern(wanted)
            return lambda text: pattern.fullmatch(text) is None
        case _:
            if not _INTEGER.fullmatch(wanted):
                raise ConfigError(f"scope: {clause.operator} compares with an integer")
            return _greater(int(wanted), or_equal=clause.operator == "GREATER_THAN_OR_EQUALS")


def _greater(bound: int, *, or_equal: bool) -> Callable[[str], bool]:
    def judge(text: str) -> bool:
        if not _INTEGER.fullmatch(text):
            return False
        return int(text) > bound or (or_equal and int(text) == bound)

    return judge
