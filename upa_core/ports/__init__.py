"""The outside world for the use cases, as small protocols; each docstring is a promise."""
