"""Compare the value that a profile shows with the value that SharePoint confirmed, by the property's type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from upa_core.domain.bulk.rewritten import may_be_rewritten
from upa_core.domain.documents.runs import INDIVIDUAL
from upa_core.domain.individual.compare import DATE_ORDERS, DateOrder, holds, to_iso
from upa_core.domain.people.mapping import Mapping as PropertyMapping

Verdict = Literal["equal", "different", "empty", "edited", "untold", "unsettled"]
"""equal: the profile shows the confirmed value.

different: it shows another value. empty: it shows nothing, and a value was confirmed; somebody cleared it, or its user
hides it [SP-120]. edited: it shows another value, and the mapping says to keep it (`on_user_edit: keep`). untold: the
two can't be compared, for example a date whose order isn't known. unsettled: nothing is confirmed, so no value is
expected.
"""

DATES = ("date", "datetime")


def compare(mapping: PropertyMapping, confirmed: str | None, shown: str, order: DateOrder | None) -> Verdict:
    """Judge one property.

    Args:
        mapping: the property's mapping.
        confirmed: the shadow's cell; "" is confirmed empty, None unknown.
        shown: what the profile shows; "" is empty, or hidden by its user.
        order: how dates are shown to us, None where that isn't known.

    """
    if confirmed is None:
        return "unsettled"
    same = holds(mapping.type, confirmed, shown, order)
    if same:
        return "equal"
    if same is None or (shown and mapping.type in DATES and not _is_readable(shown, order)):
        return "untold"
    if shown and mapping.type == "string" and may_be_rewritten(confirmed):
        return "untold"
    if mapping.route == INDIVIDUAL and mapping.on_user_edit == "keep" and shown:
        return "edited"
    return "different" if shown else "empty"


def order_in(readings: Iterable[Mapping[str, str]], mappings: Iterable[PropertyMapping]) -> DateOrder | None:
    """Return the order of dates in all readings; None where they don't show it or contradict each other.

    A day after the 12th has one order only, whoever wrote it: SharePoint shows all dates to one caller alike [SP-124].
    """
    dates = [mapping.target for mapping in mappings if mapping.type == "date"]
    shown = [text for reading in readings for name in dates if (text := reading.get(name, ""))]
    possible = [{order for order in DATE_ORDERS if to_iso(text, order) is not None} for text in shown]
    told = [orders for orders in possible if orders]
    left = set(DATE_ORDERS).intersection(*told) if told else set()
    return left.pop() if len(left) == 1 else None


def _is_readable(shown: str, order: DateOrder | None) -> bool:
    """Return whether a text is a date in the given order, or in any order where none is known."""
    return any(to_iso(shown, one) is not None for one in ([order] if order is not None else DATE_ORDERS))
