"""The header: finds the columns of the contract, and the missing and repeated ones."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice

from upa_core.domain.sources.contract import DELIMITERS, Contract
from upa_core.domain.sources.findings import FileRefusedError, Finding, Findings
from upa_core.domain.sources.keys import trimmed
from upa_core.domain.sources.lines import Record

_KNOWN = {
    "employeeId": (
        "employeeid",
        "workerid",
        "personnelnumber",
        "personid",
        "empno",
        "empnum",
        "employeenumber",
        "staffid",
    ),
    "userPrincipalName": ("userprincipalname", "upn", "login", "username", "userid"),
    "mail": ("mail", "email", "emailaddress", "primaryemail", "workemail"),
    "id": ("objectid", "azureadobjectid", "entraid", "cloudid"),
}
"""Usual names of columns that name a person, letters and digits alone."""

_LINES_BEFORE = 20
"""A header that isn't the first record is searched in this many records."""
_QUOTES = "\"'\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb "
_OTHER_DELIMITERS = "^~:!#\u00a6\u00a7\x01\x1f"


def folded(name: str) -> str:
    """Return a column's name in the form in which names are compared: trimmed, in one letter case."""
    return trimmed(name).casefold()


def likely_key(names: Iterable[str]) -> tuple[str, str]:
    """Return the column that probably names the person, and its attribute; two empty texts where none does."""
    plain = {"".join(char for char in folded(name) if char.isalnum()): name for name in names}
    for attribute, usual in _KNOWN.items():
        for word in usual:
            if word in plain:
                return plain[word], attribute
    return "", ""


@dataclass(frozen=True, slots=True)
class Header:
    """The header, read under a contract."""

    names: tuple[str, ...]
    """All columns, trimmed."""
    keys: tuple[int, ...]
    """Positions of the key's columns, in the contract's order."""
    columns: tuple[str, ...]
    """The columns that are read besides the key, by the contract's names."""
    positions: tuple[int, ...]
    """Their positions."""
    beyond: range = range(0)
    """CSV: the positions behind the last column that has a name. Beside the table of a sheet anything may stand."""


def read_header(cells: Sequence[str], contract: Contract, findings: Findings, *, line: int = 1) -> Header:
    """Return the positions of the contract's columns.

    Raises `FileRefusedError` for a repeated name or a missing column that is read, with the nearest name.
    """
    names = tuple(map(trimmed, cells))
    if any("\0" in name for name in names):
        text = "the header holds a NUL character: the file was damaged on its way"
        raise FileRefusedError("nul", text, "have it delivered anew", line=line)
    if len(names) > contract.max_columns:
        text = f"the header has {len(names):,} columns; {contract.max_columns:,} are read at most"
        raise FileRefusedError("too_many_columns", text, "have fewer columns exported", line=line)
    at: dict[str, int] = {}
    for position, name in enumerate(names):
        if name and at.setdefault(name.casefold(), position) != position:
            text = f"the column {name} stands twice, as columns {at[name.casefold()] + 1} and {position + 1}"
            remedy = "have one of them renamed or left out: nobody can tell which is meant"
            raise FileRefusedError("header_duplicate", text, remedy, line=line, cell=name)
    keys = [part.column for part in contract.keys]
    columns = contract.columns
    if contract.every_column:
        taken = set(map(folded, keys))
        columns = tuple(name for name in names if name and name.casefold() not in taken)
    missing = [name for name in (*keys, *columns) if folded(name) not in at]
    if missing:
        _refuse_misread(names, set(map(folded, (*keys, *(() if contract.every_column else columns)))), contract, line)
        raise missing_columns(missing, names, line, all_wanted=len(missing) == len(keys) + len(columns))
    used = {at[folded(name)] for name in (*keys, *columns)}
    extra = [name for position, name in enumerate(names) if name and position not in used]
    if extra:
        shown = ", ".join(extra[:10]) + (", …" if len(extra) > 10 else "")
        findings.add(Finding("note", "extra_column", f"not read: {shown}", line=line))
    unnamed = names.count("")
    if unnamed:
        text = "1 of the columns has no name and isn't read"
        if unnamed > 1:
            text = f"{unnamed} of the columns have no name and aren't read"
        findings.add(Finding("note", "unnamed_column", text, line=line))
    return Header(
        names,
        tuple(at[folded(name)] for name in keys),
        columns,
        tuple(at[folded(name)] for name in columns),
        range(max(at.values()) + 1, len(names)) if contract.format == "csv" else range(0),
    )


def missing_columns(
    missing: Sequence[str], names: Sequence[str], line: int, *, all_wanted: bool = False
) -> FileRefusedError:
    """Return the refusal that names the columns that aren't there, and the nearest ones that are.

    Where nothing that is wanted is there (`all_wanted`), the line may be a person's: it isn't shown.
    """
    told, renamed = [], []
    for name in missing:
        near = nearest(name, names)
        told.append(f"{name} (did you mean {near}?)" if near else name)
        if near:
            renamed.append(f"`{near}` for {name}")
    one = len(missing) == 1
    text = f"the column{'' if one else 's'} {', '.join(told)} {'is' if one else 'are'} missing"
    remedy = f"write {' and '.join(renamed)}, or have the header put right" if renamed else "have the header put right"
    if all_wanted and not renamed:
        text = f"the first line isn't the header: it has none of the columns {', '.join(missing)}"
        remedy = "have the file exported with its header"
    return FileRefusedError("header_missing", text, remedy, line=line, cell=missing[0])


def has_columns(cells: Iterable[str], contract: Contract) -> bool:
    """Return whether cells name every column that the contract reads."""
    wanted = {folded(name) for name in (*(part.column for part in contract.keys), *contract.columns)}
    return wanted <= set(map(folded, cells))


def nearest(name: str, names: Iterable[str]) -> str:
    """Return the column that is probably meant, "" where none is similar."""
    plain = {_plain(each): each for each in names if each}
    wanted = _plain(name)
    for usual in _KNOWN.values():
        if wanted in usual:
            for word in usual:
                if word in plain:
                    return plain[word]
    found = get_close_matches(wanted, plain, n=1, cutoff=0.6)
    return plain[found[0]] if found else ""


def _plain(name: str) -> str:
    """Return letters and digits alone, in one width and letter case."""
    return "".join(char for char in folded(unicodedata.normalize("NFKC", name)) if char.isalnum())


def find_header(first: Record, rest: Iterator[Record], contract: Contract, findings: Findings) -> Header:
    """Return the header, which the first record is; raises `FileRefusedError`, also where a later record is one."""
    try:
        return read_header(first[1], contract, findings, line=first[0])
    except FileRefusedError as exc:
        if exc.finding.kind == "header_missing":
            for line, cells in islice(rest, _LINES_BEFORE):
                if has_columns(cells, contract):
                    message = f"the header stands in line {line}, behind other lines"
                    remedy = "have the file exported without a title or other lines before its header"
                    raise FileRefusedError("header_late", message, remedy, line=line) from None
        raise


def header_again(line: int) -> FileRefusedError:
    """Return the refusal of a second header."""
    message = "the header stands here once more: files were joined, or pages of a report"
    return FileRefusedError("header_again", message, "have one file with one header delivered", line=line)


def names_in_any_case(names: Iterable[str]) -> frozenset[str]:
    """Return the names of columns as a second header may write them."""
    return frozenset(form for name in names if name for form in (name, name.upper(), name.lower()))


def is_header_again(row: Sequence[str], names: Sequence[str]) -> bool:
    """Return whether a row names the columns once more, in any order and letter case: two files were joined."""
    wanted = set(map(folded, names)) - {""}
    return len(wanted & set(map(folded, row))) > len(wanted) // 2


def _refuse_misread(names: Sequence[str], wanted: set[str], contract: Contract, line: int) -> None:
    """Refuse a header whose names are there, but were cut or quoted in another way than it is read."""
    if names[0].startswith("ï»¿"):
        text = "the file was read as Windows-1252 and written as UTF-8: each letter such as ä became two"
        raise FileRefusedError("wrong_encoding", text, "have it exported anew, in UTF-8", line=line)
    if wanted <= {folded(name.strip(_QUOTES)) for name in names}:
        text = "the names of the columns stand in quotation marks that are part of them"
        remedy = 'have cells quoted by the sign ", without a blank before it'
        raise FileRefusedError("quotes_kept", text, remedy, line=line)
    for sign in (*DELIMITERS, *_OTHER_DELIMITERS) if len(names) == 1 else ():
        if (len(wanted) > 1 or contract.every_column) and wanted <= set(map(folded, names[0].split(sign))):
            if sign in DELIMITERS and not contract.delimiter:
                text = "the whole line stands in one pair of quotes"
                raise FileRefusedError("quotes_kept", text, "have each cell quoted by itself", line=line)
            written = sign if sign.isprintable() else f"\\x{ord(sign):02x}"
            text = f"the columns are divided by `{written}`"
            raise FileRefusedError("delimiter_unclear", text, f'write `delimiter: "{written}"`', line=line)
