"""Cuts pasted PowerShell into words, strings, variables and marks. Nothing is run."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_SIZE = 256 * 1024
MAX_DEPTH = 8
MAX_TOKENS = 20_000

_DOUBLE, _SINGLE = '"“”„', "'‘’‚‛"
"""PowerShell's quotes, also those that a word processor makes of them."""
DASHES = "-–—―"
_SKIP = re.compile(r"<#.*?#>|#[^\n]*|`[ \t]*\r?\n|[ \t\r\f\v\u00a0]+", re.DOTALL)
_WORD = re.compile(r"[^\s;,=(){}\"'“”„‘’‚‛|@$&]+")
_VARIABLE = re.compile(r"\$(?:\{([^}]*)\}|([A-Za-z_][\w:]*(?:\.[A-Za-z_]\w*)*))")
_IN_STRING = re.compile(r"\$(?:\{([^}]*)\}|([A-Za-z_]\w*(?::\w+)?))")
_SPLAT = re.compile(r"@([A-Za-z_]\w*)")
_HERE = re.compile(r"@([\"“”„'‘’‚‛])[ \t]*\r?\n(.*?)\r?\n[\"“”„'‘’‚‛]@", re.DOTALL)
_SCOPE = re.compile(r"(?:script|global|local|private):", re.IGNORECASE)
_PROMPT = re.compile(r"^[ \t]*(?:(?:\[[^\]\n]*\]: ?)?PS(?: [^\n>]*)?>|>>|```[^\n]*$)[ \t]?", re.MULTILINE)
_INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060\ufeff]")
_WEB_PAGE = re.compile(r"&(?:quot|#34|#39|apos|nbsp);")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}


class PowerShellError(ValueError):
    """The text isn't PowerShell that this parser understands; the message names the line."""


@dataclass(frozen=True, slots=True)
class Variable:
    """`$name`, or `$name.Member`."""

    name: str
    unclear: int = 0
    """The line that fills it only in some cases; 0: none does."""


@dataclass(frozen=True, slots=True)
class Template:
    """A text in double quotes that names variables."""

    parts: tuple[str | Variable, ...]


@dataclass(frozen=True, slots=True)
class Token:
    """A part of the text; its kind is a word for it, or the mark itself."""

    kind: str
    text: str
    line: int
    value: str | Template = ""
    """Of a string: what stands in its quotes."""


def tokens_of(text: str) -> list[Token]:
    """Cut a text, without what was copied beside it: prompts, invisible characters, a web page's `&quot;`.

    Raises `PowerShellError` for what isn't closed or is too large.
    """
    if len(text) > MAX_SIZE:
        raise PowerShellError(f"the text is longer than {MAX_SIZE // 1024} KB: paste the command alone")
    if _WEB_PAGE.search(text):
        text = html.unescape(text)
    return list(_tokens(_PROMPT.sub("", _INVISIBLE.sub("", text))))


def _tokens(text: str) -> Iterator[Token]:
    at, line, count = 0, 1, 0
    while at < len(text):
        count += 1
        if count > MAX_TOKENS:
            raise PowerShellError("the text has too many parts: paste the command alone")
        if skipped := _SKIP.match(text, at):
            line += skipped[0].count("\n")
            at = skipped.end()
            continue
        token, end = _next(text, at, line)
        yield token
        line += text.count("\n", at, end)
        at = end


def _next(text: str, at: int, line: int) -> tuple[Token, int]:
    char = text[at]
    if char in _DOUBLE or char in _SINGLE:
        value, end = _string(text, at, line, 1)
        return Token("string", "", line, value), end
    if found := _HERE.match(text, at):
        value = found[2] if found[1] in _SINGLE else _expanded(found[2], line)
        return Token("string", "", line, value), found.end()
    if text.startswith("@{", at):
        return Token("table", "@{", line), at + 2
    if found := _VARIABLE.match(text, at):
        return Token("variable", _SCOPE.sub("", found[1] or found[2] or "", count=1), line), found.end()
    if found := _SPLAT.match(text, at):
        return Token("splat", found[1], line), found.end()
    if found := _WORD.match(text, at):
        return Token("word", found[0], line), found.end()
    return Token("newline" if char == "\n" else char, char, line), at + 1


def _string(text: str, at: int, line: int, depth: int) -> tuple[str | Template, int]:
    """Read a string from its opening quote; in a double-quoted one a backtick escapes and `$` names a variable."""
    quotes = _DOUBLE if text[at] in _DOUBLE else _SINGLE
    parts: list[str | Variable] = []
    place = at + 1
    while place < len(text):
        char = text[place]
        if char in quotes:
            if text[place + 1 : place + 2] and text[place + 1] in quotes:
                parts.append(char)
                place += 2
                continue
            return _joined(parts), place + 1
        part, place = _piece(text, place, line, depth) if quotes == _DOUBLE else (char, place + 1)
        parts.append(part)
    raise PowerShellError(f"line {line}: a text in quotes isn't closed")


def _piece(text: str, place: int, line: int, depth: int) -> tuple[str | Variable, int]:
    """Return the character or variable at a place of a double-quoted text, and where it ends."""
    if text[place] == "`" and place + 1 < len(text):
        return _ESCAPES.get(text[place + 1], text[place + 1]), place + 2
    if text.startswith("$(", place):
        return Variable("(…)"), _computed(text, place + 2, line, depth)
    if found := _IN_STRING.match(text, place):
        return Variable(_SCOPE.sub("", found[1] or found[2] or "", count=1)), found.end()
    return text[place], place + 1


def _computed(text: str, place: int, line: int, depth: int) -> int:
    """Return where a `$(…)` in a text ends."""
    if depth > MAX_DEPTH:
        raise PowerShellError(f"line {line}: texts are nested more than {MAX_DEPTH} deep")
    opened = 1
    while place < len(text):
        char = text[place]
        if char in _DOUBLE or char in _SINGLE:
            _, place = _string(text, place, line, depth + 1)
            continue
        opened += {"(": 1, ")": -1}.get(char, 0)
        place += 1
        if not opened:
            return place
    raise PowerShellError(f"line {line}: $( isn't closed")


def _expanded(body: str, line: int) -> str | Template:
    parts: list[str | Variable] = []
    place = 0
    while place < len(body):
        part, place = _piece(body, place, line, 1)
        parts.append(part)
    return _joined(parts)


def _joined(parts: list[str | Variable]) -> str | Template:
    if any(isinstance(part, Variable) for part in parts):
        return Template(tuple(parts))
    return "".join(str(part) for part in parts)
