"""Turns a text that is set singly into a value, and shows values in a caller's language."""

from __future__ import annotations

import re
from datetime import datetime

from tenant_sim.upa.schema import Property
from tenant_sim.upa.values import BadValueError, stored

PREFIX = "Microsoft.Office.Server.UserProfiles."
FORMAT_ERROR = f"{PREFIX}PropertyInvalidFormatException"
MISSING_PROPERTY = f"{PREFIX}PropertyNotFoundException"
_INTEGER = re.compile(r"[+-]?[0-9]{1,10}")
_BOOLEANS = {"true": "True", "false": "False"}
_DATES = {
    "en-US": "{m}/{d}/{y} {h12}:{mi:02}:00 {half}",
    "en-GB": "{d:02}/{m:02}/{y} {h:02}:{mi:02}:00",
    "de-DE": "{d:02}.{m:02}.{y} {h:02}:{mi:02}:00",
    "fi-FI": "{d}.{m}.{y} {h}.{mi:02}.00",
    "sv-SE": "{y}-{m:02}-{d:02} {h:02}:{mi:02}:00",
    "ja-JP": "{y}/{m:02}/{d:02} {h}:{mi:02}:00",
}
LOCALES = tuple(_DATES)


class SetError(Exception):
    """A set that is refused, as SharePoint words it."""

    def __init__(self, type_name: str, message: str, code: int = -2146232832) -> None:
        super().__init__(message)
        self.type_name, self.message, self.code = type_name, message, code


def converted(prop: Property, text: str | None, clears: str = "empty") -> str:
    """Turn a text that was set, or null, into what the store keeps.

    ASSUMED [SP-91]: types and texts of refusals, also of what is longer than its property allows.
    ASSUMED [SP-122]: null clears a person; an empty text is refused for one.
    ASSUMED [SP-123]: an empty text, and null, clear a string; `clears` says what clears dates and numbers.
    """
    if prop.type == "person":
        if text == "":
            raise SetError(FORMAT_ERROR, f"Invalid person for property '{prop.name}'.")
        return text or ""
    typed = prop.is_date or prop.type in ("integer", "boolean")
    if not text:
        if not typed or clears == ("null" if text is None else "empty"):
            return ""
        return stored(prop, "") if prop.is_date else "0" if prop.type == "integer" else "False"
    if prop.type == "integer":
        if not _INTEGER.fullmatch(text):
            raise SetError(FORMAT_ERROR, "Invalid Integer Format.")
        return str(int(text))
    if prop.type == "boolean":
        if text.lower() not in _BOOLEANS:
            raise SetError(FORMAT_ERROR, "Invalid Boolean Format.")
        return _BOOLEANS[text.lower()]
    if prop.type == "url" and not re.match(r"https?://\S+$", text):
        raise SetError(FORMAT_ERROR, "Invalid URL Format: Invalid format for a URL.")
    if prop.is_date:
        try:
            return stored(prop, text)
        except BadValueError:
            text = (
                "Invalid Date Format: Input must match smalldatetime data type, and be between 1/1/1900 and 6/6/2079."
            )
            raise SetError(FORMAT_ERROR, text) from None
    if prop.max_length is not None and len(text) > prop.max_length:
        raise SetError(FORMAT_ERROR, f"The length of the value of '{prop.name}' exceeds {prop.max_length} characters.")
    return text


def shown_in(locale: str, prop: Property, value: str) -> str:
    """Show a stored value: dates as the caller's regional settings have them [SP-124].

    ASSUMED [SP-72]: M/d/yyyy h:mm:ss tt in en-US, and the forms of the other languages; midnight.
    """
    if not prop.is_date or not value:
        return value
    at = datetime.fromisoformat(value)
    half, h12 = "AM" if at.hour < 12 else "PM", at.hour % 12 or 12
    return _DATES[locale].format(y=at.year, m=at.month, d=at.day, h=at.hour, mi=at.minute, h12=h12, half=half)
