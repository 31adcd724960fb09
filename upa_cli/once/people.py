"""The people in the directory whom a file's keys name: exactly one, nobody, or several."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from upa_core.domain.connector import USER_NAME
from upa_core.domain.documents.ids import is_guid
from upa_core.domain.sources.contract import KeyPart
from upa_core.domain.sources.joined.secondary import compile_key_of
from upa_core.ports.change_source import ChangeSource

MAX_ASKED = 400
"""People who are read one by one (20 a request); for more, or another key, the whole directory is read."""
_MAX_NAME = 113
Tell = Callable[[int], None]
"""Is called with the number of people read so far."""


@dataclass(slots=True)
class Found:
    """The people who were found."""

    people: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Key → object id and user principal name."""
    ambiguous: set[str] = field(default_factory=set)
    """Keys that several people have: nobody can say whom they mean."""


def find_people(
    source: ChangeSource, match: Sequence[KeyPart], keys: Iterable[str], tell: Tell = lambda _: None
) -> Found:
    """Return who has these keys now.

    Raises as `ChangeSource`.
    """
    wanted = dict.fromkeys(keys)
    attribute = match[0].to
    if len(match) == 1 and attribute in ("id", USER_NAME) and len(wanted) <= MAX_ASKED:
        fits = is_guid if attribute == "id" else _is_name
        asked = source.read([key for key in wanted if fits(key)], ("id", USER_NAME))
        records: Iterator[dict[str, Any]] = (record for record in asked.values() if record is not None)
    else:
        records = _everybody(source, match, tell)
    return _found(records, match, wanted)


def _is_name(key: str) -> bool:
    return "@" in key and key.isprintable() and len(key) <= _MAX_NAME


def _everybody(source: ChangeSource, match: Sequence[KeyPart], tell: Tell) -> Iterator[dict[str, Any]]:
    select = sorted({"id", USER_NAME, *(part.to.partition(".")[0] for part in match)})
    link, read = source.begin(select), 0
    latest: dict[str, dict[str, Any]] = {}
    while True:
        page = source.page(link)
        for record in page.records:
            person = str(record["id"]).lower()
            if "@removed" in record:
                latest.pop(person, None)
            else:
                latest[person] = {**latest.get(person, {}), **record}
        read += len(page.records)
        tell(read)
        if page.link.kind == "delta":
            break
        link = page.link
    yield from latest.values()


def _found(records: Iterable[dict[str, Any]], match: Sequence[KeyPart], wanted: dict[str, None]) -> Found:
    found = Found()
    key_of = compile_key_of(match, range(len(match)))
    for record in records:
        key = key_of([_at(record, part.to) for part in match])
        if key not in wanted:
            continue
        person = str(record["id"]).lower()
        known = found.people.setdefault(key, (person, str(record.get(USER_NAME) or "")))
        if known[0] != person:
            found.ambiguous.add(key)
    for key in found.ambiguous:
        del found.people[key]
    return found


def _at(record: dict[str, Any], path: str) -> Any:
    value: Any = record
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value
