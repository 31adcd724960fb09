"""Compare this checkout with another: processor time in turns, and instructions."""
