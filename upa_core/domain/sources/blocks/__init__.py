"""Many rows in one step: they are cut, and their keys and lines are kept."""
