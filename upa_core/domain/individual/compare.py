"""Whether a profile holds a value that was sent.

SharePoint shows values in forms of its own, so each type is compared in its own way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Literal

from upa_core.domain.errors import InvalidValueError
from upa_core.domain.language.dates import parse_iso
from upa_core.domain.language.values import ValueType, values_of

DateOrder = Literal["mdy", "dmy", "ymd"]
"""The order of month, day and year in the caller's language; the probe finds it [SP-124]."""
DATE_ORDERS: tuple[DateOrder, ...] = ("mdy", "dmy", "ymd")

_DATE = re.compile(r"(\d{1,4})\D{1,2}(\d{1,2})\D{1,2}(\d{1,4})(?:\D+(\d{1,2})\D(\d{2})(?:\D(\d{2}))?\s*([AaPp])?.*)?")


def holds(kind: ValueType, wanted: str, shown: str | None, order: DateOrder | None = None) -> bool | None:
    """Return whether a profile that shows a text holds the wanted value; None where that is unclear.

    Args:
        kind: the mapping's type.
        wanted: as planned; "" means empty.
        shown: as read; null and "" are empty.
        order: how dates are shown; unknown: only a date that is the same in every order is compared.
    """
    shown = shown or ""
    if shown == wanted:
        return True
    if not shown or not wanted:
        return False
    if kind in ("date", "datetime"):
        return _same_moment(wanted, shown, order, time=kind == "datetime")
    if kind == "integer":
        return bool(re.fullmatch(r"[+-]?\d+", shown.strip())) and int(shown) == int(wanted)
    if kind in ("boolean", "person"):
        return shown.casefold() == wanted.casefold()
    if kind in ("strings", "terms"):
        try:
            values = values_of(wanted)
        except InvalidValueError:
            return False
        return shown == "|".join(values) if kind == "strings" else _labels(shown.split("|")) == _labels(values)
    return False


def _labels(labels: Iterable[str]) -> list[str]:
    """Return labels as the term store names them: one blank for several, a wide ampersand, any letter case [SP-134]."""
    return [" ".join(label.replace("\uff06", "&").split()).casefold() for label in labels]


def order_of(shown: str, day: datetime) -> DateOrder | None:
    """Return the order in which a known day is shown, None where more than one order fits, or none."""
    found = [order for order in DATE_ORDERS if any(one == day for one in _moments(shown, order, time=False))]
    return found[0] if len(found) == 1 else None


def to_iso(shown: str, order: DateOrder | None, *, time: bool = False) -> str | None:
    """Return the ISO form of a shown day, or with `time` of a shown moment, as a set takes it.

    None where its order isn't known, or it isn't a day.
    """
    moment = next(_moments(shown, order, time=time), None) if order is not None else None
    if moment is None:
        return None
    return moment.isoformat(sep=" ") if time else moment.date().isoformat()


def _same_moment(wanted: str, shown: str, order: DateOrder | None, *, time: bool) -> bool | None:
    try:
        moment = parse_iso(wanted.replace(" ", "T") if time else wanted)
    except InvalidValueError:
        return None  # in a mapping's own format only the same text is equal
    if moment is None:
        return None
    moment = moment.replace(tzinfo=None)
    if not time:
        moment = moment.replace(hour=0, minute=0, second=0)
    same = {moment, _to_the_minute(moment)}
    readings = {one: set(_moments(shown, one, time=time)) for one in DATE_ORDERS}
    if order is not None:
        return not same.isdisjoint(readings[order])
    told = {not same.isdisjoint(reading) for reading in readings.values() if reading}
    return told.pop() if len(told) == 1 else None


def _to_the_minute(moment: datetime) -> datetime:
    """Return a moment as smalldatetime keeps it: rounded to the minute [SP-129]."""
    return (moment + timedelta(seconds=30)).replace(second=0, microsecond=0)


def _moments(shown: str, order: DateOrder, *, time: bool) -> Iterator[datetime]:
    """Yield the moment that a shown date means in this order; nothing where it isn't a date."""
    found = _DATE.fullmatch(shown.strip())
    if found is None:
        return
    parts = dict(zip(order, (int(found[at]) for at in (1, 2, 3)), strict=True))
    hour, minute, second = (int(found[at] or 0) for at in (4, 5, 6))
    if found[7]:
        hour = hour % 12 + (12 if found[7].lower() == "p" else 0)
    if len(found[order.index("y") + 1]) != 4:
        return
    try:
        moment = datetime(parts["y"], parts["m"], parts["d"], hour, minute, second)  # noqa: DTZ001 - shown without zone
    except ValueError:
        return
    yield moment if time else moment.replace(hour=0, minute=0, second=0)
