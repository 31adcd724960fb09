"""Queue and timer triggers, and how they call the worker."""
