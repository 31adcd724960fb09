"""Judge one person for an auditor: is the profile as SharePoint confirmed it, as far as it was read?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from upa_core.domain.drift.record import DriftPart

Standing = Literal["never_read", "different", "unreadable", "not_re_read", "unsettled", "edited", "equal"]
STANDINGS: tuple[Standing, ...] = (
    "equal",
    "different",
    "unreadable",
    "never_read",
    "not_re_read",
    "unsettled",
    "edited",
)
"""equal: every property was read as it was confirmed.

not_re_read: something was confirmed after the last read. unsettled: something was sent and isn't confirmed. edited: the
profile holds another value, and the mapping says to keep it.
"""
NOT_COMPARABLE = "not_comparable"
"""The reason why a person counts as unreadable although the profile was read: a value can't be compared."""


def judge(part: DriftPart, person: str, stamps: Mapping[str, int], cells: Mapping[str, str | None]) -> Standing:
    """Judge a person of the shadow by the last read; the worst standing of any property counts.

    Args:
        part: what was read of their partition.
        person: object id.
        stamps: number of the batch that settled each property last.
        cells: what is confirmed of each.
    """
    if person not in part.reads:
        return "never_read"
    if person in part.unread:
        return "unreadable"
    verdicts = {one.verdict for one in part.found.get(person, {}).values() if one.over is None}
    if verdicts & {"different", "empty"}:
        return "different"
    if "untold" in verdicts:
        return "unreadable"
    if max(stamps.values(), default=0) > part.reads[person][1]:
        return "not_re_read"
    if any(cell is None and stamps.get(target) for target, cell in cells.items()):
        return "unsettled"
    return "edited" if "edited" in verdicts else "equal"
