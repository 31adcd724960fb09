"""What `""` in a ready file is: to the file contract a value, to the plan a clear."""

from __future__ import annotations


class _Cleared(str):
    """A text that stands for "empty this property"; told by identity, never by what it says."""

    __slots__ = ()


CLEARED = _Cleared("\x1d")
