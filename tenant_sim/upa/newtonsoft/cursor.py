"""A reader's position in the text, the containers around it, and the words of its errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tenant_sim.upa.newtonsoft import units
from tenant_sim.upa.newtonsoft.errors import BadJsonError

MAX_DEPTH = 64
_STARTS = {"StartObject": "Object", "StartArray": "Array", "StartConstructor": "Constructor"}
_ENDS = {"EndObject": "Object", "EndArray": "Array", "EndConstructor": "Constructor"}


@dataclass(slots=True)
class _Position:
    kind: str
    name: str = ""
    index: int = -1


class Cursor:
    """A place in a text. `symbol` (Newtonsoft's JsonToken) and `value` are what was found last."""

    def __init__(self, text: str) -> None:
        self.text, self._end, self.at = text + "\0", len(text), 0
        self._line, self._line_start = 1, 0
        self._state = "Start"
        self._stack: list[_Position] = []
        self._current = _Position("None")
        self.symbol = "None"
        self.value: Any = None

    # -- its position ------------------------------------------------------------------------------------------------

    @property
    def depth(self) -> int:
        """Containers around the last symbol."""
        inside = self.symbol not in _STARTS and self._current.kind != "None"
        return len(self._stack) + inside

    @property
    def path(self) -> str:
        """Names and indexes that lead to the last symbol."""
        if self._current.kind == "None":
            return ""
        inside = self._state not in ("ArrayStart", "ConstructorStart", "ObjectStart")
        path = ""
        for one in [*self._stack, self._current] if inside else self._stack:
            path += units.path_part(one.name, not path) if one.kind == "Object" else f"[{one.index}]"
        return path

    def error(self, message: str) -> BadJsonError:
        """Word an error with path, line and position."""
        message = message.strip()
        position = self.at - self._line_start
        line = 0 if self._state == "Start" and position == 0 and self.symbol != "Comment" else self._line
        stop = "" if message.endswith(".") else "."
        return BadJsonError(units.join(f"{message}{stop} Path '{self.path}', line {line}, position {position}."))

    # -- tokens ------------------------------------------------------------------------------------------------------

    def _set(self, symbol: str, value: Any = None, *, counted: bool = False) -> bool:
        self.symbol, self.value = symbol, value
        if symbol in _STARTS:
            self._state = symbol.removeprefix("Start") + "Start"
            self._push(_STARTS[symbol])
        elif symbol in _ENDS:
            self._close(symbol)
        elif symbol == "PropertyName":
            self._state, self._current.name = "Property", value
        elif symbol not in ("Comment", "None"):
            self._state = "PostValue" if self._current.kind != "None" else "Finished"
            if not counted:
                self._count()
        return True

    def _count(self) -> None:
        if self._current.kind in ("Array", "Constructor"):
            self._current.index += 1

    def _push(self, kind: str) -> None:
        self._count()
        outer, self._current = self._current, _Position(kind)
        if outer.kind != "None":
            self._stack.append(outer)
            if self.depth + 1 > MAX_DEPTH:
                raise self.error(f"The reader's MaxDepth of {MAX_DEPTH} has been exceeded.")

    def _close(self, symbol: str) -> None:
        kind = self._current.kind
        self._current = self._stack.pop() if self._stack else _Position("None")
        if _ENDS[symbol] != kind:
            raise self.error(f"JsonToken {symbol} is not valid for closing JsonType {kind}.")
        self._state = "PostValue" if self._current.kind != "None" else "Finished"

    # -- characters --------------------------------------------------------------------------------------------------

    def _has(self, ahead: int) -> bool:
        return self.at + ahead < self._end

    def _skip(self) -> bool:
        """Go over white space and NULs; False at the end."""
        while True:
            char = self.text[self.at]
            if char == "\0":
                if self.at == self._end:
                    return False
                self.at += 1
            elif char in "\r\n":
                self._new_line()
            elif char in units.SPACES:
                self.at += 1
            else:
                return True

    def _new_line(self) -> None:
        """Take a line break: LF, CR or both (unless the LF is the last character)."""
        carriage_return = self.text[self.at] == "\r"
        self.at += 1
        if carriage_return and self._has(1) and self.text[self.at] == "\n":
            self.at += 1
        self._line, self._line_start = self._line + 1, self.at
