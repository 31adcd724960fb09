"""Durable Functions on SQLite: instances, history, timers and the API that clients call."""
