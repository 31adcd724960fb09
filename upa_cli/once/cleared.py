"""The meaning of `""` in a ready file: a value for the file contract, a clear for the plan."""

from __future__ import annotations


class _Cleared(str):
    """A text that means "empty this property"; it is recognised by identity, never by its content."""

    __slots__ = ()


CLEARED = _Cleared("\x1d")
