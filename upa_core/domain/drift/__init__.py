"""Drift: values in profiles that we didn't write. Whom to read, what differs, and how it is shown."""
