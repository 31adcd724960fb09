"""The grammar of expressions: Entra's syntax, from text to the domain's tree.

Functions, attributes in square brackets, texts in double quotes with backslash escapes, arguments that may be left out
between commas (entra-docs, functions-for-customizing-application-data, "Syntax overview"). The parser is LALR: no
recursion and no backtracking, whatever the text.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from upa_core.domain.errors import ConfigError
from upa_core.domain.language.expressions import (
    Attribute,
    Call,
    Comparison,
    Constant,
    Expression,
    ExpressionError,
    Operator,
    check_expression,
)
from upa_core.domain.language.functions import FUNCTIONS
from upa_core.domain.people.attributes import AttributeRefusedError

MAX_LENGTH = 4_000
_NAME_AT_THE_END = re.compile(r"([A-Za-z_]\w*)\s*$")

_GRAMMAR = r"""
    start: value
    ?value: call | attribute | text | integer
    call: NAME "(" slot ("," slot)* ")"
    slot: [condition]
    ?condition: value | comparison
    comparison: value OPERATOR value
    attribute: ATTRIBUTE
    text: TEXT
    integer: INTEGER
    NAME: /[A-Za-z_][A-Za-z0-9_]*/
    OPERATOR: "<>" | ">=" | "<=" | "=" | ">" | "<"
    ATTRIBUTE: /\[[^\[\]"]*\]/
    TEXT: /"(?:[^"\\]|\\.)*"/s
    INTEGER: /[+-]?[0-9]+/
    %ignore /[ \t\r\n]+/
"""

_ELSEWHERE = {
    "Now": "its result would change with every run",
    "Guid": "its result would change with every run",
    "RandomString": "its result would change with every run",
    "IsPresent": "use IsNullOrEmpty with the last two arguments of IIF swapped",
    "IsNull": "use IsNullOrEmpty",
    "Not": "swap the last two arguments of IIF",
    "Word": "use Item(Split(source, delimiter), number)",
    "CStr": "values become text by themselves",
    "CDate": "declare `type: date`, or use FormatDateTime",
    "Redact": "set `redact: true` beside the mapping",
    "IgnoreFlowIfNullOrEmpty": "set `on_empty: keep` beside the mapping",
}
"""Functions of Entra that aren't in this closed set, each with an alternative."""

_NAMES = {
    "$END": "the end",
    "ATTRIBUTE": "an [attribute]",
    "COMMA": "a comma",
    "INTEGER": "a whole number",
    "LPAR": "(",
    "NAME": "a function",
    "OPERATOR": "a comparison",
    "RPAR": ")",
    "TEXT": "a text in quotes",
}


class ExpressionSyntaxError(ConfigError):
    """An expression isn't valid; `column` counts from 1, `line` from 1 within the expression."""

    def __init__(self, message: str, *, line: int = 1, column: int = 1, suggestion: str = "") -> None:
        super().__init__(message)
        self.line = line
        self.column = column
        self.suggestion = suggestion


@dataclass(frozen=True, slots=True)
class _Placed:
    node: Expression | None
    places: tuple[tuple[int, tuple[int, int]], ...] = ()
    """The id of each part, and its line and column."""


def _at(token: Token) -> tuple[int, int]:
    return token.line or 1, token.column or 1


class _Build(Transformer[Token, _Placed]):
    """Builds the domain's tree during parsing."""

    def start(self, items: list[Any]) -> _Placed:
        return cast("_Placed", items[0])

    def slot(self, items: list[Any]) -> _Placed:
        return items[0] or _Placed(None)

    def attribute(self, items: list[Any]) -> _Placed:
        node = Attribute(items[0][1:-1].strip())
        return _Placed(node, ((id(node), _at(items[0])),))

    def text(self, items: list[Any]) -> _Placed:
        node = Constant(_unescape(items[0]))
        return _Placed(node, ((id(node), _at(items[0])),))

    def integer(self, items: list[Any]) -> _Placed:
        if len(items[0]) > 10:
            line, column = _at(items[0])
            raise ExpressionSyntaxError("a number has too many digits", line=line, column=column)
        node = Constant(int(items[0]))
        return _Placed(node, ((id(node), _at(items[0])),))

    def comparison(self, items: list[Any]) -> _Placed:
        left, operator, right = items
        node = Comparison(cast("Operator", str(operator)), left.node, right.node)
        return _Placed(node, (*left.places, (id(node), _at(operator)), *right.places))

    def call(self, items: list[Any]) -> _Placed:
        name, *slots = items
        args = tuple(slot.node for slot in slots)
        while args and args[-1] is None:
            args = args[:-1]
        node = Call(str(name), args)
        places = tuple(place for slot in slots for place in slot.places)
        return _Placed(node, ((id(node), _at(name)), *places))


def _unescape(token: Token) -> str:
    parts: list[str] = []
    chars = iter(token[1:-1])
    for char in chars:
        taken = next(chars) if char == "\\" else char  # the grammar lets no text end in a lone backslash
        if char == "\\" and taken not in '\\"':
            line, column = _at(token)
            raise ExpressionSyntaxError(
                f'in a text, a backslash may only stand before " or another backslash, not before {taken}',
                line=line,
                column=column,
                suggestion=f"\\\\{taken}",
            )
        parts.append(taken)
    return "".join(parts)


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", transformer=_Build(), maybe_placeholders=True, propagate_positions=False)


def parse_expression(text: str, resolve: Callable[[str], str] | None = None) -> Expression:
    """Read an expression and check it: closed set of functions, arguments, types, depth, size.

    `resolve` turns the names of attributes into paths.

    Raises:
        ExpressionSyntaxError: with the place and, where there is one, a suggestion.
    """
    placed = _parse(text)
    expression = cast("Expression", placed.node)
    return _resolve(expression, resolve, dict(placed.places)) if resolve else expression


@lru_cache(maxsize=4096)
def _parse(text: str) -> _Placed:
    if len(text) > MAX_LENGTH:
        raise ExpressionSyntaxError(f"an expression has at most {MAX_LENGTH} characters")
    try:
        placed = cast("_Placed", _parser().parse(text))
    except (UnexpectedCharacters, UnexpectedToken) as error:  # LALR knows no other kind
        raise _syntax_error(text, error) from error
    try:
        check_expression(cast("Expression", placed.node))
    except ExpressionError as error:
        line, column = dict(placed.places).get(id(error.node), (1, 1))
        message, suggestion = _explain(error)
        raise ExpressionSyntaxError(message, line=line, column=column, suggestion=suggestion) from error
    return placed


def _resolve(node: Expression, resolve: Callable[[str], str], places: dict[int, tuple[int, int]]) -> Expression:
    match node:
        case Attribute(path):
            try:
                return Attribute(resolve(path))
            except AttributeRefusedError as error:
                line, column = places[id(node)]
                raise ExpressionSyntaxError(
                    str(error), line=line, column=column, suggestion=error.suggestion
                ) from error
        case Call(function, args):
            return Call(function, tuple(arg and _resolve(arg, resolve, places) for arg in args))
        case Comparison(operator, left, right):
            return Comparison(operator, _resolve(left, resolve, places), _resolve(right, resolve, places))
    return node


def _explain(error: ExpressionError) -> tuple[str, str]:
    if isinstance(error.node, Call) and error.node.function not in FUNCTIONS:
        name = error.node.function
        if name in _ELSEWHERE:
            return f"Entra's function {name} isn't supported here: {_ELSEWHERE[name]}", ""
        return str(error), closest(name, FUNCTIONS)
    return str(error), ""


def closest(name: str, known: Iterable[str]) -> str:
    """Return the known name that was probably meant, or an empty text."""
    folded = {candidate.lower(): candidate for candidate in known}
    if name.lower() in folded:
        return folded[name.lower()]
    found = difflib.get_close_matches(name.lower(), folded, n=1, cutoff=0.6)
    return folded[found[0]] if found else ""


def _syntax_error(text: str, error: UnexpectedCharacters | UnexpectedToken) -> ExpressionSyntaxError:
    line, column = max(error.line, 1), max(error.column, 1)
    if isinstance(error, UnexpectedCharacters):
        char = text[error.pos_in_stream or 0]
        hint = {
            **dict.fromkeys("“”„«»", 'use straight quotes: "'),
            **dict.fromkeys("'‘’`", 'write texts in double quotes: "…"'),
            **dict.fromkeys("\xa0\u2007\u202f\u200b\ufeff", "it looks like a space and isn't one: type a plain space"),
            '"': "a text isn't closed",
            "[": "an attribute isn't closed with ]",
            "&": "join texts with Join or Append",
            "+": "join texts with Join or Append",
        }.get(char, "")
        text = f"{char!r} isn't expected here" + (f": {hint}" if hint else "")
        return ExpressionSyntaxError(text, line=line, column=column)
    expected = " or ".join(sorted({_NAMES.get(name, name) for name in error.accepts or error.expected}))
    hint = f"[{text.strip()}]" if text.strip().isidentifier() else ""
    before = "".join(text.split("\n")[line - 1 : line])[: column - 1]
    name = _NAME_AT_THE_END.search(before)
    if not hint and name is not None and expected == "(":
        message = f"{name[1]} isn't a function; an attribute needs brackets"
        at = column - len(name[0])
        return ExpressionSyntaxError(message, line=line, column=max(at, 1), suggestion=f"[{name[1]}]")
    if error.token.type == "$END":
        return ExpressionSyntaxError(
            f"ends too early: {expected} is missing", line=1, column=len(text) + 1, suggestion=hint
        )
    return ExpressionSyntaxError(f"{str(error.token)!r} isn't expected here, but {expected}", line=line, column=column)
