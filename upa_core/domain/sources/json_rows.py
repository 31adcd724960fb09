"""JSON and JSON lines as rows of texts: numbers keep their spelling, a repeated name is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from sys import maxsize
from typing import Any

from upa_core.domain.sources.contract import Contract
from upa_core.domain.sources.findings import FileRefusedError
from upa_core.domain.sources.header import folded, missing_columns
from upa_core.domain.sources.lines import MAX_LINE, Block, Lines, Record, in_blocks
from upa_core.domain.sources.signature import refuse_page

Person = dict[str, Any]
MAX_PERSON = 1_000_000
"""Characters of one person's object; more is an attack or a mistake."""
MAX_DOCUMENT = 200_000_000
"""Characters of a document whose list is below a name: it is read at once."""


class _TwiceError(Exception):
    """A name is repeated in one object."""


class Structure(str):
    """A list or an object (its text says which) in place of a value; it can't be written as text."""

    __slots__ = ()


LIST, OBJECT = Structure("a list"), Structure("an object")


def _unique(pairs: list[tuple[str, Any]]) -> Person:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _TwiceError
    return made


def _no_constant(name: str) -> Any:
    raise ValueError(name)


# The standard library's decoder: a faster one turns long numbers into floats and keeps the last of two equal names.
_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=str, parse_float=str, parse_constant=_no_constant, strict=True
)
_SPACE = " \t\r\n"


def _too_long(line: int) -> FileRefusedError:
    text = f"{MAX_LINE:,} characters hold no line break"
    return FileRefusedError("too_large", text, "have one object a line delivered", line=line)


class JsonPeople:
    """The people of a JSON document or of JSON lines: each with a line, and with values as texts by dotted name."""

    def __init__(self, text: Iterable[str], contract: Contract) -> None:
        """Take the text in pieces."""
        self._text = text
        self._contract = contract
        self.total: int | None = None
        """How many people the document says it holds; known after it was read."""

    def __iter__(self) -> Iterator[tuple[int, dict[str, str | None]]]:
        """Yield the people; raises `FileRefusedError` where the text isn't what the contract declares."""
        if self._contract.format == "jsonl":
            people = self._lines()
        elif self._contract.items or self._contract.total:
            people = self._document()
        else:
            people = self._array()
        for line, person in people:
            if not isinstance(person, dict):
                text = "an entry isn't an object with names and values"
                lines = self._contract.format == "jsonl" and isinstance(person, list)
                remedy = (
                    "write `format: json`, if the file is one list" if lines else "have a list of objects delivered"
                )
                raise FileRefusedError("not_an_object", text, remedy, line=line)
            try:
                flat = list(_flat(person, ""))
            except RecursionError:
                raise _nested(line) from None
            made = dict(flat)
            if len(made) != len(flat):
                raise _twice(line)
            yield line, made

    def _lines(self) -> Iterator[tuple[int, Any]]:
        lines = Lines(self._text)
        at = 0
        for at, line in enumerate(lines, start=1):
            if line.strip():
                yield at, _decoded(line.strip(_SPACE), 0, at, whole=True)[0]
        if lines.too_long:  # what follows wasn't read
            raise _too_long(at + 1)
        if lines.tail.strip():  # the closing brace says that the line is whole
            yield at + 1, _decoded(lines.tail.strip(_SPACE), 0, at + 1, whole=True)[0]

    def _document(self) -> Iterator[tuple[int, Any]]:
        pieces, size = [], 0
        for piece in self._text:
            pieces.append(piece)
            size += len(piece)
            if size > MAX_DOCUMENT:
                text = f"the document is longer than {MAX_DOCUMENT:,} characters"
                raise FileRefusedError("too_large", text, "have JSON lines or a bare list delivered")
        document, _ = _decoded("".join(pieces).strip(_SPACE), 0, 1, whole=True)
        refuse_page(document)
        people = _at(document, self._contract.items)
        if not isinstance(people, list):
            text = f"there is no list at `{self._contract.items}`" if self._contract.items else "there is no list"
            raise FileRefusedError("no_list", text, "write the path of the list of people as `items`", line=1)
        if self._contract.total:
            total = _at(document, self._contract.total)
            if not isinstance(total, str) or not re.fullmatch("[0-9]{1,15}", total):
                text = f"there is no number at `{self._contract.total}`"
                raise FileRefusedError("no_total", text, "write the path of the number of people as `total`", line=1)
            self.total = int(total)
        yield from ((1, person) for person in people)

    def _array(self) -> Iterator[tuple[int, Any]]:  # noqa: PLR0912 - a small state machine, read top to bottom
        """Read a list person by person, so that memory stays flat."""
        pieces = iter(self._text)
        buffer, at, line = "", 0, 1
        opened, expect = False, "value"
        ended = False
        while True:
            start = at
            while at < len(buffer) and buffer[at] in _SPACE:
                at += 1
            line += buffer.count("\n", start, at)
            if at < len(buffer):
                char = buffer[at]
                if ended:
                    raise _broken("something follows the end of the list", line)
                if not opened:
                    if char != "[":
                        raise _no_list(char, line)
                    opened, at, expect = True, at + 1, "first"
                    continue
                if char == "]" and expect != "value":
                    ended, at = True, at + 1
                    continue
                if expect == "comma":
                    if char != ",":
                        raise _broken("a comma is missing between two people", line)
                    at, expect = at + 1, "value"
                    continue
                try:
                    person, end = _decoded(buffer, at, line)
                except FileRefusedError as exc:
                    further = next(pieces, "") if exc.finding.kind == "not_json" else ""
                    if not further or len(buffer) - at > MAX_PERSON:
                        raise
                    buffer, at = buffer[at:] + further, 0
                    continue
                yield line, person
                line += buffer.count("\n", at, end)
                at, expect = end, "comma"
                continue
            more = next(pieces, None)
            if more is None:
                if opened and not ended:
                    raise FileRefusedError("cut_file", "the list never ends", "have the file delivered anew", line=line)
                return
            buffer, at = more, 0


def _decoded(text: str, at: int, line: int, *, whole: bool = False) -> tuple[Any, int]:
    try:
        value, end = _DECODER.raw_decode(text, at)
    except _TwiceError:
        raise _twice(line) from None
    except RecursionError:
        raise _nested(line) from None
    except json.JSONDecodeError as exc:
        raise _broken(exc.msg.lower(), line + text.count("\n", at, exc.pos)) from None
    except ValueError:
        raise _broken("NaN and Infinity are no JSON", line) from None
    if whole and end != len(text):
        raise _broken("something follows the end", line + text.count("\n", at, end))
    return value, end


def _twice(line: int) -> FileRefusedError:
    message = "a name stands twice in one object: nobody can tell which value is meant"
    return FileRefusedError("name_twice", message, "have it exported with each name once", line=line)


def _no_list(char: str, line: int) -> FileRefusedError:
    if char != "{":
        text = "this isn't JSON: it begins with neither [ nor {"
        return FileRefusedError("not_json", text, "have JSON delivered, or write another `format`", line=line)
    remedy = "write the path of the list as `items`, or `format: jsonl` where each line is a person"
    return FileRefusedError("no_list", "the document isn't a list", remedy, line=line)


def _broken(why: str, line: int) -> FileRefusedError:
    return FileRefusedError("not_json", f"this isn't JSON: {why}", "have it delivered anew, whole", line=line)


def _at(document: Any, path: str) -> Any:
    for name in path.split(".") if path else ():
        document = document.get(name) if isinstance(document, dict) else None
    return document


def _nested(line: int) -> FileRefusedError:
    message = "objects or lists are nested too deeply"
    return FileRefusedError("nested", message, "have a flat list of people delivered", line=line)


def _flat(person: Person, prefix: str) -> Iterator[tuple[str, str | None]]:
    for name, value in person.items():
        if isinstance(value, dict):
            yield prefix + name, OBJECT
            yield from _flat(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            yield prefix + name, LIST
        elif isinstance(value, bool):
            yield prefix + name, "true" if value else "false"
        else:
            yield prefix + name, value


class JsonRows:
    """The people of a JSON file as records: first a header of dotted names, then the cells of each person."""

    def __init__(self, text: Iterable[str], contract: Contract) -> None:
        """Take the text in pieces."""
        self._people = JsonPeople(text, contract)
        self._contract = contract
        self.delimiter = ""
        self.suspect_line = maxsize

    @property
    def total(self) -> int | None:
        """How many people the document says it holds; known after it was read."""
        return self._people.total

    def blocks(self, records: Iterator[Record], _: int) -> Iterator[Block]:
        """Yield the remaining records in blocks."""
        return in_blocks(records)

    def __iter__(self) -> Iterator[Record]:
        """Yield the records; a column of the contract that no person has is refused at the end.

        Raises `FileRefusedError`.
        """
        wanted = [part.column for part in self._contract.keys]
        wanted += () if self._contract.every_column else self._contract.columns
        places: dict[str, int] = {}
        names: list[str] = []
        waiting: set[str] = set()
        read, every, width = set(map(folded, wanted)), self._contract.every_column, 0
        for line, person in self._people:
            if not names:
                names = [name for name, value in person.items() if value is not OBJECT]
                places = _places(names, line)
                waiting = {folded(name) for name in wanted} - {folded(name) for name in names}
                lacking = [name for name in dict.fromkeys(wanted) if folded(name) in waiting]
                for name in lacking:
                    places[folded(name)] = len(names)
                    names.append(name)
                width = len(names)
                yield line, names
            cells: list[str | None] = [None] * width
            for name, value in person.items():
                at = places.get(name, -1)
                if at < 0:
                    at = places[name] = places.get(folded(name), width)
                if at == width or (isinstance(value, Structure) and not (every or folded(name) in read)):
                    continue
                if isinstance(value, Structure):
                    text = f"{value} stands in place of a value"
                    raise FileRefusedError("list", text, "have one value exported", line=line, cell=name)
                if cells[at] is not None:
                    raise _twice(line)
                cells[at] = value or ""
                waiting.discard(folded(name)) if waiting else None
            yield line, [cell or "" for cell in cells]
        if waiting:
            found = [name for name in names if folded(name) not in waiting]
            raise missing_columns([name for name in wanted if folded(name) in waiting], found, 1)


def _places(names: list[str], line: int) -> dict[str, int]:
    made = {name: at for at, name in enumerate(names)}
    for at, name in enumerate(names):
        if made.setdefault(folded(name), at) != at:
            raise _twice(line)
    return made
