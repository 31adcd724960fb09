"""What is counted of a shard while it is planned."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Tally:
    """Counts of one shard while it is planned."""

    unchanged: int = 0
    out_of_scope: int = 0
    invalid: int = 0
    clear_unsupported: int = 0
    declined: int = 0
    held_back: int = 0
    changed: bool = False
