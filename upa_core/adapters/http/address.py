"""Addresses that a service sends: whether a text is an address, and its host."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import urlsplit

MAX_ADDRESS = 64 * 1024
"""Characters of a followed link; a delta token has hundreds or thousands."""
_CONTROL = re.compile("[\\x00-\\x1f\\x7f\\ud800-\\udfff]")


def is_plain(url: str) -> bool:
    """Return whether a text can be an address: bounded, without control characters, lone surrogates, or outer spaces.

    One parser strips such characters, and another takes them for a part of the host.
    """
    return len(url) <= MAX_ADDRESS and _has_no_control(url)


@lru_cache(maxsize=8)  # a link is looked at when it comes, and when it is followed
def _has_no_control(url: str) -> bool:
    if url != url.strip():
        return False
    return url.isprintable() or not _CONTROL.search(url)  # a printable text has none, which is told in half the time


@lru_cache(maxsize=8)
def origin_of(url: str) -> tuple[str, int] | None:
    """Return host and port of an https address without credentials; None for any other text."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    strange = parts.scheme != "https" or not parts.hostname or "@" in parts.netloc or "\\" in url
    return None if strange or parts.hostname is None else (parts.hostname, port or 443)
