"""The error of the reader."""

from __future__ import annotations


class BadJsonError(ValueError):
    """The text can't be read; the message is Newtonsoft's, as it goes into the log."""
