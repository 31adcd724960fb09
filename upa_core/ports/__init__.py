"""What the use cases need from outside, as small protocols; each docstring is a promise."""
