"""The regular expressions of the mapping language: a checked subset of .NET's syntax, read into a tree.

Left out, and refused: lookarounds, back-references, inline options, possessive and atomic groups, Unicode categories.
What is left can be matched in time proportional to the text (see `pattern`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from upa_core.domain.errors import ConfigError

MAX_PATTERN = 500
MAX_GROUP_DEPTH = 20
MAX_REPEAT = 200

_CLASSES = "dDwWsS"
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v", "a": "\a", "e": "\x1b"}
_COUNT = re.compile(r"\{([0-9]{1,4})(?:(,)([0-9]{1,4})?)?\}", re.ASCII)
_NAME = re.compile(r"\?(?:P?<([A-Za-z_][A-Za-z0-9_]*)>|'([A-Za-z_][A-Za-z0-9_]*)')", re.ASCII)


class PatternError(ConfigError):
    """A regular expression isn't valid or uses what is left out."""


@dataclass(frozen=True, slots=True)
class Chars:
    """One character of a set; `source` is the set in Python's notation."""

    source: str


@dataclass(frozen=True, slots=True)
class Edge:
    """A place between characters: `^`, `$` or `\\b`."""

    source: str


@dataclass(frozen=True, slots=True)
class Sequence:
    """One after the other."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several, the first preferred."""

    options: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part between `low` and `high` times (None: any number)."""

    body: Node
    low: int
    high: int | None
    greedy: bool


@dataclass(frozen=True, slots=True)
class Group:
    """A captured part; groups are numbered from 1 in the order of their parentheses."""

    body: Node
    number: int


Node = Chars | Edge | Sequence | Choice | Repeat | Group


def nullable(node: Node) -> bool:
    """Tell whether a part can match without taking a character."""
    match node:
        case Chars():
            return False
        case Edge():
            return True
        case Sequence(items):
            return all(nullable(item) for item in items)
        case Choice(options):
            return any(nullable(option) for option in options)
        case Repeat(body, low):
            return low == 0 or nullable(body)
        case Group(body):
            return nullable(body)


class Parser:
    """Reads one pattern; `names` holds each group's name, or None, in order."""

    def __init__(self, text: str) -> None:
        if len(text) > MAX_PATTERN:
            raise PatternError(f"the pattern has more than {MAX_PATTERN} characters")
        self.text = text
        self.position = 0
        self.depth = 0
        self.names: list[str | None] = []

    def parse(self) -> Node:
        """Read the whole pattern."""
        node = self._choice()
        if self.position < len(self.text):
            raise self._error("unmatched )")
        return node

    def _error(self, message: str) -> PatternError:
        return PatternError(f"pattern, at character {self.position + 1}: {message}")

    def _peek(self) -> str:
        return self.text[self.position] if self.position < len(self.text) else ""

    def _next(self) -> str:
        char = self._peek()
        if not char:
            raise self._error("ends too early")
        self.position += 1
        return char

    def _choice(self) -> Node:
        options = [self._sequence()]
        while self._peek() == "|":
            self.position += 1
            options.append(self._sequence())
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def _sequence(self) -> Node:
        items: list[Node] = []
        while self._peek() not in ("", "|", ")"):
            items.append(self._repeat(self._atom()))
        return items[0] if len(items) == 1 else Sequence(tuple(items))

    def _repeat(self, body: Node) -> Node:
        char = self._peek()
        count = _COUNT.match(self.text, self.position)
        if char and char in "*+?":
            low, high = {"*": (0, None), "+": (1, None), "?": (0, 1)}[char]
            self.position += 1
        elif count:
            low = int(count[1])
            high = low if not count[2] else int(count[3]) if count[3] else None
            self.position = count.end()
        else:
            return body
        if max(low, high or 0) > MAX_REPEAT or (high is not None and high < low):
            raise self._error(f"a repeat count must be in order and at most {MAX_REPEAT}")
        if isinstance(body, Edge) or (high is None and nullable(body)):
            raise self._error("what is repeated must take at least one character")
        greedy = self._peek() != "?"
        if not greedy:
            self.position += 1
        if self._peek() and self._peek() in "*+?":
            raise self._error("a repeat of a repeat isn't supported")
        return Repeat(body, low, high, greedy)

    def _atom(self) -> Node:
        char = self._next()
        if char == "(":
            return self._group()
        if char == "[":
            return self._set()
        if char == "\\":
            return self._escape()
        if char in "^$":
            return Edge(char)
        if char == ".":
            return Chars("[^\n]")
        if char in "*+?":
            self.position -= 1
            raise self._error(f"{char} has nothing to repeat")
        return Chars(re.escape(char))

    def _group(self) -> Node:
        self.depth += 1
        if self.depth > MAX_GROUP_DEPTH:
            raise self._error(f"groups are nested more than {MAX_GROUP_DEPTH} deep")
        number = 0
        if self.text.startswith("?:", self.position):
            self.position += 2
        elif name := _NAME.match(self.text, self.position):
            self.position = name.end()
            if (name[1] or name[2]) in self.names:
                raise self._error("two groups have the same name")
            self.names.append(name[1] or name[2])
            number = len(self.names)
        elif self._peek() == "?":
            raise self._error("only (…), (?:…) and (?<name>…) are supported: no lookarounds, options or conditions")
        else:
            self.names.append(None)
            number = len(self.names)
        body = self._choice()
        self._next()  # the closing ): _choice stops there, or at the end, which is an error
        self.depth -= 1
        return Group(body, number) if number else body

    def _escape(self) -> Node:
        char = self._next()
        if char in _CLASSES:
            return Chars("\\" + char)
        if char == "b":
            return Edge(r"\b")
        return Chars(re.escape(self._character(char)))

    def _character(self, char: str) -> str:
        """Return the character that an escape stands for."""
        if char in _CONTROLS:
            return _CONTROLS[char]
        if char in "xu":
            size = 2 if char == "x" else 4
            digits = self.text[self.position : self.position + size]
            if not re.fullmatch(f"[0-9A-Fa-f]{{{size}}}", digits):
                raise self._error(f"\\{char} needs hexadecimal digits")
            self.position += len(digits)
            return chr(int(digits, 16))
        if char.isalnum():
            raise self._error(f"\\{char} isn't supported")
        return char

    def _set(self) -> Node:
        negated = self._peek() == "^"
        self.position += negated
        parts: list[str] = []
        while (char := self._next()) != "]" or not parts:
            if char == "\\" and self._peek() and self._peek() in _CLASSES:
                parts.append("\\" + self._next())
                continue
            if char == "-" and self._peek() == "[" and parts:
                raise self._error("sets can't be subtracted")
            first = self._character(self._next()) if char == "\\" else char
            if self._peek() == "-" and self.text[self.position + 1 : self.position + 2] not in ("", "]"):
                self.position += 1
                last = self._next()
                if last == "[" or (last == "\\" and self._peek() and self._peek() in _CLASSES):
                    raise self._error("a range must end in a character")
                last = self._character(self._next()) if last == "\\" else last
                if last < first:
                    raise self._error("a range must be in order")
                parts.append(f"{re.escape(first)}-{re.escape(last)}")
            else:
                parts.append(re.escape(first))
        return Chars(f"[{'^' if negated else ''}{''.join(parts)}]")
