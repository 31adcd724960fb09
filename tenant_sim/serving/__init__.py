"""Serve the tenant on loopback over TLS."""
