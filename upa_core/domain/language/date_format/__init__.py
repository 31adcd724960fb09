"""Formats of dates as .NET has them: their tokens, how they are read and how they are written."""
