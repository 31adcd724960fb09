"""The form of a storage key, the same for every store (port `Store`)."""

from __future__ import annotations

import re

_KEY = re.compile(r"(?:[A-Za-z0-9._-]{1,200}/)*[A-Za-z0-9._-]{1,200}")
_PREFIX = re.compile(r"(?:[A-Za-z0-9._-]{1,200}/)*[A-Za-z0-9._-]{0,200}")
MAX_KEY = 1_000
"""Azure's own limit for a blob name is 1,024 characters."""


def check_key(key: str) -> str:
    """Return the key; raise ValueError for one that isn't a plain relative path."""
    return _check(key, _KEY, "key")


def check_prefix(prefix: str) -> str:
    """Return the prefix of a listing: a key, the beginning of one, or nothing."""
    return _check(prefix, _PREFIX, "prefix")


def _check(text: str, form: re.Pattern[str], what: str) -> str:
    if len(text) > MAX_KEY or not form.fullmatch(text) or {".", ".."} & set(text.split("/")):
        raise ValueError(f"not a storage {what}: {text[:80]!r}")
    return text
