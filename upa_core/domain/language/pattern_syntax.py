"""The regular expressions of the mapping language: a checked subset of .NET's syntax, read into a tree.

Left out, and refused by name: lookarounds, back-references, set subtraction, atomic groups, `\\G`, conditions, named
blocks, and all options but `(?i)`. What is left can be matched in time proportional to the text (see `pattern`).
"""

from __future__ import annotations

import re

from upa_core.domain.errors import ConfigError
from upa_core.domain.language.characters import (
    Ranges,
    boundary,
    category,
    complement,
    digit,
    folded,
    holds,
    space,
    union,
    word,
)
from upa_core.domain.language.pattern_nodes import Chars, Choice, Edge, EdgeKind, Group, Node, Repeat, Sequence

MAX_PATTERN = 500
MAX_GROUP_DEPTH = 20
MAX_REPEAT = 200

GroupKey = int | str
"""A group's number, or its name."""
_PLAIN, _FOLDING, _EXACT = -1, -2, -3
"""Parts in parentheses that aren't groups."""
_CLASSES = {"d": digit, "w": word, "s": space}
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v", "a": "\a", "e": "\x1b"}
_EDGES: dict[str, EdgeKind] = {"b": "word", "B": "no word", "A": "start", "z": "end", "Z": "last line"}
_COUNT = re.compile(r"\{([0-9]{1,4})(?:(,)([0-9]{1,4})?)?\}", re.ASCII)
_NAME = re.compile(r"\?(?:<([A-Za-z0-9_]+)>|'([A-Za-z0-9_]+)')", re.ASCII)
_ANYTHING_BUT_A_LINE_FEED = complement(((10, 10),))
_REFUSED_GROUPS = {
    "?=": "lookaheads aren't supported; match what follows as well, and put the part that you want into a group",
    "?!": "lookaheads aren't supported; write the characters that may stand there as a set, such as [^x]",
    "?<=": "lookbehinds aren't supported; match what comes before as well, and put the part that you want into a group",
    "?<!": "lookbehinds aren't supported; write the characters that may stand there as a set, such as [^x]",
    "?>": "atomic groups aren't supported; write (?:…) instead, no pattern takes long here",
    "?(": "conditions aren't supported; write both cases, separated by |",
    "?P": "this isn't .NET's; write (?<name>…)",
}


class PatternError(ConfigError):
    """A regular expression isn't valid or uses what is left out."""


class Parser:
    """A parser of one pattern; `groups` holds each group's number or name, in the order in which they are opened."""

    def __init__(self, text: str) -> None:
        if len(text) > MAX_PATTERN:
            raise PatternError(f"the pattern has more than {MAX_PATTERN} characters")
        self.text = text
        self.position = 0
        self.depth = 0
        self.fold = False
        self.unnamed = 0
        self.groups: list[GroupKey] = []
        self.repeated_groups = False
        """Whether two parts share one group: the last one that took part counts."""

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
            if self._option_or_comment():
                continue
            items.append(self._repeat(self._atom()))
        return items[0] if len(items) == 1 else Sequence(tuple(items))

    def _option_or_comment(self) -> bool:
        """Consume `(?i)`, `(?-i)` or `(?#…)`, which match nothing; return whether there was one."""
        for option, fold in (("(?i)", True), ("(?-i)", False)):
            if self.text.startswith(option, self.position):
                self.fold = fold
                self.position += len(option)
                return True
        if self.text.startswith("(?#", self.position):
            end = self.text.find(")", self.position)
            if end < 0:
                raise self._error("a comment isn't closed")
            self.position = end + 1
            return True
        return False

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
            raise self._error(f"a repeat count such as {{2,5}} has the smaller number first, at most {MAX_REPEAT}")
        greedy = self._peek() != "?"
        if not greedy:
            self.position += 1
        if (self._peek() and self._peek() in "*+?") or _COUNT.match(self.text, self.position):
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
        if char == "^":
            return Edge("start")
        if char == "$":
            return Edge("last line")
        if char == ".":
            return Chars(_ANYTHING_BUT_A_LINE_FEED)
        if char in "*+?" or (char == "{" and _COUNT.match(self.text, self.position - 1)):
            self.position -= 1
            raise self._error(f"{char} needs something before it to repeat")
        return self._one(char)

    def _one(self, char: str) -> Chars:
        ranges: Ranges = ((ord(char), ord(char)),)
        return Chars(folded(ranges) if self.fold else ranges)

    def _group(self) -> Node:
        self.depth += 1
        if self.depth > MAX_GROUP_DEPTH:
            raise self._error(f"groups are nested more than {MAX_GROUP_DEPTH} deep")
        number = self._open()
        fold = self.fold
        if number < 0:
            self.fold = number == _FOLDING if number != _PLAIN else fold
        body = self._choice()
        self._next()  # the closing parenthesis: _choice stops at it, or at the end of the pattern, which is an error
        self.depth -= 1
        self.fold = fold
        return Group(body, number) if number > 0 else body

    def _open(self) -> int:
        """Consume what follows the parenthesis; return the group's number, negative for a part that is no group."""
        for opening, sort in (("?:", _PLAIN), ("?i:", _FOLDING), ("?-i:", _EXACT)):
            if self.text.startswith(opening, self.position):
                self.position += len(opening)
                return sort
        if self._peek() != "?":
            self.unnamed += 1
            return self._numbered(self.unnamed)
        if (name := _NAME.match(self.text, self.position)) and self._is_name(key := name[1] or name[2]):
            self.position = name.end()
            return self._numbered(int(key) if key.isdigit() else key)
        for opening, said in sorted(_REFUSED_GROUPS.items(), key=lambda one: -len(one[0])):
            if self.text.startswith(opening, self.position):
                raise self._error(said)
        raise self._error("only (…), (?:…), (?<name>…), (?i) and (?#…) are supported: no other options or groups")

    @staticmethod
    def _is_name(name: str) -> bool:
        return not name[0].isdigit() or (name.isdigit() and name[0] != "0" and len(name) <= 3)

    def _numbered(self, key: GroupKey) -> int:
        if key in self.groups:
            self.repeated_groups = True
        else:
            self.groups.append(key)
        return self.groups.index(key) + 1

    def _escape(self) -> Node:
        char = self._next()
        if char in _EDGES:
            return Edge(_EDGES[char])
        if (ranges := self._class(char)) is not None:
            return Chars(ranges)
        if char == "G":
            raise self._error(r"\G isn't supported; a value is matched from its start, which is \A")
        if char in "123456789k<'":
            raise self._error("back-references aren't supported; write the same pattern there again")
        return self._one(self._character(char))

    def _class(self, char: str) -> Ranges | None:
        """Return the set of `\\d`, `\\W`, `\\p{…}` and so on; None for another escape."""
        if char.lower() in _CLASSES:
            ranges = _CLASSES[char.lower()]()
            return ranges if char.islower() else complement(ranges)
        if char not in "pP":
            return None
        end = self.text.find("}", self.position)
        name = self.text[self.position + 1 : end] if self._peek() == "{" and end > 0 else ""
        if (ranges_of := category(name, fold=self.fold) if name else None) is None:
            raise self._error(
                f"\\{char}{{{name}}} isn't supported: only general categories such as \\p{{Lu}} are; "
                "write a named block as a range, such as [\\u0370-\\u03FF]"
            )
        self.position = end + 1
        return ranges_of if char == "p" else complement(ranges_of)

    def _character(self, char: str) -> str:
        """Return the character that an escape means."""
        if char in _CONTROLS:
            return _CONTROLS[char]
        if char in "xu":
            size = 2 if char == "x" else 4
            digits = self.text[self.position : self.position + size]
            if not re.fullmatch(f"[0-9A-Fa-f]{{{size}}}", digits):
                raise self._error(f"\\{char} needs hexadecimal digits")
            self.position += len(digits)
            return chr(int(digits, 16))
        if char in "01234567":
            digits = re.match("[0-7]{1,3}", self.text[self.position - 1 :])[0]  # type: ignore[index] # char is one
            self.position += len(digits) - 1
            return chr(int(digits, 8) & 0xFF)
        if char == "c":
            control = self._next().upper()
            if not "@" <= control <= "_":
                raise self._error(f"\\c{control} isn't a control character")
            return chr(ord(control) - ord("@"))
        if holds(boundary(), char):
            raise self._error(f"\\{char} isn't an escape of .NET; write {char} alone")
        return char

    def _set(self) -> Node:
        negated = self._peek() == "^"
        self.position += negated
        parts: list[tuple[int, int]] = []
        classes: list[Ranges] = []
        first_place = True
        while (char := self._next()) != "]" or first_place:
            if char == "-" and self._peek() == "[" and not first_place:
                raise self._error("sets can't be subtracted; write the characters that remain as ranges")
            first_place = False
            if char == "\\" and self._peek() and (ranges := self._set_class()) is not None:
                classes.append(ranges)
                continue
            low = self._set_character(char)
            high = low
            if self._peek() == "-" and self.text[self.position + 1 : self.position + 2] not in ("", "]"):
                self.position += 1
                last = self._next()
                if last == "[":
                    raise self._error("a range must end in a character; sets can't be subtracted")
                if last == "\\" and self._peek() and self._set_class() is not None:
                    raise self._error("a range must end in a character")
                high = self._set_character(last)
                if high < low:
                    raise self._error("a range such as a-z needs the smaller character first")
            parts.append((ord(low), ord(high)))
        named = union(parts)
        ranges = union((*(folded(named) if self.fold else named), *(part for one in classes for part in one)))
        return Chars(complement(ranges) if negated else ranges)

    def _set_class(self) -> Ranges | None:
        ranges = self._class(self.text[self.position]) if self._peek().lower() not in "p" else None
        if ranges is not None:
            self.position += 1
            return ranges
        return self._class(self._next()) if self._peek() in ("p", "P") else None

    def _set_character(self, char: str) -> str:
        if char != "\\":
            return char
        escaped = self._next()
        return "\b" if escaped == "b" else self._character(escaped)
