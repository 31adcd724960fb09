"""Cells that lost the source's value: Excel's damage, letters lost, escaped or encoded twice, words for no value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import product

from upa_core.domain.sources.findings import FileRefusedError

SAVED_BY_EXCEL = (
    "the file was saved by Excel, or by a program that guesses types: have it delivered as the system writes it"
)
_QUOTED_ONCE = 'have cells quoted once, by the sign "'

NOTHING = frozenset(
    {
        *("NULL", "null", "Null", "(null)", "(NULL)", "<null>", "<NULL>", "[NULL]", "\\N", "N/A", "n/a", "#N/A"),
        *(
            "NaN",
            "nan",
            "None",
            "none",
            "NONE",
            "undefined",
            "(none)",
            "<none>",
            "(blank)",
            "#N/A N/A",
            "?",
            "-",
            "--",
            "---",
        ),
        *("<NA>", "NaT", "nil", "(leer)", "(Leer)", "(vide)", "(vacío)", "k.A.", "k. A.", "n.a.", "#"),
        *("0000-00-00", "0000-00-00 00:00:00", "9999-12-31", "31.12.9999", "99991231"),
        *(
            "00000000",
            "00.00.0000",
            "00/00/0000",
            "00000000-0000-0000-0000-000000000000",
            "0001-01-01",
            "01.01.0001",
            "1900-01-00",
            *("1899-12-30", "30.12.1899", "1/0/1900", "00.01.1900", "1900-01-01", "01.01.1900", "1900-01-01 00:00:00"),
            *("9999-12-31 00:00:00", "9999-12-31T00:00:00", "31/12/9999", "12/31/9999", "12/30/1899", "4712-12-31"),
            *("<nil>", "<empty>", "(empty)", "(not set)", "(no value)", "<no value>", "tbd", "TBD", ".", "XXXX"),
            *("***", "****", "*****", "******", "********", "----", "_____"),
        ),
    }
)
"""Words that mean no value in the exports of many systems.

They are reported, and stay text until the contract declares them.
"""

_HIDDEN = (
    *("blob", "clob", "nclob", "lob", "HugeBlob", "HugeClob", "LongBlob", "memo", "WideMemo", "graphic", "OLE object"),
    *("binary", "binary data", "long binary data", "bytes", "image", "long text", "object", "array", "collection"),
    *("DataSet", "cursor", "XMLType", "unsupported", "unsupported type", "unable to read data", "error"),
    *("truncated", "redacted", "masked", "filtered", "hidden"),
)
"""In brackets of any kind: what clients of databases show for a large column or bytes, and what hides a value."""
SHOWN_INSTEAD = frozenset(
    {
        *(
            left + shape + right
            for word in _HIDDEN
            for shape in (word, word.lower(), word.upper(), word.title(), word.capitalize())
            for left, right in ("()", "<>", "[]")
        ),
        *("#Error", "#Fehler", "#Deleted", "#Gelöscht", "#Name?", "#Num!", "#Type!", "#Func!", "#Size!", "#Div/0!"),
        *("Long binary data", "Binary data", "Invalid Date", "Invalid date", "Invalid DateTime", "NaN-NaN-NaN"),
        *("NaN/NaN/NaN", "NaN.NaN.NaN", "undefined undefined", "Optional.empty", "xxxx", "%s", "%d", "{0}"),
    }
)
"""Whole cells that a program shows in place of a value: the table to which others are added.

Their rows are set aside, unless the contract declares them as no value (`nulls`) or as right (`not_damaged`).
"""
SPACES = frozenset(
    (
        *(" " * width for width in range(1, 65)),
        *("".join(one) for n in range(1, 5) for one in product(" \t\r\n", repeat=n)),
    )
)
"""Cells of a fixed width without content, and cells of tabs and line breaks: no value."""
_SHAPELESS = "\u00a0\u00ad\u2003\u2007\u2009\u200b\u200c\u200d\u200e\u200f\u202f\u2060\u3000\ufeff"
"""Blanks and marks that nobody sees, beside those of ASCII."""
_MANY_SPACES = " " * 65
_ALL_SHAPELESS = re.compile(rf"(?<![\w{_SHAPELESS}])[ \t]*[{_SHAPELESS}][ \t{_SHAPELESS}]*(?!\w)")

_EXPONENT = re.compile(r"\d(?:[.,]\d+)?[eE]\+\d+")
_IN_A_KEY = re.compile(r"\d[.,]\d+[eE]-?\d+")
_MONTH = "Jan|Feb|Mar|Mrz|Mär|Apr|May|Mai|Jun|Jul|Aug|Sep|Oct|Okt|Nov|Dec|Dez"
AS_DATE = re.compile(
    rf"^\s*(?:\d{{1,2}}(?:-|\. )(?:{_MONTH})|(?:{_MONTH})[- ]\d\d|\d{{1,2}}([./])\d{{1,2}}\1\d{{4}}|"
    r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::.*)?)\s*$",
    re.MULTILINE,
)
"""A line that is a date as Excel shows it, where a key should be."""
_AS_NUMBER = re.compile(r"\d+[.,]0+")
_SERIAL = re.compile(r"[1-9]\d{4}(?:[.,]\d+)?")
_ERROR = re.compile(r"#(?:N/A(?: N/A)?|NV|N/[DV]|ND|I/T|Н/Д|YOK|GETTING_DATA|[^\Wa-z][^\Wa-z/]*(?:/0)?[!?])|#{3,}")
"""Errors of Excel in any of its languages: `#REF!`, `#BEZUG!`, `#DIV/0!`, `#NOM?`, `#N/A`, `#NV`."""
_PROGRAMS = re.compile(
    r"System\.[A-Z]\w*(?:\.\w+)*(?:`\d+(?:\[.*\])?)?(?:\[\])?|Microsoft(?:\.\w+){2,}|(?:\[object \w+\],?)+|Err:\d{3}|"
    r"Loading\.\.\.|\$\{[\w.]+\}|\{\{[^{}]*\}\}|@\{\w+=.*\}|<.* object at 0x[0-9a-fA-F]+>|"
    r"System\.(?:\w+\.)*\w+Exception: .*|(?:[a-z]\w*\.)+[A-Z][\w$]*@[0-9a-f]{5,8}|"
    r"[A-Z][\w$]*@(?=\d*[a-f])(?=[a-f]*\d)[0-9a-f]{5,8}|\[+(?:[BCDFIJSZ]|L[\w.$]+;)@[0-9a-f]{5,8}|"
    r"[bu]'.*'|<(?:class '[^']*'|(?:function|bound method|generator object|built-in \w+) .*)>|"
    r"#<[A-Z]\w*(?:::\w+)*[ :].*>|(?:[A-Za-z]\w*(?:::\w+)*=)?(?:HASH|ARRAY|CODE|SCALAR|REF|GLOB)\(0x[0-9a-f]+\)|"
    r"\[(?:BLOB|BINARY|GEOMETRY) - [\d.,]+ ?\w+\]|.XXX@XXXX\.\w+",
    re.DOTALL,
)
"""What a program writes that has no text: a type or an object (of .NET, Java, Python, Perl, Ruby), an exception, bytes,
an unfilled template, an address that SQL Server masks."""
_CUT_WORDS = "truncated|gekürzt|abgeschnitten|tronqué|truncado|troncato|afgekapt"
_CUT_BEGINS = "[tTgGaA](?:run|RUN|ron|RON|ek|EK|bge|BGE|fge|FGE)"
_CUT = re.compile(rf".*[(\[<](?:{_CUT_WORDS})[)\]>]", re.DOTALL | re.IGNORECASE)
"""A text that a program cut, and said so."""
_QUOTES = "\"'\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb"
_IN_QUOTES = re.compile(rf"[\u201c\u201e].*[{_QUOTES}]", re.DOTALL)
_FOR_EXCEL = re.compile(r'="[^"]*"|\'\d+')
"""Text as Excel is told to leave it: `="00123"` and `'00123`."""
_ENCODED = re.compile(r"([=%])C[23]\1[89AB][0-9A-F]|\\u0[0-9a-fA-F]{3}")
_OF_A_WORKBOOK = re.compile(r"_x00[0-9a-fA-F]{2}_")
_APOSTROPHE = re.compile(r"'(?:\d|(?<=\b[bu]'))")
_MARKS = {
    "[": ("[object ",),
    ":": ("Err:",),
    "{": ("${", "{{", "@{"),
    "=": ('="', "=C2=", "=C3="),
    "%": ("%C2%", "%C3%"),
    "\\": ("\\u0",),
    "?": ("??",),
    "<": (" object at 0x",),
    "_": ("_x00",),
    ".": ("System.", "Microsoft.", "Loading..."),
}
"""Signs, and the odd texts with each: one sign is found thirty times faster than a longer text (measured)."""
_BEGINS = {
    "@": re.compile(r"@(?:[0-9a-f]{5,8}(?![\w.@-])|XXXX)"),
    "(": re.compile(rf"\((?=[-0-9tTgGaA])(?:0x|(?<=/Date\()-?\d|{_CUT_BEGINS})"),
    "\u201c": re.compile('(?<![^,;\t|\n"])\u201c'),
    "\u201e": re.compile('(?<![^,;\t|\n"])\u201e'),
    "[": re.compile(rf"\[(?:(?:BLOB|BINARY|GEOMETRY) - |{_CUT_BEGINS})"),
    "<": re.compile(rf"<(?:class '|function |bound method |generator object |built-in |{_CUT_BEGINS})"),
}
"""Signs, and the beginning of odd texts with each."""
_EXPONENT_ENDS = re.compile(r"\+(?<=\d[eE]\+)\d")
_ERROR_BEGINS = re.compile(r"#(?:[^\W\da-z_]|##|<[A-Z])")
_LEADS = "\u00e2\u00c2\u00c3\u00c4\u00c5\u00ce\u00cf\u00d0\u00d1"
_SECONDS = "\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122"
_TWICE = re.compile(f"[{_LEADS}][{_SECONDS}]")
"""The first and the second byte of a letter in UTF-8, as Windows-1252 shows them."""
_TWICE_BY_LEAD = tuple((lead, re.compile(f"{lead}[{_SECONDS}]")) for lead in _LEADS)
"""The same by its first character: a pattern that begins with one character is found much faster."""
_HALF = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\x80-\x9f]")
_CONTROLS = tuple(map(chr, range(0x80, 0xA0)))
"""Euro sign, quotation marks, dashes and the letters beside them in Windows-1252, read as ISO 8859-1."""
_NOT_STORED = tuple(map(chr, (*range(1, 9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF)))
"""What XML can't carry; NUL and halves of characters are damage."""
_CONTROL_CHARACTER = re.compile(f"[{''.join(_NOT_STORED)}]")
_ESCAPED = re.compile(r"&(?:[A-Za-z]{2,8}\d{0,2}|#\d{2,6}|#[xX][0-9A-Fa-f]{2,5});")
_ASKED = re.compile(r"\?[^\W\d_]")
_LOST = re.compile(r"[^\W\d_]\?[^\W\d_]")


def is_suspicious(text: str) -> bool:
    """Return whether any cell in a text needs a closer look; fast, because every text is asked."""
    if (
        "\0" in text
        or any(map(text.__contains__, _NOT_STORED))
        or _MANY_SPACES in text
        or ("#" in text and _ERROR_BEGINS.search(text) is not None)
    ):
        return True
    if "+" in text and _EXPONENT_ENDS.search(text) is not None:
        return True
    if any(mark in text for sign, marks in _MARKS.items() if sign in text for mark in marks):
        return True
    if "'" in text and _APOSTROPHE.search(text) is not None:
        return True
    if any(sign in text and begin.search(text) is not None for sign, begin in _BEGINS.items()):
        return True
    if ("?" in text and _ASKED.search(text)) or ("&" in text and _ESCAPED.search(text)):
        return True
    if text.isascii():
        return False
    if "\ufffd" in text or any(map(text.__contains__, _CONTROLS)):
        return True
    if any(map(text.__contains__, _SHAPELESS)) and _ALL_SHAPELESS.search(text) is not None:
        return True
    return any(lead in text and pattern.search(text) is not None for lead, pattern in _TWICE_BY_LEAD)


def is_blank(cell: str) -> bool:
    """Return whether a cell, not one of `SPACES`, shows nothing all the same."""
    return bool(cell) and not cell.strip(" " if cell.isascii() else f" \t\r\n{_SHAPELESS}")


def damaged_key(cell: str) -> str:
    """Return how a key was changed, "" where it wasn't."""
    text = cell.strip()
    if _EXPONENT.fullmatch(text) or _IN_A_KEY.fullmatch(text):
        return "is a number as Excel shows it (1.23E+11): its digits are lost"
    if _AS_NUMBER.fullmatch(text):
        return "was turned into a number (123.0): leading zeros are lost"
    if AS_DATE.fullmatch(text):
        return "was turned into a date (3-Mar for 3-3)"
    return ""


def refuse_damaged_key(line: int, cells: Sequence[str], names: Sequence[str], keys: Sequence[int]) -> None:
    """Raise `FileRefusedError` where a column of the key was changed on its way: nobody knows whom it names."""
    for at in keys:
        if message := damaged_key(cells[at]):
            raise FileRefusedError("excel_number", message, SAVED_BY_EXCEL, line=line, cell=names[at])
        text = cells[at].strip()
        if len(text) > 2 and text[0] in _QUOTES and text[-1] in _QUOTES:
            message = "stands in quotation marks that are part of it: cells are quoted twice, or by another sign"
            raise FileRefusedError("quotes_kept", message, _QUOTED_ONCE, line=line, cell=names[at])


def damaged_date(cell: str) -> str:
    """Return what happened to a date, "" where nothing did."""
    return "is a day number of Excel (45627), no date" if _SERIAL.fullmatch(cell.strip()) else ""


def damaged(cell: str) -> str:
    """Return what happened to a value, "" where nothing is visible."""
    if "\ufffd" in cell:
        return "holds the mark for letters that were lost (U+FFFD)"
    if not cell.isascii() and _HALF.search(cell):
        return "holds half of a character (a lone surrogate)"
    if _CONTROL.search(cell):
        return "holds a control character in place of a sign: text of Windows-1252 was read in another encoding"
    text = cell.strip()
    if _CUT.fullmatch(text):
        return "was cut by the program that wrote it, which says so at its end"
    if _ERROR.fullmatch(text):
        return "holds an error of Excel, or the signs that it shows for a narrow column"
    if _EXPONENT.fullmatch(text):
        return "is a number as Excel shows it (1.23E+11): its digits are lost"
    if _PROGRAMS.fullmatch(text):
        return "holds what a program writes in place of a value: a type, an object, bytes, an error or a template"
    if _TWICE.search(cell) and _was_encoded_twice(cell):
        return "was encoded twice: each letter such as ä became two"
    return ""


def _was_encoded_twice(cell: str) -> bool:
    for name in ("cp1252", "latin-1"):
        try:
            return cell.encode(name).decode("utf-8") != cell
        except UnicodeError:
            continue
    return False


def doubtful(cell: str) -> str:
    """Return what probably happened to a value that is kept as it is, "" where nothing is visible."""
    if "&" in cell and _ESCAPED.search(cell):
        return "holds a character as HTML escapes it (&uuml; for ü); it is kept as text"
    if _FOR_EXCEL.fullmatch(cell.strip()):
        return 'is written for Excel (="00123" or \'00123); it is kept as it is, with these marks'
    if _IN_QUOTES.fullmatch(cell.strip()):
        return "stands in quotation marks that are part of it; it is kept with them"
    if "/Date(" in cell:
        return "is a date as .NET writes it in JSON; it is kept as text"
    if _ENCODED.search(cell):
        return (
            "holds a letter as mail, an address or JSON writes it (=C3=BC, %C3%BC, \\u00fc for ü); it is kept as text"
        )
    if "_x00" in cell and _OF_A_WORKBOOK.search(cell):
        return "holds a character as a workbook writes it (_x000D_ for a line break); it is kept as text"
    if found := _CONTROL_CHARACTER.search(cell):
        return f"holds the character U+{ord(found[0]):04X}, which SharePoint can't store"
    if "??" in cell and "//" not in cell:
        return "has question marks in a row: an export without Unicode writes them for letters that it lost"
    if "?" in cell and _LOST.search(cell) and "=" not in cell and "//" not in cell:
        return "has a question mark between letters: an export without Unicode writes it for a letter that it lost"
    return ""
