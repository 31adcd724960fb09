"""Freshness: how long changes take until SharePoint accepts them, and what waits since when."""
