"""What drives a connector: the tick, what is due, the next step, watching one file."""
