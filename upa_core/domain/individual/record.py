"""The record of one person while a batch was written: the answers, kept in the archive, from which it is settled.

A slice of a batch is archived as a log: one line per person: `Individual`, object id and JSON, separated by tabs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import ClassVar, Literal, get_args

from upa_core.domain.documents.lane import LogFile
from upa_core.domain.errors import CorruptStateError
from upa_core.domain.individual.answer import Fault, Profile, Reading

Ending = Literal[
    "read",
    "no_account",
    "no_profile",
    "other_person",
    "other_geo",
    "unreadable",
    "invalid",
    "unanswered",
    "unlooked",
    "written",
]
"""The end of the work on this person.

read: nothing had to be written, or nothing may be written; unanswered: a write without an answer, after which the
profile was read; unlooked: it couldn't be read either, or whoever wrote died.
"""
_KIND = "Individual"


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """One person's answers."""

    person: str
    ending: Ending
    date_order: str = ""
    """The order of dates in this record."""
    kinds: dict[str, str] = field(default_factory=dict[str, str])
    """Types of the properties, without plain texts."""
    before: dict[str, str] = field(default_factory=dict[str, str])
    """What the profile showed before the first write."""
    sent: tuple[str, ...] = ()
    """Properties that were sent, or may have been."""
    faults: dict[str, str] = field(default_factory=dict[str, str])
    """Of sets that weren't accepted, by property: `kind code`."""
    after: dict[str, str] | None = None
    """What the profile showed afterwards; None where it wasn't read or was another person's."""
    edited: tuple[str, ...] = ()
    """Properties that somebody else wrote; they were left alone."""
    doubted: bool = False
    """They may have been written, and nothing tells yet what came of it."""
    stranger: bool = False
    """The account name led to another person when it was written."""
    code: str = ""
    """The name of the error; never a value."""

    @property
    def denial(self) -> str:
        """The fault, where all sets were denied: the app has lost its right. "" otherwise.

        Terms alone don't tell that: one that doesn't exist, and that the app may not make, is denied too.
        """
        faults = list(self.faults.values())
        every = len(faults) == len(self.sent) and all(one.startswith("denied") for one in faults)
        return faults[0] if every and any(self.kinds.get(name) != "terms" for name in self.faults) else ""


@dataclass(frozen=True, slots=True)
class Progress:
    """The stored progress of a batch: until when a worker has claimed it, and how many people are done."""

    VERSION: ClassVar[int] = 1

    version: int = 1
    claimed_until: datetime | None = None
    """Until this moment nobody else sends anything for this batch."""
    claim: str = ""
    done: int = 0
    """People whose answers are archived, counted in the order of the batch."""
    logs: tuple[LogFile, ...] = ()
    failures: int = 0
    """Slices in a row without progress."""
    not_before: datetime | None = None
    doubted: int = field(default=0, metadata={"added": True})
    """People before this place in the batch, who aren't done, may have been written: nobody saw what came of it."""

    def in_doubt(self, most: int) -> int:
        """Return `doubted`; where a worker died with its claim, after the people of its slice, at most `most`."""
        return self.doubted if self.claimed_until is None else max(self.doubted, self.done + most)


def write_records(records: Iterable[PersonRecord]) -> bytes:
    """Encode a slice for the archive."""
    lines = (f"{_KIND}\t{one.person}\t{json.dumps(_slim(one), separators=(',', ':'))}\n" for one in records)
    return "".join(lines).encode("ascii")


def read_records(content: bytes) -> list[PersonRecord]:
    """Decode an archived slice; raises `CorruptStateError` where it isn't one."""
    found = []
    try:
        for line in content.decode("ascii").split("\n"):
            if not line:
                continue
            kind, _, text = line.split("\t", 2)
            told = json.loads(text)
            record = PersonRecord(**told | {key: tuple(told[key]) for key in ("sent", "edited") if key in told})
            if kind != _KIND or record.ending not in get_args(Ending):
                raise ValueError(kind)
            found.append(record)
    except (ValueError, TypeError) as exc:
        raise CorruptStateError(f"an archived slice can't be read: {type(exc).__name__}") from exc
    return found


def _slim(record: PersonRecord) -> dict[str, object]:
    return {key: value for key, value in asdict(record).items() if value not in ({}, (), "", False) or key == "ending"}


def fault_text(fault: Fault) -> str:
    """Return a fault as text for the archive."""
    return f"{fault.kind} {fault.code}".strip()


def own(reading: Reading, person: str) -> dict[str, str] | None:
    """Return the values that a person's own profile shows; None for another person's profile, or none."""
    if not isinstance(reading, Profile) or reading.object_id != person.lower():
        return None
    return dict(reading.values)
