"""The part of PowerShell that pasted commands use: words, strings, variables, hashtables. Nothing is run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_SIZE = 256 * 1024
MAX_DEPTH = 8
MAX_TOKENS = 20_000

_DOUBLE, _SINGLE = '"“”„', "'‘’‚‛"
"""PowerShell's quotes, also those that a word processor makes of them."""
_DASHES = "-–—―"
_SKIP = re.compile(r"<#.*?#>|#[^\n]*|`[ \t]*\r?\n|[ \t\r\f\v\u00a0]+", re.DOTALL)
_WORD = re.compile(r"[^\s;,=(){}\"'“”„‘’‚‛|@$]+")
_VARIABLE = re.compile(r"\$(?:\{([^}]*)\}|([A-Za-z_][\w:]*(?:\.[A-Za-z_]\w*)*))")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}


class PowerShellError(ValueError):
    """The text isn't PowerShell that this parser understands; the message names the line."""


@dataclass(frozen=True, slots=True)
class Variable:
    """`$name`, or `$name.Member`."""

    name: str


@dataclass(frozen=True, slots=True)
class Table:
    """`@{key = value; …}` in its order."""

    pairs: tuple[tuple[str, object], ...]
    line: int


@dataclass(frozen=True, slots=True)
class Argument:
    """`-Name value`; a switch has no value."""

    name: str
    value: object = None


@dataclass(frozen=True, slots=True)
class Command:
    """A command with its arguments; the name before an `=` is the variable that it fills."""

    name: str
    arguments: tuple[Argument, ...]
    line: int
    fills: str = ""


@dataclass(frozen=True, slots=True)
class Assignment:
    """`$name = value`."""

    name: str
    value: object


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    line: int


def parse(text: str) -> list[Command | Assignment | Table]:
    """Read statements.

    Raises `PowerShellError` for what isn't closed, is too large, or isn't a command, an assignment or a hashtable.
    """
    if len(text) > MAX_SIZE:
        raise PowerShellError(f"the text is longer than {MAX_SIZE // 1024} KB: paste the command alone")
    return _Parser(list(_tokens(text))).statements()


def _tokens(text: str) -> Iterator[_Token]:
    at, line, count = 0, 1, 0
    while at < len(text):
        count += 1
        if count > MAX_TOKENS:
            raise PowerShellError("the text has too many parts: paste the command alone")
        if skipped := _SKIP.match(text, at):
            line += skipped[0].count("\n")
            at = skipped.end()
            continue
        char = text[at]
        if char in _DOUBLE or char in _SINGLE:
            value, end = _string(text, at, line)
            yield _Token("string", value, line)
            line += text.count("\n", at, end)
            at = end
        elif text.startswith("@{", at):
            yield _Token("table", "@{", line)
            at += 2
        elif found := _VARIABLE.match(text, at):
            yield _Token("variable", found[1] or found[2], line)
            at = found.end()
        elif char == "@" and (found := re.compile(r"@([A-Za-z_]\w*)").match(text, at)):
            yield _Token("splat", found[1], line)
            at = found.end()
        elif found := _WORD.match(text, at):
            yield _Token("word", found[0], line)
            at = found.end()
        else:
            yield _Token("newline" if char == "\n" else char, char, line)
            line += char == "\n"
            at += 1


def _string(text: str, at: int, line: int) -> tuple[str, int]:
    """Read a string from its opening quote; in a double-quoted one a backtick escapes."""
    quotes = _DOUBLE if text[at] in _DOUBLE else _SINGLE
    parts: list[str] = []
    place = at + 1
    while place < len(text):
        char = text[place]
        if char in quotes:
            if text[place + 1 : place + 2] and text[place + 1] in quotes:
                parts.append(char)
                place += 2
                continue
            return "".join(parts), place + 1
        if char == "`" and quotes == _DOUBLE and place + 1 < len(text):
            parts.append(_ESCAPES.get(text[place + 1], text[place + 1]))
            place += 2
            continue
        parts.append(char)
        place += 1
    raise PowerShellError(f"line {line}: a text in quotes isn't closed")


class _Parser:
    """Reads tokens from left to right."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens, self._at = tokens, 0

    def statements(self) -> list[Command | Assignment | Table]:
        found: list[Command | Assignment | Table] = []
        while (token := self._peek()) is not None:
            if token.kind in ("newline", ";"):
                self._at += 1
            elif token.kind == "table":
                found.append(self._table(1))
            elif token.kind == "variable":
                found += self._assignment()
            elif token.kind == "word":
                found += self._word()
            else:
                raise PowerShellError(f"line {token.line}: {token.text[:20]!r} isn't expected here")
        return found

    def _word(self) -> list[Command | Assignment | Table]:
        token = self._take()
        following = self._peek()
        if token.text.startswith("[") and following is not None and following.kind in ("table", "variable"):
            return []  # a type such as [ordered] before a value
        return [self._command(token, "")]

    def _assignment(self) -> list[Command | Assignment | Table]:
        name = self._take()
        following = self._peek()
        if following is None or following.kind != "=":
            self._rest()  # an expression that fills nothing
            return []
        self._at += 1
        while (token := self._peek()) is not None and token.kind == "word" and token.text.startswith("["):
            self._at += 1
        if token is None:
            raise PowerShellError(f"line {name.line}: ${name.text} = has no value")
        if token.kind == "word":
            return [self._command(self._take(), name.text)]
        if token.kind in ("string", "table", "variable"):
            return [Assignment(name.text, self._value(1))]
        self._rest()
        return []

    def _command(self, name: _Token, fills: str) -> Command:
        arguments: list[Argument] = []
        while (token := self._peek()) is not None and token.kind not in ("newline", ";", "|"):
            if token.kind == "word" and token.text[0] in _DASHES and len(token.text) > 1:
                self._at += 1
                flag, _, glued = token.text[1:].partition(":")
                following = self._peek()
                if glued:
                    arguments.append(Argument(flag, glued))
                elif following is not None and self._is_value(following):
                    arguments.append(Argument(flag, self._value(1)))
                else:
                    arguments.append(Argument(flag))
            elif token.kind == "splat":
                self._at += 1
                arguments.append(Argument("@", Variable(token.text)))
            elif token.kind == "(":
                self._parentheses()
            else:
                self._at += 1
        if (token := self._peek()) is not None and token.kind == "|":
            self._rest()
        return Command(name.text, tuple(arguments), name.line, fills)

    def _is_value(self, token: _Token) -> bool:
        if token.kind == "word":
            return token.text[0] not in _DASHES
        return token.kind in ("string", "table", "variable", "(")

    def _value(self, depth: int) -> object:
        token = self._peek()
        if token is None:
            raise PowerShellError("a value is missing at the end of the text")
        if token.kind == "table":
            return self._table(depth)
        if token.kind == "(":
            self._parentheses()
            return Variable("(…)")
        self._at += 1
        if token.kind == "string":
            return token.text
        if token.kind == "variable":
            constant = {"true": True, "false": False, "null": None}
            lower = token.text.lower()
            return constant[lower] if lower in constant else Variable(token.text)
        if token.kind == "word" and token.text.startswith("["):
            return self._value(depth)
        if token.kind == "word":
            return token.text
        raise PowerShellError(f"line {token.line}: {token.text[:20]!r} isn't a value")

    def _table(self, depth: int) -> Table:
        opened = self._take()
        if depth > MAX_DEPTH:
            raise PowerShellError(f"line {opened.line}: hashtables are nested more than {MAX_DEPTH} deep")
        pairs: list[tuple[str, object]] = []
        while True:
            token = self._peek()
            if token is None:
                raise PowerShellError(f"line {opened.line}: the hashtable @{{ isn't closed with }}")
            self._at += 1
            if token.kind == "}":
                return Table(tuple(pairs), opened.line)
            if token.kind in ("newline", ";"):
                continue
            if token.kind not in ("string", "word"):
                raise PowerShellError(f"line {token.line}: a key is expected in the hashtable, not {token.text[:20]!r}")
            equals = self._peek()
            if equals is None or equals.kind != "=":
                raise PowerShellError(f"line {token.line}: the key {token.text[:40]!r} has no = and no value")
            self._at += 1
            if any(key.lower() == token.text.lower() for key, _ in pairs):
                raise PowerShellError(
                    f"line {token.line}: the key {token.text[:40]!r} is there twice: PowerShell refuses it"
                )
            while (newline := self._peek()) is not None and newline.kind == "newline":
                self._at += 1
            pairs.append((token.text, self._value(depth + 1)))

    def _parentheses(self) -> None:
        opened, depth = self._take(), 1
        while depth:
            token = self._peek()
            if token is None:
                raise PowerShellError(f"line {opened.line}: ( isn't closed")
            self._at += 1
            depth += {"(": 1, ")": -1}.get(token.kind, 0)

    def _rest(self) -> None:
        """Skip the rest of a statement that isn't understood and has no effect here."""
        while (token := self._peek()) is not None and token.kind not in ("newline", ";"):
            self._at += 1

    def _peek(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _take(self) -> _Token:
        self._at += 1
        return self._tokens[self._at - 1]
