"""Events as log lines and metrics."""
