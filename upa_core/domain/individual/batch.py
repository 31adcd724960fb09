"""The batch of the individual route: people with account name, values, and the values that count as ours.

JSON with a header line and one line per person: a person is found, split off and left out without reading the others.
Only this module reads it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from upa_core.domain.connector import Limits
from upa_core.domain.errors import CorruptStateError
from upa_core.domain.plan.entry import Entry

MAX_PEOPLE = 2_000
"""People in one batch: an hour's work with the smallest budget."""
_HEAD = b'{"upa":"individual","version":1}\n'

Loads = Callable[[bytes], Any]


@dataclass(frozen=True, slots=True)
class Task:
    """The values to be written to one person."""

    person: str
    account: str
    """Account name as planned; "" where the person has no user principal name."""
    values: Mapping[str, str]
    """Planned values by property, "" meaning empty."""
    ours: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By property, values of ours that the profile may hold: confirmed ones, or sent since."""
    known: bool = False
    """A value was delivered to the person before, so they have a profile."""
    unanswered: str = ""
    """The run and batch of an earlier write without an answer, which may have reached another profile."""


class IndividualBatch:
    """A batch while it is built."""

    def __init__(self, *, max_people: int = MAX_PEOPLE) -> None:
        self._lines: list[bytes] = []
        self._max = max_people
        self.people = 0
        self.pairs = 0

    def add(self, entries: Sequence[Entry]) -> int:
        """Append people in their order; returns how many fitted into the batch."""
        taken = entries[: self._max - self.people]
        for entry in taken:
            ours = {name: _ours(entry, name) for name in entry.new}
            mine = {name: one for name, one in ours.items() if one}
            line = [entry.person, entry.account, dict(entry.new), mine, *_told(entry)]
            self._lines.append(json.dumps(line, separators=(",", ":")).encode("ascii"))
            self.pairs += len(entry.new)
        self.people += len(taken)
        return len(taken)

    def content(self) -> bytes:
        """Return the whole batch."""
        return _HEAD + b"".join(line + b"\n" for line in self._lines)


def _ours(entry: Entry, name: str) -> list[str]:
    confirmed = entry.old.get(name)
    return [*([confirmed] if confirmed else []), *entry.sent.get(name, ())]


def _told(entry: Entry) -> list[bool | str]:
    """Return what a line ends with; nothing for most people."""
    if entry.unanswered:
        return [entry.known, entry.unanswered]
    return [True] if entry.known else []


def begin(limits: Limits) -> IndividualBatch:  # noqa: ARG001 - other routes take their limits from the connector
    """Return an empty batch."""
    return IndividualBatch()


def split(content: bytes) -> dict[str, bytes]:
    """Return the piece of each person, for `read`; raises `CorruptStateError` for anything that isn't a batch."""
    return {_person(line): line for line in _lines(content)}


def read(pieces: Collection[bytes], loads: Loads = json.loads) -> dict[str, dict[str, str]]:
    """Return the values of people whom `split` returned; raises `CorruptStateError` where they can't be read."""
    return {task.person: dict(task.values) for task in tasks(pieces, loads)}


def tasks(pieces: Iterable[bytes], loads: Loads = json.loads) -> list[Task]:
    """Return the tasks of people whom `split` returned, in their order; raises as `read` does."""
    found = []
    for piece in pieces:
        try:
            person, account, values, ours, *told = loads(piece)
        except (ValueError, TypeError) as exc:
            raise _corrupt(type(exc).__name__) from exc
        texts = isinstance(values, dict) and all(isinstance(one, str) for one in values.values())
        if not (isinstance(person, str) and isinstance(account, str) and texts and isinstance(ours, dict)):
            raise _corrupt("a person")
        found.append(Task(person, account, values, ours, told[:1] == [True], str(told[1]) if told[1:] else ""))
    return found


def without(content: bytes, person: str) -> bytes:
    """Return a batch without a person, whose id may be in any letter case; raises `CorruptStateError` as `split`."""
    return _HEAD + b"".join(line + b"\n" for line in _lines(content) if _person(line).lower() != person.lower())


def _lines(content: bytes) -> list[bytes]:
    if not content.startswith(_HEAD) or not content.endswith(b"\n"):
        raise _corrupt("its head or its end")
    return content[len(_HEAD) : -1].split(b"\n") if len(content) > len(_HEAD) else []


def _person(line: bytes) -> str:
    parts = line.split(b'"', 2)
    if len(parts) != 3 or parts[0] != b"[":
        raise _corrupt("a person")
    if b"\\" in parts[1]:
        return tasks([line])[0].person
    return parts[1].decode("ascii", "replace")


def _corrupt(what: str) -> CorruptStateError:
    return CorruptStateError(f"an individual batch can't be read: {what}")
