"""The plan of a run: the planner, the change threshold, the properties that are never a target."""
