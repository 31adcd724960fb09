"""The control surface: options, faults, calls, facts."""
