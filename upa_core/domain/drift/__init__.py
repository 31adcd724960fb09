"""Drift: what profiles hold that we didn't write. Whom to read, what differs, and what is said of it."""
