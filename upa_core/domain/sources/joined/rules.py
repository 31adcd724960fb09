"""What holds of one kind of source and not of another: the pipeline asks, and assumes nothing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SourceRules:
    """The rules of a kind of source."""

    positions_expire: bool
    """A position is void after days, and may be void at any time: a full round replaces it."""
    ends_unnamed: bool
    """Whoever two full rounds in a row didn't name has left."""
    announces: bool
    """A full round that was expected to change much is exempt from the threshold of updates."""


DIRECTORY = SourceRules(positions_expire=True, ends_unnamed=True, announces=True)
"""Graph's users/delta [GR-1, GR-19]."""
ROWS = SourceRules(positions_expire=False, ends_unnamed=False, announces=False)
"""A file or a query: a row that is missing is its own matter, and no round of it is exempt."""
