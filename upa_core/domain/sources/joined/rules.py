"""Rules that differ between kinds of source: the pipeline asks for them and assumes nothing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SourceRules:
    """The rules of a kind of source."""

    positions_expire: bool
    """A position may become void at any time, and is void after some days: a full round replaces it."""
    ends_unnamed: bool
    """A person whom two full rounds in a row didn't name has left."""
    announces: bool
    """A full round that is expected to change many values is exempt from the limits on updates."""


DIRECTORY = SourceRules(positions_expire=True, ends_unnamed=True, announces=True)
"""Graph's users/delta [GR-1, GR-19]."""
ROWS = SourceRules(positions_expire=False, ends_unnamed=False, announces=False)
"""A file or a query: it has its own rules for missing rows, and no round of it is exempt."""
