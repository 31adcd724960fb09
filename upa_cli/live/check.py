"""A live check: its question, its needs, and the judgement of its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from upa_core.domain.bulk.import_job import ImportJob

if TYPE_CHECKING:
    from upa_cli.live.tenant import LiveTenant

Kind = Literal["string", "date", "boolean", "integer"]
KINDS: tuple[Kind, ...] = ("string", "date", "boolean", "integer")
STRANGER = "00000000-0000-4000-8000-000000000000"
"""An object id that nobody has: a row with it can't be resolved."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a check. The evidence holds only values that a check itself sent."""

    result: Literal["holds", "differs", "untried"]
    evidence: str


def holds(evidence: str) -> Verdict:
    """Return a verdict: the assumption is right."""
    return Verdict("holds", evidence)


def differs(evidence: str) -> Verdict:
    """Return a verdict: the tenant behaves in another way."""
    return Verdict("differs", evidence)


def untried(reason: str) -> Verdict:
    """Return a verdict: it couldn't be tried, and what it needs."""
    return Verdict("untried", reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One assumption that a test tenant can confirm or refute."""

    id: str
    title: str
    item: str
    """The heading in docs/never-tried-live.md; its "If not" says what to change."""
    facts: tuple[str, ...] = ()
    """Ids of the facts that it confirms or refutes."""
    needs: str = ""
    """What a person must prepare; "" where the connector is enough."""
    first: bool = False
    """True for checks that decide whether the product works at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectCheck(Check):
    """A check that is answered at once."""

    ask: Callable[[LiveTenant], Verdict]


@dataclass(frozen=True, slots=True)
class Ended:
    """An import job at its end, and the test person's profile before and after it."""

    job: ImportJob
    states: Sequence[tuple[str, float]]
    """State as seen, and seconds since the file was queued."""
    log: str
    """All log files, "" where there is none."""
    log_files: Sequence[str]
    """Their names."""
    before: Mapping[str, str]
    after: Mapping[str, str]
    properties: Mapping[str, tuple[str, ...]]
    """The properties that each check of this import job was given, in the order in which it asked."""
    person: str
    """The test person's object id."""

    def values(self, check: str) -> list[str]:
        """Return the present values of the check's properties."""
        return [self.after.get(name, "") for name in self.properties[check]]


Rows = Callable[[str, str], Sequence[Mapping[str, str | None]]]
"""Builds the rows of a file from the person's object id and the property."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportCheck(Check):
    """A check that needs an import job; several share one if possible."""

    sends: tuple[tuple[Kind, str | None], ...] = ()
    """Values for the test person, each for a property of its kind that no other check of the import job uses."""
    judge: Callable[[Ended], Verdict]
    with_stranger: bool = False
    """True: the file also names somebody who doesn't exist."""
    alone: Callable[[str, str], bytes] | None = None
    """For a file that may spoil other checks: returns its content for the person's object id and the property."""
    after: str = ""
    """A check whose value must be in the profile before."""
