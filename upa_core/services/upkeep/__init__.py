"""Housekeeping: unpaid deletions, orphan files in the library, and retention in storage."""
