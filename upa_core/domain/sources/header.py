"""The header: finds the columns of the contract, and the missing and repeated ones."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from upa_core.domain.sources.contract import Contract
from upa_core.domain.sources.findings import FileRefusedError, Finding, Findings
from upa_core.domain.sources.keys import trimmed

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
        raise missing_columns(missing, names, line, all_wanted=len(missing) == len(keys) + len(columns))
    used = {at[folded(name)] for name in (*keys, *columns)}
    extra = [name for position, name in enumerate(names) if name and position not in used]
    if extra:
        shown = ", ".join(extra[:10]) + (", …" if len(extra) > 10 else "")
        findings.add(Finding("note", "extra_column", f"not read: {shown}", line=line))
    unnamed = names.count("")
    if unnamed:
        text = f"{unnamed} of the columns {'has' if unnamed == 1 else 'have'} no name and aren't read"
        findings.add(Finding("note", "unnamed_column", text, line=line))
    return Header(
        names,
        tuple(at[folded(name)] for name in keys),
        columns,
        tuple(at[folded(name)] for name in columns),
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


def is_header_again(row: Sequence[str | None], names: Sequence[str]) -> bool:
    """Return whether a row repeats the header: two files were joined."""
    return len(row) == len(names) and all(trimmed(cell or "") == name for cell, name in zip(row, names, strict=True))
