"""How the profile store keeps and shows values: strings, and dates in their own way."""

from __future__ import annotations

from datetime import date, datetime

from tenant_sim.upa.schema import Property


class BadValueError(ValueError):
    """A value does not fit its property."""


def stored(prop: Property, text: str) -> str:
    """Turn the text of an import file into what the store keeps; a date is kept as yyyy-MM-dd.

    "" clears a string, but on a date becomes January 1 (sharepoint.md §5).
    ASSUMED: date-formats: ISO dates and date-times are taken (no source names a format).
    ASSUMED: empty-date-year: the January 1 that "" makes is of the year 2000.
    """
    if prop.is_date:
        if not text:
            return "2000-01-01"
        return _date(prop, text).isoformat()
    if prop.multi_value or prop.taxonomic:
        # ASSUMED: multi-value-import: "not supported" (documented) means that the person fails with this line.
        raise BadValueError(f"Property '{prop.name}' is multi-valued and cannot be imported.")
    if prop.max_length is not None and len(text) > prop.max_length:
        # ASSUMED: too-long-value: kind and text of the line for a value over the property's length.
        raise BadValueError(f"The length of the value of property '{prop.name}' exceeds {prop.max_length} characters.")
    return text


def shown(prop: Property | None, value: str) -> str:
    """Show a stored value as PeopleManager does: dates in en-US form.

    ASSUMED: date-read-back: M/d/yyyy h:mm:ss tt, en-US, midnight.
    """
    if prop is None or not prop.is_date or not value:
        return value
    day = date.fromisoformat(value)
    return f"{day.month}/{day.day}/{day.year} 12:00:00 AM"


def _date(prop: Property, text: str) -> date:
    try:
        return datetime.fromisoformat(text.strip().replace("Z", "+00:00")).date()
    except ValueError:
        raise BadValueError(f"Invalid date for property '{prop.name}': {text}") from None
