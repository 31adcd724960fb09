"""The HTTP API: who asks, which use case, and the answer."""
