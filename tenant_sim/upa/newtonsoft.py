"""Reads an import file as the timer job does, with Newtonsoft.Json's messages when it cannot [SP-46]."""

from __future__ import annotations

import json
from typing import Any

_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class BadJsonError(ValueError):
    """The text isn't JSON; the message is the one that goes into the log."""


def decode(data: bytes) -> str:
    """Decode a file: UTF-8 with a BOM, otherwise iso-8859-1, whatever it was meant to be [SP-27]."""
    if data.startswith(b"\xef\xbb\xbf"):
        return data[3:].decode("utf-8", "replace")
    return data.decode("latin-1")


def parse(text: str) -> Any:
    """Parse a file. Raw control characters in strings are taken, as Newtonsoft does.

    ASSUMED [SP-88]: Newtonsoft's other liberties (single quotes, comments, bare names) aren't taken.
    """
    try:
        return json.loads(text, strict=False)
    except ValueError:
        _Scanner(text).explain()
        raise


class _Scanner:
    """Walks over bad JSON to the place where it breaks, keeping path, line and position for the message."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.path: list[str | int] = []

    def explain(self) -> None:
        """Raise `BadJsonError` for the first thing that is wrong."""
        self._value()
        self._space()
        if self.at < len(self.text):
            self._fail(f"Additional text encountered after finished reading JSON content: {self.text[self.at]}.")
        raise BadJsonError("Error reading JSON.")

    def _fail(self, message: str) -> None:
        before = self.text[: self.at]
        line = before.count("\n") + 1
        position = self.at - (before.rfind("\n") + 1)
        path = ""
        for part in self.path:
            path += f"[{part}]" if isinstance(part, int) else (f".{part}" if path else part)
        raise BadJsonError(f"{message} Path '{path}', line {line}, position {position}.")

    def _space(self) -> None:
        while self.at < len(self.text) and self.text[self.at] in " \t\r\n":
            self.at += 1

    def _peek(self) -> str:
        self._space()
        if self.at >= len(self.text):
            self._fail("Unexpected end of content while loading JObject.")
        return self.text[self.at]

    def _value(self) -> None:
        char = self._peek()
        if char == "{":
            self._object()
        elif char == "[":
            self._array()
        elif char == '"':
            self._string()
        else:
            self._literal()

    def _literal(self) -> None:
        try:
            _, self.at = json.JSONDecoder(strict=False).raw_decode(self.text, self.at)
        except ValueError:
            self._fail(f"Unexpected character encountered while parsing value: {self.text[self.at]}.")

    def _string(self) -> str:
        self.at += 1
        out = []
        while True:
            if self.at >= len(self.text):
                self._fail('Unterminated string. Expected delimiter: ".')
            char = self.text[self.at]
            self.at += 1
            if char == '"':
                return "".join(out)
            if char == "\\":
                escape = self.text[self.at : self.at + 1]
                self.at += 1
                if escape == "u":
                    digits = self.text[self.at : self.at + 4]
                    if len(digits) < 4 or any(d not in "0123456789abcdefABCDEF" for d in digits):
                        self._fail(f"Could not convert Unicode escape sequence \\u{digits}.")
                    self.at += 4
                    char = chr(int(digits, 16))
                elif escape in _ESCAPES:
                    char = _ESCAPES[escape]
                else:
                    self._fail(f"Bad JSON escape sequence: \\{escape}.")
            out.append(char)

    def _object(self) -> None:
        self.at += 1
        if self._peek() == "}":
            self.at += 1
            return
        while True:
            if self._peek() != '"':
                self._fail(f"Invalid property identifier character: {self.text[self.at]}.")
            self.path.append(self._string())
            if self._peek() != ":":
                got = self.text[self.at]
                self._fail(f"Invalid character after parsing property name. Expected ':' but got: {got}.")
            self.at += 1
            self._value()
            if self._close("}", "Object"):
                return

    def _array(self) -> None:
        self.at += 1
        if self._peek() == "]":
            self.at += 1
            return
        index = 0
        while True:
            self.path.append(index)
            self._value()
            if self._close("]", "Array"):
                return
            index += 1

    def _close(self, closer: str, kind: str) -> bool:
        """Take the comma (False) or the closing bracket (True) after a value."""
        char = self._peek()
        if char == closer:
            self.at += 1
            self.path.pop()
            return True
        if char == ",":
            self.at += 1
            self.path.pop()
            return False
        if char in "]}":
            self.path.pop()
            self.at += 1
            other = "Object" if char == "}" else "Array"
            self._fail(f"JsonToken End{other} is not valid for closing JsonType {kind}.")
        self._fail(f"After parsing a value an unexpected character was encountered: {char}.")
        return True
