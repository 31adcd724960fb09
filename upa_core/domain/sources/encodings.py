"""From bytes to text: a byte order mark decides, otherwise the declared encoding, strictly; never a guess."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from itertools import chain

from upa_core.domain.sources.findings import FileRefusedError

NAMES = frozenset(
    {
        *("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "gb18030", "gbk", "big5", "big5hkscs"),
        *("cp437", "cp850", "cp852", "cp858", "cp866", "cp874", "cp932", "cp949", "cp950"),
        *(f"cp125{n}" for n in range(9)),
        *("iso8859-1", *(f"iso8859-{n}" for n in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16))),
        *("ascii", "euc_jp", "euc_kr", "koi8-r", "koi8-u", "mac-roman", "shift_jis", "cp037", "cp273", "cp500"),
        *("cp1026", "cp1140"),
    }
)
"""The encodings that may be declared, as Python's codecs call them."""
_ALIASES = {"utf-16": "utf-16-le", "utf-32": "utf-32-le", "utf-8-sig": "utf-8", "ansi": "cp1252"}
_MARKS = (  # the four bytes first: the mark of UTF-32 begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE = {"utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"}
_SUGGESTED = ("cp1252", "cp1250", "cp1251", "koi8-r")
_WESTERN = ("cp1252", "mac-roman", "cp850")
_USUAL = frozenset("äöüßÄÖÜéèêëàâçôîïûùñáíóúãõåæøÅÆØÉÈÇÑÁÍÓÚ€–—’‘“”„«»§°·\u00a0")
"""Letters and signs of Western languages; what another encoding makes of them is rarely among them."""
_UPPER_INSIDE = re.compile(r"[^\W\d_][ÄÖÜÅÆØÉÈÇÑÁÍÓÚ][a-z]")
_UPPER_BEHIND_LOWER = re.compile("[\u00df-\u00ff\u0430-\u044f][\u00c0-\u00de\u0410-\u042f]")
_MAINFRAME = ("cp273", "cp037", "cp500")


def encoding_named(name: str) -> str:
    """Return the name in `NAMES` that a text means, "" for none."""
    try:
        found = codecs.lookup(name.strip()).name
    except (LookupError, ValueError):
        found = name.strip().lower()
    found = _ALIASES.get(found, found)
    return found if found in NAMES else ""


class Decoder:
    """Decodes a file piece by piece; after the first piece it knows the encoding."""

    def __init__(self, declared: str) -> None:
        """Take the name of `NAMES` that is declared."""
        self.encoding = declared
        self.marked = False
        """Whether a byte order mark decided."""
        self._line = 1
        self._offset = 0
        self._beyond_ascii = False
        self._as_utf8: codecs.IncrementalDecoder | None = None
        self._looks_utf8 = 0
        """Line of the first text that is also valid UTF-8, 0 where there is none."""

    def text(self, chunks: Iterable[bytes]) -> Iterator[str]:
        """Yield the text, as it comes.

        Raises `FileRefusedError` with line and byte where it can't be decoded, and at the end where all of it would
        have been UTF-8 although another encoding is declared.
        """
        pieces = iter(_with_four_bytes(chunks))
        first = next(pieces, b"")
        for mark, name in _MARKS:
            if first.startswith(mark):
                self.encoding, self.marked = name, True
                first, self._offset = first[len(mark) :], len(mark)
                break
        decoder = codecs.getincrementaldecoder(self.encoding)("strict")
        if not self.marked and self.encoding not in ("utf-8", *_WIDE):
            self._as_utf8 = codecs.getincrementaldecoder("utf-8")("strict")
        for data in chain((first,), pieces):
            yield self._piece(decoder, data)
        yield self._piece(decoder, b"", final=True)
        if self._as_utf8 is not None and self._looks_utf8:
            raise FileRefusedError(
                "wrong_encoding",
                f"the file is valid UTF-8, and {self.encoding} is declared: letters such as ä would be written as two",
                "write `encoding: utf-8`",
                line=self._looks_utf8,
            )

    def _piece(self, decoder: codecs.IncrementalDecoder, data: bytes, *, final: bool = False) -> str:
        pending = len(decoder.getstate()[0])
        try:
            text = decoder.decode(data, final)
        except UnicodeDecodeError as exc:
            raise self._undecodable(exc, self._offset - pending) from None
        if "\0" in text and self.encoding not in _WIDE and _is_wide(text):
            name = "utf-16-be" if text.startswith("\0") else "utf-16-le"
            message = "there is a NUL between its letters: the file is UTF-16 without a byte order mark"
            raise FileRefusedError("wrong_encoding", message, f"write `encoding: {name}`", line=self._line)
        if self._as_utf8 is not None and not data.isascii():
            self._try_utf8(data)
        self._beyond_ascii = self._beyond_ascii or not text.isascii()
        self._line += text.count("\n")
        self._offset += len(data)
        return text

    def _try_utf8(self, data: bytes) -> None:
        assert self._as_utf8 is not None
        try:
            beyond = not self._as_utf8.decode(data).isascii()
        except UnicodeDecodeError:
            self._as_utf8 = None
            return
        if beyond and not self._looks_utf8:
            at = next(n for n, byte in enumerate(data) if byte > 127)
            self._looks_utf8 = self._line + data[:at].count(b"\n")

    def _undecodable(self, exc: UnicodeDecodeError, start: int) -> FileRefusedError:
        data = bytes(exc.object)
        good = data[: exc.start].decode(self.encoding, "replace")
        line = self._line + good.count("\n")
        where = f"byte {start + exc.start + 1}"
        if self.encoding in _WIDE:
            text = f"{where} isn't {self.encoding}: the file was cut, or is in another encoding"
            return FileRefusedError("wrong_encoding", text, "have it exported anew", line=line)
        if start == 0 and _is_ebcdic(data):
            text = "the file isn't ASCII in any form: it looks like EBCDIC, as mainframes write it"
            shown = ", ".join(f"`encoding: {name}`" for name in _MAINFRAME)
            return FileRefusedError("wrong_encoding", text, f"have UTF-8 exported, or write one of {shown}", line=1)
        if self.encoding != "utf-8":
            likely = _likely(data)
            hint = f"looks like {likely}; write `encoding: {likely}`" if likely else "declare its `encoding`"
            text = f"{where} is no letter in {self.encoding}: the file is in another encoding, or mixes several"
            return FileRefusedError("wrong_encoding", text, hint, line=line)
        if self.marked and exc.reason != "unexpected end of data":
            text = (
                f"the file begins with the mark of UTF-8, and {where} isn't UTF-8: its parts differ, or the mark lies"
            )
            return FileRefusedError("mixed_encoding", text, "have all of it exported in UTF-8", line=line)
        if exc.reason == "unexpected end of data":
            text = f"the file ends in the middle of a letter ({where})"
            return FileRefusedError("cut_file", text, "have it delivered anew", line=line)
        if self._beyond_ascii or not good.isascii():
            text = f"{where} isn't {self.encoding}, and text before it is: the file mixes encodings"
            return FileRefusedError(
                "mixed_encoding", text, "have everything that is joined in it exported in UTF-8", line=line
            )
        likely = _likely(data[max(exc.start - 1, 0) : exc.start + 4096])  # with the letter before
        hint = f"looks like {likely}; write `encoding: {likely}`" if likely else "declare its `encoding`"
        return FileRefusedError("wrong_encoding", f"{where} isn't {self.encoding}", hint, line=line)


def _is_wide(text: str) -> bool:
    """Return whether a text is UTF-16 that was read in another encoding: every second character is NUL."""
    head = text[:4096]
    even, odd = head[::2].count("\0"), head[1::2].count("\0")
    return max(even, odd) > len(head) // 4 and min(even, odd) <= len(head) // 16


def _is_western(sample: bytes, name: str) -> bool:
    try:
        text = sample.decode(name)
    except UnicodeDecodeError:
        return False
    return all(char.isascii() or char in _USUAL for char in text) and _UPPER_INSIDE.search(text) is None


def _is_ebcdic(data: bytes) -> bool:
    """Return whether a text is letters, digits and signs in EBCDIC, and next to nothing in ASCII."""
    head = data[:512]
    text = head.decode("cp037")
    plain = sum(char.isascii() and (char.isalnum() or char in " ,;|_-.") for char in text)
    ascii_letters = sum(48 <= byte < 58 or 65 <= byte < 91 or 97 <= byte < 123 for byte in head)
    return len(head) > 8 and plain > len(head) * 3 // 4 and ascii_letters < len(head) // 3


def _with_four_bytes(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the chunks; the first is long enough to hold a byte order mark."""
    head = b""
    pieces = iter(chunks)
    for data in pieces:
        head += data
        if len(head) >= 4:
            break
    yield head
    yield from pieces


def _likely(sample: bytes) -> str:
    """Return the encoding that fits the sample's letters best, "" where none fits, or several do."""
    western = [name for name in _WESTERN if _is_western(sample, name)]
    if western:
        return western[0] if len(western) == 1 or western[0] == "cp1252" else ""
    for name in _SUGGESTED:
        try:
            text = sample.decode(name)
        except UnicodeDecodeError:
            continue
        beyond = [char for char in text if not char.isascii()]
        if _UPPER_BEHIND_LOWER.search(text):  # small and capital letters change places where KOI8 is read as cp1251
            continue
        if beyond and all(char.isalpha() or char in "€–—’‘“”„«» §°·" for char in beyond):
            return name
    return ""
