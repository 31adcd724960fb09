"""A ready bulk file as SharePoint's import reads it, with Newtonsoft's leniency, and the values that this changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from sys import maxsize
from typing import Any

from tenant_sim.upa.newtonsoft import UNDEFINED, BadJsonError, Change, Constructor, as_text, changes, decode, parse
from upa_cli.once.cleared import CLEARED
from upa_cli.shell.output import clean
from upa_core.domain.sources.findings import FileRefusedError
from upa_core.domain.sources.header import nearest
from upa_core.domain.sources.lines import Block, Record, in_blocks

_SHOWN = 10
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class ReadyFile:
    """The people of a ready bulk file."""

    entries: tuple[dict[str, Any], ...]
    changed: tuple[Change, ...]
    """Values that are read in another form than they were written."""
    notes: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """All names in entries, in the order of their first appearance."""
        return tuple(dict.fromkeys(name for entry in self.entries for name in entry))


def read_ready(data: bytes) -> ReadyFile:
    """Read a ready bulk file; raises `FileRefusedError` for what SharePoint would refuse as a whole."""
    text, notes = _decoded(data)
    try:
        changed = tuple(changes(text))
        document = parse(text, dates=True)
    except BadJsonError as exc:
        message = f"SharePoint's reader refuses the file: {clean(exc)[:200]}"
        raise FileRefusedError("not_json", message, "have it written by a JSON serialiser") from exc
    entries = document.get("value")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        message = "the file has no list of objects named `value`"
        raise FileRefusedError("no_list", message, 'write {"value": [{…}, …]}, or a bare list of people')
    return ReadyFile(tuple(entries), changed, notes)


def _decoded(data: bytes) -> tuple[str, tuple[str, ...]]:
    """Decode; without a byte order mark SharePoint reads iso-8859-1, although valid UTF-8 was meant as UTF-8."""
    if data.startswith(_BOM) or data.isascii():
        return decode(data), ()
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return decode(data), (
            "the file has no byte order mark and isn't UTF-8: read as iso-8859-1, as SharePoint does",
        )
    note = "the file is UTF-8 without a byte order mark, which SharePoint would read as iso-8859-1 (Ã¼ for ü)"
    return text, (f"{note}: it is read as UTF-8, and sent with a mark",)


def check_names(file: ReadyFile, key: str, mapped: Sequence[str], left_out: Collection[str]) -> None:
    """Raise `FileRefusedError` for a name without a mapping, which aborts an import, and for a name in no entry.

    Names are compared exactly, as SharePoint compares them.
    """
    counted = Counter(name for entry in file.entries for name in entry)
    strangers = [name for name in counted if name != key and name not in mapped and name not in left_out]
    if strangers:
        listed = ", ".join(f"{clean(name)[:80]} (in {counted[name]:,})" for name in strangers[:_SHOWN])
        more = f" and {len(strangers) - _SHOWN} more" if len(strangers) > _SHOWN else ""
        message = f"names without a mapping: {listed}{more}; SharePoint would abort the whole import"
        raise FileRefusedError("unmapped_name", message, "map each with --map NAME=PROPERTY, or --leave-out NAME")
    for name in (key, *mapped):
        if name not in counted:
            near = nearest(name, counted)
            message = f"no entry has the name {clean(name)[:80]}" + (f" (did you mean {clean(near)}?)" if near else "")
            raise FileRefusedError("name_missing", message, "names are compared exactly: correct --map or --match")


class ReadyRecords:
    """Implements `Records`: a header, then each entry; its line is its position in the list, from 1."""

    def __init__(self, file: ReadyFile, names: Sequence[str], *, is_cloud_id: bool) -> None:
        """Take the names that are read, the one that names the person first."""
        self._file, self._names, self._is_cloud_id = file, tuple(names), is_cloud_id
        self.delimiter = ""
        self.suspect_line = maxsize
        self.total = None

    def blocks(self, records: Iterator[Record], _: int) -> Iterator[Block]:
        """Yield what is left of the records, many at a time."""
        return in_blocks(records)

    def __iter__(self) -> Iterator[Record]:
        """Yield the records; raises `FileRefusedError` for a value that is no text, number, date or boolean."""
        yield 1, list(self._names)
        for number, entry in enumerate(self._file.entries, 1):
            cells = [self._cell(number, entry, name) for name in self._names]
            key = "" if cells[0] is CLEARED else cells[0]
            cells[0] = key.strip("{} ") if self._is_cloud_id else key
            yield number, cells

    @staticmethod
    def _cell(number: int, entry: dict[str, Any], name: str) -> str:
        value = entry.get(name)
        if value is None or value is UNDEFINED:
            return ""
        if isinstance(value, list | dict | Constructor):
            message = "an object or a list stands in place of a value"
            raise FileRefusedError("list", message, "have one value exported", line=number, cell=name)
        return as_text(value) or CLEARED
