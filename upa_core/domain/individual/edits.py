"""The policy for a value that somebody else wrote: `on_user_edit: keep | overwrite`."""

from __future__ import annotations

from collections.abc import Iterable
from unicodedata import normalize

from upa_core.domain.individual.compare import DateOrder, holds
from upa_core.domain.language.values import ValueType


def is_edited(
    kind: ValueType,
    shown: str | None,
    confirmed: str | None,
    sent: Iterable[str],
    order: DateOrder | None = None,
) -> bool:
    """Return whether a profile holds a value that a person wrote, and none of ours: `keep` leaves it alone.

    These count as ours: no value, the last confirmed value, and every value that we sent since and that isn't
    confirmed, also one of the property's earlier type, and one that differs in nothing that a reader sees: the form of
    its characters (NFC) or blanks around it. A value that can't be compared with ours counts as the person's, so that
    it is kept rather than lost.

    Args:
        kind: the mapping's type.
        shown: what the profile shows.
        confirmed: what we last confirmed, None where that isn't known.
        sent: values that we sent since then.
        order: how dates are shown.
    """
    if not shown:
        return False
    ours = [*sent, *([confirmed] if confirmed is not None else [])]
    kinds: tuple[ValueType, ...] = (kind, "strings", "date", "datetime")
    return not any(
        _seen(value) == _seen(shown) or any(holds(one, value, shown, order) for one in kinds) for value in ours
    )


def _seen(text: str) -> str:
    return normalize("NFC", text).strip()
