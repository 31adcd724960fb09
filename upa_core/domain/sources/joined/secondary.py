"""A secondary source: rows of another system, joined to the people of the directory by a key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from upa_core.domain.sources.contract import KeyPart
from upa_core.domain.sources.keys import SEPARATOR, normalised

ROW_KEY = "@key"
"""What a current row calls its key."""


@dataclass(frozen=True, slots=True)
class Secondary:
    """One secondary source of a connector; mappings and scope read its columns as `<name>.<column>`."""

    name: str
    """Lower-case letters, digits and single hyphens; no attribute of the directory is called so."""
    match: tuple[KeyPart, ...]
    """The columns that name a person together, and the attributes that they equal."""

    max_unmatched: float = 5.0
    """Percent of the rows of a snapshot that may be nobody's; an offer with more is held."""
    on_missing: Literal["keep", "report", "clear"] = "keep"
    """What becomes of the values of people whom a row named and none names any more."""
    clear_after: int = 0
    """For `clear`: different accepted snapshots, on as many days, that don't name a person."""
    expect: timedelta | None = None
    """How long after one delivery the next is late; None: never."""
    primary: bool = False
    """It is the connector's own source: only people whom a row of it names take part."""

    @property
    def prefix(self) -> str:
        """What the path of each of its columns begins with."""
        return f"{self.name}."

    def describe(self) -> list[Any]:
        """Return what decides which row is whose, as JSON values."""
        match = [[part.column, part.to, part.pad] for part in self.match]
        return [self.name, match, *(["primary"] if self.primary else [])]

    @property
    def presence(self) -> str:
        """The input that is absent for whomever no row names."""
        return f"{self.prefix}{ROW_KEY}"


def compile_key_of(match: Sequence[KeyPart], places: Sequence[int]) -> Callable[[Sequence[Any]], str]:
    """Return the function from a row to the key by which it is matched, the same for both sides; "" for none.

    Args:
        match: the parts of the key; where one has no value there is no key.
        places: where the row holds each part. What isn't a text there is no key.

    """
    parts = [(normalised(part), place) for part, place in zip(match, places, strict=True)]

    def of(row: Sequence[Any]) -> str:
        made = [normal(cell) if isinstance(cell := row[place], str) else "" for normal, place in parts]
        return SEPARATOR.join(made) if all(made) else ""

    return of
