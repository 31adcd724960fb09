"""The people of a run as rows: the same columns in JSON and in CSV, everywhere."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TextIO

from upa_core.domain.spreadsheet import UNKNOWN, SafeCsv
from upa_core.services.insight.run_people import RunPerson

COLUMNS = ("person", "user", "property", "kind", "old", "new", "result", "why", "detail")
MAX_ASKED = 2000
"""The most user names that one CSV asks the directory for; later people have only an object id."""
_AT_ONCE = 200
Names = Callable[[list[str]], Mapping[str, str]]
"""Returns user principal names by object id, as far as they are known."""


def people_json(people: Sequence[RunPerson], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return people with their values as JSON values."""
    return [
        {
            "person": one.person,
            "user": names.get(one.person, ""),
            "values": [
                {
                    "property": value.property,
                    "kind": value.kind,
                    "old": value.old,
                    "new": value.new,
                    "result": value.result.word,
                    "why": value.result.why,
                    "detail": value.result.detail,
                }
                for value in one.values
            ],
        }
        for one in people
    ]


def write_csv(people: Iterable[RunPerson], names: Names, stream: TextIO, *, headings: bool = True) -> int:
    """Write people as CSV, a row for each value; return how many people. An unknown old value is `(unknown)`."""
    csv = SafeCsv(stream, COLUMNS if headings else ())
    asked = count = 0
    for part in _parts(people):
        wanted = [one.person for one in part][: max(0, MAX_ASKED - asked)]
        known = names(wanted) if wanted else {}
        asked += len(wanted)
        count += len(part)
        for one in people_json(part, known):
            for value in one["values"]:
                old = UNKNOWN if value["old"] is None else value["old"]
                csv.row([one["person"], one["user"], *({**value, "old": old}[name] for name in COLUMNS[2:])])
    return count


def csv_text(people: Iterable[RunPerson], names: Names, *, headings: bool) -> str:
    """Return people as CSV."""
    stream = io.StringIO()
    write_csv(people, names, stream, headings=headings)
    return stream.getvalue()


def _parts(people: Iterable[RunPerson]) -> Iterator[list[RunPerson]]:
    part: list[RunPerson] = []
    for one in people:
        part.append(one)
        if len(part) == _AT_ONCE:
            yield part
            part = []
    if part:
        yield part
