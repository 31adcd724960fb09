"""A secondary source: rows of another system, joined to the people of the directory by a key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from upa_core.domain.sources.contract import KeyPart
from upa_core.domain.sources.joined.expectation import Expectation
from upa_core.domain.sources.keys import SEPARATOR, normalised

ROW_KEY = "@key"
"""The name of the key in a current row."""
MEMBER = "member"
"""The column of a group, or of a file of names: it has a value for each person named."""


@dataclass(frozen=True, slots=True)
class Secondary:
    """One secondary source of a connector; mappings and scope read its columns as `<name>.<column>`."""

    name: str
    """Lower-case letters, digits and single hyphens; no attribute of the directory has this name."""
    match: tuple[KeyPart, ...]
    """The columns that name a person together, and the attributes with the same values."""

    max_unmatched: float = 5.0
    """Percent of a snapshot's rows that may match nobody; an offer with more is held."""
    on_missing: Literal["keep", "report", "clear", "leave"] = "keep"
    """The policy for people who had a row and have none any more.

    `keep`, `report` and `clear` are about their values. With `leave` the row ends, and a person without a row has no
    value once the source was asked about their key; until then nothing is known of them.
    """
    clear_after: int = 0
    """For `clear`: accepted snapshots on this many different days that don't name the person."""
    expect: Expectation | None = None
    """When the next delivery is late; None: never."""
    primary: bool = False
    """It is the connector's own source: only people with a row take part."""
    kind: Literal["rows", "group", "manager"] = "rows"
    """Rows of a file or a query; the members of a group; everybody's manager."""
    group: str = ""
    """For a group: its object id."""
    nested: Literal["refuse", "ignore", "include"] = "refuse"
    """For a group: what becomes of groups among its members."""
    max_left: float = 100.0
    """For `leave`: percent of the people with a row who may leave at once; an offer that lets more go is held."""

    @property
    def prefix(self) -> str:
        """The beginning of the path of each of its columns."""
        return f"{self.name}."

    def describe(self) -> list[Any]:
        """Return everything that decides which row belongs to which person, as JSON values."""
        match = [[part.column, part.to, part.pad] for part in self.match]
        more = ["primary"] if self.primary else []
        more += ["leave"] if self.leaves else []
        more += [self.kind, self.group, self.nested] if self.kind != "rows" else []
        return [self.name, match, *more]

    @property
    def leaves(self) -> bool:
        """Tell whether a row ends with the offer that doesn't name it."""
        return self.on_missing == "leave"

    @property
    def presence(self) -> str:
        """The input that is absent for people without a row."""
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
