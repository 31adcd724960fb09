"""Texts that SharePoint's reader of the import file may take for a date and return in another form [SP-108]."""

from __future__ import annotations

import re

_MICROSOFT = re.compile(r"/Date\(-?[0-9]+(?:[+-][0-9]{2}(?:[0-9]{2})?[^)]*)?\)/", re.DOTALL)
_ISO = re.compile(
    r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-4]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,7})?"
    r"(?:[Zz]|(?:[+-][0-9]{2})?(?::?[0-9]{2}|:)?)"
)
_SHORTEST, _LONGEST = 19, 40


def may_be_rewritten(text: str) -> bool:
    """Return whether Newtonsoft.Json, with its default settings, reads a text as a date.

    A day that its month doesn't have counts too: the answer is used for warnings only.
    """
    if text[:1] == "/":
        return _MICROSOFT.fullmatch(text) is not None
    return text[10:11] == "T" and _SHORTEST <= len(text) <= _LONGEST and _ISO.fullmatch(text) is not None
