"""Texts that a source may hold, and what a profile holds of each."""

from __future__ import annotations

CARRIED = (
    *(
        "a\tb",
        "a\rb",
        "a\nb",
        "a\r\nb",
        "a\x7fb",
        "a\u00a0b",
        "a\u2028b",
        "a\u2029b",
        "a\ufeffb",
        "a\u200db",
        "a\ue000b",
    ),
    *(
        "a\ufdd0b",
        "\U0001f44d\U0001f3fd",
        "e\u0301 \u00e9",
        "\u05e2\u05d1",
        " a ",
        "a   ",
        "\u00a0a",
        "a\u200b",
        "\ufeffa",
    ),
    *(
        "=1+1",
        "-5",
        "+49 30",
        "00123",
        "1E5",
        "12345678901234567890",
        "1.50",
        "NULL",
        "NA",
        "true",
        "0",
        "a\\",
        "\\u0041",
    ),
    *('a"b', "a'b", "a,b;c|d", "<b>&amp;", "2024-03-04", "2024-03-04T05:06:07+02:00"),
)
"""Exactly, sign by sign."""
EMPTY = ("", "   ", " " * 70, "\t", "\r\n", "\u00a0", "\u200b", "\ufeff")
"""No value."""
NOT_STORED = tuple(f"a{sign}b" for sign in "\x01\x07\x0b\x0c\x1f\ufffe\uffff")
"""Told with line, column and code, and never sent: SharePoint can't store the sign."""
SET_ASIDE = ("a\x85b", "a\x80b", "a\ufffdb")
"""Their rows are set aside by name: letters were lost."""
ODD = (*CARRIED, *EMPTY, *NOT_STORED, *SET_ASIDE)
NOT_IN_XML = frozenset("\r\x01\x07\x0b\x0c\x1f\ufffe\uffff")
"""A workbook can't hold these signs as they are."""
FILLING = 700
"""Rows of nobody beside them, so that those which are set aside are few."""


def held(text: str) -> str:
    """Return what the profile holds of a text."""
    return text if text in CARRIED else ""
