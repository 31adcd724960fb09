"""SharePoint's own words about a refused value, without the value: fit to be stored and shown with the cause."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

MOST = 160
"""Characters kept of a message."""
LEFT_OUT = "…"
_QUOTED = re.compile(r"""'[^'\n]*'|"[^"\n]*"|«[^»\n]*»|“[^”\n]*”""")
_MARKED = re.compile(r"\S*[@|\\<>=%]\S*")
"""Words with a mark that user names, claims, paths, markup and assignments have."""
_NUMBERED = re.compile(r"[^\s'\"]*\d[^\s'\"]*")
_EXCEPTION = re.compile(r"^\s*[\w.]+(?:Exception|Error)\s*(?:\([^)]*\))?\s*:\s*")
_AFTER_COLON = re.compile(r":\s[^'\"]*$")
_REPEATED = re.compile(rf"{LEFT_OUT}[\s{LEFT_OUT}]*{LEFT_OUT}")
_LETTER = re.compile(r"[^\W\d_]{3}")


def own_words(message: str, values: Iterable[str], names: Collection[str]) -> str:
    """Return what a message says, "" where nothing is left of it.

    Left out, each as `…`: the person's values; quoted text that isn't one of the property `names`; words with a digit
    or a mark such as @; text after the last colon, where a message puts the value. An exception's type and the lines of
    its stack trace go too.
    """
    text = next((line for line in message.splitlines() if line.strip()), "")[: 8 * MOST]
    text = _EXCEPTION.sub("", text)
    known = {name.lower() for name in names}
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        if found[0][1:-1].lower() not in known:
            return LEFT_OUT
        kept.append(f"'{found[0][1:-1]}'")
        return f"\x00{chr(0xE000 + len(kept) - 1)}\x00"

    text = _QUOTED.sub(keep, text)
    for value in sorted({one.strip() for one in values if one.strip()}, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", LEFT_OUT, text, flags=re.IGNORECASE)
    text = _AFTER_COLON.sub(f": {LEFT_OUT}", text)
    text = _NUMBERED.sub(LEFT_OUT, _MARKED.sub(LEFT_OUT, text))
    text = _REPEATED.sub(LEFT_OUT, " ".join(text.split()))
    if not _LETTER.search(text):
        return ""
    for at, name in enumerate(kept):
        text = text.replace(f"\x00{chr(0xE000 + at)}\x00", name)
    text = "".join(char for char in text if char.isprintable())
    return text if len(text) <= MOST else text[: MOST - 1].rstrip() + LEFT_OUT
