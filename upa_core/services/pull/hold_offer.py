"""Why an offer of a secondary source waits for somebody: too many rows are nobody's, or too many people would leave."""

from __future__ import annotations

from upa_core.domain.documents.sources import CurrentRows
from upa_core.domain.errors import OfferHeldError
from upa_core.domain.sources.contract import MANY_LEFT, NOBODY_NAMED
from upa_core.domain.sources.joined.secondary import Secondary
from upa_core.ports.row_source import Closing, Offer


def check_matches(one: Secondary, offer: Offer, closing: Closing, after: CurrentRows) -> None:
    """Raise `OfferHeldError` for a snapshot with too many rows that match nobody: its key is probably wrong."""
    rows = after.rows + after.waiting_rows
    if offer.complete and closing.name and 100 * after.waiting_rows > one.max_unmatched * rows:
        text = f"{after.waiting_rows:,} of {rows:,} rows are nobody's, more than {one.max_unmatched:g} percent"
        raise OfferHeldError(
            f"{one.name} is held (key_share_unmatched): {text}. Approve it, or have it put right",
            offer=closing.name,
            reasons=("key_share_unmatched",),
        )


def check_leaving(
    one: Secondary, offer: Offer, closing: Closing, held: CurrentRows | None, after: CurrentRows, left: int
) -> None:
    """Raise `OfferHeldError` where too many people, or all, would be named by no row any more (`leave`).

    Six parameters: what is laid over which rows, and what came of it.
    """
    if not one.leaves:
        return
    before = held.rows if held is not None else 0
    text, reason = "", MANY_LEFT
    if not after.rows and (held is None or before):  # whoever had no row has none to lose
        text, reason = "it names nobody in the directory", NOBODY_NAMED
    elif 100 * left > one.max_left * before:
        text = f"{left:,} of {before:,} people would leave, more than {one.max_left:g} percent"
    elif offer.complete and not (closing.whole and not closing.contradictory):
        text = "rows are set aside or contradict each other: whomever they name would leave"
    if text:
        raise OfferHeldError(
            f"{one.name} is held ({reason}): {text}. Approve it, or have it put right",
            offer=closing.name,
            reasons=(reason,),
        )
