"""Pulled rows in segments, and the sets that are made of segments."""
