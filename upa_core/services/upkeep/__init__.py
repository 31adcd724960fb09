"""Housekeeping: unpaid deletions, orphan files, retention."""
