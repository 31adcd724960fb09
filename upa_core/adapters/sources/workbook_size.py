"""The size of a workbook once it is unpacked and read: its parts, its cells, and the texts that cells share.

Few bytes may become many: a part that unpacks a thousandfold, one long text that a million cells refer to, or two cells
in opposite corners, between which the reader lays out every other one.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from xml.parsers import expat

from upa_core.domain.sources.findings import FileRefusedError

MAX_UNPACKED = 200_000_000
"""Bytes of all parts, and characters of all texts; more is a zip bomb, or no list of people."""
MAX_PARTS = 10_000
MAX_CELLS = 10_000_000
"""Rows times columns of one sheet, its empty cells included."""
MAX_CELL = 131_072
"""Characters of a cell; the same that a cell of a CSV file may have."""
_PIECE = 1_000_000
_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})", re.IGNORECASE | re.ASCII)
_SHARED = "xl/sharedstrings.xml"
_BEFORE = b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"
"""What may stand before the first sign of XML."""
_FOREIGN = ("xl/workbook.bin", "content.xml")
"""Parts of formats that the reader knows too, and nobody asked for."""


def check_size(data: bytes) -> None:
    """Unpack every part without keeping it: the sizes in the directory may be wrong.

    Raises `FileRefusedError`.
    """
    try:
        with zipfile.ZipFile(BytesIO(data)) as packed:
            parts = packed.infolist()
            if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
                raise _bomb()
            names = {part.filename.lower() for part in parts}
            if "xl/workbook.xml" not in names or names.intersection(_FOREIGN):
                raise _broken("no workbook of Excel")
            left = MAX_UNPACKED
            for part in parts:
                left -= sum(map(len, _pieces(packed, part, left)))
            texts = _Texts()
            for part in parts:
                if part.filename.lower() == _SHARED:
                    texts.read(_pieces(packed, part, MAX_UNPACKED))
            for part in parts:
                # a sheet may have any name: the workbook's relationships say which part it is
                if part.filename.lower() != _SHARED and _is_xml(packed, part):
                    # a cell has ten bytes at least: mostly no sum can be too large, and nobody looks at the texts
                    long = max(texts.lengths, default=0) * (part.file_size // 10) > MAX_UNPACKED
                    _Sheet(texts.lengths if long else []).read(_pieces(packed, part, MAX_UNPACKED))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError, expat.ExpatError) as exc:
        raise _broken(type(exc).__name__) from None


def _is_xml(packed: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    with packed.open(part) as stream:
        return stream.read(100).lstrip(_BEFORE).startswith(b"<")


def _pieces(packed: zipfile.ZipFile, part: zipfile.ZipInfo, most: int) -> Iterator[bytes]:
    with packed.open(part) as stream:
        while piece := stream.read(_PIECE):
            most -= len(piece)
            if most < 0:
                raise _bomb()
            yield piece


class _Part:
    """Reads one part of XML, by the names of its elements without their prefix."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._begins
        self._parser.EntityDeclHandler = _no_entities

    def read(self, pieces: Iterator[bytes]) -> None:
        for piece in pieces:
            self._parser.Parse(piece, False)
        self._parser.Parse(b"", True)

    def _begins(self, name: str, attributes: dict[str, str], /) -> None:
        """Take the beginning of an element."""

    def _ends(self, name: str) -> None:
        """Take its end."""

    def _listen(self, heard: Callable[[str], None] | None) -> None:
        self._parser.CharacterDataHandler = heard


class _Texts(_Part):
    """The texts that cells share: how long each is."""

    def __init__(self) -> None:
        super().__init__()
        self._parser.EndElementHandler = self._ends
        self.lengths: list[int] = []
        self._length = 0

    def _begins(self, name: str, _: dict[str, str]) -> None:
        if name.endswith(" si"):
            self._length = 0
        elif name.endswith(" t"):
            self._listen(self._count)

    def _ends(self, name: str) -> None:
        self._listen(None)
        if name.endswith(" si"):
            if self._length > MAX_CELL:
                raise long_cell()
            self.lengths.append(self._length)

    def _count(self, text: str) -> None:
        self._length += len(text)


class _Sheet(_Part):
    """A sheet: how many cells it has with the empty ones between them, and how long the shared texts are in them."""

    def __init__(self, lengths: list[int]) -> None:
        super().__init__()
        if lengths:
            self._parser.EndElementHandler = self._ends
        self._lengths, self._row, self._column, self._rows, self._columns = lengths, 0, 0, 0, 0
        self._shared, self._text, self._characters = False, "", 0

    def _begins(self, name: str, attributes: dict[str, str]) -> None:
        if name.endswith(" c"):
            place = _PLACE.fullmatch(attributes.get("r", ""))
            self._column = _number_of(place[1]) if place is not None else self._column + 1
            self._row = int(place[2]) if place is not None else max(self._row, 1)
            self._rows, self._columns = max(self._rows, self._row), max(self._columns, self._column)
            if self._rows * self._columns > MAX_CELLS:
                text = f"the sheet reaches to row {self._rows:,} and column {self._columns:,}"
                raise FileRefusedError("too_large", text, "delete what is empty, or have CSV exported")
            self._shared, self._text = bool(self._lengths) and attributes.get("t") == "s", ""
        elif name.endswith(" row"):
            self._row, self._column = int(attributes.get("r", self._row + 1)), 0
        elif self._shared and name.endswith(" v"):
            self._listen(self._hear)

    def _ends(self, name: str) -> None:
        if self._shared and name.endswith(" v"):
            self._listen(None)
            at, self._shared = int(self._text), False
            self._characters += self._lengths[at] if at < len(self._lengths) else 0
            if self._characters > MAX_UNPACKED:
                raise _bomb()

    def _hear(self, text: str) -> None:
        self._text += text


def _number_of(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def _no_entities(*_: object) -> None:
    raise ValueError("entities")


def _bomb() -> FileRefusedError:
    text = f"the workbook unpacks to more than {MAX_UNPACKED // 1_000_000} MB"
    return FileRefusedError("too_large", text, "have CSV exported")


def long_cell() -> FileRefusedError:
    """Return the refusal of a text that is longer than a cell may be."""
    return FileRefusedError("too_large", f"a cell holds more than {MAX_CELL:,} characters", "have it shortened")


def _broken(why: str) -> FileRefusedError:
    return FileRefusedError("broken_workbook", f"the workbook can't be read ({why})", "have it delivered anew")
