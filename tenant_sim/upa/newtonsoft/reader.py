"""Newtonsoft's `JsonTextReader`, state for state: what it accepts, where it stops, and its messages."""

from __future__ import annotations

import re
from typing import Any

from tenant_sim.upa.newtonsoft import units
from tenant_sim.upa.newtonsoft.cursor import Cursor
from tenant_sim.upa.newtonsoft.values import UNDEFINED, date_of

_BRACKETS = {"]": "EndArray", ")": "EndConstructor", "{": "StartObject", "[": "StartArray"}
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "\\": "\\", '"': '"', "'": "'", "/": "/"}
_WORDS: dict[str, tuple[str, str, Any, str]] = {
    "t": ("true", "Boolean", True, "Error parsing boolean value."),
    "f": ("false", "Boolean", False, "Error parsing boolean value."),
    "u": ("undefined", "Undefined", UNDEFINED, "Error parsing undefined value."),
    "N": ("NaN", "Float", float("nan"), "Error parsing NaN value."),
    "I": ("Infinity", "Float", float("inf"), "Error parsing Infinity value."),
}
_PLAIN = {'"': re.compile('[^"\\\\\r\n\0]*'), "'": re.compile("[^'\\\\\r\n\0]*")}
_NUMBER = re.compile(r"[-+a-fA-FxX.0-9]*")
_HEX = re.compile(r"[0-9a-fA-F]{4}")
_REPLACEMENT = "\ufffd"


class Reader(Cursor):
    """Walks over a text symbol by symbol."""

    def __init__(self, text: str, *, dates: bool) -> None:
        super().__init__(text)
        self._dates = dates
        self.start = 0
        """Where the last value began."""
        self.replaced_half = False
        """Whether half a character of the last text was replaced."""

    def read(self) -> bool:
        """Go to the next symbol; False at the end."""
        while True:
            if self._state in ("Object", "ObjectStart"):
                return self._object()
            if self._state == "PostValue":
                if self._after_value():
                    return True
            elif self._state == "Finished":
                return self._finished()
            else:
                return self._value()

    # -- what may come where -----------------------------------------------------------------------------------------

    def _value(self) -> bool:
        if not self._skip():
            return False
        char, self.start = self.text[self.at], self.at
        if char in "\"'":
            return self._string_value(char)
        if char in _BRACKETS:
            self.at += 1
            return self._set(_BRACKETS[char])
        if char in _WORDS:
            return self._word(*_WORDS[char])
        if char == "n":
            return self._null_or_constructor()
        if char == "-" and self._has(1) and self.text[self.at + 1] == "I":
            return self._word("-Infinity", "Float", float("-inf"), "Error parsing -Infinity value.")
        if char == "/":
            return self._comment()
        if char == ",":  # a comma ends a value: here there is none
            return self._set("Undefined", UNDEFINED)
        if char in "-." or units.is_number(char):
            return self._number()
        raise self.error(f"Unexpected character encountered while parsing value: {char}.")

    def _object(self) -> bool:
        if not self._skip():
            return False
        char = self.text[self.at]
        if char == "}":
            self._set("EndObject")
            self.at += 1
            return True
        return self._comment() if char == "/" else self._name(char)

    def _name(self, char: str) -> bool:
        if char in "\"'":
            self.at += 1
            name = self._string(char)
        elif units.is_identifier(char):
            name = self._bare_name()
        else:
            raise self.error(f"Invalid property identifier character: {char}.")
        self._skip()
        if self.text[self.at] != ":":
            got = self.text[self.at]
            raise self.error(f"Invalid character after parsing property name. Expected ':' but got: {got}.")
        self.at += 1
        return self._set("PropertyName", units.join(name))

    def _bare_name(self) -> str:
        start = self.at
        while units.is_identifier(self.text[self.at]):
            self.at += 1
        char = self.text[self.at]
        if self.at == self._end:
            raise self.error("Unexpected end while parsing unquoted property name.")
        if char not in units.SPACES and char not in ":\0":
            raise self.error(f"Invalid JavaScript property identifier character: {char}.")
        return self.text[start : self.at]

    def _after_value(self) -> bool:
        """Take what follows a value: True for a symbol, False for a comma or the end."""
        if not self._skip():
            self._state = "Finished"
            return False
        char = self.text[self.at]
        if char == "/":
            return self._comment()
        if char in "}])":
            self.at += 1
            return self._set({"}": "EndObject", "]": "EndArray", ")": "EndConstructor"}[char])
        if char != ",":
            raise self.error(f"After parsing a value an unexpected character was encountered: {char}.")
        self.at += 1
        self._state = self._current.kind
        return False

    def _finished(self) -> bool:
        if not self._skip():
            return not self._set("None")
        char = self.text[self.at]
        if char == "/":
            return self._comment()
        raise self.error(f"Additional text encountered after finished reading JSON content: {char}.")

    # -- scalars -----------------------------------------------------------------------------------------------------

    def _match(self, word: str) -> bool:
        """Take a word that a separator or the end has to follow."""
        if not self._has(len(word) - 1):
            self.at = self._end
            raise self.error("Unexpected end when reading JSON.")
        for expected in word:
            if self.text[self.at] != expected:
                return False
            self.at += 1
        return self._separated()

    def _separated(self) -> bool:
        char = self.text[self.at]
        if char == "/":
            return self._has(1) and self.text[self.at + 1] in "*/"
        if char == ")":
            return self._state in ("Constructor", "ConstructorStart")
        return char in "}],\0" or char in units.SPACES

    def _word(self, word: str, symbol: str, value: Any, complaint: str) -> bool:
        if not self._match(word):
            raise self.error(complaint)
        return self._set(symbol, value)

    def _null_or_constructor(self) -> bool:
        if not self._has(1):
            self.at += 1
            raise self.error("Unexpected end when reading JSON.")
        following = self.text[self.at + 1]
        if following == "u":
            return self._word("null", "Null", None, "Error parsing null value.")
        if following != "e":
            raise self.error("Unexpected character encountered while parsing value: n.")
        if not self._match("new"):
            raise self.error("Unexpected content while parsing JSON.")
        self._skip()
        start = self.at
        while units.is_letter_or_digit(self.text[self.at]):
            self.at += 1
        if self.at == self._end:
            raise self.error("Unexpected end while parsing constructor.")
        name, char = self.text[start : self.at], self.text[self.at]
        if char == "\0" or char in units.SPACES:
            self._skip()
        if self.text[self.at] != "(":
            raise self.error(f"Unexpected character while parsing constructor: {self.text[self.at]}.")
        self.at += 1
        return self._set("StartConstructor", name)

    def _number(self) -> bool:
        found = _NUMBER.match(self.text, self.at)
        start, self.at = self.at, found.end() if found else self.at
        char = self.text[self.at]
        if char not in ",}])/\0" and char not in units.SPACES:
            raise self.error(f"Unexpected character encountered while parsing number: {char}.")
        self._set("Undefined", UNDEFINED)
        value = units.number(self.text[start : self.at], self.error)
        return self._set("Float" if isinstance(value, float) else "Integer", value, counted=True)

    def _string_value(self, quote: str) -> bool:
        self.at += 1
        text = units.join(self._string(quote))
        date = date_of(text) if self._dates else None
        return self._set("String", text) if date is None else self._set("Date", date)

    def _string(self, quote: str) -> str:
        """Read up to the closing quote."""
        self.replaced_half, parts = False, []
        while True:
            found = _PLAIN[quote].match(self.text, self.at)
            if found:
                parts.append(found[0])
                self.at = found.end()
            char = self.text[self.at]
            if char == quote:
                self.at += 1
                return "".join(parts)
            if char == "\\":
                parts.append(self._escape(quote))
            elif char == "\0":
                if self.at == self._end:
                    raise self.error(f"Unterminated string. Expected delimiter: {quote}.")
                parts.append(char)
                self.at += 1
            else:
                before = self.at
                self._new_line()
                parts.append(self.text[before : self.at])

    def _escape(self, quote: str) -> str:
        self.at += 1
        if not self._has(0):
            raise self.error(f"Unterminated string. Expected delimiter: {quote}.")
        char = self.text[self.at]
        self.at += 1
        if char == "u":
            return self._unicode()
        if char not in _ESCAPES:
            raise self.error(f"Bad JSON escape sequence: \\{char}.")
        return _ESCAPES[char]

    def _unicode(self) -> str:
        """Read what follows a backslash and u; half a character becomes U+FFFD."""
        char, out = self._unit(), ""
        while "\ud800" <= char <= "\udbff":
            if not (self._has(2) and self.text.startswith("\\u", self.at)):
                self.replaced_half = True
                return out + _REPLACEMENT
            self.at += 2
            high, char = char, self._unit()
            if "\udc00" <= char <= "\udfff":
                return out + high + char
            self.replaced_half = True
            out += _REPLACEMENT
        if "\udc00" <= char <= "\udfff":
            self.replaced_half = True
            char = _REPLACEMENT
        return out + char

    def _unit(self) -> str:
        if not self._has(4):
            raise self.error("Unexpected end while parsing Unicode escape sequence.")
        digits = self.text[self.at : self.at + 4]
        if not _HEX.fullmatch(digits):
            raise self.error(f"Invalid Unicode escape sequence: \\u{digits}.")
        self.at += 4
        return chr(int(digits, 16))

    def _comment(self) -> bool:
        self.at += 1
        if not self._has(1):
            raise self.error("Unexpected end while parsing comment.")
        kind = self.text[self.at]
        if kind not in "*/":
            raise self.error(f"Error parsing comment. Expected: *, got {kind}.")
        self.at += 1
        while self.at < self._end:
            char = self.text[self.at]
            if char in "\r\n":
                if kind == "/":
                    return self._set("Comment")
                self._new_line()
                continue
            self.at += 1
            if kind == char == "*" and self.text[self.at] == "/":
                self.at += 1
                return self._set("Comment")
        if kind == "*":
            raise self.error("Unexpected end while parsing comment.")
        return self._set("Comment")
