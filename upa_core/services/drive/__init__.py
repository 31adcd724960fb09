"""The drive of a connector: the tick, what is due, the next step, watching one file."""
